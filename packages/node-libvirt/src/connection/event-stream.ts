/**
 * Events as an async iterable with a bounded buffer. A reader that falls behind loses the oldest events
 * and is told so once, by a `resync`, after which it should look at everything anew.
 */
import type { EventName, EventOf } from '../protocol/events.ts';
import type { Caller, Resync } from './caller.ts';
import { defaults, type EventStreamOptions } from './options.ts';

export class EventStream<N extends EventName>
  implements AsyncIterable<EventOf<N> | Resync>, AsyncDisposable
{
  readonly #limit: number;
  readonly #release: () => Promise<void>;
  #queue: (EventOf<N> | Resync)[] = [];
  #lost = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(limit: number, release: () => Promise<void>) {
    this.#limit = limit;
    this.#release = release;
  }

  push(event: EventOf<N> | Resync): void {
    if (this.#ended) return;
    this.#queue.push(event);
    if (this.#queue.length > this.#limit) {
      this.#queue.shift();
      this.#lost += 1;
    }
    this.#notify();
  }

  /** Nothing more will come: what is buffered is still delivered, then the iteration ends. */
  end(): void {
    this.#ended = true;
    this.#notify();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EventOf<N> | Resync, void, undefined> {
    for (;;) {
      if (this.#lost > 0) {
        const lost = this.#lost;
        this.#lost = 0;
        yield { name: 'resync', reason: 'overflow', lost };
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

/** Events of `caller` from now on; ends with it, or with the iteration's own signal. */
export async function openEventStream<N extends EventName>(
  caller: Caller,
  names: readonly N[],
  options: EventStreamOptions = {},
): Promise<EventStream<N>> {
  options.signal?.throwIfAborted();
  const end = () => stream.end();
  const stream = new EventStream<N>(options.limit ?? defaults.eventLimit, async () => {
    options.signal?.removeEventListener('abort', end);
    await listening[Symbol.asyncDispose]();
  });
  const listening = await caller.listen(names, (event) => stream.push(event), options);
  options.signal?.addEventListener('abort', end, { once: true });
  void listening.ended.then(end);
  return stream;
}
