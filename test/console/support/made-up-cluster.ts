/**
 * A cluster of any size that is nowhere but here: the real API over fakes of etcd and NATS, with a leader that
 * answers by the deciding core from made-up hosts and VMs. Tests move its VMs by writing what a scheduler would.
 */
import { createHash } from 'node:crypto';
import { buildApp } from '@drover/api';
import { createFakeBus, type FakeBus } from '@drover/bus/testing';
import {
  allocatable,
  applyMoves,
  type Cluster,
  explainPlacement,
  type Host,
  place,
  planDrain,
  planRestore,
  planRule,
  promisedOn,
  ruleConflicts,
  ruleState,
} from '@drover/core';
import {
  type HostView,
  keys,
  type MigrationProgress,
  type Query,
  type QueryReply,
  subjects,
} from '@drover/protocol';
import { headroomAnswer } from '@drover/scheduler/logic';
import { createFakeStore, type FakeStore } from '@drover/store/testing';
import { pino } from 'pino';
import { MadeUpVm } from './made-up-vm.ts';
import {
  type MadeUpOptions,
  madeUpHosts,
  madeUpRules,
  madeUpRecords,
  madeUpVms,
  balanceOf,
  poolStatuses,
} from './made-up-parts.ts';

export const madeUpToken = 'made-up-token';

interface State {
  cluster: Cluster;
  progress: readonly MigrationProgress[];
  /** By VM that a drain moved away: the host. */
  homes: ReadonlyMap<string, string>;
  /** Of all of them. */
  readonly vm: MadeUpVm;
}

export class MadeUpCluster implements AsyncDisposable {
  readonly url: string;
  readonly #store: FakeStore;
  readonly #end: () => Promise<void>;
  readonly #state: State;

  private constructor(url: string, store: FakeStore, state: State, end: () => Promise<void>) {
    this.url = url;
    this.#store = store;
    this.#state = state;
    this.#end = end;
  }

  static async start(options: MadeUpOptions): Promise<MadeUpCluster> {
    const hosts = madeUpHosts(options);
    const vms = madeUpVms(options);
    const cluster: Cluster = {
      revision: 1,
      hosts: new Map(hosts.map((host) => [host.id, host])),
      vms: new Map(vms.map((vm) => [vm.id, vm])),
      migrations: [],
      reservations: [],
      rules: Object.entries(madeUpRules(vms)).map(([id, spec]) => ({ id, ...spec })),
    };
    const state = { cluster, progress: [], homes: new Map(), vm: await MadeUpVm.start() };
    const store = createFakeStore({ clock: 'system' });
    const hub = createFakeBus();
    const bus = hub.connect({ role: 'api' });
    const leader = hub.connect({ role: 'scheduler' });
    answerOn(leader, state);
    const records = Object.entries(madeUpRecords(options, hosts, vms));
    for (let from = 0; from < records.length; from += 100) {
      const puts = records
        .slice(from, from + 100)
        .map(([key, value]) => ({ key, value: JSON.stringify(value) }));
      await store.txn({ compares: [], deletes: [], puts });
    }
    const sha256 = createHash('sha256').update(madeUpToken).digest('hex');
    const app = await buildApp({
      join: {
        addresses: ['https://api.example:8440'],
        requireServers: () => ['nats://nats.example:4222'],
      },
      store,
      bus,
      log: pino({ level: 'silent' }),
      tokens: [{ name: 'anna', role: 'admin', sha256 }],
      ...(options.oidcLogin === undefined ? {} : { oidcLogin: options.oidcLogin }),
    });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    return new MadeUpCluster(url, store, state, async () => {
      await app.close();
      state.vm[Symbol.dispose]();
      for (const part of [bus, leader, store]) await part[Symbol.asyncDispose]();
    });
  }

  /** What is behind the consoles of all VMs. */
  get consoleVm(): MadeUpVm {
    return this.#state.vm;
  }

