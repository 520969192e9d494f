/**
 * The simulated world: hosts with libvirt and agents, two schedulers, etcd, NATS, people; virtual time for
 * all of them; and the checkers, which see what is true after every event. The logic in it is the real one.
 */
import type { SchedulerSettings } from '@drover/scheduler/logic';
import { limits } from '@drover/core';
import { AgentProcess } from './agent-process.ts';
import { ApiProcess } from './api-process.ts';
import { Bus, type Delivery } from './bus.ts';
import type { Act, Checker, HarmDone, Ledger } from './checkers/checker.ts';
import { allCheckers } from './checkers/index.ts';
import { hasLongBeenAvoided } from './checkers/pools.ts';
import { Records, type Truth } from './checkers/truth.ts';
import { type Commit, Etcd, type EtcdBackup } from './etcd.ts';
import { type EtcdReach, type EtcdWeather, fairEtcd } from './etcd-client.ts';
import { Host, type HostShape } from './host.ts';
import { Lanes } from './lanes.ts';
import { type MarkName, Marks } from './marks.ts';
import type { Copy, HypervisorWorld } from './hypervisor.ts';
import { Migrations } from './migration.ts';
import { Overlaps } from './overlaps.ts';
import { People } from './people.ts';
import { type PlannedBlow, Points } from './points.ts';
import type { ProcessWorld } from './process-world.ts';
import { Random } from '@drover/core';
import { SchedulerProcess } from './scheduler-process.ts';
import type { Standing } from './standing.ts';
import { Storage } from './storage.ts';
import type { Tempo } from './tempo.ts';
import { Timeline } from './timeline.ts';
import { Trace } from './trace.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly hosts: readonly HostShape[];
  readonly schedulers: number;
  readonly tempo: Tempo;
  readonly settings?: Partial<SchedulerSettings>;
  readonly keepTrace?: boolean;
  /** Where processes die or stand still. */
  readonly blows?: readonly PlannedBlow[];
  /** Each machine's clocks are off by up to this. */
  readonly clocksOffMs?: number;
  /** What runs already. */
  readonly standing?: Standing;
}

export interface Violation {
  readonly promise: string;
  readonly what: string;
  readonly atMs: number;
}

const capturedKept = 200;

/** Where wall clocks begin: any moment will do. */
const wallStartMs = 1_800_000_000_000;

