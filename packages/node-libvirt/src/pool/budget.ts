/**
 * How long one call may still take, and how long of that it may wait for a connection.
 */
import type { CallOptions } from '../connection/options.ts';

/** The longest time a timer can be set for. */
const maxTimerMs = 0x7fff_ffff;

export class Budget implements Disposable {
  readonly #options: CallOptions;
  readonly #timeoutMs: number;
  readonly #waitMs: number;
  readonly #begun = performance.now();
  readonly #timers: NodeJS.Timeout[] = [];
  #signal: AbortSignal | undefined;
  #waitSignal: AbortSignal | undefined;

  /** `waitMs`: how long to wait for a daemon that is away. */
  constructor(options: CallOptions, callTimeoutMs: number, waitMs: number) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? callTimeoutMs;
    this.#waitMs = Math.min(this.#timeoutMs, waitMs);
  }

  /** Aborts at the call's deadline, or with the caller's own signal. */
  get signal(): AbortSignal {
    return (this.#signal ??= this.#after(this.#timeoutMs));
  }

  /** Aborts when a daemon that is away may be waited for no longer. */
  get waitSignal(): AbortSignal {
    return (this.#waitSignal ??= this.#after(this.#waitMs));
  }

  /** No further attempt to connect. */
  get hasWaited(): boolean {
    return this.spent !== undefined || this.#elapsedMs >= this.#waitMs;
  }

  /** The options for the call itself, with the deadline that is left. */
  left(): CallOptions {
    if (this.#timers.length === 0) return { ...this.#options, timeoutMs: this.#timeoutMs };
    return { ...this.#options, timeoutMs: Math.max(1, this.#timeoutMs - this.#elapsedMs) };
  }

  /** What of the caller's has run out, if anything. */
  get spent(): 'deadline' | 'aborted' | undefined {
    if (this.#options.signal?.aborted === true) return 'aborted';
    return this.#elapsedMs >= this.#timeoutMs ? 'deadline' : undefined;
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  get #elapsedMs(): number {
    return Math.ceil(performance.now() - this.#begun);
  }

  #after(ms: number): AbortSignal {
    const aborter = new AbortController();
    const leftMs = Math.max(0, ms - this.#elapsedMs);
    if (leftMs <= maxTimerMs) this.#timers.push(setTimeout(() => aborter.abort(), leftMs));
    const { signal } = this.#options;
    return signal === undefined ? aborter.signal : AbortSignal.any([aborter.signal, signal]);
  }
}
