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
  /** The loss of any one host that is not borne. */
  readonly atRisk: readonly Loss[];
  /** The first loss of `bears + 1` hosts that is not borne; absent where none was looked for. */
  readonly worst?: Loss;
}

export interface HeadroomOptions {
  /** How many lost hosts to look at; 2 if absent. */
  readonly upTo?: number;
}

export function headroomOf(cluster: Cluster, { upTo = 2 }: HeadroomOptions = {}): Headroom {
  const hosts = [...cluster.hosts.values()].filter(({ health }) => health === 'up').toSorted(byId);
  const atRisk = hosts.flatMap((host) => lossOf(cluster, [host]) ?? []);
  let bears = 0;
  let proved = true;
  let worst = atRisk[0];
  for (let count = 1; worst === undefined && count <= Math.min(upTo, hosts.length); count += 1) {
    const sets = setsOf(cluster, hosts, count);
    for (const set of sets.tried) {
      worst = lossOf(cluster, set);
      if (worst !== undefined) break;
    }
    if (worst !== undefined) break;
    bears = count;
    proved = sets.all;
  }
  return {
    revision: cluster.revision,
    bears,
    proved,
    atRisk,
    ...(worst === undefined ? {} : { worst }),
  };
}

/** Whether the loss of any one host is borne while these, which are empty, are not there to help. */
export function bearsOneWithout(cluster: Cluster, hostIds: readonly HostId[]): boolean {
  const without = withoutHosts(cluster, hostIds);
  if (!restartRoomOf(without).survivesAny) return false;
  return [...without.hosts.values()].every(
    (host) => host.health !== 'up' || lossOf(without, [host]) === undefined,
  );
}

function lossOf(cluster: Cluster, hosts: readonly Host[]): Loss | undefined {
  const hostIds = hosts.map(({ id }) => id).toSorted(byText);
  if (plainlyBorne(cluster, hostIds)) return undefined;
  const { left } = planRecovery(cluster, hostIds);
  return left.length === 0 ? undefined : { hostIds, left };
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
