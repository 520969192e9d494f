/**
 * The operating system's processes that work in pools, each of which is told what to do by whoever has it, and ends with the
 * agent. One that has ended its work well waits a while for the next: to start one takes longer than most work does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Pool } from '@drover/protocol';
import type { ProcessLine, ProcessOrder, ProcessWord } from './job-order.ts';

const program = join(import.meta.dirname, 'storage-process.ts');
const keptCharacters = 2_000;

/** Whoever has a process. */
export interface Follower {
  readonly heard: (line: ProcessLine) => void;
  /** It ended, or could not be started; `how` has what it said on stderr. */
  readonly gone: (how: string) => void;
}

type Piped = ChildProcess & {
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
  readonly stderr: NodeJS.ReadableStream;
};

export class WorkChild {
  /** Of who has it now. */
  follower: Follower | undefined;
  readonly #child: Piped;
  #said = '';
  #isKilled = false;

  constructor() {
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, program], {
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.on('error', (error) => this.#gone(error.message));
    this.#child.on('close', (code, signal) => this.#gone(`it ended with ${signal ?? code}`));
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.on('data', (piece: Buffer) => {
      this.#said = `${this.#said}${piece.toString('utf8')}`.slice(-keptCharacters);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.follower?.heard(JSON.parse(line) as ProcessLine);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What it said last, it may have said before it was killed. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** Secrets go this way: arguments and environment can be read by others. */
  say(line: ProcessOrder | ProcessWord): void {
    this.#child.stdin.write(`${JSON.stringify(line)}\n`);
  }

  /** At once, whatever it leaves. */
  kill(): void {
    this.#isKilled = true;
    this.#child.kill('SIGKILL');
  }

  #gone(how: string): void {
    this.follower?.gone(`${how}${this.#said === '' ? '' : `: ${this.#said.trim()}`}`);
  }
}

interface Waiting {
  readonly child: WorkChild;
  /** It has become another user, for these pools alone. */
  readonly only?: string;
  readonly timer: NodeJS.Timeout;
}

/** More would only take memory: work that comes together is rare, and starts its own. */
const waitingMax = 2;
const usualWaitMs = 600_000;

export class WorkChildren implements Disposable {
  readonly #waitMs: number;
  readonly #waiting = new Set<Waiting>();
  #isOver = false;

  constructor(waitMs = usualWaitMs) {
    this.#waitMs = waitMs;
  }

  /** For work in these pools: one that waits, else a new one. */
  take(pools: readonly Pool[]): WorkChild {
    const key = keyOf(pools);
    const suited = [...this.#waiting].filter(({ only = key }) => only === key);
    // Those that can do nothing else go first.
    const found = suited.find(({ only }) => only !== undefined) ?? suited[0];
    if (found === undefined) return new WorkChild();
    this.#forget(found);
    return found.child;
  }

  /** It has done its work; `isOther`: as another user than it was started as, whom these pools belong to. */
  giveBack(child: WorkChild, pools: readonly Pool[], isOther: boolean): void {
    if (this.#isOver || child.isKilled) return child.kill();
    const timer = setTimeout(() => this.#end(waiting), this.#waitMs);
    timer.unref();
    const waiting: Waiting = { child, timer, ...(isOther ? { only: keyOf(pools) } : {}) };
    child.follower = { heard: () => {}, gone: () => this.#forget(waiting) };
    this.#waiting.add(waiting);
    const [oldest] = this.#waiting;
    if (this.#waiting.size > waitingMax && oldest) this.#end(oldest);
  }

  #end(waiting: Waiting): void {
    this.#forget(waiting);
    waiting.child.kill();
  }

  #forget(waiting: Waiting): void {
    clearTimeout(waiting.timer);
    this.#waiting.delete(waiting);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const waiting of this.#waiting) this.#end(waiting);
  }
}

/** Where the pools are: one that is declared anew elsewhere may belong to somebody else. */
function keyOf(pools: readonly Pool[]): string {
  return JSON.stringify(pools.map(({ name, spec }) => [name, spec]));
}
