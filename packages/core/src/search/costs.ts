/**
 * What moving a unit costs: the MiB that are copied. Memory that is written while it is copied is copied
 * again: with dirtying at a share d of the link's speed, in rounds, 1 + d + d² + … times (Clark et al., 2005), as
 * far as it is not the same pages again and again.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { Host } from '../cluster/host.ts';
import type { Vm } from '../cluster/vm.ts';
import { limits } from '../limits.ts';
import type { Arrangement } from './arrangement.ts';
import { whole } from './numbers.ts';

/** From where on a VM is slowed down rather than copied over and over. */
const mostDirtying = 0.8;

/** MiB over the link between its host and the slowest that it could go to. */
export function copiedMib(cluster: Cluster, vm: Vm): number {
  const host = vm.hostId === undefined ? undefined : cluster.hosts.get(vm.hostId);
  const link = host?.linkMibPerSecond ?? limits.linkMibPerSecond;
  const { dirtyMibPerSecond = 0, touchedMib, writtenSetMib } = vm.usage ?? {};
  const onceMib = Math.min(vm.request.memoryMib, touchedMib ?? vm.request.memoryMib);
  const dirtying = Math.min(mostDirtying, dirtyMibPerSecond / link);
  const againMib = Math.min(onceMib * dirtying, writtenSetMib ?? onceMib);
  return onceMib + againMib / (1 - dirtying);
}

/** What moving a VM takes, where that is known better than from its memory. */
export interface Transfer {
  readonly mib: number;
  /** The most that it takes of a link; all of it if absent. */
  readonly mibPerSecond?: number;
}

export type TransferOf = (vm: Vm) => Transfer;

/** By unit: MiB that are copied, and MiB per second that they take at most. */
export function transfersOf(
  { units }: Arrangement,
  transferOf: TransferOf,
): { readonly costOf: Float64Array; readonly capOf: Float64Array } {
  const transfers = units.map(({ vms }) => vms.map(transferOf));
  return {
    costOf: Float64Array.from(transfers, (ones) => ones.reduce((sum, { mib }) => sum + mib, 0)),
    capOf: Float64Array.from(transfers, (ones) =>
      Math.min(...ones.map(({ mibPerSecond = Number.POSITIVE_INFINITY }) => mibPerSecond)),
    ),
  };
}

/** By unit. */
export function costsOf({ cluster, units }: Arrangement): Float64Array {
  return Float64Array.from(units, ({ vms }) =>
    vms.reduce((sum, vm) => sum + copiedMib(cluster, vm), 0),
  );
}

/**
 * By unit: its cost, twice where its host is under pressure already. Copying takes CPU and memory from VMs that
 * are waiting for them.
 */
export function weighedCostsOf(arrangement: Arrangement): Float64Array {
  return costsOf(arrangement).map((cost, unit) => {
    const host = arrangement.hosts[whole(arrangement.origin, unit)];
    return isUnderPressure(host) ? 2 * cost : cost;
  });
}

function isUnderPressure(host: Host | undefined): boolean {
  const { cpuPressurePermille = 0, memoryPressurePermille = 0 } = host?.usage ?? {};
  return Math.max(cpuPressurePermille, memoryPressurePermille) >= limits.pressurePermille;
}