  get vmNames(): readonly string[] {
    return [...this.#state.cluster.vms.values()].map(({ name }) => name);
  }

  hostOf(name: string): string {
    return this.#vm(name).hostId ?? '';
  }

  /** The name of a VM on that host. */
  someVmOn(hostId: string): string {
    const found = [...this.#state.cluster.vms.values()].find((vm) => vm.hostId === hostId);
    if (found === undefined) throw new Error(`no VM is on ${hostId}`);
    return found.name;
  }

  /** Another one than `someVmOn` names. */
  otherVmOn(hostId: string): string {
    const first = this.someVmOn(hostId);
    const found = [...this.#state.cluster.vms.values()].find(
      (vm) => vm.hostId === hostId && vm.name !== first,
    );
    if (found === undefined) throw new Error(`no second VM is on ${hostId}`);
    return found.name;
  }

  /** It is on its way from now on; `percent` of it is copied. */
  async fly(name: string, target: string, percent: number): Promise<void> {
    const vm = this.#vm(name);
    const opId = operationIdOf(vm.id);
    const totalBytes = vm.request.memoryMib * 1024 * 1024;
    const at: MigrationProgress = {
      v: 1,
      opId,
      vmId: vm.id,
      elapsedMs: percent * 90,
      totalBytes,
      remainingBytes: Math.round((totalBytes * (100 - percent)) / 100),
      transferredBytes: Math.round((totalBytes * percent) / 100),
      iteration: 1,
      percent,
    };
    this.#state.progress = [...this.#state.progress.filter((one) => one.opId !== opId), at];
    await this.#put({
      [keys.operation(opId)]: { ...this.#operation(name, target), state: 'running' },
      [keys.assignment(vm.id)]: this.#assignment(name, vm.hostId ?? '', 'migrating'),
    });
  }

  /** It has arrived. */
  async land(name: string, target: string): Promise<void> {
    const vm = this.#vm(name);
    const opId = operationIdOf(vm.id);
    const operation = this.#operation(name, target);
    this.#state.progress = this.#state.progress.filter((one) => one.opId !== opId);
    const vms = new Map(this.#state.cluster.vms).set(vm.id, { ...vm, hostId: target });
    this.#state.cluster = { ...this.#state.cluster, vms };
    await this.#put({
      [keys.operation(opId)]: {
        ...operation,
        state: 'succeeded',
        step: 'ended',
        endedAtMs: Date.now(),
        downtimeMs: 74,
      },
      [keys.assignment(vm.id)]: this.#assignment(name, target, 'running'),
    });
  }

