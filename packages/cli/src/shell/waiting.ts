/**
 * Waiting for something that goes on without us: Ctrl-C detaches and cancels nothing, a time limit ends
 * only the waiting, and an API that goes away is waited out within a limit of its own.
 */
import { ApiProblem } from '@drover/client';
import { setTimeout as pause } from 'node:timers/promises';
import { formatDuration } from '../logic/durations.ts';
import { oneLine } from '../logic/harmless.ts';
import { Unreachable } from './client.ts';

/** A person pressed Ctrl-C. */
export class Detached extends Error {}

/** `--timeout` is over. */
export class TimedOut extends Error {}

export interface WaitingOptions {
  readonly timeoutMs: number | undefined;
  /** How long an API that does not answer is waited for. */
  readonly patienceMs: number;
  /** Says what is going on with the API itself. */
  readonly note: (text: string) => void;
}

const retryMs = 500;

export class Waiting {
  readonly #options: WaitingOptions;
  readonly #interrupt = new AbortController();
  readonly #signal: AbortSignal;
  #note: (text: string) => void;

  constructor(options: WaitingOptions) {
    this.#options = options;
    this.#note = options.note;
    const { timeoutMs } = options;
    this.#signal =
      timeoutMs === undefined
        ? this.#interrupt.signal
        : AbortSignal.any([this.#interrupt.signal, AbortSignal.timeout(timeoutMs)]);
    process.on('SIGINT', this.#onInterrupt);
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  /** Notes go elsewhere, while a tree is drawn. */
  noteTo(note: (text: string) => void): void {
    this.#note = note;
  }

  /** As Ctrl-C does, where that comes as a key. */
  interrupt(): void {
    this.#onInterrupt();
  }

  /** Ctrl-C means its usual thing again. */
  end(): void {
    process.off('SIGINT', this.#onInterrupt);
  }

  /** The answer, however often it must be asked for while the API is away. */
  async ask<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    let awaySinceMs: number | undefined;
    for (;;) {
      this.#check();
      try {
        const answer = await request(this.#signal);
        if (awaySinceMs !== undefined) {
          const away = formatDuration(performance.now() - awaySinceMs);
          this.#note(`the API answers again, after ${away}`);
        }
        return answer;
      } catch (error) {
        this.#check();
        const why = awayBecause(error);
        if (why === undefined) throw error;
        if (awaySinceMs === undefined) {
          awaySinceMs = performance.now();
          const limit = formatDuration(this.#options.patienceMs);
          this.#note(`the API is away (${why}); what was begun goes on; waiting up to ${limit}`);
        }
        if (performance.now() - awaySinceMs >= this.#options.patienceMs) throw error;
        await this.pause(Math.min(retryMs, this.#options.patienceMs));
      }
    }
  }

  async pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#signal }).catch(() => {});
    this.#check();
  }

  #check(): void {
    if (this.#interrupt.signal.aborted) throw new Detached('detached');
    if (this.#signal.aborted) throw new TimedOut('timed out');
  }

  /** A second Ctrl-C does not wait for anything. */
  readonly #onInterrupt = (): void => {
    if (this.#interrupt.signal.aborted) process.exit(130);
    this.#interrupt.abort();
  };
}

function awayBecause(error: unknown): string | undefined {
  if (error instanceof Unreachable) return oneLine(error.message);
  if (error instanceof ApiProblem && [429, 502, 503, 504].includes(error.problem.status)) {
    return oneLine(error.problem.title);
  }
  return undefined;
}
