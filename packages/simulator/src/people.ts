/**
 * People, and the API through which they ask: intents and requests as the API writes them, and the ledger of
 * what was asked and acknowledged, by which everything that happens to a VM is judged.
 */
import {
  type HostIntentRecord,
  keys,
  type MigrationSettingsRecord,
  type MigrationWish,
  type PoolRecord,
  type RequestRecord,
  type VmIntentRecord,
  type VmSpec,
} from '@drover/protocol';
import type { Ledger, Wish } from './checkers/checker.ts';
import type { Records } from './checkers/truth.ts';
import type { Etcd, EtcdTxn } from './etcd.ts';
import type { EtcdClient } from './etcd-client.ts';
import type { Nature } from './hypervisor.ts';
import { uuidOf } from './names.ts';
import type { Standing } from './standing.ts';

export interface Person {
  readonly client: EtcdClient;
  readonly etcd: Etcd;
  readonly wallMs: () => number;
  readonly note: (who: string, what: string) => void;
}

export interface NewVm {
  readonly name: string;
  readonly memoryMib: number;
  readonly vcpus: number;
  readonly nature?: Partial<Nature>;
  readonly pool?: string;
}

/** What a person asks for once. */
type Wanted =
  | { readonly type: 'start' | 'delete'; readonly vmId: string }
  | { readonly type: 'stop'; readonly vmId: string; readonly mode: 'graceful' | 'force' }
  | {
      readonly type: 'migrate';
      readonly vmId: string;
      readonly target?: string;
      readonly cold?: boolean;
    }
  | { readonly type: 'drain'; readonly hostId: string; readonly plan?: Planned }
  | { readonly type: 'recover'; readonly hostId: string; readonly despiteMassLoss: boolean };

type Planned = Extract<RequestRecord, { type: 'drain' }>['plan'];

const by = 'operator';
const plain: Nature = { isDeaf: false, dirtyMibPerSecond: 0, hasLock: true, pools: [] };
const desiredAfter = { start: 'running', stop: 'stopped', delete: 'deleted' } as const;

export class People implements Ledger {
  readonly #with: Person;
  readonly #wishes = new Map<string, Wish>();
  readonly #acknowledged = new Set<string>();
  readonly #natures = new Map<string, Nature>();
  #asked = 0;
  #era = 0;
  #vms = 0;

  constructor(person: Person) {
    this.#with = person;
  }

  get acknowledged(): ReadonlySet<string> {
    return this.#acknowledged;
  }

  get askedFor(): number {
    return this.#wishes.size;
  }

  wish(id: string): Wish | undefined {
    return this.#wishes.get(id);
  }

  nature(vmId: string): Nature {
    return this.#natures.get(vmId) ?? plain;
  }

  declarePool(name: string, type: 'shared' | 'nfs-direct', index: number): void {
    const record: PoolRecord = {
      v: 1,
      name,
      uuid: uuidOf('pool', index),
      spec:
        type === 'shared'
          ? { type, path: `/srv/${name}` }
          : { type, server: '10.0.0.100', export: `/export/${name}` },
      by,
      createdAtMs: this.#with.wallMs(),
    };
    this.#write(`pool ${name}`, undefined, { [keys.pool(name)]: record });
  }

  /** How all VMs may be moved. */
  setMigration(cluster: MigrationWish): void {
    const atMs = this.#with.wallMs();
    const record: MigrationSettingsRecord = { v: 1, settings: { cluster }, by, atMs };
    this.#write('how VMs are moved', undefined, { [keys.settings('migration')]: record });
  }