  /** It has been emptied: its VMs are where a drain moves them, and remember where they were. */
  async drained(hostId: string): Promise<readonly string[]> {
    const { cluster } = this.#state;
    const { moves } = planDrain(cluster, hostId);
    const atMs = Date.now() - 60_000;
    const moved = applyMoves(cluster, moves);
    this.#state.cluster = withHost(moved, hostId, { intent: 'cordoned' });
    this.#state.homes = new Map(moves.map(({ vmId }) => [vmId, hostId]));
    const id = '01N00000000000000000000001';
    const drain = { v: 1, id, type: 'drain', state: 'succeeded', step: 'ended', stepIndex: 1 };
    const times = { by: 'anna', createdAtMs: atMs, startedAtMs: atMs, endedAtMs: atMs + 30_000 };
    const assignments = moves.map(({ vmId, vmName, target }) => [
      keys.assignment(vmId),
      { ...this.#assignment(vmName, target, 'running'), home: hostId, movedAtMs: atMs },
    ]);
    await this.#put({
      [keys.hostIntent(hostId)]: { v: 1, id: hostId, cordoned: true, by: 'anna', atMs },
      [keys.operation(id)]: { ...drain, hostId, generation: 0, epoch: '5', ...times },
      ...(Object.fromEntries(assignments) as Record<string, object>),
    });
    return moves.map(({ vmName }) => vmName);
  }

  /** It is being emptied, with a deadline; the first of its VMs was given up, the others wait. Gives that one's name. */
  async draining(hostId: string): Promise<string> {
    const stuck = this.someVmOn(hostId);
    const items = [...this.#state.cluster.vms.values()]
      .filter((vm) => vm.hostId === hostId)
      .map(({ id: vmId, name: vmName }) => ({ vmId, vmName, state: 'waiting', attempts: 0 }))
      .map((item) =>
        item.vmName === stuck
          ? { ...item, state: 'blocked', reason: 'it did not converge', remedy: 'a quieter hour' }
          : item,
      );
    const atMs = Date.now() - 60_000;
    const id = '01N00000000000000000000002';
    const of = { v: 1, id, type: 'drain', hostId, by: 'anna', createdAtMs: atMs };
    const at = { state: 'running', step: 'move', stepIndex: 1, generation: 0, epoch: '5' };
    await this.#put({
      [keys.request(id)]: { ...of, deadlineMs: atMs + 3_600_000 },
      [keys.operation(id)]: { ...of, ...at, items, startedAtMs: atMs },
    });
    return stuck;
  }

  /** Somebody has paused it: only a person moves it. */
  async pause(name: string): Promise<void> {
    const vm = this.#vm(name);
    const vms = new Map(this.#state.cluster.vms).set(vm.id, { ...vm, state: 'paused' });
    this.#state.cluster = { ...this.#state.cluster, vms };
    await this.#put({
      [keys.assignment(vm.id)]: this.#assignment(name, vm.hostId ?? '', 'paused'),
    });
  }

  /** It is not heard any more. */
  lose(hostId: string): void {
    this.#state.cluster = withHost(this.#state.cluster, hostId, { health: 'down' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  #vm(name: string) {
    const vm = [...this.#state.cluster.vms.values()].find((one) => one.name === name);
    if (vm === undefined) throw new Error(`no VM is called ${name}`);
    return vm;
  }

  #assignment(name: string, hostId: string, state: string): object {
    return { v: 1, vmId: this.#vm(name).id, hostId, generation: 1, state };
  }

  #operation(name: string, target: string): object {
    const vm = this.#vm(name);
    const atMs = Date.now() - 4000;
    return {
      v: 1,
      id: operationIdOf(vm.id),
      type: 'migrate',
      step: 'perform',
      stepIndex: 1,
      vmId: vm.id,
      vmName: name,
      source: vm.hostId,
      target,
      mode: 'live',
      memoryPath: 'tls',
      generation: 1,
      epoch: '5',
      by: 'anna',
      createdAtMs: atMs,
      startedAtMs: atMs,
    };
  }

  async #put(records: Readonly<Record<string, object>>): Promise<void> {
    const puts = Object.entries(records).map(([key, value]) => ({
      key,
      value: JSON.stringify(value),
    }));
    await this.#store.txn({ compares: [], deletes: [], puts });
  }
}

function withHost(cluster: Cluster, hostId: string, change: Partial<Host>): Cluster {
  const host = cluster.hosts.get(hostId);
  if (host === undefined) throw new Error(`there is no ${hostId}`);
  return { ...cluster, hosts: new Map(cluster.hosts).set(hostId, { ...host, ...change }) };
}

function operationIdOf(vmId: string): string {
  return `01M0000000000000000${vmId.slice(-7).toUpperCase()}`;
}

function answerOn(leader: FakeBus, state: State): void {
  leader.respond(subjects.query(), (text) =>
    Promise.resolve(JSON.stringify(answer(JSON.parse(text) as Query, state))),
  );
}

