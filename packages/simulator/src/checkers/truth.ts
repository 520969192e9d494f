/** What is true in the world, whatever anybody believes: the copies on every host and the records in etcd. */
import type { Resources } from '@drover/core';
import {
  type AssignmentRecord,
  type BalanceSettingsRecord,
  type OperationRecord,
  parseKey,
  type PoolRecord,
  type RequestRecord,
  type RuleRecord,
  type VmIntentRecord,
} from '@drover/protocol';
import type { Commit, EtcdEntry } from '../etcd.ts';
import type { CopyState } from '../hypervisor.ts';

export interface TrueCopy {
  readonly vmId: string;
  readonly name: string;
  readonly memoryMib: number;
  readonly vcpus: number;
  readonly state: CopyState;
  readonly hasLostLock?: boolean;
}

export interface TrueHost {
  readonly id: string;
  readonly allocatable: Resources;
  readonly copies: readonly TrueCopy[];
}

export interface Truth {
  /** VMs that a person has moved past all records: what comes of that is theirs to answer for. */
  readonly byHand: ReadonlySet<string>;
  /** By host: VMs that it has called gone while it had them. */
  readonly lies: ReadonlyMap<string, ReadonlySet<string>>;
  readonly hosts: readonly TrueHost[];
  readonly records: Records;
  /** For how long the host has been without one of these pools. */
  readonly unusableMs: (pools: readonly string[], hostId: string) => number;
  /** Up to which revision who decided under that epoch had heard of changes, when it decided last. */
  readonly decidedFrom: (epoch: string) => number;
}

const storedTypes: readonly string[] = ['image-intent', 'image', 'volume-intent', 'volume'];

/** The records that checkers look at, kept by revision. */
export class Records {
  readonly vms = new Map<string, VmIntentRecord>();
  readonly pools = new Map<string, PoolRecord>();
  readonly assignments = new Map<string, AssignmentRecord>();
  /** Of images and volumes, intents and decisions, as they were written. */
  readonly stored = new Map<string, string>();
  readonly operations = new Map<string, OperationRecord>();
  /** Operations that had ended when their records were deleted: only so many are kept. */
  readonly forgotten = new Set<string>();
  readonly requests = new Map<string, RequestRecord>();
  /** By request: which it was in the order in which they reached etcd. One that was late is no older for that. */
  readonly #places = new Map<string, number>();
  /** With the revision at which each was written. */
  readonly rules = new Map<string, { readonly rule: RuleRecord; readonly revision: number }>();
  /** By subject; of the whole cluster. */
  readonly settings = new Map<string, BalanceSettingsRecord>();
  /** Create revisions of the keys of those who stand for election. */
  readonly candidates = new Map<string, number>();
  /** Keys that were gone once: where a restore brings one back, mostly nobody comes with it. */
  readonly gone = new Set<string>();

  /** They may say less than what is: until hosts are heard nothing is decided by them. */
  wereRestored = false;

  /** etcd was restored: this is what there is now. */
  restored(entries: readonly EtcdEntry[]): void {
    this.wereRestored = true;
    for (const table of [this.vms, this.pools, this.assignments, this.operations, this.requests])
      table.clear();
    this.rules.clear();
    this.stored.clear();
    this.candidates.clear();
    for (const { key, value, createRevision: revision, modRevision } of entries) {
      this.take({ revision, changes: [{ key, value, modRevision }], cause: 'txn' });
    }
  }

  /** Did the first of two requests reach etcd before the second? */
  isBefore(id: string, other: string): boolean {
    return (this.#places.get(id) ?? Number.POSITIVE_INFINITY) < (this.#places.get(other) ?? -1);
  }

  take({ changes, revision }: Commit): void {
    for (const { key, value, modRevision } of changes) {
      if (key.startsWith('/drover/leader/')) {
        if (value === undefined) {
          this.candidates.delete(key);
          this.gone.add(key);
        } else if (!this.candidates.has(key)) this.candidates.set(key, revision);
        continue;
      }
      const { type, ...parsed } = parseKey(key);
      const id = 'id' in parsed ? parsed.id : '';
      if (type === 'rule') {
        if (value === undefined) this.rules.delete(id);
        else this.rules.set(id, { rule: JSON.parse(value) as RuleRecord, revision: modRevision });
      }
      if (storedTypes.includes(type)) {
        if (value === undefined) this.stored.delete(key);
        else this.stored.set(key, value);
      }
      const table = this.#table(type);
      if (table === undefined) continue;
      if (type === 'operation' && value === undefined) {
        const before = this.operations.get(id);
        if (before !== undefined && !isOpen(before)) this.forgotten.add(id);
      }
      if (type === 'request' && !this.#places.has(id)) this.#places.set(id, this.#places.size);
      if (value === undefined) table.delete(id);
      else table.set(id, JSON.parse(value) as never);
    }
  }

  #table(type: ReturnType<typeof parseKey>['type']): Map<string, never> | undefined {
    const tables: Partial<Record<typeof type, Map<string, unknown>>> = {
      'vm-intent': this.vms,
      pool: this.pools,
      assignment: this.assignments,
      operation: this.operations,
      request: this.requests,
      settings: this.settings,
    };
    return tables[type] as Map<string, never> | undefined;
  }
}

export function isOpen({ state }: OperationRecord): boolean {
  return state === 'pending' || state === 'running';
}
