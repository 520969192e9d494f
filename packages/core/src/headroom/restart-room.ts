/**
 * Where the VMs of each host would be started again if that host were lost: one plan for each, and the room
 * that these plans need on every other host. Kept up while VMs are added, so that whether the cluster still
 * bears the loss of any one host is known at once. Room and fixed filters are looked at, rules are not: see
 * `headroom.ts` for the whole answer about one cluster.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { Host, HostId, Resources } from '../cluster/host.ts';
import { holdsResources } from '../cluster/load.ts';
import type { VmShape } from '../cluster/vm.ts';
import { byId } from '../order.ts';
import { permille } from '../placement/seat.ts';
import { Eligibility } from '../search/eligibility.ts';
import { real } from '../search/numbers.ts';
import { roomOf } from '../search/room.ts';

interface Footprint {
  readonly memoryMib: number;
  readonly cpuMilli: number;
  /** By host: 1 where it could be started. */
  readonly eligible: Uint8Array;
}

/** What the VMs of one host need on another. */
type Needs = Map<number, { memoryMib: number; cpuMilli: number }>;

const known = new WeakMap<Cluster, RestartRoom>();

/** Of a snapshot, which never changes: nobody who asks may leave it changed. */
export function restartRoomOf(cluster: Cluster): RestartRoom {
  let room = known.get(cluster);
  if (room === undefined) {
    room = new RestartRoom(cluster);
    known.set(cluster, room);
  }
  return room;
}

export class RestartRoom {
  readonly #hosts: readonly Host[];
  readonly #indexOf: ReadonlyMap<HostId, number>;
  readonly #eligibility: Eligibility;
  readonly #freeMemory: Float64Array;
  readonly #freeCpu: Float64Array;
  readonly #footprints: Footprint[][];
  /** By host: where its VMs would go; nothing where some would have no place. */
  readonly #plans: (Needs | undefined)[];
  /** By host: the hosts whose plans need it, and at least the most that one of them needs. */
  readonly #users: Set<number>[];
  readonly #mostMemory: Float64Array;
  readonly #mostCpu: Float64Array;
  /** Hosts with the most free memory first, and where each stands. */
  readonly #freest: Int32Array;
  readonly #rank: Int32Array;
  #atRisk = 0;

