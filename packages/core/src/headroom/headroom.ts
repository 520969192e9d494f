/** How many hosts may be lost with every VM started again elsewhere, and which VMs would have no place. */
import type { Cluster } from '../cluster/cluster.ts';
import type { Host, HostId } from '../cluster/host.ts';
import { emptiestFirst, holdsResources } from '../cluster/load.ts';
import { withoutHosts } from '../cluster/without.ts';
import { limits } from '../limits.ts';
import { byId, byText } from '../order.ts';
import type { Blocker } from '../plan/plan.ts';
import { planRecovery } from '../recover/recover.ts';
import { ruleBookOf } from '../rules/book-of.ts';
import { combinations, subsets } from '../subsets.ts';
import { restartRoomOf } from './restart-room.ts';

/** A loss that is not borne, and the VMs that would have no place. */
export interface Loss {
  readonly hostIds: readonly HostId[];
  readonly left: readonly Blocker[];
}

export interface Headroom {
  readonly revision: number;
  /** Whichever so many hosts are lost at once, every VM finds a place: N+1 is 1. */
  readonly bears: number;
  /** Whether every set of `bears` hosts was tried; where there are too many, the fullest were. */
  readonly proved: boolean;
  /** So many hosts lost at once were looked at, and no more: it may bear more where that is `bears`. */
  readonly upTo: number;
  /** The loss of any one host that is not borne. */
  readonly atRisk: readonly Loss[];
  /** Hosts whose loss alone was not looked at: that would have been more than the work allowed. */
  readonly untried: readonly HostId[];
  /** The first loss of `bears + 1` hosts that is not borne; absent where none was looked for. */
  readonly worst?: Loss;
}

export interface HeadroomOptions {
  /** How many lost hosts to look at; 2 if absent. */
  readonly upTo?: number;
  /**
   * Hosts looked at for VMs, at most, where more than room has to be looked at: the fullest hosts are tried first.
   * No bound if absent. The first loss is looked at whatever it takes.
   */
  readonly work?: number;
}

export function headroomOf(
  cluster: Cluster,
  { upTo = 2, work = Number.POSITIVE_INFINITY }: HeadroomOptions = {},
): Headroom {
  const hosts = [...cluster.hosts.values()].filter(({ health }) => health === 'up').toSorted(byId);
  const tries = new Tries(cluster, work);
  const atRisk: Loss[] = [];
  const untried: HostId[] = [];
  for (const host of emptiestFirst(cluster, hosts).toReversed()) {
    const found = tries.lossOf([host]);
    if (found === 'untried') untried.push(host.id);
    else if (found !== undefined) atRisk.push(found);
  }
  atRisk.sort((a, b) => byText(a.hostIds.join(), b.hostIds.join()));
  const most = Math.min(upTo, hosts.length);
  const all = { revision: cluster.revision, atRisk, untried: untried.toSorted(byText) };
  const [first] = atRisk;
  if (first !== undefined) return { ...all, bears: 0, proved: true, upTo: 1, worst: first };
  if (most < 1) return { ...all, bears: 0, proved: true, upTo: most };
  if (untried.length > 0) return { ...all, bears: 1, proved: false, upTo: 1 };
  let proved = true;
  for (let count = 2; count <= most; count += 1) {
    const sets = setsOf(cluster, hosts, count);
    for (const set of sets.tried) {
      const found = tries.lossOf(set);
      // What so many hosts are is not known then; what fewer are is.
      if (found === 'untried') return { ...all, bears: count - 1, proved, upTo: count - 1 };
      if (found !== undefined) {
        return { ...all, bears: count - 1, proved, upTo: count, worst: found };
      }
    }
    proved = sets.all;
  }
  return { ...all, bears: most, proved, upTo: most };
}

/** Whether the loss of any one host is borne while these, which are empty, are not there to help. */
export function bearsOneWithout(cluster: Cluster, hostIds: readonly HostId[]): boolean {
  const without = withoutHosts(cluster, hostIds);
  if (!restartRoomOf(without).survivesAny) return false;
  const tries = new Tries(without, Number.POSITIVE_INFINITY);
  return [...without.hosts.values()].every(
    (host) => host.health !== 'up' || tries.lossOf([host]) === undefined,
  );
}

