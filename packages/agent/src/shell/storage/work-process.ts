/**
 * One order to a process that works in a pool, as the agent sees it: told, asked to end, then killed, where the agent wants it to
 * or hears nothing for too long. One that not even that ends, since the storage holds it, is called stuck and left.
 */
import { DroverError, type Pool } from '@drover/protocol';
import type { ProcessLine, ProcessOrder, Progress } from './job-order.ts';
import type { WorkChild, WorkChildren } from './work-child.ts';

export interface WorkTimes {
  /** Without a sign of work. */
  readonly silentMs: number;
  /** To clear up when it is asked to end. */
  readonly graceMs: number;
  /** To be gone when it is killed. */
  readonly killMs: number;
}

export type WorkEnd =
  | Extract<ProcessLine, { type: 'done' | 'failed' }>
  /** It went without a word: what it was to do may be done. */
  | { readonly type: 'lost'; readonly isSilent: boolean; readonly message: string }
  /** It is still there. */
  | { readonly type: 'stuck'; readonly message: string };

export interface WorkOptions {
  readonly times: WorkTimes;
  readonly children: WorkChildren;
  /** In which it works. */
  readonly pools: readonly Pool[];
  readonly onProgress?: (progress: Progress) => void;
  /** A transfer has all that it waited for. */
  readonly onWhole?: () => void;
}

export class WorkProcess {
  /** Never rejects. */
  readonly end: Promise<WorkEnd>;
  /** Of a transfer; rejects where it ends before. */
  readonly port: Promise<number>;
  readonly #child: WorkChild;
  readonly #options: WorkOptions;
  readonly #times: WorkTimes;
  readonly #ended = Promise.withResolvers<WorkEnd>();
  readonly #listening = Promise.withResolvers<number>();
  readonly #silence: NodeJS.Timeout;
  readonly #timers: NodeJS.Timeout[] = [];
  #last: Extract<ProcessLine, { type: 'done' | 'failed' }> | undefined;
  #isSilent = false;
  #isEnding = false;
  #isOver = false;

  constructor(order: ProcessOrder, options: WorkOptions) {
    const { times, children, pools } = options;
    this.#options = options;
    this.#times = times;
    this.end = this.#ended.promise;
    this.port = this.#listening.promise;
    this.port.catch(() => {});
    this.#silence = setTimeout(() => this.#silent(), times.silentMs);
    this.#child = children.take(pools);
    this.#child.follower = {
      heard: (line) => this.#heard(line),
      gone: (how) => this.#gone(how),
    };
    this.#child.say(order);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What it waits for may have come. */
  look(): void {
    if (!this.#isOver) this.#child.say({ type: 'look' });
  }

  /** It is to end and to leave nothing; returns how it ended. */
  abort(): Promise<WorkEnd> {
    // Whoever has its process now has ordered something else.
    if (!this.#isEnding && !this.#isOver) {
      this.#isEnding = true;
      const { graceMs } = this.#times;
      this.#child.say({ type: 'abort' });
      this.#timers.push(setTimeout(() => this.#kill(), graceMs));
    }
    return this.end;
  }

  /** At once, whatever it leaves. */
  kill(): void {
    if (!this.#isOver) this.#child.kill();
  }

  #kill(): void {
    this.kill();
    const message = `process ${this.pid} cannot be ended: its storage does not answer`;
    this.#timers.push(
      setTimeout(() => this.#conclude({ type: 'stuck', message }), this.#times.killMs),
    );
  }

  #silent(): void {
    this.#isSilent = true;
    void this.abort();
  }

  #heard(line: ProcessLine): void {
    this.#silence.refresh();
    switch (line.type) {
      case 'progress':
        return this.#options.onProgress?.(line.progress);
      case 'alive':
        return undefined;
      case 'listening':
        // From now on it has a clock of its own.
        clearTimeout(this.#silence);
        return this.#listening.resolve(line.port);
      case 'whole':
        return this.#options.onWhole?.();
      case 'done':
        this.#last = line;
        return line.waits === undefined ? undefined : this.#done(line, line.waits);
      case 'failed':
        this.#last = line;
        return undefined;
    }
  }

  /** And its process can do the next. */
  #done(end: WorkEnd, waits: 'as-it-was' | 'as-another'): void {
    const { children, pools } = this.#options;
    this.#conclude(end);
    children.giveBack(this.#child, pools, waits === 'as-another');
  }

  #gone(message: string): void {
    const isSilent = this.#isSilent;
    const silence = `nothing was heard of it for ${this.#times.silentMs} ms`;
    const lost = { type: 'lost', isSilent, message: isSilent ? silence : message } as const;
    // Who was cancelled for its silence says that it was cancelled.
    const isTold = this.#last !== undefined && !(isSilent && this.#last.type === 'failed');
    this.#conclude(isTold && this.#last ? this.#last : lost);
  }

  #conclude(end: WorkEnd): void {
    this.#isOver ||= end.type !== 'stuck';
    for (const timer of [this.#silence, ...this.#timers]) clearTimeout(timer);
    const message = 'message' in end ? end.message : 'it ended';
    const code = end.type === 'failed' ? end.code : 'job-failed';
    this.#listening.reject(new DroverError(code as 'job-failed', message));
    this.#ended.resolve(end);
  }
}