  constructor(cluster: Cluster) {
    const { hosts, indexOf, freeMemory, freeCpu } = roomOf(cluster);
    this.#hosts = hosts;
    this.#indexOf = indexOf;
    this.#eligibility = new Eligibility(cluster, hosts);
    this.#freeMemory = freeMemory;
    this.#freeCpu = freeCpu;
    this.#footprints = hosts.map(() => []);
    for (const vm of [...cluster.vms.values()].toSorted(byId)) {
      const at = this.#indexOf.get(vm.hostId ?? '');
      if (at !== undefined && holdsResources(vm)) this.#footprints[at]?.push(this.#footprintOf(vm));
    }
    for (const footprints of this.#footprints) footprints.sort(largestFirst);
    this.#users = hosts.map(() => new Set());
    this.#mostMemory = new Float64Array(hosts.length);
    this.#mostCpu = new Float64Array(hosts.length);
    this.#freest = Int32Array.from(
      [...hosts.keys()].toSorted((a, b) => real(this.#freeMemory, b) - real(this.#freeMemory, a)),
    );
    this.#rank = new Int32Array(hosts.length);
    for (const [rank, host] of this.#freest.entries()) this.#rank[host] = rank;
    this.#plans = [];
    for (const [at, host] of hosts.entries()) {
      const plan = host.health === 'up' ? this.#plan([at], this.#footprints[at] ?? []) : new Map();
      this.#plans.push(plan);
      if (plan === undefined) this.#atRisk += 1;
      else this.#adopt(at, plan);
    }
  }

  /** Whether the loss of any one host is borne. */
  get survivesAny(): boolean {
    return this.#atRisk === 0;
  }

  survives(hostId: HostId): boolean {
    const at = this.#indexOf.get(hostId);
    return at === undefined || this.#plans[at] !== undefined;
  }

  /** Whether there is a plan for all of them lost at once. */
  survivesAll(hostIds: readonly HostId[]): boolean {
    const lost = hostIds.flatMap((id) => this.#indexOf.get(id) ?? []);
    const footprints = lost.flatMap((at) => this.#footprints[at] ?? []).toSorted(largestFirst);
    return this.#plan(lost, footprints) !== undefined;
  }

  /** In thousandths: how much of a VM of that size stays out of the room that others need there. */
  keptFree(hostId: HostId, { memoryMib }: Resources): number {
    const at = this.#indexOf.get(hostId) ?? -1;
    if (at < 0) return 0;
    const short = real(this.#mostMemory, at) - (real(this.#freeMemory, at) - memoryMib);
    return short <= 0 ? 1000 : 1000 - permille(short, memoryMib);
  }

  /** The host whose loss the cluster would not bear any more with a VM more there; nothing where it would. */
  atRiskWith(hostId: HostId, shape: VmShape): HostId | undefined {
    const at = this.#indexOf.get(hostId);
    if (at === undefined) return hostId;
    const footprint = this.#footprintOf(shape);
    this.#changeFree(at, -footprint.memoryMib, -footprint.cpuMilli);
    const plans = this.#replanAround(at, footprint);
    this.#changeFree(at, footprint.memoryMib, footprint.cpuMilli);
    return typeof plans === 'number' ? this.#hosts[plans]?.id : undefined;
  }

  /**
   * Puts a VM there if the cluster then still bears the loss of every host that it bears the loss of now; if
   * not, nothing changes.
   */
  take(hostId: HostId, shape: VmShape): boolean {
    const at = this.#indexOf.get(hostId);
    if (at === undefined) return false;
    const footprint = this.#footprintOf(shape);
    this.#changeFree(at, -footprint.memoryMib, -footprint.cpuMilli);
    const plans = this.#replanAround(at, footprint);
    if (typeof plans === 'number') {
      this.#changeFree(at, footprint.memoryMib, footprint.cpuMilli);
      return false;
    }
    const footprints = this.#footprints[at] ?? [];
    footprints.push(footprint);
    footprints.sort(largestFirst);
    for (const [host, plan] of plans) {
      this.#forget(host);
      this.#plans[host] = plan;
      this.#adopt(host, plan);
    }
    return true;
  }

  /** New plans for the host that takes the VM and for those that counted on its room; or a host without one. */
  #replanAround(at: number, footprint: Footprint): ReadonlyMap<number, Needs> | number {
    const plans = new Map<number, Needs>();
    if (this.#plans[at] !== undefined && this.#hosts[at]?.health === 'up') {
      const footprints = [...(this.#footprints[at] ?? []), footprint].toSorted(largestFirst);
      const plan = this.#extended(at, footprint) ?? this.#plan([at], footprints);
      if (plan === undefined) return at;
      plans.set(at, plan);
    }
    const memory = real(this.#freeMemory, at);
    const cpu = real(this.#freeCpu, at);
    if (memory >= real(this.#mostMemory, at) && cpu >= real(this.#mostCpu, at)) return plans;
    for (const user of this.#users[at] ?? []) {
      const need = this.#plans[user]?.get(at);
      if (need === undefined || (need.memoryMib <= memory && need.cpuMilli <= cpu)) continue;
      const plan = this.#plan([user], this.#footprints[user] ?? []);
      if (plan === undefined) return user;
      plans.set(user, plan);
    }
    return plans;
  }

  /** The plan there is, with one VM more; nothing where that has no room beside the others. */
  #extended(lost: number, footprint: Footprint): Needs | undefined {
    const plan = this.#plans[lost];
    if (plan === undefined) return undefined;
    const to = this.#find([lost], footprint, plan, this.#freest.length);
    if (to < 0) return undefined;
    const extended = new Map(plan);
    add(extended, to, footprint);
    return extended;
  }

  /**
   * Each VM, the largest first, to the host with the most room left, so that few plans depend on one host; where
   * that leaves one without a place, to the host that it fills best.
   */
  #plan(lost: readonly number[], footprints: readonly Footprint[]): Needs | undefined {
    const plan: Needs = new Map();
    for (const footprint of footprints) {
      // No more hosts than VMs can have been filled up: one of the first has the most room left.
      let to = this.#find(lost, footprint, plan, footprints.length + 2);
      if (to < 0) to = this.#find(lost, footprint, plan, this.#freest.length);
      if (to < 0) return this.#tightPlan(lost, footprints);
      add(plan, to, footprint);
    }
    return plan;
  }

  #tightPlan(lost: readonly number[], footprints: readonly Footprint[]): Needs | undefined {
    const plan: Needs = new Map();
    for (const footprint of footprints) {
      let best = -1;
      let least = Number.POSITIVE_INFINITY;
      for (const host of this.#freest) {
        const left = this.#leftOn(host, lost, footprint, plan);
        if (left === undefined || left >= least) continue;
        best = host;
        least = left;
      }
      if (best < 0) return undefined;
      add(plan, best, footprint);
    }
    return plan;
  }

  /** MiB that would be left there; nothing where the VM has no place there. */
  #leftOn(
    host: number,
    lost: readonly number[],
    footprint: Footprint,
    plan: Needs,
  ): number | undefined {
    if (lost.includes(host) || footprint.eligible[host] !== 1) return undefined;
    const needs = plan.get(host);
    const left = real(this.#freeMemory, host) - (needs?.memoryMib ?? 0) - footprint.memoryMib;
    const cpuLeft = real(this.#freeCpu, host) - (needs?.cpuMilli ?? 0) - footprint.cpuMilli;
    return left < 0 || cpuLeft < 0 ? undefined : left;
  }

  #find(lost: readonly number[], footprint: Footprint, plan: Needs, looked: number): number {
    let best = -1;
    let most = -1;
    const end = Math.min(looked, this.#freest.length);
    for (let rank = 0; rank < end; rank += 1) {
      const host = this.#freest[rank] as number;
      const free = real(this.#freeMemory, host);
      if (free < footprint.memoryMib || free - footprint.memoryMib <= most) break;
      const left = this.#leftOn(host, lost, footprint, plan);
      if (left === undefined || left <= most) continue;
      best = host;
      most = left;
    }
    return best;
  }

  #adopt(lost: number, plan: Needs): void {
    for (const [host, { memoryMib, cpuMilli }] of plan) {
      this.#users[host]?.add(lost);
      if (memoryMib > real(this.#mostMemory, host)) this.#mostMemory[host] = memoryMib;
      if (cpuMilli > real(this.#mostCpu, host)) this.#mostCpu[host] = cpuMilli;
    }
  }

  #forget(lost: number): void {
    for (const host of this.#plans[lost]?.keys() ?? []) this.#users[host]?.delete(lost);
  }

  /** Keeps the hosts in order of their free memory. */
  #changeFree(at: number, memoryMib: number, cpuMilli: number): void {
    const free = real(this.#freeMemory, at) + memoryMib;
    this.#freeMemory[at] = free;
    this.#freeCpu[at] = real(this.#freeCpu, at) + cpuMilli;
    let rank = this.#rank[at] as number;
    const step = memoryMib < 0 ? 1 : -1;
    for (;;) {
      const other = this.#freest[rank + step];
      if (other === undefined) break;
      const apart = real(this.#freeMemory, other) - free;
      if (step > 0 ? apart <= 0 : apart >= 0) break;
      this.#freest[rank] = other;
      this.#rank[other] = rank;
      rank += step;
    }
    this.#freest[rank] = at;
    this.#rank[at] = rank;
  }

  #footprintOf(shape: VmShape): Footprint {
    const { memoryMib, cpuMilli } = shape.request;
    return { memoryMib, cpuMilli, eligible: this.#eligibility.of(shape, undefined) };
  }
}

function largestFirst(a: Footprint, b: Footprint): number {
  return b.memoryMib - a.memoryMib || b.cpuMilli - a.cpuMilli;
}

function add(plan: Needs, host: number, { memoryMib, cpuMilli }: Footprint): void {
  const before = plan.get(host);
  plan.set(host, {
    memoryMib: (before?.memoryMib ?? 0) + memoryMib,
    cpuMilli: (before?.cpuMilli ?? 0) + cpuMilli,
  });
}
