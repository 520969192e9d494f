/**
 * A bounded queue in front of one handler: one message after the other, and a full queue drops what its
 * owner said it may. NATS' client would queue without a limit.
 */
import type { SubscribeOptions } from './port.ts';

export class Inbox<T> {
  readonly #handle: (message: T) => void | Promise<void>;
  readonly #options: SubscribeOptions;
  readonly #onDrop: () => void;
  readonly #waiting: T[] = [];
  #busy = false;
  #closed = false;

  constructor(
    options: SubscribeOptions,
    handle: (message: T) => void | Promise<void>,
    onDrop: () => void,
  ) {
    if (!(options.queueLimit >= 1)) throw new Error('a queue holds at least one message');
    this.#options = options;
    this.#handle = handle;
    this.#onDrop = onDrop;
  }

  add(message: T): void {
    if (this.#closed) return;
    if (this.#waiting.length >= this.#options.queueLimit) {
      this.#onDrop();
      if (this.#options.onOverflow === 'drop-newest') return;
      this.#waiting.shift();
    }
    this.#waiting.push(message);
    if (!this.#busy) void this.#run();
  }

  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
  }

  /** A handler that throws is a defect: the rejection is nobody's and ends the process. */
  async #run(): Promise<void> {
    this.#busy = true;
    for (;;) {
      const message = this.#waiting.shift();
      if (message === undefined) break;
      const pending = this.#handle(message);
      // Awaiting what is not a promise would cost a turn for each of thousands of heartbeats.
      if (pending) await pending;
    }
    this.#busy = false;
  }
}
