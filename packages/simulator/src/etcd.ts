/**
 * etcd as its clients can tell: one revision after another, create and mod revisions, transactions that
 * compare, leases that end with their keys, watches in revision order, compaction. Answers at once; what a
 * network does to that is etcd-client.ts.
 */
import type { Timeline } from './timeline.ts';

export interface EtcdEntry {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly leaseId?: number;
}

export interface EtcdChange {
  readonly key: string;
  /** Absent: deleted. */
  readonly value?: string;
  readonly modRevision: number;
}

export interface EtcdTxn {
  readonly compares: readonly {
    readonly key: string;
    readonly createRevision?: number;
    readonly modRevision?: number;
  }[];
  readonly puts: readonly {
    readonly key: string;
    readonly value: string;
    readonly leaseId?: number;
  }[];
  readonly deletes: readonly string[];
}

export interface TxnAnswer {
  readonly type: 'done' | 'conflict';
  readonly revision: number;
}

/** A put under a lease that etcd does not have: nothing of the transaction is done. */
export interface TxnRefusal {
  readonly type: 'no-lease';
}

/** One revision: what it changed, and what was there before. */
export interface Commit {
  readonly revision: number;
  readonly changes: readonly (EtcdChange & { readonly before?: EtcdEntry })[];
  /** By a transaction, or by the end of a lease. */
  readonly cause: 'txn' | 'lease';
}

/** What a backup holds. */
export interface EtcdBackup {
  readonly revision: number;
  readonly entries: readonly EtcdEntry[];
  /** With their times to live. */
  readonly leases: ReadonlyMap<number, number>;
}

interface Watching {
  readonly prefixes: readonly string[];
  /** It has been told of all below this. */
  nextRevision: number;
  readonly onCommit: (revision: number, changes: readonly EtcdChange[]) => void;
}

interface Lease {
  readonly ttlMs: number;
  deadlineMs: number;
}

export class Etcd {
  readonly #timeline: Timeline;
  readonly #entries = new Map<string, EtcdEntry>();
  readonly #leases = new Map<number, Lease>();
  readonly #watching = new Set<Watching>();
  readonly #onCommit: (commit: Commit) => void;
  #history: Commit[] = [];
  #compactedRevision = 0;
  #revision = 1;
  #leaseId = 0;
  /** No quorum: no lease ends meanwhile. That nobody is answered either is the clients' affair. */
  isStalled = false;

  constructor(timeline: Timeline, onCommit: (commit: Commit) => void = () => undefined) {
    this.#timeline = timeline;
    this.#onCommit = onCommit;
  }

  get revision(): number {
    return this.#revision;
  }

  get(key: string): EtcdEntry | undefined {
    return this.#entries.get(key);
  }

