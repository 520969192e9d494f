/**
 * Drives the scheduler's logic by hand: a clock that stands still until moved, an etcd in memory, hosts with
 * scripted agents, as many schedulers as wanted. Every command is held against what is committed at that
 * moment, so a test of anything is a test of "committed first, sent then".
 */
import {
  type AgentCommand,
  type AgentMessage,
  type BalanceSettings,
  type CommandKind,
  type ImageIntentRecord,
  isQuestion,
  keys,
  type OperationRecord,
  type PoolRecord,
  type Query,
  type QueryReply,
  type RequestRecord,
  type VmSpec,
  type VolumeIntentRecord,
} from '@drover/protocol';
import {
  createScheduler,
  type SchedulerCommand,
  type SchedulerEvent,
  type SchedulerSettings,
} from '../../src/logic/index.ts';
import { Etcd } from './etcd.ts';
import { ScriptedHost } from './scripted-host.ts';

export const vmA = '00000000-0000-4000-8000-00000000000a';
export const vmB = '00000000-0000-4000-8000-00000000000b';
export const vmC = '00000000-0000-4000-8000-00000000000c';
export const vmD = '00000000-0000-4000-8000-00000000000d';

const gib = 1024 ** 3;

type Commit = Extract<SchedulerCommand, { type: 'commit' }>;
type RequestBody<T = RequestRecord> = T extends RequestRecord
  ? Omit<T, 'v' | 'id' | 'by' | 'createdAtMs'>
  : never;

/** Steps that need no time, after which something runs in circles. */
const enough = 5_000;

/** Whom no election has made a leader yet. */
const follows = '0';

export class Leader {
  epoch: string;
  readonly #logic;
  readonly #lab: Lab;
  /** Everything it said, in order. */
  readonly said: SchedulerCommand[] = [];
  inFlight: Commit | undefined;
  /** By key: when it wants to be woken. */
  readonly wakes = new Map<string, number>();
  exited: string | undefined;
  /** A process that is gone: hears nothing more. */
  dead = false;
  /** While its watch lags: what it has not been told yet. */
  late: (() => void)[] | undefined;

  constructor(lab: Lab, epoch: string, settings: Partial<SchedulerSettings>) {
    this.#lab = lab;
    this.epoch = epoch;
    this.#logic = createScheduler({ instanceId: `s${epoch}`, settings });
  }

  feed(event: SchedulerEvent): void {
    if (this.dead) return;
    const now = {
      monoMs: this.#lab.monoMs,
      wallMs: 1_700_000_000_000 + Math.floor(this.#lab.monoMs),
    };
    for (const command of this.#logic.handle(now, event)) {
      this.said.push(command);
      this.#lab.perform(this, command);
    }
  }

  /** Orders; of questions only those of that kind. */
  sends(kind?: CommandKind): readonly AgentCommand[] {
    const all = this.said.flatMap((one) => (one.type === 'send' ? [one.command] : []));
    return all.filter(({ body }) =>
      kind === undefined ? !isQuestion(body.kind) : body.kind === kind,
    );
  }

  commits(): readonly Commit[] {
    return this.said.filter((one) => one.type === 'commit');
  }
}

export class Lab {
  monoMs = 100_000;
  readonly etcd = new Etcd();
  readonly hosts = new Map<string, ScriptedHost>();
  readonly leaders: Leader[] = [];
  readonly settings: Partial<SchedulerSettings>;
  /**
   * `apply`: carried out and acknowledged. `hold`: kept back until `release`. `lose-reply`: carried out, and
   * the scheduler does not learn of it.
   */
  commitMode: 'apply' | 'hold' | 'lose-reply' = 'apply';
  #queue: (() => void)[] = [];
  #deaf = false;
  #requests = 0;
  #nextBeatMs = 0;

