/**
 * Brings a decision into etcd: one transaction, sent once. What became of one that was not answered is read,
 * never assumed; where somebody else was faster, it is decided again from what is there now.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DroverError, parseKey } from '@drover/protocol';
import type { Store, StoreEntry, StoreOutcome } from '@drover/store';
import type { Decide, Write, WritePut } from '../logic/write.ts';
import type { Mirror } from './mirror.ts';

const attempts = 5;
/** How long a lost race may take to show in the watch. */
const catchUpMs = 2_000;
const readBackMs = { total: 8_000, between: 200 } as const;

type Outcome = { readonly type: 'done'; readonly revision: number } | { readonly type: 'conflict' };

export class Writer {
  readonly #store: Store;
  readonly #mirror: Mirror;
  readonly #count: (outcome: string) => void;

  constructor(store: Store, mirror: Mirror, count: (outcome: string) => void) {
    this.#store = store;
    this.#mirror = mirror;
    this.#count = count;
  }

  /** Resolves when it is in etcd, or was so already. */
  async write(decide: Decide): Promise<void> {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const write = decide(this.#mirror.records);
      if (write === undefined) return;
      const outcome = await this.#commit(write);
      this.#count(outcome.type);
      if (outcome.type === 'done') return this.#mirror.wrote(outcome.revision, write.puts);
      await this.#catchUp(write);
    }
    throw new DroverError('conflict', 'others change the same things all the time; ask again');
  }

  async #commit(write: Write): Promise<Outcome> {
    try {
      return await this.#store.txn({
        compares: [
          ...write.puts.map((put) => ({ key: put.key, modRevision: put.expectedModRevision })),
          ...write.compares,
        ],
        puts: write.puts.map(({ key, value }) => ({ key, value })),
        deletes: [],
      });
    } catch (error) {
      if (outcomeOf(error) !== 'unknown') throw error;
      this.#count('unknown');
      return this.#readBack(write, error);
    }
  }

  /** The first record tells: nobody else can have written the same. */
  async #readBack({ puts: [proof] }: Write, why: unknown): Promise<Outcome> {
    const until = performance.now() + readBackMs.total;
    do {
      try {
        const { entry } = await this.#store.get(proof.key);
        const revision = entry && ownRevision(proof, entry);
        if (revision !== undefined) return { type: 'done', revision };
        break;
      } catch {
        await pause(readBackMs.between);
      }
    } while (performance.now() < until);
    throw new DroverError(
      'store-unavailable',
      `etcd did not say whether it was written, and it was not found there; look (${proof.key}) before you ask again`,
      { cause: why },
    );
  }

  /** Waits until the mirror knows what made the compare fail. */
  async #catchUp({ puts, compares }: Write): Promise<void> {
    const keys = [...puts, ...compares].map(({ key }) => key);
    const found = await Promise.all(keys.map((key) => this.#store.get(key)));
    const newest = Math.max(0, ...found.map(({ entry }) => entry?.modRevision ?? 0));
    await this.#mirror.reaches(newest, catchUpMs);
  }
}

/** At which revision this wrote the entry; nothing: somebody else did. */
function ownRevision(proof: WritePut, entry: StoreEntry): number | undefined {
  if (entry.value === proof.value) return entry.modRevision;
  // Made anew under an id of its own: it is ours, though somebody has changed it since. A host's id is no
  // such id; two people may make the first record of one host. Settings have none.
  const isNew = proof.expectedModRevision === 0 && parseKey(proof.key).type !== 'host-intent';
  const id = idOf(proof.value);
  return isNew && id !== undefined && idOf(entry.value) === id ? entry.createRevision : undefined;
}

function idOf(text: string): string | undefined {
  const { id, uuid } = JSON.parse(text) as { readonly id?: string; readonly uuid?: string };
  return uuid ?? id;
}

function outcomeOf(error: unknown): StoreOutcome | undefined {
  if (!(error instanceof DroverError) || error.code !== 'store-unavailable') return undefined;
  return error.details['outcome'] as StoreOutcome | undefined;
}
