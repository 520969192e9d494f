/**
 * Events as an async iterable with a bounded buffer. A reader that falls behind loses the oldest events
 * and is told so once, by a `lost` entry, after which it should look at everything anew.
 */
import type { EventName, EventOf } from '../protocol/events.ts';

export interface EventsLost {
  readonly name: 'lost';
  readonly count: number;
}

export class EventStream<N extends EventName>
  implements AsyncIterable<EventOf<N> | EventsLost>, AsyncDisposable
{
  readonly #limit: number;
  readonly #release: () => Promise<void>;
  #queue: EventOf<N>[] = [];
  #lost = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(limit: number, release: () => Promise<void>) {
    this.#limit = limit;
    this.#release = release;
  }

  push(event: EventOf<N>): void {
    if (this.#ended) return;
    this.#queue.push(event);
    if (this.#queue.length > this.#limit) {
      this.#queue.shift();
      this.#lost += 1;
    }
    this.#notify();
  }

  /** The connection is gone: what is buffered is still delivered, then the iteration ends. */
  end(): void {
    this.#ended = true;
    this.#notify();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EventOf<N> | EventsLost, void, undefined> {
    for (;;) {
      if (this.#lost > 0) {
        const count = this.#lost;
        this.#lost = 0;
        yield { name: 'lost', count };
        continue;
      }
      const event = this.#queue.shift();
      if (event !== undefined) {
        yield event;
        continue;
      }
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#queue = [];
    this.end();
    await this.#release();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
