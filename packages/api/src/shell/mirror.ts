/**
 * The API's picture of etcd: a full load, then a watch from there; after a lost watch the same again. Own
 * writes are in it at once, so that who wrote reads it. Tells those who wait for a change, and the event
 * stream of what changed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { RecordMirror } from '@drover/protocol';
import type { Change, Store, Watch } from '@drover/store';
import { Picture, watchedPrefixes } from '../logic/picture.ts';
import type { WritePut } from '../logic/write.ts';

const all = '/drover/';

export interface MirrorListener {
  /** Everything is known as of this revision; what led there is not. */
  loaded(revision: number): void;
  changed(records: RecordMirror, changes: readonly Change[]): void;
}

export class Mirror implements Disposable {
  readonly #store: Store;
  readonly #warn: (text: string) => void;
  readonly #picture = new Picture();
  readonly #ended = new AbortController();
  readonly #changed = new Set<() => void>();
  /** Keys of records that cannot be read, with the reason that was told. */
  readonly #named = new Map<string, string>();
  #listener: MirrorListener | undefined;
  #watch: Watch | undefined;

  constructor(store: Store, warn: (text: string) => void) {
    this.#store = store;
    this.#warn = warn;
  }

  start(listener: MirrorListener): void {
    this.#listener = listener;
    void this.#load();
  }

  /** Throws `store-unavailable` until the first load is through. */
  get records(): RecordMirror {
    return this.#picture.records;
  }

  get isLoaded(): boolean {
    return this.#picture.isLoaded;
  }

  /** Up to here every change of etcd is known; own writes may be known beyond it. */
  get heardRevision(): number {
    return this.#picture.heardRevision;
  }

  wrote(revision: number, puts: readonly WritePut[]): void {
    this.#picture.wrote(revision, puts);
    this.#tell();
  }

  /**
   * Asks now and after every change, until there is an answer. `undefined`: the time is over, or the signal
   * aborted.
   */
  async until<T>(
    ask: (records: RecordMirror) => T | undefined,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    const signals = [AbortSignal.timeout(timeoutMs), this.#ended.signal];
    const over = AbortSignal.any(signal ? [...signals, signal] : signals);
    for (;;) {
      const answer = ask(this.records);
      if (answer !== undefined || over.aborted) return answer;
      await this.#nextChange(over);
    }
  }

  /** Has the watch told everything up to this revision, or does it within the time? */
  async reaches(revision: number, timeoutMs: number): Promise<boolean> {
    const reached = () => (this.heardRevision >= revision ? true : undefined);
    return (await this.until(reached, timeoutMs)) ?? false;
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
    this.#watch?.close();
  }

  #nextChange(over: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#changed.delete(done);
        over.removeEventListener('abort', done);
        resolve();
      };
      this.#changed.add(done);
      over.addEventListener('abort', done, { once: true });
    });
  }

  #tell(): void {
    for (const done of this.#changed) done();
  }

  async #load(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      try {
        const { revision, entries } = await this.#store.range(all);
        if (this.#ended.signal.aborted) return;
        this.#take(revision, entries);
        return;
      } catch (error) {
        this.#warn(`etcd cannot be read: ${(error as Error).message}`);
        await pause(500, undefined, { ref: false });
      }
    }
  }

  #take(revision: number, entries: readonly Change[]): void {
    this.#picture.load(revision, entries);
    this.#nameUnreadable();
    this.#listener?.loaded(revision);
    this.#watch?.close();
    this.#watch = this.#store.watch(watchedPrefixes, revision + 1, {
      onChanges: (batch) => {
        this.#picture.change(batch.revision, batch.changes);
        this.#nameUnreadable();
        this.#listener?.changed(this.records, batch.changes);
        this.#tell();
      },
      onLost: () => void this.#load(),
    });
    this.#tell();
  }

  #nameUnreadable(): void {
    for (const key of this.#named.keys()) {
      if (!this.records.unreadable.has(key)) this.#named.delete(key);
    }
    for (const [key, reason] of this.records.unreadable) {
      if (this.#named.get(key) !== reason) this.#warn(`${key} cannot be read: ${reason}`);
      this.#named.set(key, reason);
    }
  }
}
