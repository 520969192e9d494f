/**
 * People: what they ask the APIs for, and the ledger of what was asked and acknowledged, by which everything that happens
 * to a VM is judged. What is written, and whether, is the API's own logic.
 */
import {
  applyRecommendation,
  type RecommendedUnit,
  cancelDrain,
  cancelMigration,
  cancelOperation,
  cordon,
  createRule,
  createVm,
  declarePool,
  deleteOrphan,
  deleteRule,
  enforceRule,
  dismissRecommendation,
  nextEra,
  raiseEra,
  requestOnVm,
  setBalanceSettings,
  setMigrationSettings,
  setRule,
  startDrain,
  forgetHost,
  startRecovery,
  uncordon,
  type VmAction,
} from '@drover/api/logic';
import {
  type api,
  type BalanceSettings,
  keys,
  type MigrationWish,
  type RuleSpec,
  type VmSize,
  type VmSpec,
} from '@drover/protocol';
import type { ApiProcess, Asked, Refusal } from './api-process.ts';
import type { Wish } from './checkers/checker.ts';
import type { Records } from './checkers/truth.ts';
import type { Nature } from './hypervisor.ts';
import { uuidOf } from './names.ts';
import type { Standing } from './standing.ts';

export interface Person {
  /** They ask one after the other. */
  readonly apis: readonly ApiProcess[];
  readonly note: (who: string, what: string) => void;
}

export interface NewVm {
  readonly name: string;
  readonly memoryMib: number;
  readonly vcpus: number;
  readonly maxMemoryMib?: number;
  readonly maxVcpus?: number;
  readonly nature?: Partial<Nature>;
  readonly pool?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

type Wanted = Omit<Wish, 'id'>;
type Planned = api.DrainStart['plan'];

const by = 'operator';
const plain: Nature = { isDeaf: false, dirtyMibPerSecond: 0, hasLock: true, pools: [] };

export class People {
  readonly #with: Person;
  readonly #wishes = new Map<string, Wish>();
  readonly #acknowledged = new Set<string>();
  readonly #natures = new Map<string, Nature>();
  /** Of VMs, by id. */
  readonly #names = new Map<string, string>();
  /** By the drain's id. */
  readonly #drained = new Map<string, string>();
  #writes = 0;
  #asked = 0;
  #era = 0;
  #vms = 0;
  #rules = 0;

  constructor(person: Person) {
    this.#with = person;
  }

  get acknowledged(): ReadonlySet<string> {
    return this.#acknowledged;
  }

  get askedFor(): number {
    return this.#asked;
  }

  wish(id: string): Wish | undefined {
    return this.#wishes.get(id);
  }

  nature(vmId: string): Nature {
    return this.#natures.get(vmId) ?? plain;
  }

  declarePool(name: string, type: 'shared' | 'nfs-direct', index: number): void {
    const spec =
      type === 'shared'
        ? { type, path: `/srv/${name}` }
        : { type, server: '10.0.0.100', export: `/export/${name}` };
    const asked: Asked = (records, ask) => declarePool(records, { name, spec }, ask);
    this.#write(`pool ${name}`, asked, uuidOf('pool', index));
  }

  /** How all VMs may be moved. */
  setMigration(cluster: MigrationWish): void {
    this.#write('how VMs are moved', (records, ask) =>
      setMigrationSettings(records, { cluster }, ask),
    );
  }

