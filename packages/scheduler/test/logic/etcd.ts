/** An etcd in memory, as far as the scheduler's logic can tell: revisions, compares, and typed reads of records. */
import {
  type AssignmentRecord,
  type CpuBaselineRecord,
  type HostRecord,
  type ImageRecord,
  keys,
  type OperationRecord,
  type PoolRecord,
  type PoolStateRecord,
  type RequestRecord,
  type VolumeRecord,
} from '@drover/protocol';
import type { Put, StoreChange, StoreEntry } from '../../src/logic/index.ts';

export class Etcd {
  revision = 1;
  /** Create revision of the leader's key: the epoch that transactions are compared with. */
  epoch = '0';
  readonly #entries = new Map<string, StoreEntry>();
  readonly onChange = new Set<(revision: number, changes: readonly StoreChange[]) => void>();

  elect(): string {
    this.revision += 1;
    this.epoch = String(this.revision);
    return this.epoch;
  }

  entries(): readonly StoreEntry[] {
    return [...this.#entries.values()];
  }

  backup(): { readonly revision: number; readonly entries: readonly StoreEntry[] } {
    return { revision: this.revision, entries: this.entries() };
  }

  /** What came since the backup is gone, and nobody is told. */
  restore({ revision, entries }: ReturnType<Etcd['backup']>): void {
    this.revision = revision;
    this.#entries.clear();
    for (const entry of entries) this.#entries.set(entry.key, entry);
  }

  /** One transaction of the leader with this epoch. Revision, or nothing where a compare does not hold. */
  commit(epoch: string, puts: readonly Put[]): number | undefined {
    const holds = puts.every(
      (put) => (this.#entries.get(put.key)?.modRevision ?? 0) === put.expectedModRevision,
    );
    if (!holds || epoch !== this.epoch) return undefined;
    return this.#apply(puts);
  }

  /** As the API writes: whatever is there is replaced. */
  write(key: string, value: object | undefined): void {
    this.#apply([value === undefined ? { key } : { key, value: JSON.stringify(value) }]);
  }

  writeText(key: string, value: string): void {
    this.#apply([{ key, value }]);
  }

  #apply(puts: readonly { readonly key: string; readonly value?: string }[]): number {
    this.revision += 1;
    const modRevision = this.revision;
    for (const { key, value } of puts) {
      if (value === undefined) this.#entries.delete(key);
      else this.#entries.set(key, { key, value, modRevision });
    }
    const changes = puts.map((put) => ({ ...put, modRevision }));
    for (const tell of this.onChange) tell(modRevision, changes);
    return modRevision;
  }

  modRevision(key: string): number {
    return this.#entries.get(key)?.modRevision ?? 0;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  #read(key: string): unknown {
    const entry = this.#entries.get(key);
    return entry === undefined ? undefined : JSON.parse(entry.value);
  }

  operation(id: string): OperationRecord | undefined {
    return this.#read(keys.operation(id)) as OperationRecord | undefined;
  }

  operations(): readonly OperationRecord[] {
    return [...this.#entries.values()]
      .filter(({ key }) => key.startsWith(keys.operation('')))
      .map(({ value }) => JSON.parse(value) as OperationRecord);
  }

  host(hostId: string): HostRecord | undefined {
    return this.#read(keys.host(hostId)) as HostRecord | undefined;
  }

  assignment(vmId: string): AssignmentRecord | undefined {
    return this.#read(keys.assignment(vmId)) as AssignmentRecord | undefined;
  }

  poolState(name: string): PoolStateRecord | undefined {
    return this.#read(keys.poolState(name)) as PoolStateRecord | undefined;
  }

  pool(name: string): PoolRecord | undefined {
    return this.#read(keys.pool(name)) as PoolRecord | undefined;
  }

  image(imageId: string): ImageRecord | undefined {
    return this.#read(keys.image(imageId)) as ImageRecord | undefined;
  }

  volume(volumeId: string): VolumeRecord | undefined {
    return this.#read(keys.volume(volumeId)) as VolumeRecord | undefined;
  }

  cpuBaseline(): CpuBaselineRecord | undefined {
    return this.#read(keys.cpuBaseline()) as CpuBaselineRecord | undefined;
  }

  request(id: string): RequestRecord | undefined {
    return this.#read(keys.request(id)) as RequestRecord | undefined;
  }
}
