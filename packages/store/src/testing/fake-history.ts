/** etcd's key space in memory: revisions, history, compaction. No leases, no clients, no time. */
import type { Change, StoreEntry, Txn, TxnResult } from '../port.ts';

interface Version extends StoreEntry {
  readonly leaseId?: string;
}

export class FakeHistory {
  readonly #entries = new Map<string, Version>();
  #changes: Change[] = [];
  /** Of each key at the time of each change, so that the past can be read. */
  #created = new Map<string, number>();
  #revision = 1;
  #compacted = 0;

  get revision(): number {
    return this.#revision;
  }

  /** Changes before it are gone, and of those at it the deletions. */
  get compactedRevision(): number {
    return this.#compacted;
  }

  /** Keys in order, as etcd sorts them (bytes; they are ASCII). */
  entries(): readonly StoreEntry[] {
    return [...this.#entries.values()]
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ key, value, modRevision, createRevision }) => ({
        key,
        value,
        modRevision,
        createRevision,
      }));
  }

  /** As of an older revision, which must not be compacted. */
  entriesAt(revision: number): readonly StoreEntry[] {
    if (revision >= this.#revision) return this.entries();
    const past = new Map<string, StoreEntry>(this.entries().map((entry) => [entry.key, entry]));
    for (const change of this.#changes.toReversed()) {
      if (change.modRevision <= revision) break;
      const before = this.#versionBefore(change);
      if (before) past.set(change.key, before);
      else past.delete(change.key);
    }
    return [...past.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }

  changesFrom(revision: number): readonly Change[] {
    return this.#changes.filter(
      ({ modRevision, value }) =>
        modRevision >= revision && (modRevision > this.#compacted || value !== undefined),
    );
  }

  keysOfLease(leaseId: string): readonly string[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.leaseId === leaseId)
      .map((entry) => entry.key)
      .toSorted();
  }

  txn(txn: Txn): TxnResult {
    const holds = txn.compares.every((compare) => {
      const entry = this.#entries.get(compare.key);
      const { modRevision, createRevision } = compare;
      return (
        (modRevision === undefined || modRevision === (entry?.modRevision ?? 0)) &&
        (createRevision === undefined || Number(createRevision) === (entry?.createRevision ?? 0))
      );
    });
    if (!holds) return { type: 'conflict', revision: this.#revision };
    const deletes = txn.deletes.filter((key) => this.#entries.has(key));
    if (txn.puts.length + deletes.length > 0) this.#revision += 1;
    for (const put of txn.puts) this.#put(put.key, put.value, put.leaseId);
    for (const key of deletes) this.#delete(key);
    return { type: 'done', revision: this.#revision };
  }

  compact(revision: number): void {
    this.#compacted = Math.min(revision, this.#revision);
  }

  #put(key: string, value: string, leaseId: string | undefined): void {
    const createRevision = this.#entries.get(key)?.createRevision ?? this.#revision;
    const version = { key, value, modRevision: this.#revision, createRevision };
    this.#entries.set(key, leaseId === undefined ? version : { ...version, leaseId });
    this.#created.set(`${key} ${this.#revision}`, createRevision);
    this.#changes.push({ key, value, modRevision: this.#revision });
  }

  #delete(key: string): void {
    this.#entries.delete(key);
    this.#changes.push({ key, modRevision: this.#revision });
  }

  #versionBefore(change: Change): StoreEntry | undefined {
    const before = this.#changes.findLast(
      (one) => one.key === change.key && one.modRevision < change.modRevision,
    );
    if (before?.value === undefined) return undefined;
    const { key, value, modRevision } = before;
    const createRevision = this.#created.get(`${key} ${modRevision}`) ?? modRevision;
    return { key, value, modRevision, createRevision };
  }
}
