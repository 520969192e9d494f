/** A snapshot as it would be if something were not there: what all questions that begin with "and if" start from. */
import type { Cluster } from './cluster.ts';
import type { HostId } from './host.ts';
import type { Vm } from './vm.ts';

/** The hosts are down; VMs and reservations on them still count as theirs. */
export function withoutHosts(cluster: Cluster, hostIds: Iterable<HostId>): Cluster {
  const hosts = new Map(cluster.hosts);
  for (const id of hostIds) {
    const host = hosts.get(id);
    if (host !== undefined) hosts.set(id, { ...host, health: 'down' });
  }
  return { ...cluster, hosts };
}

/** The VMs are stopped, and nothing is held for them anywhere. */
export function withoutVms(cluster: Cluster, some: readonly Vm[]): Cluster {
  const vms = new Map(cluster.vms);
  for (const vm of some) vms.set(vm.id, { ...vm, state: 'stopped' });
  const gone = new Set(some.map(({ id }) => id));
  return {
    ...cluster,
    vms,
    reservations: cluster.reservations.filter(({ vmId }) => !gone.has(vmId)),
    migrations: cluster.migrations.filter(({ vmId }) => !gone.has(vmId)),
  };
}
