/**
 * Keeps the logic told of what lies in etcd: a full load, then a watch from there; after a lost watch, and
 * whenever the logic asks, the same again.
 */
import { keyPrefix } from '@drover/protocol';
import type { Store, Watch } from '@drover/store';
import { setTimeout as pause } from 'node:timers/promises';
import type { SchedulerEvent } from '../logic/index.ts';

const watched = [keyPrefix.intent, keyPrefix.decision];
const all = '/drover/';

export class Loader implements Disposable {
  readonly #store: Store;
  readonly #feed: (event: SchedulerEvent) => void;
  readonly #warn: (text: string) => void;
  #watch: Watch | undefined;
  #loading = false;
  #again = false;
  #ended = false;

  constructor(store: Store, feed: (event: SchedulerEvent) => void, warn: (text: string) => void) {
    this.#store = store;
    this.#feed = feed;
    this.#warn = warn;
  }

  /** Loads soon; asked for again while it loads, it loads once more afterwards. */
  load(): void {
    if (this.#loading) {
      this.#again = true;
      return;
    }
    this.#loading = true;
    void this.#run();
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#watch?.close();
  }

  async #run(): Promise<void> {
    do {
      this.#again = false;
      await this.#loadOnce();
    } while (this.#again && !this.#ended);
    this.#loading = false;
  }

  async #loadOnce(): Promise<void> {
    while (!this.#ended) {
      try {
        const { revision, entries } = await this.#store.range(all);
        if (this.#ended) return;
        const ours = entries.filter(({ key }) => watched.some((prefix) => key.startsWith(prefix)));
        this.#feed({ type: 'loaded', revision, entries: ours });
        this.#watchFrom(revision + 1);
        return;
      } catch (error) {
        this.#warn(`etcd cannot be read: ${(error as Error).message}`);
        await pause(500);
      }
    }
  }

  #watchFrom(revision: number): void {
    this.#watch?.close();
    this.#watch = this.#store.watch(watched, revision, {
      onChanges: (batch) =>
        this.#feed({ type: 'changed', revision: batch.revision, changes: batch.changes }),
      onLost: () => this.load(),
    });
  }
}
