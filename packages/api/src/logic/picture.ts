/**
 * The API's picture of etcd: what was loaded, what the watch has told since, and own writes at once, so that who
 * wrote reads it.
 */
import { DroverError, keyPrefix, RecordMirror } from '@drover/protocol';
import type { WritePut } from './write.ts';

export const watchedPrefixes = [keyPrefix.intent, keyPrefix.decision];
/** Own writes that a load which was under way may not have seen. */
const ownWritesKept = 100;

interface Change {
  readonly key: string;
  /** Absent: deleted. */
  readonly value?: string;
  readonly modRevision: number;
}

export class Picture {
  readonly #records = new RecordMirror();
  readonly #ownWrites: { readonly revision: number; readonly puts: readonly WritePut[] }[] = [];
  #heardRevision = 0;

  /** Throws `store-unavailable` until the first load is through. */
  get records(): RecordMirror {
    if (this.isLoaded) return this.#records;
    throw new DroverError('store-unavailable', 'etcd has not been read yet since the API started');
  }

  get isLoaded(): boolean {
    return this.#heardRevision > 0;
  }

  /** Up to here every change of etcd is known; own writes may be known beyond it. */
  get heardRevision(): number {
    return this.#heardRevision;
  }

  /** All that is in etcd, ours or not, as of this revision. */
  load(revision: number, entries: readonly Change[]): void {
    const ours = entries.filter(({ key }) => watchedPrefixes.some((one) => key.startsWith(one)));
    this.#records.load(revision, ours);
    for (const own of this.#ownWrites) {
      if (own.revision > revision) this.#records.committed(own.revision, own.puts);
    }
    this.#heardRevision = revision;
  }

  change(revision: number, changes: readonly Change[]): void {
    this.#records.change(revision, changes);
    this.#heardRevision = revision;
  }

  wrote(revision: number, puts: readonly WritePut[]): void {
    this.#ownWrites.push({ revision, puts });
    if (this.#ownWrites.length > ownWritesKept) this.#ownWrites.shift();
    this.#records.committed(revision, puts);
  }
}
