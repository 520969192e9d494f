/**
 * A move on values: the snapshot as it is while the move is under way, and as it is after it. Used by the
 * search for a plan and by the check just before a move is made.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import type { Move } from './plan.ts';

/** The VM counts on both hosts. */
export function beginMove(cluster: Cluster, move: Move): Cluster {
  const vm = cluster.vms.get(move.vmId);
  if (!vm) return cluster;
  const operationId = `plan:${move.vmId}`;
  return {
    ...cluster,
    vms: new Map(cluster.vms).set(vm.id, { ...vm, state: 'migrating' }),
    reservations: [
      ...cluster.reservations,
      { operationId, vmId: vm.id, hostId: move.target, request: vm.request },
    ],
    migrations: [
      ...cluster.migrations,
      { operationId, vmId: vm.id, source: move.source, target: move.target },
    ],
  };
}

/** The VM is on the target, and only there. */
export function applyMove(cluster: Cluster, move: Move): Cluster {
  return cluster.vms.has(move.vmId) ? applyMoves(cluster, [move]) : cluster;
}

/** All of them, one after the other. What a VM was measured to use, and waits for, goes with it. */
export function applyMoves(
  cluster: Cluster,
  moves: readonly Pick<Move, 'vmId' | 'target'>[],
): Cluster {
  if (moves.length === 0) return cluster;
  const moved = new Set(moves.map(({ vmId }) => vmId));
  const vms = new Map(cluster.vms);
  const hosts = new Map(cluster.hosts);
  const use = (hostId: HostId | undefined, cpuMilli: number) => {
    const host = hosts.get(hostId ?? '');
    if (host?.usage === undefined) return;
    const now = Math.max(0, host.usage.cpuMilli + cpuMilli);
    hosts.set(host.id, { ...host, usage: { ...host.usage, cpuMilli: now } });
  };
  for (const { vmId, target } of moves) {
    const vm = vms.get(vmId);
    if (vm === undefined) continue;
    const asked = (vm.usage?.cpuMilli ?? 0) + (vm.usage?.cpuWaitMilli ?? 0);
    use(vm.hostId, -asked);
    use(target, asked);
    vms.set(vmId, { ...vm, state: 'running', hostId: target });
  }
  return {
    ...cluster,
    hosts,
    vms,
    reservations: cluster.reservations.filter(({ vmId }) => !moved.has(vmId)),
    migrations: cluster.migrations.filter(({ vmId }) => !moved.has(vmId)),
  };
}
