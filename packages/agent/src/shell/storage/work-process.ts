/**
 * One process that works in a pool, as the agent sees it: started with its order, ended when the agent ends, however it does,
 * asked to end, then killed, where it is told to or says nothing for too long. One that not even that ends, since the
 * storage holds it, is called stuck and left.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DroverError } from '@drover/protocol';
import type { ProcessLine, ProcessOrder, Progress } from './job-order.ts';

const program = join(import.meta.dirname, 'storage-process.ts');
const keptCharacters = 2_000;

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
  readonly onProgress?: (progress: Progress) => void;
}

type Child = ChildProcess & {
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
  readonly stderr: NodeJS.ReadableStream;
};

export class WorkProcess {
  /** Never rejects. */
  readonly end: Promise<WorkEnd>;
  /** Of a transfer; rejects where it ends before. */
  readonly port: Promise<number>;
  readonly #child: Child;
  readonly #times: WorkTimes;
  readonly #ended = Promise.withResolvers<WorkEnd>();
  readonly #listening = Promise.withResolvers<number>();
  readonly #silence: NodeJS.Timeout;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #onProgress: WorkOptions['onProgress'];
  #last: Extract<ProcessLine, { type: 'done' | 'failed' }> | undefined;
  #said = '';
  #isSilent = false;
  #isEnding = false;

  constructor(order: ProcessOrder, { times, onProgress }: WorkOptions) {
    this.#times = times;
    this.#onProgress = onProgress;
    this.end = this.#ended.promise;
    this.port = this.#listening.promise;
    this.port.catch(() => {});
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, program], {
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#silence = setTimeout(() => this.#silent(), times.silentMs);
    this.#child.on('error', (error) => this.#gone(error.message));
    this.#child.on('close', (code, signal) => this.#gone(`it ended with ${signal ?? code}`));
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.on('data', (piece: Buffer) => {
      this.#said = `${this.#said}${piece.toString('utf8')}`.slice(-keptCharacters);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#heard(JSON.parse(line) as ProcessLine);
    });
    // Secrets go this way: arguments and environment can be read by others.
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** It is to end and to leave nothing; returns how it ended. */
  abort(): Promise<WorkEnd> {
    if (!this.#isEnding) {
      this.#isEnding = true;
      const { graceMs } = this.#times;
      this.#child.stdin.write(`${JSON.stringify({ type: 'abort' })}\n`);
      this.#timers.push(setTimeout(() => this.#kill(), graceMs));
    }
    return this.end;
  }

  /** At once, whatever it leaves. */
  kill(): void {
    this.#child.kill('SIGKILL');
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
        return this.#onProgress?.(line.progress);
      case 'alive':
        return undefined;
      case 'listening':
        // From now on it has a clock of its own.
        clearTimeout(this.#silence);
        return this.#listening.resolve(line.port);
      case 'done':
      case 'failed':
        this.#last = line;
        return undefined;
    }
  }

  #gone(how: string): void {
    const message = `${how}${this.#said === '' ? '' : `: ${this.#said.trim()}`}`;
    const isSilent = this.#isSilent;
    const silence = `nothing was heard of it for ${this.#times.silentMs} ms`;
    const lost = { type: 'lost', isSilent, message: isSilent ? silence : message } as const;
    // Who was cancelled for its silence says that it was cancelled.
    const isTold = this.#last !== undefined && !(isSilent && this.#last.type === 'failed');
    this.#conclude(isTold && this.#last ? this.#last : lost);
  }

  #conclude(end: WorkEnd): void {
    for (const timer of [this.#silence, ...this.#timers]) clearTimeout(timer);
    const message = 'message' in end ? end.message : 'it ended';
    const code = end.type === 'failed' ? end.code : 'job-failed';
    this.#listening.reject(new DroverError(code as 'job-failed', message));
    this.#ended.resolve(end);
  }

  /** Its death has been seen; only in tests. */
  async died(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await once(this.#child, 'exit');
    }
  }
}