export class World {
  readonly timeline = new Timeline();
  readonly marks = new Marks();
  readonly lanes = new Lanes();
  readonly trace: Trace;
  readonly etcd: Etcd;
  readonly etcdWeather: EtcdWeather = fairEtcd();
  readonly bus: Bus;
  readonly storage: Storage;
  readonly migrations: Migrations;
  readonly hosts: readonly Host[];
  readonly agents: readonly AgentProcess[];
  readonly schedulers: readonly SchedulerProcess[];
  readonly apis: readonly ApiProcess[];
  readonly people: People;
  readonly records = new Records();
  /** VMs that a person has moved with virsh, or whose records a restore of etcd has lost. */
  readonly byHand = new Set<string>();
  readonly #checkers: readonly Checker[] = allCheckers();
  readonly #ledger: Ledger = {
    wish: (id) => this.people.wish(id),
    isBefore: (id, other) => this.records.isBefore(id, other),
  };
  readonly #clocks: Random;
  readonly #clocksOffMs: number;
  readonly points: Points;
  #touched = false;
  /** Orders as they came: what somebody who listens could send again. */
  readonly captured: Delivery[] = [];
  readonly overlaps = new Overlaps();
  /** By host: VMs that it has called gone while it had them. */
  readonly lies = new Map<string, Set<string>>();
  /** VMs whose disks do not answer: `host vm`. */
  readonly #still = new Set<string>();
  violation: Violation | undefined;
  steps = 0;

  constructor(options: WorldOptions) {
    const random = new Random(options.seed);
    this.points = new Points(random.fork('points'), options.blows ?? [], (ms, run) => {
      this.timeline.after(ms, run);
    });
    this.#clocks = random.fork('clocks');
    this.#clocksOffMs = options.clocksOffMs ?? 0;
    this.trace = new Trace(
      () => this.timeline.nowMs,
      options.keepTrace ?? false,
      (who, what) => this.marks.read(who, what),
    );
    const mark = (name: MarkName) => this.marks.reach(name);
    const { timeline } = this;
    const { tempo } = options;
    const note = (who: string, what: string) => this.trace.note(who, what);
    this.etcd = new Etcd(timeline, (commit) => this.#committed(commit));
    this.storage = new Storage(timeline, () => this.#storageChanged());
    this.bus = new Bus(timeline, random.fork('bus'), tempo);
    const hypervisors: HypervisorWorld = {
      timeline,
      random: random.fork('libvirt'),
      tempo,
      note,
      touched: (hostId, copy, isThere) => {
        this.#touched = true;
        this.lanes.note(this.timeline.nowMs, hostId, copy, isThere);
      },
      nature: (vmId) => this.people.nature(vmId),
      ran: (vmId, hostId) => {
        for (const { id, hypervisor } of this.hosts) {
          const other = id === hostId ? undefined : hypervisor.copy(vmId);
          if (other !== undefined && other.job !== 'in') other.isOutrun = true;
        }
      },
      storage: this.storage,
    };
    this.bus.onDelivery = (delivery) => {
      if (delivery.subject.startsWith('drover.cmd.')) this.#capture(delivery);
      for (const one of this.#checkers) this.#judge(one.name, one.delivered?.(delivery));
    };
    this.migrations = new Migrations(hypervisors);
    this.hosts = options.hosts.map((shape, index) => new Host(index, shape, hypervisors));
    const reach: EtcdReach = {
      timeline,
      etcd: this.etcd,
      weather: this.etcdWeather,
      random: random.fork('etcd'),
      tempo,
      mark,
    };
    const processes: ProcessWorld = {
      timeline,
      random: random.fork('processes'),
      tempo,
      bus: this.bus,
      reach,
      migrations: this.migrations,
      note,
      mark,
      hostAt: (address) => this.hosts.find((host) => host.address === address),
      offsets: () => this.#offsets(),
      points: this.points,
      onAct: (act) => this.#acted(act),
      onTell: (told) => {
        for (const one of this.#checkers) this.#judge(one.name, one.told?.(told));
      },
      onHarm: (harm, hostId, vmId, opId) => this.#harmed(harm, hostId, vmId, opId),
      onDeleted: (deleted) => {
        const truth = this.truth();
        for (const one of this.#checkers) this.#judge(one.name, one.deleted?.(deleted, truth));
      },
      guardLogic: (who, run) => this.#guard(who, run),
      malformed: (who, text, reason) => {
        if (this.bus.garbled.has(text)) this.marks.reach('message-dropped');
        else this.fail('wire', `${who}: ${reason}`);
      },
    };
    this.agents = this.hosts.map((host) => new AgentProcess(host, processes));
    this.schedulers = Array.from(
      { length: options.schedulers },
      (_, index) => new SchedulerProcess(`s${index + 1}`, processes, options.settings ?? {}),
    );
    this.apis = ['a1', 'a2'].map((id) => new ApiProcess(id, processes));
    this.people = new People({ apis: this.apis, note });
    if (options.standing !== undefined) this.#found(options.standing);
    for (const process of [...this.apis, ...this.schedulers, ...this.agents]) process.start();
  }

  #found(standing: Standing): void {
    for (const pool of standing.pools) this.storage.declare(pool);
    const records = this.people.found(standing, wallStartMs);
    this.etcd.txn({ compares: [], puts: records, deletes: [] });
    for (const { id, name, spec, hostId, generation } of standing.vms) {
      const { memoryMib, vcpus } = spec;
      const copy = { vmId: id, name, memoryMib, vcpus, generation, startedBy: '' };
      const hypervisor = this.host(hostId ?? '')?.hypervisor;
      if (hypervisor === undefined) continue;
      this.storage.disks.add(id);
      hypervisor.lock(id);
      hypervisor.put({ ...copy, state: 'running' }, 'is running');
    }
  }

  get nowMs(): number {
    return this.timeline.nowMs;
  }

  host(id: string): Host | undefined {
    return this.hosts.find((host) => host.id === id);
  }

  agent(id: string): AgentProcess | undefined {
    return this.agents.find((agent) => agent.host.id === id);
  }

  /** The one that leads by its own belief, the newest if there are two. */
  leader(): SchedulerProcess | undefined {
    return this.schedulers
      .filter((one) => one.leads)
      .toSorted((a, b) => (b.epoch ?? 0) - (a.epoch ?? 0))[0];
  }

  /** The next event, and then every promise that can be broken by it. */
  step(): boolean {
    if (this.violation !== undefined || !this.timeline.step()) return false;
    this.steps += 1;
    this.trace.mix(`${this.timeline.nowMs}`);
    if (this.#touched) {
      this.#touched = false;
      const truth = this.truth();
      for (const one of this.#checkers) this.#judge(one.name, one.state?.(truth));
    }
    return this.violation === undefined;
  }

  run(untilMs: number): void {
    while (this.violation === undefined) {
      const { nextMs } = this.timeline;
      if (nextMs === undefined || nextMs > untilMs || !this.step()) return;
    }
  }

  /** What was acknowledged since the backup is lost, as is who knew of it; VMs run on. */
  restoreEtcd(backup: EtcdBackup): void {
    const known = [...this.records.vms.keys()];
    this.etcd.restore(backup);
    for (const one of this.schedulers) one.etcdWentBack(backup.revision);
    const { entries } = this.etcd.range('/drover/');
    this.records.restored(entries);
    this.people.forget(this.records);
    // Who restores etcd stops the APIs, and starts them again.
    for (const api of this.apis) api.restart();
    for (const vmId of known) if (!this.records.vms.has(vmId)) this.byHand.add(vmId);
  }

  lied(hostId: string, vmId: string): void {
    this.lies.set(hostId, (this.lies.get(hostId) ?? new Set()).add(vmId));
  }

  #capture(delivery: Delivery): void {
    this.captured.push(delivery);
    if (this.captured.length > capturedKept) this.captured.shift();
  }

  truth(): Truth {
    const hosts = this.hosts.map(({ id, shape, hypervisor }) => {
      const { capacity, reserved } = shape;
      const cpuMilli =
        Math.floor((capacity.cpuMilli * limits.cpuOvercommitPermilleDefault) / 1_000) -
        reserved.cpuMilli;
      const memoryMib = capacity.memoryMib - reserved.memoryMib;
      return { id, allocatable: { cpuMilli, memoryMib }, copies: hypervisor.copies };
    });
    const unusableMs = (pools: readonly string[], hostId: string) =>
      this.storage.unusableMs(pools, hostId);
    const decidedFrom = (epoch: string) => this.#decidedFrom(epoch);
    const { records, byHand, lies } = this;
    return { hosts, records, byHand, lies, unusableMs, decidedFrom };
  }

  /** The era comes before the epoch. */
  #decidedFrom(epoch: string): number {
    const own = Number(BigInt.asUintN(44, BigInt(epoch)));
    return this.schedulers.find((one) => one.epoch === own)?.decidedFrom ?? 0;
  }

  fail(promise: string, what: string): void {
    if (this.violation !== undefined) return;
    this.violation = { promise, what, atMs: this.nowMs };
    this.trace.note('broken', `${promise}: ${what}`);
  }

  #judge(promise: string, wrong: string | undefined): void {
    if (wrong !== undefined) this.fail(promise, wrong);
  }

  #committed(commit: Commit): void {
    if (commit.cause === 'lease') this.#leaseEnded(commit);
    this.records.take(commit);
    this.trace.mix(`${commit.revision} ${commit.changes.map(({ key }) => key).join(' ')}`);
    const truth = this.truth();
    if (hasLongBeenAvoided(commit, truth)) this.marks.reach('dead-storage-avoided');
    for (const one of this.#checkers) this.#judge(one.name, one.committed?.(commit, truth));
  }

  /** Who stands still now, and who goes on. */
  #storageChanged(): void {
    for (const { id, hypervisor } of this.hosts) {
      hypervisor.feelStorage();
      for (const { vmId, name, state, hasLostLock } of hypervisor.copies) {
        const key = `${id} ${vmId}`;
        const isStill = state === 'running' && hypervisor.reach(vmId) === 'stalled';
        if (isStill === this.#still.has(key)) continue;
        if (isStill) this.#still.add(key);
        else this.#still.delete(key);
        if (hasLostLock === true) continue;
        this.trace.note(
          id,
          `${name} ${isStill ? 'stands still: its disk does not answer' : 'goes on'}`,
        );
      }
    }
  }

  #leaseEnded({ changes }: Commit): void {
    const gone = new Set(changes.map(({ before }) => before?.createRevision));
    const believes = this.schedulers.some(({ leads, epoch }) => leads && gone.has(epoch));
    if (believes) this.marks.reach('lease-outlived');
  }

  #acted(act: Act): void {
    for (const one of this.#checkers) this.#judge(one.name, one.acted?.(act));
  }

  #harmed(harm: HarmDone['harm'], hostId: string, vmId: string, opId: string): void {
    const copy = this.host(hostId)?.hypervisor.copy(vmId);
    const wholeElsewhere = this.hosts
      .filter((host) => host.id !== hostId && isWhole(host.hypervisor.copy(vmId)))
      .map((host) => host.id);
    const startedBy = copy?.startedBy ?? '';
    const isOutrun = copy?.isOutrun === true;
    const done: HarmDone = { harm, hostId, vmId, opId, startedBy, wholeElsewhere, isOutrun };
    for (const one of this.#checkers) this.#judge(one.name, one.harmed?.(done, this.#ledger));
  }

  #guard<T>(who: string, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      this.fail(
        'logic-is-total',
        `${who}: ${error instanceof Error ? error.stack : String(error)}`,
      );
      return undefined;
    }
  }

  #offsets(): { readonly monoMs: number; readonly wallMs: number } {
    const off = this.#clocks.within([-this.#clocksOffMs, this.#clocksOffMs]);
    // Where a monotonic clock begins says nothing.
    return { monoMs: this.#clocks.below(1_000_000) + 1_000, wallMs: wallStartMs + off };
  }
}

/** Running, or able to: not still coming in, nor starting. */
function isWhole(copy: Copy | undefined): boolean {
  return copy !== undefined && copy.state !== 'starting' && copy.job !== 'in';
}