  constructor(settings: Partial<SchedulerSettings> = {}) {
    this.settings = settings;
    this.etcd.onChange.add((revision, changes) => {
      if (this.#deaf) return;
      for (const leader of this.leaders) {
        const tell = () => leader.feed({ type: 'changed', revision, changes });
        if (leader.late === undefined) this.#queue.push(tell);
        else leader.late.push(tell);
      }
    });
  }

  /** Hosts h1, h2, … that have reported to a leader that is settled. */
  static withHosts(count: number, settings: Partial<SchedulerSettings> = {}): Lab {
    const lab = new Lab(settings);
    for (let index = 1; index <= count; index += 1) lab.addHost(`h${index}`);
    lab.elect();
    lab.pass(3_000);
    return lab;
  }

  addHost(id: string): ScriptedHost {
    const host = new ScriptedHost(id, {
      say: (hostId, message) => this.#queue.push(() => this.#deliver(hostId, message)),
      host: (hostId) => this.host(hostId),
    });
    this.hosts.set(id, host);
    host.beat();
    host.report();
    return host;
  }

  host(id: string): ScriptedHost {
    const host = this.hosts.get(id);
    if (!host) throw new Error(`no host ${id}`);
    return host;
  }

  #deliver(hostId: string, message: AgentMessage): void {
    for (const leader of this.leaders) leader.feed({ type: 'agent-said', hostId, message });
  }

  get leader(): Leader {
    const leader = this.leaders.findLast(({ epoch }) => epoch !== follows);
    if (!leader) throw new Error('nobody was elected');
    return leader;
  }

  /** A scheduler that hears and reads everything, and leads when it is elected. */
  follow(): Leader {
    const follower = new Leader(this, follows, this.settings);
    this.leaders.push(follower);
    this.load(follower);
    this.settle();
    return follower;
  }

  /** A new scheduler leads; those before it go on as they like, unless they were killed. */
  elect(leader = new Leader(this, follows, this.settings)): Leader {
    leader.epoch = this.etcd.elect();
    const at = this.leaders.indexOf(leader);
    if (at >= 0) this.leaders.splice(at, 1);
    this.leaders.push(leader);
    leader.feed({ type: 'elected', epoch: leader.epoch });
    this.settle();
    return leader;
  }

  /** The leader's process dies where it stands, and another one is elected: a new one, or one that followed. */
  takeOver(follower?: Leader): Leader {
    this.leader.dead = true;
    this.commitMode = 'apply';
    return this.elect(follower);
  }

  /** The watch of one whose news was held back tells what it has to tell. */
  catchUp(leader: Leader): void {
    this.#queue.push(...(leader.late ?? []));
    leader.late = undefined;
    this.settle();
  }

  perform(leader: Leader, command: SchedulerCommand): void {
    switch (command.type) {
      case 'commit':
        if (leader.inFlight) throw new Error('a commit is in flight already');
        leader.inFlight = command;
        if (this.commitMode !== 'hold') this.#carryOut(leader, this.commitMode === 'apply');
        return;
      case 'send':
        this.#check(leader, command.command);
        this.#queue.push(() => this.hosts.get(command.command.hostId)?.hear(command.command));
        return;
      case 'reload':
        this.#queue.push(() => this.load(leader));
        return;
      case 'wake':
        leader.wakes.set(command.key, command.atMonoMs);
        return;
      case 'exit':
        leader.exited = command.reason;
        return;
      case 'reply':
      case 'defer':
      case 'announce':
      case 'trace':
        return;
    }
  }

  load(leader: Leader): void {
    const { revision } = this.etcd;
    leader.feed({ type: 'loaded', revision, entries: this.etcd.entries() });
  }

  /** Carries out the commit that is held, and acknowledges it; `then`: what becomes of the next ones. */
  release(then: 'apply' | 'hold' = 'apply'): void {
    this.commitMode = then;
    this.#carryOut(this.leader, true);
    this.settle();
  }

  /** Carries out the commit that is held; its leader does not learn of it until `acknowledge`. */
  applyUnheard(): void {
    this.#carryOut(this.leader, false);
  }

  acknowledge(): void {
    this.commitMode = 'apply';
    this.#acknowledge(this.leader, this.etcd.revision);
    this.settle();
  }

  /** What is written meanwhile is in no watch. */
  unheard(write: () => void): void {
    this.#deaf = true;
    write();
    this.#deaf = false;
  }

  #carryOut(leader: Leader, acknowledge: boolean): void {
    const commit = leader.inFlight;
    if (!commit) throw new Error('no commit is held');
    const revision = this.etcd.commit(leader.epoch, commit.puts);
    if (acknowledge) this.#acknowledge(leader, revision);
  }

