/**
 * What is promised on each host right now: the VMs it owns, what moves towards it, what is reserved there.
 * A VM that is being moved counts on both hosts until the outcome is known.
 */
import type { Cluster } from './cluster.ts';
import { allocatable, type Host, type HostId, type Resources } from './host.ts';
import type { Vm, VmState } from './vm.ts';
import { byId } from '../order.ts';

/** States in which a VM holds what it requested on its owner. `unknown` holds: silence frees nothing. */
const holding: ReadonlySet<VmState> = new Set<VmState>([
  'starting',
  'running',
  'paused',
  'migrating',
  'stopping',
  'saving',
  'unknown',
]);

export function holdsResources(vm: Vm): boolean {
  return vm.hostId !== undefined && holding.has(vm.state);
}

const nothing: Resources = { cpuMilli: 0, memoryMib: 0 };

/** By snapshot, which never changes: each is added up once, not for every host that is looked at. */
const known = new WeakMap<Cluster, ReadonlyMap<HostId, Resources>>();

/** CPU in thousandths of a core, memory in MiB. A reservation of a VM by its own owner counts once. */
export function promisedOn(cluster: Cluster, hostId: HostId): Resources {
  let promised = known.get(cluster);
  if (promised === undefined) {
    promised = addUp(cluster);
    known.set(cluster, promised);
  }
  return promised.get(hostId) ?? nothing;
}

function addUp(cluster: Cluster): ReadonlyMap<HostId, Resources> {
  const promised = new Map<HostId, Resources>();
  const add = (hostId: HostId, { cpuMilli, memoryMib }: Resources) => {
    const before = promised.get(hostId) ?? nothing;
    promised.set(hostId, {
      cpuMilli: before.cpuMilli + cpuMilli,
      memoryMib: before.memoryMib + memoryMib,
    });
  };
  for (const vm of cluster.vms.values()) {
    if (vm.hostId !== undefined && holdsResources(vm)) add(vm.hostId, vm.request);
  }
  for (const { vmId, hostId, request } of cluster.reservations) {
    const vm = cluster.vms.get(vmId);
    if (vm !== undefined && vm.hostId === hostId && holdsResources(vm)) continue;
    add(hostId, request);
  }
  return promised;
}

/** What may still be promised there; never below zero. */
export function freeOn(cluster: Cluster, host: Host): Resources {
  const total = allocatable(host);
  const promised = promisedOn(cluster, host.id);
  return {
    cpuMilli: Math.max(0, total.cpuMilli - promised.cpuMilli),
    memoryMib: Math.max(0, total.memoryMib - promised.memoryMib),
  };
}

/** Those with the least memory promised first. */
export function emptiestFirst(cluster: Cluster, hosts: Iterable<Host>): readonly Host[] {
  return [...hosts].toSorted(
    (a, b) =>
      promisedOn(cluster, a.id).memoryMib - promisedOn(cluster, b.id).memoryMib || byId(a, b),
  );
}
