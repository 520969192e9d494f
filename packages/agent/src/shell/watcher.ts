/**
 * Looks at the host when asked, one look at a time: asked again meanwhile, it looks again afterwards. A look
 * that failed is repeated, since nobody asks twice.
 */
import { setTimeout as pause } from 'node:timers/promises';

const gatherMs = 50;
const retryMs = 1_000;

export interface WatcherOptions<T> {
  readonly look: () => Promise<T>;
  /** `answers`: the newest question that was asked before the look began. */
  readonly onLook: (seen: T, answers: number) => void;
  readonly warn: (text: string) => void;
}

export class Watcher<T> implements AsyncDisposable {
  readonly #options: WatcherOptions<T>;
  readonly #stopped = new AbortController();
  #asked = 0;
  #wanted = false;
  #running: Promise<void> = Promise.resolve();
  #busy = false;
  #told = '';

  constructor(options: WatcherOptions<T>) {
    this.#options = options;
  }

  ask(id: number): void {
    this.#asked = Math.max(this.#asked, id);
    this.change();
  }

  /** Something happened: look, though nobody asked. */
  change(): void {
    this.#wanted = true;
    if (this.#busy || this.#stopped.signal.aborted) return;
    this.#busy = true;
    this.#running = this.#work();
  }

  async #work(): Promise<void> {
    const { signal } = this.#stopped;
    while (this.#wanted && !signal.aborted) {
      // Changes come in bunches.
      await pause(gatherMs, undefined, { signal }).catch(() => undefined);
      this.#wanted = false;
      const answers = this.#asked;
      let seen: T;
      try {
        seen = await this.#options.look();
      } catch (error) {
        this.#wanted = true;
        if (!signal.aborted) this.#tell(`looking at the host: ${String(error)}`);
        await pause(retryMs, undefined, { signal }).catch(() => undefined);
        continue;
      }
      this.#told = '';
      if (!signal.aborted) this.#options.onLook(seen, answers);
    }
    this.#busy = false;
  }

  /** Once, until it works again. */
  #tell(text: string): void {
    if (text !== this.#told) this.#options.warn(text);
    this.#told = text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }
}