/** Losses that are tried, for as long as the work lasts. */
class Tries {
  readonly #cluster: Cluster;
  #workLeft: number;
  #isFirst = true;

  constructor(cluster: Cluster, work: number) {
    this.#cluster = cluster;
    this.#workLeft = work;
  }

  /** Nothing where it is borne. */
  lossOf(hosts: readonly Host[]): Loss | 'untried' | undefined {
    const cluster = this.#cluster;
    const hostIds = hosts.map(({ id }) => id).toSorted(byText);
    if (plainlyBorne(cluster, hostIds)) return undefined;
    const counts = vmCounts(cluster);
    const vms = hostIds.reduce((sum, id) => sum + (counts.get(id) ?? 0), 0);
    this.#workLeft -= vms * cluster.hosts.size;
    if (this.#workLeft < 0 && !this.#isFirst) return 'untried';
    this.#isFirst = false;
    const { left } = planRecovery(cluster, hostIds);
    return left.length === 0 ? undefined : { hostIds, left };
  }
}

const counted = new WeakMap<Cluster, ReadonlyMap<HostId, number>>();

/** How many VMs would have to be started again of each host. */
function vmCounts(cluster: Cluster): ReadonlyMap<HostId, number> {
  const known = counted.get(cluster);
  if (known !== undefined) return known;
  const counts = new Map<HostId, number>();
  for (const vm of cluster.vms.values()) {
    const { hostId } = vm;
    if (hostId !== undefined && holdsResources(vm))
      counts.set(hostId, (counts.get(hostId) ?? 0) + 1);
  }
  counted.set(cluster, counts);
  return counts;
}

/** There is a plan that looks at room alone, and nothing but room matters to their VMs. */
function plainlyBorne(cluster: Cluster, hostIds: readonly HostId[]): boolean {
  const plain = plainHosts(cluster);
  if (!hostIds.every((id) => plain.has(id))) return false;
  const room = restartRoomOf(cluster);
  const [only] = hostIds;
  return hostIds.length === 1 && only !== undefined
    ? room.survives(only)
    : room.survivesAll(hostIds);
}

const plain = new WeakMap<Cluster, ReadonlySet<HostId>>();

/** Hosts whose VMs need memory and CPU, and nothing else that hosts have only so much of. */
function plainHosts(cluster: Cluster): ReadonlySet<HostId> {
  const known = plain.get(cluster);
  if (known !== undefined) return known;
  const hosts = new Set(cluster.hosts.keys());
  const book = ruleBookOf(cluster);
  for (const vm of cluster.vms.values()) {
    if (vm.hostId === undefined || !holdsResources(vm)) continue;
    const { hugePageKib, devices = [], disks = [] } = vm;
    const isPlain = hugePageKib === undefined && devices.length + disks.length === 0;
    if (!isPlain || book.membersAmong([vm]).length > 0) hosts.delete(vm.hostId);
  }
  plain.set(cluster, hosts);
  return hosts;
}

/** All sets of so many hosts; of the fullest alone, where all would be too much work. */
function setsOf(cluster: Cluster, hosts: readonly Host[], count: number) {
  const fullest = emptiestFirst(cluster, hosts).toReversed();
  const most = Math.min(limits.headroomSets, limits.headroomWork / (count * workPerHost(cluster)));
  let among = fullest.length;
  while (among > count && combinations(among, count) > most) among -= 1;
  return { tried: subsets(fullest.slice(0, among), count), all: among === fullest.length };
}

/** In VMs: where more than room matters, every host is looked at for each. */
function workPerHost(cluster: Cluster): number {
  const plain = plainHosts(cluster);
  let work = 0;
  for (const vm of cluster.vms.values()) {
    if (holdsResources(vm)) work += plain.has(vm.hostId ?? '') ? 1 : cluster.hosts.size;
  }
  return Math.max(1, work / cluster.hosts.size);
}