function answer(query: Query, { cluster, progress, homes, vm }: State): QueryReply {
  switch (query.type) {
    case 'leader': {
      const leader = {
        leader: 'scheduler1',
        epoch: '5',
        revision: 1,
        settled: true,
        highestEra: 0,
      };
      return { type: 'leader', leader };
    }
    case 'hosts':
      return { type: 'hosts', hosts: viewsOf(cluster, query.hostId) };
    case 'observed':
      return { type: 'observed', vms: {} };
    case 'progress':
      return { type: 'progress', migrations: progress };
    case 'place': {
      const { spec } = query;
      const shape = {
        request: { cpuMilli: spec.vcpus * 1000, memoryMib: spec.memoryMib },
        arch: 'x86_64' as const,
        pools: spec.disks.map(({ pool }) => pool),
        bridges: spec.networks.map(({ bridge }) => bridge),
        labels: {},
      };
      return { type: 'place', answers: [place(cluster, { shape })] };
    }
    case 'explain': {
      const vm = cluster.vms.get(query.vmId);
      if (vm === undefined) return { type: 'error', code: 'vm-not-found', message: 'no such VM' };
      const found = place(cluster, {
        shape: vm,
        ...(vm.hostId === undefined ? {} : { source: vm.hostId }),
      });
      const sentences = [
        `${vm.name} is running on ${vm.hostId}; if it moved now:`,
        ...explainPlacement(found),
      ];
      return { type: 'explain', answer: found, sentences };
    }
    case 'plan-drain':
      return { type: 'plan-drain', plan: planDrain(cluster, query.hostId), unchecked: [] };
    case 'plan-restore': {
      const taking = withHost(cluster, query.hostId, { intent: 'active' });
      const away = new Map([...homes].filter(([, home]) => home === query.hostId));
      return { type: 'plan-restore', plan: planRestore(taking, away), unchecked: [] };
    }
    case 'open-console':
      return vm.answer(query);
    case 'cpu-gaps':
      return { type: 'cpu-gaps', hosts: [] };
    case 'pools':
      return { type: 'pools', pools: poolStatuses([...cluster.hosts.keys()]) };
    case 'headroom':
      return headroomAnswer(cluster, query);
    case 'balance':
      return { type: 'balance', balance: balanceOf(cluster) };
    case 'rules': {
      const states = (cluster.rules ?? []).map((rule) => [rule.id, ruleState(cluster, rule)]);
      return { type: 'rules', rules: Object.fromEntries(states) };
    }
    case 'rule-plan': {
      const rule = { id: query.name, ...query.spec };
      const plan = planRule(cluster, rule);
      const conflicts = ruleConflicts(cluster, rule, plan);
      return { type: 'rule-plan', plan, state: ruleState(cluster, rule), conflicts };
    }
    case 'usage':
      return usageOf(query);
    case 'orphans':
      return { type: 'orphans', orphans: [], silent: [] };
    case 'resize-plan':
      return {
        type: 'resize-plan',
        when: query.atNextStart === true ? 'next-start' : 'now',
        what: `it gets ${query.vcpus} vCPUs`,
      };
    case 'plan-move':
    case 'plan-balance':
    case 'dump':
      return { type: 'error', code: 'no-leader', message: `nobody answers ${query.type} here` };
  }
}

/** A wave over the day with a gap in it; of several hosts the last is silent. */
function usageOf({ hostIds, vmId, grid }: Extract<Query, { type: 'usage' }>): QueryReply {
  const { points } = grid;
  const steps = Array.from({ length: points }, (_, at) => at);
  const isGap = (at: number) => at >= points * 0.6 && at < points * 0.66;
  const wave = (base: number, height: number, bend: number) => {
    const mean = steps.map((at) =>
      isGap(at) ? null : Math.round(base + height * (1 + Math.sin((at / points) * bend))),
    );
    return { mean, most: mean.map((one) => (one === null ? null : Math.round(one * 1.4))) };
  };
  const size = vmId === undefined ? 8 : 1;
  const [first = '', ...others] = hostIds;
  const usage = {
    looks: steps.map((at) => (isGap(at) ? 0 : 15)),
    cpuMilli: wave(200 * size, 300 * size, 19),
    memoryMib: wave(700 * size, 150 * size, 5),
    ...(vmId === undefined
      ? { cpuPressurePermille: wave(5, 60, 19), memoryPressurePermille: wave(0, 4, 7) }
      : { cpuWaitMilli: wave(0, 40, 23) }),
  };
  return {
    type: 'usage',
    answered: { [first]: usage },
    silent: others.map((hostId) => ({
      hostId,
      code: 'host-silent',
      message: `${hostId} is not heard`,
    })),
  };
}

function viewsOf(cluster: Cluster, only: string | undefined): readonly HostView[] {
  const counts = new Map<string, number>();
  for (const { hostId = '' } of cluster.vms.values())
    counts.set(hostId, (counts.get(hostId) ?? 0) + 1);
  return [...cluster.hosts.values()]
    .filter(({ id }) => only === undefined || id === only)
    .map((host) => ({
      ...host,
      reportAgeMs: 400,
      reasons: [],
      acceleratorReason: '',
      allocatable: allocatable(host),
      promised: promisedOn(cluster, host.id),
      vmCount: counts.get(host.id) ?? 0,
      foreignVmCount: 0,
    }));
}
