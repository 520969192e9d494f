/**
 * How much CPU everything would use if nothing held it up. Where a VM's own use is not measured, it has its
 * part of what its host is seen to use, by its number of vCPUs; what no VM accounts for stays with the host.
 */
import type { Host } from '../cluster/host.ts';
import { real, whole } from './numbers.ts';
import type { Unit } from './units.ts';

export interface Demand {
  /** In thousandths of a core. */
  readonly ofUnit: Float64Array;
  readonly onHost: Float64Array;
}

export function demandOf(
  hosts: readonly Host[],
  units: readonly Unit[],
  origin: Int32Array,
): Demand {
  const ofUnit = new Float64Array(units.length);
  const measured = new Float64Array(hosts.length);
  /** By host, of VMs whose use nobody measured. */
  const unknown = new Float64Array(hosts.length);
  const add = (list: Float64Array, at: number, more: number) => {
    list[at] = real(list, at) + more;
  };
  for (const [at, unit] of units.entries()) {
    for (const { usage, request } of unit.vms) {
      const host = whole(origin, at);
      if (usage === undefined) {
        add(unknown, host, request.cpuMilli);
        continue;
      }
      const demand = usage.cpuMilli + (usage.cpuWaitMilli ?? 0);
      add(ofUnit, at, demand);
      add(measured, host, demand);
    }
  }
  const seen = Float64Array.from(hosts, seenOn);
  for (const [at, unit] of units.entries()) {
    const host = whole(origin, at);
    const rest = real(seen, host) - real(measured, host);
    const cpu = real(unknown, host);
    if (rest <= 0 || cpu <= 0) continue;
    for (const { usage, request } of unit.vms) {
      if (usage === undefined) add(ofUnit, at, (rest * request.cpuMilli) / cpu);
    }
  }
  const onHost = seen.map((one, host) => Math.max(one, real(measured, host)));
  return { ofUnit, onHost };
}

/** What runs, and what waited to run. */
function seenOn({ usage, capacity }: Host): number {
  if (usage === undefined) return 0;
  return usage.cpuMilli + (capacity.cpuMilli * usage.cpuPressurePermille) / 1000;
}
