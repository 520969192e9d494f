/**
 * How much CPU everything would use if nothing held it up. Where a VM's own use is not measured, it has its
 * part of what its host is seen to use, by its number of vCPUs; what no VM accounts for stays with the host.
 * Where it is measured how long every VM of a host waits, that is what waits there: the host's pressure says that
 * something waited, not how much.
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
  /** By host: what its VMs waited for, and how many of them nobody asked about that. */
  const waited = new Float64Array(hosts.length);
  const unasked = new Float64Array(hosts.length);
  const vmCount = new Float64Array(hosts.length);
  const add = (list: Float64Array, at: number, more: number) => {
    list[at] = real(list, at) + more;
  };
  for (const [at, unit] of units.entries()) {
    for (const { usage, request } of unit.vms) {
      const host = whole(origin, at);
      add(vmCount, host, 1);
      add(waited, host, usage?.cpuWaitMilli ?? 0);
      if (usage?.cpuWaitMilli === undefined) add(unasked, host, 1);
      if (usage === undefined) {
        add(unknown, host, request.cpuMilli);
        continue;
      }
      const demand = usage.cpuMilli + (usage.cpuWaitMilli ?? 0);
      add(ofUnit, at, demand);
      add(measured, host, demand);
    }
  }
  const seen = Float64Array.from(hosts, (host, at) =>
    real(vmCount, at) > 0 && real(unasked, at) === 0
      ? (host.usage?.cpuMilli ?? 0) + real(waited, at)
      : seenOn(host),
  );
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
