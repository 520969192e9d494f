/**
 * What moving a unit costs: the MiB that are copied. Memory that is written while it is copied is copied
 * again: with dirtying at a share d of the link's speed, in rounds, 1 + d + d² + … times (Clark et al., 2005).
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { Vm } from '../cluster/vm.ts';
import { limits } from '../limits.ts';
import type { Arrangement } from './arrangement.ts';

/** From where on a VM is slowed down rather than copied over and over. */
const mostDirtying = 0.8;

/** MiB over the link between its host and the slowest that it could go to. */
export function copiedMib(cluster: Cluster, vm: Vm): number {
  const host = vm.hostId === undefined ? undefined : cluster.hosts.get(vm.hostId);
  const link = host?.linkMibPerSecond ?? limits.linkMibPerSecond;
  const dirtying = Math.min(mostDirtying, (vm.usage?.dirtyMibPerSecond ?? 0) / link);
  return vm.request.memoryMib / (1 - dirtying);
}

/** By unit. */
export function costsOf({ cluster, units }: Arrangement): Float64Array {
  return Float64Array.from(units, ({ vms }) =>
    vms.reduce((sum, vm) => sum + copiedMib(cluster, vm), 0),
  );
}
