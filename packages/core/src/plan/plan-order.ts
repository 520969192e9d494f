/** The order of moves that somebody else decided on: safe at every step, and when each begins and ends. */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import type { VmId } from '../cluster/vm.ts';
import { Arrangement } from '../search/arrangement.ts';
import { costsOf } from '../search/costs.ts';
import { schedule, scheduleDefaults, type ScheduleOptions } from './schedule.ts';

export interface Wanted {
  readonly vmId: VmId;
  readonly target: HostId;
}

export interface TimedMove extends Wanted {
  readonly source: HostId;
  /** Since the first move begins. */
  readonly startSeconds: number;
  readonly endSeconds: number;
}

export interface Order {
  /** In the order in which they begin. A VM that stops over on its way is there twice. */
  readonly moves: readonly TimedMove[];
  readonly seconds: number;
  /** VMs for which no safe order was found, or whose target is not there. */
  readonly left: readonly VmId[];
}

export function planOrder(
  cluster: Cluster,
  wanted: readonly Wanted[],
  options: Partial<ScheduleOptions> = {},
): Order {
  const arrangement = new Arrangement(cluster);
  const { units, hosts } = arrangement;
  const unitOf = new Map(units.flatMap(({ vms }, unit) => vms.map((vm) => [vm.id, unit] as const)));
  const targets = new Map<number, number>();
  const unknown: VmId[] = [];
  for (const { vmId, target } of wanted) {
    const unit = unitOf.get(vmId);
    const host = arrangement.book.hostIndex(target);
    if (unit === undefined || host < 0) unknown.push(vmId);
    else targets.set(unit, host);
  }
  const { steps, left } = schedule(arrangement, targets, {
    ...scheduleDefaults,
    costOf: costsOf(arrangement),
    ...options,
  });
  const vmsOf = (unit: number) => units[unit]?.vms ?? [];
  return {
    moves: steps.flatMap(({ unit, from, to, startSeconds, endSeconds }) =>
      vmsOf(unit).map(({ id }) => ({
        vmId: id,
        source: hosts[from]?.id ?? '',
        target: hosts[to]?.id ?? '',
        startSeconds,
        endSeconds,
      })),
    ),
    seconds: Math.max(0, ...steps.map(({ endSeconds }) => endSeconds)),
    left: [...unknown, ...left.flatMap((unit) => vmsOf(unit).map(({ id }) => id))],
  };
}