  #acknowledge(leader: Leader, revision: number | undefined): void {
    const outcome = revision === undefined ? 'conflict' : 'done';
    const commitId = leader.inFlight?.commitId ?? '';
    this.#queue.push(() => {
      leader.inFlight = undefined;
      leader.feed({
        type: 'committed',
        commitId,
        outcome,
        revision: revision ?? this.etcd.revision,
      });
    });
  }

  /** What is sent about a VM is a step that is in etcd, under an operation that holds the VM. */
  #check(leader: Leader, { opId, step, vmId, generation, body, epoch }: AgentCommand): void {
    const what = `${body.kind} of ${opId}/${step}`;
    // The era comes before it.
    if (BigInt.asUintN(44, BigInt(epoch)) !== BigInt(leader.epoch))
      throw new Error(`${what} carries epoch ${epoch}`);
    const free = [
      'sync',
      'ensure-pool',
      'mark-pool',
      'forget-pool',
      'abort-migration',
      'abort-job',
    ];
    if (free.includes(body.kind)) return;
    if (isQuestion(body.kind)) return;
    if (this.etcd.epoch !== leader.epoch) return;
    const operation = this.etcd.operation(opId);
    if (operation?.state !== 'running' || operation.stepIndex !== step) {
      throw new Error(`${what} was sent, and is not committed`);
    }
    if (vmId === undefined) return;
    const assignment = this.etcd.assignment(vmId);
    if (assignment?.operationId !== opId) throw new Error(`${what}: the VM is not held`);
    if (generation !== undefined && generation > assignment.generation) {
      throw new Error(`${what}: generation ${generation} is not committed`);
    }
  }

  /** Lets everything happen that needs no time. */
  settle(): void {
    for (let count = 0; ; count += 1) {
      const next = this.#queue.shift();
      if (!next) return;
      if (count > enough) throw new Error('the scheduler runs in circles');
      // No two things happen at the very same moment.
      this.monoMs += 0.01;
      next();
    }
  }

  /** Lets time pass: hosts beat every 2 s, timers go off. */
  pass(ms: number): void {
    this.settle();
    const until = this.monoMs + ms;
    while (this.monoMs < until) {
      this.monoMs = Math.min(until, this.monoMs + 100);
      if (this.monoMs >= this.#nextBeatMs) {
        this.#nextBeatMs = this.monoMs + 2_000;
        for (const host of this.hosts.values()) host.beat();
      }
      this.settle();
      for (const leader of this.leaders) {
        for (const [key, atMs] of leader.wakes) {
          if (atMs > this.monoMs) continue;
          leader.wakes.delete(key);
          leader.feed({ type: 'woke', key });
        }
      }
      this.settle();
    }
  }

  /** Lets time pass until it holds, at most a minute. */
  until(what: string, holds: () => boolean): void {
    for (let waited = 0; waited < 60_000; waited += 100) {
      if (holds()) return;
      this.pass(100);
    }
    throw new Error(`in a minute not: ${what}`);
  }

  // ── what people ask for ───────────────────────────────────────────────────────────────────────────

  declareVm(id: string, more: Partial<VmSpec> = {}): void {
    const spec: VmSpec = { vcpus: 1, memoryMib: 1_024, disks: [], networks: [], ...more };
    const name = `vm-${id.slice(-1)}`;
    const record = { v: 1, id, name, spec, desired: 'running', by: 'test', createdAtMs: 1 };
    this.etcd.write(keys.vmIntent(id), record);
    this.etcd.write(keys.vmName(name), { v: 1, vmId: id });
  }

  /** A VM that runs there already, by an earlier decision. */
  runningVm(id: string, hostId: string, more: Partial<VmSpec> = {}): void {
    this.declareVm(id, more);
    const { memoryMib = 1_024, vcpus = 1 } = more;
    this.host(hostId).runs(id, { memoryMib, vcpus });
    const direct = (more.disks ?? []).some(
      ({ pool }) => this.etcd.pool(pool)?.spec.type === 'nfs-direct',
    );
    if (direct) this.host(hostId).unlocked.add(id);
    this.etcd.write(keys.assignment(id), {
      v: 1,
      vmId: id,
      hostId,
      generation: 1,
      state: 'running',
    });
    this.host(hostId).report();
    this.settle();
  }

  declarePool(name: string, type: 'shared' | 'local' | 'nfs-direct' = 'shared'): void {
    const spec: PoolRecord['spec'] =
      type !== 'nfs-direct'
        ? { type, path: '/srv/pool' }
        : { type, server: '10.0.0.9', export: '/export' };
    const uuid = '22222222-2222-4222-8222-222222222222';
    this.etcd.write(keys.pool(name), { v: 1, name, uuid, spec, by: 'test', createdAtMs: 1 });
  }

  /** Asked for, and not imported yet. */
  declareImage(id: string, more: Partial<ImageIntentRecord> = {}): void {
    const source = { type: 'file', file: 'debian.qcow2' } as const;
    const about = { name: 'debian', version: 1, pool: 'p', source, format: 'qcow2' as const };
    const record = { v: 1 as const, id, ...about, by: 'test', createdAtMs: 1, ...more };
    this.etcd.write(keys.imageIntent(id), record);
    this.etcd.write(keys.imageName(record.name), { v: 1, newest: record.version });
  }

  readyImage(id: string, more: Partial<ImageIntentRecord> = {}): void {
    this.declareImage(id, more);
    const file = `${id}.qcow2`;
    const sizes = { virtualBytes: gib, storedBytes: 1_000, allocatedBytes: 1_000 };
    const stored = {
      file,
      format: 'qcow2',
      ...sizes,
      changedMs: 5,
      inode: 7,
      sha256: 'a'.repeat(64),
    };
    this.etcd.write(keys.image(id), { v: 1, id, state: 'ready', operationId: 'r0', stored });
  }

  declareVolume(id: string, more: Partial<VolumeIntentRecord> = {}): void {
    const source = { type: 'empty' } as const;
    const about = { name: `volume-${id.slice(-1)}`, pool: 'p', source, mode: 'full' as const };
    const size = { format: 'qcow2' as const, virtualBytes: gib };
    const record = { v: 1 as const, id, ...about, ...size, by: 'test', createdAtMs: 1, ...more };
    this.etcd.write(keys.volumeIntent(id), record);
    this.etcd.write(keys.volumeName(record.name), { v: 1, volumeId: id });
  }

  readyVolume(id: string, more: Partial<VolumeIntentRecord> = {}): void {
    this.declareVolume(id, more);
    const about = { pool: 'p', file: `${id}.qcow2`, format: 'qcow2', virtualBytes: gib };
    this.etcd.write(keys.volume(id), { v: 1, id, state: 'ready', ...about });
  }

  /** What VMs use and wait for, wherever they run, in thousandths of a core. */
  use(uses: Readonly<Record<string, readonly [cpuMilli: number, cpuWaitMilli: number]>>): void {
    const all = new Map(Object.entries(uses));
    for (const host of this.hosts.values()) host.uses = all;
  }

  setBalance(settings: BalanceSettings): void {
    this.etcd.write(keys.settings('balance'), { v: 1, settings, by: 'test', atMs: 1 });
    this.settle();
  }

  cordon(hostId: string): void {
    const record = { v: 1, id: hostId, cordoned: true, by: 'test', atMs: 1 };
    this.etcd.write(keys.hostIntent(hostId), record);
  }

  /** Writes the request and lets happen what needs no time; returns the operation's id. */
  request(body: RequestBody, createdAtMs?: number): string {
    this.#requests += 1;
    const id = `r${this.#requests}`;
    const at = createdAtMs ?? 1_000 + this.#requests;
    this.etcd.write(keys.request(id), { v: 1, id, by: 'test', createdAtMs: at, ...body });
    this.settle();
    return id;
  }

  cancel(id: string): void {
    const request = this.etcd.request(id);
    this.etcd.write(keys.request(id), { ...request, cancelled: { by: 'test', atMs: 2 } });
    this.settle();
  }

  operation(id: string): OperationRecord {
    const operation = this.etcd.operation(id);
    if (!operation) throw new Error(`no operation ${id}`);
    return operation;
  }

  ended(id: string): OperationRecord {
    this.until(`operation ${id} ended`, () => this.etcd.operation(id)?.endedAtMs !== undefined);
    return this.operation(id);
  }

  ask(query: Query, leader = this.leader): QueryReply | undefined {
    leader.feed({ type: 'asked', queryId: 'q', query });
    // For a plan its hosts are asked first, and for what was used, lies in a pool, or a console.
    const asksHosts = ['usage', 'orphans', 'open-console'].includes(query.type);
    if (asksHosts || query.type.startsWith('plan-')) this.settle();
    const reply = leader.said.findLast((one) => one.type === 'reply');
    return reply?.reply;
  }

  /** Hosts on which libvirt runs the VM. */
  running(vmId: string): readonly string[] {
    return [...this.hosts.values()]
      .filter((host) => host.vms.get(vmId)?.state === 'running')
      .map((host) => host.id);
  }
}
