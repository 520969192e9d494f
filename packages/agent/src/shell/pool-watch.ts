/**
 * Asks pools' directories in a process of its own, and waits only so long for each: one whose server is dead is silent,
 * and holds up neither the others nor the agent. It is asked again when it has answered.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { PoolFiles } from '../logic/index.ts';
import type { PoolQuestion } from './pool-files.ts';

export interface PoolWatchOptions {
  /** How long an answer may take. */
  readonly patienceMs?: number;
  /** Another one in tests. */
  readonly program?: string;
}

interface Asking {
  readonly answer: Promise<PoolFiles>;
  readonly resolve: (files: PoolFiles) => void;
}

interface Said {
  readonly ready?: true;
  readonly id?: number;
  readonly files?: PoolFiles;
}

/** A pool each, and libuv's own; a pool that never answers keeps its thread. */
const threads = 72;
const startMs = 15_000;
const own = join(import.meta.dirname, 'pool-files-process.ts');

export class PoolWatch implements Disposable {
  readonly #patienceMs: number;
  readonly #program: string;
  readonly #open = new Map<number, Asking>();
  /** By path: the question that has no answer yet. */
  readonly #byPath = new Map<string, number>();
  readonly #silent = new WeakSet<Asking>();
  #process: { readonly child: ChildProcess; readonly ready: Promise<void> } | undefined;
  #count = 0;
  #ended = false;

  constructor({ patienceMs = 2_000, program = own }: PoolWatchOptions = {}) {
    this.#patienceMs = patienceMs;
    this.#program = program;
  }

  async look(question: PoolQuestion): Promise<PoolFiles> {
    const ready = this.#start();
    if ((await inTime(ready, startMs)) === silence) return failed('it takes long to start');
    const known = this.#byPath.get(question.path);
    const asking = (known === undefined ? undefined : this.#open.get(known)) ?? this.#ask(question);
    // Nobody waits again for one that was waited for in vain.
    const patienceMs = this.#silent.has(asking) ? 0 : this.#patienceMs;
    const answer = await inTime(asking.answer, patienceMs);
    if (answer !== silence) return answer;
    this.#silent.add(asking);
    return { type: 'silent' };
  }

  #ask(question: PoolQuestion): Asking {
    this.#count += 1;
    const id = this.#count;
    const { promise, resolve } = Promise.withResolvers<PoolFiles>();
    const asking = {
      answer: promise,
      resolve: (files: PoolFiles) => {
        this.#open.delete(id);
        if (this.#byPath.get(question.path) === id) this.#byPath.delete(question.path);
        resolve(files);
      },
    };
    this.#open.set(id, asking);
    this.#byPath.set(question.path, id);
    this.#process?.child.send({ id, ...question }, () => {});
    return asking;
  }

  #start(): Promise<void> {
    if (this.#process !== undefined) return this.#process.ready;
    if (this.#ended) return Promise.resolve();
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    const child = spawn(process.execPath, [this.#program], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      cwd: '/',
      env: { ...process.env, UV_THREADPOOL_SIZE: String(threads) },
    });
    child.on('message', ({ ready: isReady, id, files }: Said) => {
      if (isReady) resolve();
      else if (id !== undefined && files !== undefined) this.#open.get(id)?.resolve(files);
    });
    const gone = () => {
      if (this.#process?.child !== child) return;
      this.#process = undefined;
      resolve();
      for (const asking of this.#open.values()) asking.resolve(failed('it has ended'));
    };
    child.once('exit', gone).once('error', gone);
    this.#process = { child, ready };
    return ready;
  }

  /** Of the process, while there is one. */
  get pid(): number | undefined {
    return this.#process?.child.pid;
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    // One that a dead server holds ends when the kernel lets it.
    this.#process?.child.kill('SIGKILL');
  }
}

function failed(what: string): PoolFiles {
  return { type: 'failed', message: `the process that asks for its files: ${what}` };
}

const silence = Symbol('no answer');

async function inTime<T>(answer: Promise<T>, ms: number): Promise<T | typeof silence> {
  const late = new AbortController();
  try {
    return await Promise.race([answer, pause(ms, silence, { signal: late.signal })]);
  } finally {
    late.abort();
  }
}
