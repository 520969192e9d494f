/**
 * What is promised on each host right now: the VMs it owns, what moves towards it, what is reserved there.
 * A VM that is being moved counts on both hosts until the outcome is known.
 */
import type { Cluster } from './cluster.ts';
import { allocatable, type Host, type HostId, type Resources } from './host.ts';
import type { Vm, VmState } from './vm.ts';

/** States in which a VM holds what it requested on its owner. `unknown` holds: silence frees nothing. */
const holding: ReadonlySet<VmState> = new Set<VmState>([
  'starting',
  'running',
  'migrating',
  'stopping',
  'unknown',
]);

export function holdsResources(vm: Vm): boolean {
  return vm.hostId !== undefined && holding.has(vm.state);
}

/** CPU in thousandths of a core, memory in MiB. A reservation of a VM by its own owner counts once. */
export function promisedOn(cluster: Cluster, hostId: HostId): Resources {
  let cpuMilli = 0;
  let memoryMib = 0;
  for (const vm of cluster.vms.values()) {
    if (vm.hostId !== hostId || !holdsResources(vm)) continue;
    cpuMilli += vm.request.cpuMilli;
    memoryMib += vm.request.memoryMib;
  }
  for (const reservation of cluster.reservations) {
    if (reservation.hostId !== hostId) continue;
    const vm = cluster.vms.get(reservation.vmId);
    if (vm !== undefined && vm.hostId === hostId && holdsResources(vm)) continue;
    cpuMilli += reservation.request.cpuMilli;
    memoryMib += reservation.request.memoryMib;
  }
  return { cpuMilli, memoryMib };
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