  /** What was there before anybody asked: written long ago, by people and a leader. */
  found({ vms, cordoned }: Standing): void {
    const atMs = this.#with.wallMs();
    const puts = vms.flatMap(({ id, name, spec, hostId, generation }) => {
      this.#natures.set(id, { ...plain, pools: spec.disks.map(({ pool }) => pool) });
      const desired = hostId === undefined ? 'stopped' : 'running';
      const owner = hostId === undefined ? { state: 'stopped' } : { hostId, state: 'running' };
      return [
        [keys.vmIntent(id), { v: 1, id, name, spec, desired, by, createdAtMs: atMs }],
        [keys.vmName(name), { v: 1, vmId: id }],
        [keys.assignment(id), { v: 1, vmId: id, generation, ...owner }],
      ] as const;
    });
    const hosts = cordoned.map(
      (id) => [keys.hostIntent(id), { v: 1, id, cordoned: true, by, atMs }] as const,
    );
    this.#with.etcd.txn({
      compares: [],
      puts: [...puts, ...hosts].map(([key, record]) => ({ key, value: JSON.stringify(record) })),
      deletes: [],
    });
  }

  /** Returns the id of the VM that is asked for. */
  create({ name, memoryMib, vcpus, nature, pool = 'shared' }: NewVm): string {
    this.#vms += 1;
    const vmId = uuidOf('vm', this.#vms);
    const disks = { hasLock: pool === 'shared', pools: [pool] };
    this.#natures.set(vmId, { ...plain, ...disks, ...nature });
    const spec: VmSpec = { vcpus, memoryMib, disks: [{ pool, image: 'tiny.qcow2' }], networks: [] };
    const intent: VmIntentRecord = {
      v: 1,
      id: vmId,
      name,
      spec,
      desired: 'running',
      by,
      createdAtMs: this.#with.wallMs(),
    };
    const request = this.#request({ type: 'start', vmId });
    this.#write(`create ${name}, ${memoryMib} MiB`, request.id, {
      [keys.vmIntent(vmId)]: intent,
      [keys.vmName(name)]: { v: 1, vmId },
      [keys.request(request.id)]: request,
    });
    return vmId;
  }

  start(vmId: string): string {
    return this.#ask({ type: 'start', vmId }, `start ${this.#name(vmId)}`);
  }

  stop(vmId: string, mode: 'graceful' | 'force'): string {
    return this.#ask({ type: 'stop', vmId, mode }, `stop ${this.#name(vmId)}, ${mode}`);
  }

  remove(vmId: string): string {
    return this.#ask({ type: 'delete', vmId }, `delete ${this.#name(vmId)}`);
  }

  migrate(vmId: string, target?: string, cold?: boolean): string {
    const how = cold === true ? ', cold' : '';
    const where = `${target === undefined ? 'away' : `to ${target}`}${how}`;
    return this.#ask(
      {
        type: 'migrate',
        vmId,
        ...(target === undefined ? {} : { target }),
        ...(cold === true ? { cold } : {}),
      },
      `migrate ${this.#name(vmId)} ${where}`,
    );
  }

  /** etcd was restored from a backup: of what was acknowledged since nothing is left. */
  forget({ operations, requests }: Records): void {
    for (const id of this.#acknowledged) {
      if (!operations.has(id) && !requests.has(id)) this.#acknowledged.delete(id);
    }
  }

  /** As the last part of a restore, when all hosts are up. */
  raiseEra(): void {
    const { etcd, wallMs, note } = this.#with;
    const value = { v: 1, era: (this.#era += 1), by, atMs: wallMs() };
    note('people', `raise the era of etcd to ${this.#era}`);
    etcd.txn({
      compares: [],
      puts: [{ key: keys.era(), value: JSON.stringify(value) }],
      deletes: [],
    });
  }

  cordon(hostId: string, cordoned: boolean): void {
    const intent: HostIntentRecord = { ...this.#hostIntent(hostId), cordoned };
    delete intent.cordonedByDrain;
    this.#write(`${cordoned ? 'cordon' : 'uncordon'} ${hostId}`, undefined, {
      [keys.hostIntent(hostId)]: intent,
    });
  }

  /** Cordon and request in one transaction. */
  drain(hostId: string, plan?: Planned): string {
    const request = this.#request({ type: 'drain', hostId, ...(plan ? { plan } : {}) });
    const before = this.#hostIntent(hostId);
    const intent: HostIntentRecord = before.cordoned
      ? before
      : { ...before, cordoned: true, cordonedByDrain: request.id };
    this.#write(`drain ${hostId} (${request.id})`, request.id, {
      [keys.request(request.id)]: request,
      [keys.hostIntent(hostId)]: intent,
    });
    return request.id;
  }

  /** Their word that the host is off. */
  recover(hostId: string, despiteMassLoss: boolean): string {
    const request = this.#request({ type: 'recover', hostId, despiteMassLoss });
    this.#write(`recover ${hostId} (${request.id})`, request.id, {
      [keys.request(request.id)]: request,
    });
    return request.id;
  }

  /** Of a migration or a drain; a cordon that the drain made goes with it. */
  cancel(id: string): void {
    const entry = this.#with.etcd.get(keys.request(id));
    if (entry === undefined) return;
    const request = JSON.parse(entry.value) as RequestRecord;
    const cancelled = { ...request, cancelled: { by, atMs: this.#with.wallMs() } };
    const records: Record<string, object> = { [keys.request(id)]: cancelled };
    if (request.type === 'drain') {
      const intent = this.#hostIntent(request.hostId);
      if (intent.cordonedByDrain === id) {
        const { cordonedByDrain: _, ...rest } = intent;
        records[keys.hostIntent(request.hostId)] = { ...rest, cordoned: false };
      }
    }
    this.#write(`cancel ${id}`, undefined, records);
  }

  /** With the VM's intent, written even where nothing in it changes: of two askers one finds it changed. */
  #ask(what: Extract<Wanted, { readonly vmId: string }>, said: string): string {
    const request = this.#request(what);
    const entry = this.#with.etcd.get(keys.vmIntent(what.vmId));
    if (entry === undefined) return request.id;
    const intent = JSON.parse(entry.value) as VmIntentRecord;
    const desired = what.type === 'migrate' ? intent.desired : desiredAfter[what.type];
    this.#write(`${said} (${request.id})`, request.id, {
      [keys.request(request.id)]: request,
      [keys.vmIntent(what.vmId)]: { ...intent, desired },
    });
    return request.id;
  }

  /** A wish is one from the moment in which it is sent: it may be written without its answer. */
  #request(what: Wanted): RequestRecord {
    this.#asked += 1;
    const id = `r${String(this.#asked).padStart(3, '0')}`;
    this.#wishes.set(id, { ...what, id, order: this.#asked });
    return { v: 1, id, by, createdAtMs: this.#with.wallMs(), ...what } as RequestRecord;
  }

  #hostIntent(hostId: string): HostIntentRecord {
    const entry = this.#with.etcd.get(keys.hostIntent(hostId));
    if (entry) return JSON.parse(entry.value) as HostIntentRecord;
    return { v: 1, id: hostId, cordoned: false, by, atMs: this.#with.wallMs() };
  }

  #name(vmId: string): string {
    const entry = this.#with.etcd.get(keys.vmIntent(vmId));
    return entry ? (JSON.parse(entry.value) as VmIntentRecord).name : vmId;
  }

  /** Compared with what was read just before, as the API does. Its answer may get lost. */
  #write(
    said: string,
    wishId: string | undefined,
    records: Readonly<Record<string, object>>,
  ): void {
    const { client, etcd, note } = this.#with;
    note('people', said);
    const txn: EtcdTxn = {
      compares: Object.keys(records).map((key) => ({
        key,
        modRevision: etcd.get(key)?.modRevision ?? 0,
      })),
      puts: Object.entries(records).map(([key, record]) => ({
        key,
        value: JSON.stringify(record),
      })),
      deletes: [],
    };
    client.txn(txn, (answer) => {
      if (answer.type === 'lost') return note('people', `heard nothing about: ${said}`);
      if (answer.value.type === 'conflict') return note('people', `were refused: ${said}`);
      if (wishId !== undefined) this.#acknowledged.add(wishId);
    });
  }
}
