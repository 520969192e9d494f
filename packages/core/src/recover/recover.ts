/**
 * The VMs of hosts that are lost, started again elsewhere: all of them where there is any way; else by
 * priority, none ever for the sake of a lesser one, and those without a place named. For hosts that are fenced:
 * that nothing of them still runs is the caller's to know.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import { holdsResources } from '../cluster/load.ts';
import type { Vm, VmId } from '../cluster/vm.ts';
import { withoutHosts, withoutVms } from '../cluster/without.ts';
import { noHostFits } from '../drain/blockers.ts';
import { byId } from '../order.ts';
import { place } from '../placement/place.ts';
import type { Blocker } from '../plan/plan.ts';
import { seatAll } from '../search/seats.ts';

export interface Restart {
  readonly vmId: VmId;
  readonly vmName: string;
  readonly lostHostId: HostId;
  readonly hostId: HostId;
  readonly priority: number;
  /** A sentence for people. */
  readonly reason: string;
}

export interface RecoveryPlan {
  readonly revision: number;
  readonly hostIds: readonly HostId[];
  /** In the order in which they are to be started. */
  readonly restarts: readonly Restart[];
  /** VMs that no host takes. */
  readonly left: readonly Blocker[];
}

export function planRecovery(cluster: Cluster, hostIds: HostId | readonly HostId[]): RecoveryPlan {
  const lost = typeof hostIds === 'string' ? [hostIds] : hostIds.toSorted();
  const victims = victimsOf(cluster, lost);
  const without = withoutVms(withoutHosts(cluster, lost), victims);
  const all = seatAll(without, victims);
  const restarts: Restart[] = [];
  const left: Blocker[] = [];
  let now = without;
  const start = (vm: Vm, hostId: HostId, reason: string) => {
    now = started(now, vm, hostId);
    restarts.push({
      vmId: vm.id,
      vmName: vm.name,
      lostHostId: vm.hostId ?? '',
      hostId,
      priority: vm.priority ?? 0,
      reason,
    });
  };
  if (all.type === 'seated') {
    for (const [at, vm] of victims.entries()) {
      start(vm, all.hosts[at] ?? '', `all ${victims.length} of the lost VMs find a place`);
    }
    return { revision: cluster.revision, hostIds: lost, restarts, left };
  }
  for (const priority of new Set(victims.map((vm) => vm.priority ?? 0))) {
    const equals = victims.filter((vm) => (vm.priority ?? 0) === priority);
    const seated = seatAll(now, equals);
    for (const [at, vm] of equals.entries()) {
      const hostId = seated.type === 'seated' ? seated.hosts[at] : placeOf(now, vm);
      if (hostId === undefined) left.push(noHostFits(now, vm, undefined));
      else start(vm, hostId, `by its priority, ${priority}; not all of the lost VMs find a place`);
    }
  }
  return { revision: cluster.revision, hostIds: lost, restarts, left };
}

/** By priority, then the largest first. */
function victimsOf(cluster: Cluster, lost: readonly HostId[]): readonly Vm[] {
  return [...cluster.vms.values()]
    .filter((vm) => lost.includes(vm.hostId ?? '') && holdsResources(vm) && vm.state !== 'stopping')
    .toSorted(
      (a, b) =>
        (b.priority ?? 0) - (a.priority ?? 0) ||
        b.request.memoryMib - a.request.memoryMib ||
        byId(a, b),
    );
}

function started(cluster: Cluster, vm: Vm, hostId: HostId): Cluster {
  return { ...cluster, vms: new Map(cluster.vms).set(vm.id, { ...vm, state: 'starting', hostId }) };
}

function placeOf(cluster: Cluster, vm: Vm): HostId | undefined {
  const answer = place(cluster, { shape: vm });
  return answer.type === 'placed' ? answer.hostId : undefined;
}
