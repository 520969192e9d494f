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
  #signal: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CallOptions, callTimeoutMs: number, waitMs: number) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? callTimeoutMs;
    this.#waitMs = Math.min(this.#timeoutMs, waitMs);
  }

  /** Aborts when no connection may be waited for any longer. Made when it is first asked for. */
  get signal(): AbortSignal {
    return (this.#signal ??= this.#makeSignal());
  }

  /** The options for the call itself, with the deadline that is left. */
  left(): CallOptions {
    if (this.#signal === undefined) return { ...this.#options, timeoutMs: this.#timeoutMs };
    return { ...this.#options, timeoutMs: Math.max(1, this.#timeoutMs - this.#elapsedMs) };
  }

  /** What of the caller's has run out, if anything. */
  get spent(): 'deadline' | 'aborted' | undefined {
    if (this.#options.signal?.aborted === true) return 'aborted';
    return this.#elapsedMs >= this.#timeoutMs ? 'deadline' : undefined;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  get #elapsedMs(): number {
    return Math.ceil(performance.now() - this.#begun);
  }

  #makeSignal(): AbortSignal {
    const aborter = new AbortController();
    const leftMs = Math.max(0, this.#waitMs - this.#elapsedMs);
    if (leftMs <= maxTimerMs) this.#timer = setTimeout(() => aborter.abort(), leftMs);
    const { signal } = this.#options;
    return signal === undefined ? aborter.signal : AbortSignal.any([aborter.signal, signal]);
  }
}