  range(prefix: string): { readonly revision: number; readonly entries: readonly EtcdEntry[] } {
    const entries = [...this.#entries.values()].filter(({ key }) => key.startsWith(prefix));
    return { revision: this.#revision, entries: entries.toSorted((a, b) => order(a.key, b.key)) };
  }

  txn({ compares, puts, deletes }: EtcdTxn): TxnAnswer | TxnRefusal {
    const holds = compares.every(({ key, createRevision, modRevision }) => {
      const entry = this.#entries.get(key);
      if (createRevision !== undefined && (entry?.createRevision ?? 0) !== createRevision) {
        return false;
      }
      return modRevision === undefined || (entry?.modRevision ?? 0) === modRevision;
    });
    const leases = puts.every(({ leaseId }) => leaseId === undefined || this.#leases.has(leaseId));
    if (!holds) return { type: 'conflict', revision: this.#revision };
    if (!leases) return { type: 'no-lease' };
    this.#commit(puts, deletes, 'txn');
    return { type: 'done', revision: this.#revision };
  }

  grant(ttlMs: number): number {
    this.#leaseId += 1;
    this.#leases.set(this.#leaseId, { ttlMs, deadlineMs: this.#timeline.nowMs + ttlMs });
    this.#expireAt(this.#leaseId);
    return this.#leaseId;
  }

  /** What is left of the lease afterwards; 0: there is none. */
  keepAlive(leaseId: number): number {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return 0;
    lease.deadlineMs = this.#timeline.nowMs + lease.ttlMs;
    return lease.ttlMs;
  }

  revoke(leaseId: number): void {
    if (!this.#leases.delete(leaseId)) return;
    const keys = [...this.#entries.values()].filter((entry) => entry.leaseId === leaseId);
    if (keys.length > 0) {
      this.#commit([], keys.map(({ key }) => key).toSorted(order), 'lease');
    }
  }

  /** As a new leader of etcd does: it cannot know how long the leases were without a renewal. */
  extendLeases(): void {
    for (const lease of this.#leases.values())
      lease.deadlineMs = this.#timeline.nowMs + lease.ttlMs;
  }

  /** Everything from that revision on, then what comes; nothing where that is compacted away. */
  watch(
    prefixes: readonly string[],
    fromRevision: number,
    onCommit: Watching['onCommit'],
  ): { close(): void } | undefined {
    if (fromRevision <= this.#compactedRevision) return undefined;
    const watching: Watching = { prefixes, onCommit, nextRevision: fromRevision };
    for (const commit of this.#history) {
      if (commit.revision >= fromRevision) tell(watching, commit);
    }
    this.#watching.add(watching);
    return { close: () => this.#watching.delete(watching) };
  }

  /** Forgets what changed up to that revision; absent: up to now. */
  compact(revision = this.#revision): void {
    this.#compactedRevision = Math.max(this.#compactedRevision, revision);
    this.#history = this.#history.filter((commit) => commit.revision > revision);
  }

  backup(): EtcdBackup {
    const leases = new Map([...this.#leases].map(([id, { ttlMs }]) => [id, ttlMs]));
    return { revision: this.#revision, entries: [...this.#entries.values()], leases };
  }

  /**
   * All that came after the backup is gone, and revisions count on from there. Leases have their whole time again; a watch
   * that has seen more waits for a revision that will come a second time.
   */
  restore({ revision, entries, leases }: EtcdBackup): void {
    this.#revision = revision;
    this.#compactedRevision = revision;
    this.#history = [];
    this.#entries.clear();
    for (const entry of entries) this.#entries.set(entry.key, entry);
    this.#leases.clear();
    for (const [id, ttlMs] of leases) {
      this.#leases.set(id, { ttlMs, deadlineMs: this.#timeline.nowMs + ttlMs });
      this.#expireAt(id);
    }
  }

  #expireAt(leaseId: number): void {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return;
    this.#timeline.after(lease.deadlineMs - this.#timeline.nowMs, () => {
      if (!this.#leases.has(leaseId)) return;
      // Without a quorum nothing ends.
      if (this.isStalled) lease.deadlineMs = this.#timeline.nowMs + 1_000;
      if (this.#timeline.nowMs >= lease.deadlineMs) this.revoke(leaseId);
      else this.#expireAt(leaseId);
    });
  }

  #commit(puts: EtcdTxn['puts'], deletes: readonly string[], cause: Commit['cause']): void {
    const gone = deletes.filter((key) => this.#entries.has(key));
    // A transaction that changes nothing makes no revision.
    if (puts.length === 0 && gone.length === 0) return;
    this.#revision += 1;
    const revision = this.#revision;
    // In the order in which the store asks for them.
    const changes: Commit['changes'][number][] = [];
    for (const { key, value, leaseId } of puts) {
      const before = this.#entries.get(key);
      this.#entries.set(key, {
        key,
        value,
        createRevision: before?.createRevision ?? revision,
        modRevision: revision,
        ...(leaseId === undefined ? {} : { leaseId }),
      });
      changes.push({ key, value, modRevision: revision, ...(before ? { before } : {}) });
    }
    for (const key of gone) {
      const before = this.#entries.get(key);
      this.#entries.delete(key);
      changes.push({ key, modRevision: revision, ...(before ? { before } : {}) });
    }
    const commit = { revision, changes, cause };
    this.#history.push(commit);
    if (this.#history.length > 2_000) this.#history = this.#history.slice(-1_000);
    const oldest = this.#history[0];
    if (oldest) this.#compactedRevision = Math.max(this.#compactedRevision, oldest.revision - 1);
    this.#onCommit(commit);
    for (const watching of this.#watching) tell(watching, commit);
  }
}

function tell(watching: Watching, { revision, changes }: Commit): void {
  const { prefixes, onCommit } = watching;
  if (revision < watching.nextRevision) return;
  watching.nextRevision = revision + 1;
  const ours = changes.filter(({ key }) => prefixes.some((prefix) => key.startsWith(prefix)));
  if (ours.length === 0) return;
  onCommit(
    revision,
    ours.map(({ key, value, modRevision }) =>
      value === undefined ? { key, modRevision } : { key, value, modRevision },
    ),
  );
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
