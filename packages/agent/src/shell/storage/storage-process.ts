/**
 * Works in a pool for the agent, as a process of its own: a file server that does not answer holds this one, and not the
 * agent. Told what to do by a line of JSON on stdin, tells of it by lines on stdout; then waits for the next order where
 * it has kept nothing of the last one. Ends with the agent. See job-order.ts.
 */
import { createInterface } from 'node:readline';
import { DroverError, type ErrorCode } from '@drover/protocol';
import type { ProcessLine, ProcessOrder, ProcessWord, Progress } from './job-order.ts';
import { listFiles } from './list-files.ts';
import { performMemory } from './perform-memory.ts';
import { performJob } from './perform-job.ts';
import { PoolFolder } from './pool-folder.ts';
import { leaveQuarantine, sweepQuarantine } from './quarantine.ts';
import { codeOf } from './qemu-img.ts';
import { serveTransfer } from './serve-transfer.ts';

const tellMs = 1_000;

/** Whose it was when it began; it may become somebody else to work in a pool, and then stays that. */
const firstUser = process.getuid?.();

/** One order under way. */
class Work {
  readonly cancelled = new AbortController();
  #look = () => {};

  heard({ type }: ProcessWord): void {
    if (type === 'abort') this.cancelled.abort();
    this.#look();
  }

  /** Returns after so long, or sooner where what is waited for may have come. */
  async pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#look = resolve;
    await promise;
    clearTimeout(timer);
  }
}

function main(): void {
  let work: Work | undefined;
  const lines = createInterface({ input: process.stdin });
  // Who ordered it is gone; what is left in the quarantine is taken away when the next agent starts.
  lines.on('close', () => process.exit(1));
  process.stdout.on('error', () => process.exit(1));
  lines.on('line', (line) => {
    const said = JSON.parse(line) as ProcessOrder | ProcessWord;
    // About one that has ended, where there is none.
    if ('type' in said) return work?.heard(said);
    if (work !== undefined) throw new Error('it has an order already');
    work = new Work();
    process.title = `drover-storage ${said.kind}`;
    void perform(said, work).then(
      (end) => {
        work = undefined;
        process.title = 'drover-storage waiting';
        const waits = process.getuid?.() === firstUser ? 'as-it-was' : 'as-another';
        say({ type: 'done', ...end, waits });
      },
      // Nobody knows what it has left open.
      (error: unknown) => say(failure(error), () => process.exit(0)),
    );
    return undefined;
  });
}

type End = Omit<Extract<ProcessLine, { type: 'done' }>, 'type' | 'waits'>;

async function perform(order: ProcessOrder, work: Work): Promise<End> {
  const { signal } = work.cancelled;
  switch (order.kind) {
    case 'job': {
      using teller = new Teller();
      return await performJob(order, {
        signal,
        pause: (ms) => work.pause(ms),
        onProgress: (progress) => teller.progressed(progress),
        onAlive: () => say({ type: 'alive' }),
      });
    }
    case 'transfer':
      await serveTransfer(order, { signal }, say);
      return {};
    case 'memory':
      return await performMemory(order);
    case 'sweep': {
      await using pool = await PoolFolder.open(order.pool);
      return { leftovers: await sweepQuarantine(pool, order.owner, Date.now()) };
    }
    case 'list': {
      await using pool = await PoolFolder.open(order.pool);
      return { listed: await listFiles(pool, order.ask, Date.now()) };
    }
    case 'discard': {
      await using pool = await PoolFolder.open(order.pool);
      await leaveQuarantine(pool, order);
      return {};
    }
  }
}

/** Passes on the newest of what comes much more often. */
class Teller implements Disposable {
  #phase: Progress['phase'] | undefined;
  /** Not told yet. */
  #newest: Progress | undefined;
  readonly #timer = setInterval(() => this.#tell(), tellMs);

  progressed(progress: Progress): void {
    this.#newest = progress;
    if (this.#phase !== progress.phase) this.#tell();
    this.#phase = progress.phase;
  }

  #tell(): void {
    if (this.#newest) say({ type: 'progress', progress: this.#newest });
    this.#newest = undefined;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#tell();
  }
}

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'pool-full',
  EDQUOT: 'pool-full',
  ESTALE: 'pool-unavailable',
  EROFS: 'pool-unavailable',
};

function failure(error: unknown): ProcessLine {
  const { message } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof DroverError) return { type: 'failed', code: error.code, message };
  const { code } = error as NodeJS.ErrnoException;
  const known = codes[code ?? ''];
  if (known !== undefined) return { type: 'failed', code: known, message };
  return { type: 'failed', code: codeOf(message), message };
}

function say(line: ProcessLine, onSaid?: () => void): void {
  process.stdout.write(`${JSON.stringify(line)}\n`, onSaid);
}

if (process.argv[1] === import.meta.filename) main();
