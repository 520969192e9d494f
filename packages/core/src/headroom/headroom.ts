/** How many hosts may be lost with every VM started again elsewhere, and which VMs would have no place. */
import type { Cluster } from '../cluster/cluster.ts';
import type { Host, HostId } from '../cluster/host.ts';
import { holdsResources, promisedOn } from '../cluster/load.ts';
import { limits } from '../limits.ts';
import { byId } from '../order.ts';
import type { Blocker } from '../plan/plan.ts';
import { planRecovery } from '../recover/recover.ts';
import { ruleBookOf } from '../rules/book-of.ts';
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
  const hosts = new Map(cluster.hosts);
  for (const id of hostIds) {
    const host = hosts.get(id);
    if (host !== undefined) hosts.set(id, { ...host, health: 'down' });
  }
  const without = { ...cluster, hosts };
  if (!restartRoomOf(without).survivesAny) return false;
  return [...hosts.values()].every(
    (host) => host.health !== 'up' || lossOf(without, [host]) === undefined,
  );
}

function lossOf(cluster: Cluster, hosts: readonly Host[]): Loss | undefined {
  const [only] = hosts;
  if (hosts.length === 1 && only !== undefined && plainlyBorne(cluster, only)) return undefined;
  const hostIds = hosts.map(({ id }) => id);
  const { left } = planRecovery(cluster, hostIds);
  return left.length === 0 ? undefined : { hostIds, left };
}

/** There is a plan that looks at room alone, and nothing but room matters to its VMs. */
function plainlyBorne(cluster: Cluster, host: Host): boolean {
  if (!restartRoomOf(cluster).survives(host.id)) return false;
  return plainHosts(cluster).has(host.id);
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

/** All sets of so many hosts; of the fullest alone, where all would be too many. */
function setsOf(cluster: Cluster, hosts: readonly Host[], count: number) {
  const fullest = hosts.toSorted(
    (a, b) =>
      promisedOn(cluster, b.id).memoryMib - promisedOn(cluster, a.id).memoryMib || byId(a, b),
  );
  let among = fullest.length;
  while (among > count && combinations(among, count) > limits.headroomSets) among -= 1;
  return { tried: subsets(fullest.slice(0, among), count), all: among === fullest.length };
}

function combinations(of: number, count: number): number {
  let product = 1;
  for (let at = 0; at < count; at += 1) product = (product * (of - at)) / (at + 1);
  return product;
}

export function* subsets<T>(list: readonly T[], count: number, from = 0): Generator<readonly T[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (let at = from; at <= list.length - count; at += 1) {
    for (const rest of subsets(list, count - 1, at + 1)) yield [list[at] as T, ...rest];
  }
}