  setBalance(settings: BalanceSettings): void {
    this.#write('how the cluster is balanced', (records, ask) =>
      setBalanceSettings(records, settings, ask),
    );
  }

  /** Of a VM, from now on; in thousandths of a core. */
  load(vmId: string, cpuMilli: number): void {
    this.#with.note('people', `${this.#name(vmId)} asks for ${cpuMilli} of CPU`);
    this.#natures.set(vmId, { ...this.nature(vmId), cpuMilli });
  }

  /** What the leader recommends, as the API had it from there. */
  apply(unit: RecommendedUnit): string {
    const [{ vmId, target }, ...others] = unit;
    const id = this.#wish({ type: 'migrate', vmId });
    for (const [at, one] of others.entries()) {
      const own = `${id}-${at + 1}`;
      this.#wishes.set(own, { type: 'migrate', vmId: one.vmId, id: own });
    }
    const names = unit.map(({ vmName }) => vmName).join(', ');
    const asked: Asked = (records, ask) => applyRecommendation(records, unit, ask);
    this.#write(`apply: ${names} to ${target} (${id})`, asked, id);
    return id;
  }

  dismiss(one: api.RecommendationBody, minutes: number): void {
    this.#write(`dismiss: ${one.vmName} to ${one.target}`, (records, ask) =>
      dismissRecommendation(records, one, { minutes }, ask),
    );
  }

  /** What was there before anybody asked: written long ago, by people and a leader. */
  found(
    { vms, cordoned }: Standing,
    atMs: number,
  ): readonly { readonly key: string; readonly value: string }[] {
    const puts = vms.flatMap(({ id, name, spec, hostId, generation }) => {
      this.#natures.set(id, { ...plain, pools: spec.disks.map(({ pool }) => pool) });
      this.#names.set(id, name);
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
    return [...puts, ...hosts].map(([key, record]) => ({ key, value: JSON.stringify(record) }));
  }

  /** Returns the id of the VM that is asked for. */
  create({ name, nature, pool = 'shared', labels, ...size }: NewVm): string {
    const { memoryMib } = size;
    this.#vms += 1;
    const vmId = uuidOf('vm', this.#vms);
    const disks = { hasLock: pool === 'shared', pools: [pool] };
    this.#natures.set(vmId, { ...plain, ...disks, ...nature });
    this.#names.set(vmId, name);
    const spec: VmSpec = {
      ...size,
      disks: [{ pool, image: 'tiny.qcow2' }],
      networks: [],
      ...(labels === undefined ? {} : { labels }),
    };
    const id = this.#wish({ type: 'start', vmId });
    this.#write(
      `create ${name}, ${memoryMib} MiB`,
      (records, ask) => createVm(records, vmId, { name, spec }, ask),
      id,
    );
    return vmId;
  }

  start(vmId: string): string {
    return this.#ask(vmId, { type: 'start' }, `start ${this.#name(vmId)}`);
  }

  /** Not from its saved memory, if it has some: that is thrown away. */
  boot(vmId: string): string {
    const action = { type: 'start', discardSaved: true } as const;
    return this.#ask(vmId, action, `start ${this.#name(vmId)} without its saved memory`);
  }

  save(vmId: string): string {
    return this.#ask(vmId, { type: 'save' }, `save ${this.#name(vmId)}`);
  }

  stop(vmId: string, mode: 'graceful' | 'force'): string {
    return this.#ask(vmId, { type: 'stop', mode }, `stop ${this.#name(vmId)}, ${mode}`);
  }

  reboot(vmId: string, mode: 'graceful' | 'force'): string {
    return this.#ask(vmId, { type: 'reboot', mode }, `reboot ${this.#name(vmId)}, ${mode}`);
  }

  pause(vmId: string, type: 'pause' | 'unpause'): string {
    return this.#ask(vmId, { type }, `${type} ${this.#name(vmId)}`);
  }

  resize(vmId: string, size: Partial<VmSize>, atNextStart: boolean): string {
    const parts = [
      ...(size.vcpus === undefined ? [] : [`${size.vcpus} vCPUs`]),
      ...(size.memoryMib === undefined ? [] : [`${size.memoryMib} MiB`]),
      ...(atNextStart ? ['at its next start'] : []),
    ];
    const when = atNextStart ? { atNextStart: true as const } : {};
    const said = `resize ${this.#name(vmId)}: ${parts.join(', ')}`;
    return this.#ask(vmId, { type: 'resize', ...size, ...when }, said);
  }

  remove(vmId: string): string {
    return this.#ask(vmId, { type: 'delete' }, `delete ${this.#name(vmId)}`);
  }

  migrate(vmId: string, target?: string, cold?: boolean): string {
    const how = cold === true ? ', cold' : '';
    const where = `${target === undefined ? 'away' : `to ${target}`}${how}`;
    const action: VmAction = {
      type: 'migrate',
      ...(target === undefined ? {} : { target }),
      ...(cold === true ? { cold } : {}),
    };
    return this.#ask(vmId, action, `migrate ${this.#name(vmId)} ${where}`);
  }

  /** etcd was restored from a backup: of what was acknowledged since nothing is left. */
  forget({ operations, requests }: Records): void {
    for (const id of this.#acknowledged) {
      if (!operations.has(id) && !requests.has(id)) this.#acknowledged.delete(id);
    }
  }

  /** As the last part of a restore, when all hosts are up: higher than any that they noted down. */
  raiseEra(ifRefused: () => void): void {
    const asked: Asked = (records, ask) => {
      const era = Math.max(this.#era + 1, nextEra(records, undefined));
      this.#era = era;
      return raiseEra(records, era, undefined, ask);
    };
    this.#write('raise the era of etcd', asked, '', (refusal) => {
      if (refusal !== undefined) ifRefused();
    });
  }

  cordon(hostId: string, isCordoned: boolean): void {
    this.#write(`${isCordoned ? 'cordon' : 'uncordon'} ${hostId}`, (records, ask) =>
      isCordoned ? cordon(records, hostId, ask) : uncordon(records, hostId, ask),
    );
  }

  drain(hostId: string, plan?: Planned): string {
    const id = this.#wish({ type: 'drain' });
    this.#drained.set(id, hostId);
    const start = plan === undefined ? {} : { plan };
    const asked: Asked = (records, ask) => startDrain(records, hostId, start, ask);
    this.#write(`drain ${hostId} (${id})`, asked, id);
    return id;
  }

  /** Made, or set where there is one of that name. VMs by name. */
  setRule(name: string, spec: RuleSpec): void {
    this.#rules += 1;
    const asked: Asked = (records, ask) =>
      records.rules.has(name)
        ? setRule(records, name, spec, ask)
        : createRule(records, { name, spec }, ask);
    this.#write(`rule ${name}: ${spec.type}, ${spec.strength}`, asked, uuidOf('rule', this.#rules));
  }

  deleteRule(name: string): void {
    this.#write(`delete rule ${name}`, (records) => deleteRule(records, name));
  }

  enforce(name: string): string {
    const id = this.#wish({ type: 'enforce' });
    const asked: Asked = (records, ask) => enforceRule(records, name, {}, ask);
    this.#write(`enforce rule ${name} (${id})`, asked, id);
    return id;
  }

  /** Their word that the host is off. */
  recover(hostId: string, despiteMassLoss: boolean): string {
    const id = this.#wish({ type: 'recover' });
    const start = { confirm: hostId, despiteMassLoss };
    const asked: Asked = (records, ask) => startRecovery(records, hostId, start, ask);
    this.#write(`recover ${hostId} (${id})`, asked, id);
    return id;
  }

  /** It is gone for good; they have seen that nobody hears it. */
  forgetHost(hostId: string): string {
    const id = this.#wish({ type: 'forget-host' });
    const heard = { views: [], settled: true };
    const asked: Asked = (records, ask) => forgetHost(records, hostId, heard, ask);
    this.#write(`forget host ${hostId} (${id})`, asked, id);
    return id;
  }

  /** What they take for one. */
  deleteOrphan(pool: string, file: string): string {
    const id = this.#wish({ type: 'orphan-delete' });
    const asked: Asked = (records, ask) => deleteOrphan(records, { pool, file }, ask);
    this.#write(`delete ${pool}/${file} (${id})`, asked, id);
    return id;
  }

  /** Of a migration, a drain, a save, or the enforcing of a rule. */
  cancel(id: string): void {
    const hostId = this.#drained.get(id);
    const { type } = this.#wishes.get(id) ?? {};
    this.#write(`cancel ${id}`, (records, ask) => {
      if (type === 'save' || type === 'enforce') return cancelOperation(records, id, ask);
      return hostId === undefined
        ? cancelMigration(records, id, ask)
        : cancelDrain(records, hostId, ask);
    });
  }

  #ask(vmId: string, action: VmAction, said: string): string {
    const id = this.#wish(action.type === 'resume' ? { type: 'start', vmId } : { ...action, vmId });
    this.#write(`${said} (${id})`, (records, ask) => requestOnVm(records, vmId, action, ask), id);
    return id;
  }

  /** A wish is one from the moment in which it is sent: it may be written without its answer. */
  #wish(wanted: Wanted): string {
    this.#asked += 1;
    const id = `r${String(this.#asked).padStart(3, '0')}`;
    this.#wishes.set(id, { ...wanted, id });
    return id;
  }

  #name(vmId: string): string {
    return this.#names.get(vmId) ?? vmId;
  }

  /** `id`: of the wish, or of what is made. The answer may get lost. */
  #write(
    said: string,
    asked: Asked,
    id = '',
    then: (refusal: Refusal) => void = () => undefined,
  ): void {
    const { apis, note } = this.#with;
    note('people', said);
    const api = apis[this.#writes % apis.length];
    this.#writes += 1;
    api?.write(said, asked, id, (refusal) => {
      if (refusal === undefined) {
        if (this.#wishes.has(id)) this.#acknowledged.add(id);
      } else if (refusal.code === 'store-unavailable') {
        note('people', `heard nothing about: ${said}`);
      } else {
        note('people', `were refused: ${said} (${refusal.code})`);
        // Nothing of it was written, nor will be.
        this.#wishes.delete(id);
      }
      then(refusal);
    });
  }
}
