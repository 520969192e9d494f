/** Which units balancing may move now, and why it leaves the others alone. */
import type { Vm } from '../cluster/vm.ts';
import type { Arrangement } from '../search/arrangement.ts';
import type { BalanceOptions } from './options.ts';

export type StayReason =
  | 'not-running'
  | 'not-automatic'
  /** Somebody has set it so. */
  | 'left-out'
  /** Its host has found what holds it, whatever the target. */
  | 'held'
  | 'cooling-down'
  | 'host-not-up';

export function staysFor(
  { cluster }: Arrangement,
  vm: Vm,
  movedAtMs: ReadonlyMap<string, number>,
  options: BalanceOptions,
): StayReason | undefined {
  if (vm.state !== 'running') return 'not-running';
  if (vm.balance === 'never') return 'left-out';
  if ((vm.automation ?? 'full') !== 'full') return 'not-automatic';
  if (vm.held !== undefined && vm.held.length > 0) return 'held';
  if (cluster.hosts.get(vm.hostId ?? '')?.health !== 'up') return 'host-not-up';
  const moved = movedAtMs.get(vm.id);
  return moved !== undefined && options.nowMs - moved < options.cooldownMs
    ? 'cooling-down'
    : undefined;
}

/** By unit: 1 where all its VMs may be moved. */
export function movableUnits(arrangement: Arrangement, options: BalanceOptions): Uint8Array {
  const movedAtMs = movedAtMsOf(options);
  return Uint8Array.from(arrangement.units, ({ vms }) =>
    vms.every((vm) => staysFor(arrangement, vm, movedAtMs, options) === undefined) ? 1 : 0,
  );
}

/** By VM: when it was moved last. */
export function movedAtMsOf({ recent }: BalanceOptions): ReadonlyMap<string, number> {
  const movedAtMs = new Map<string, number>();
  for (const { vmId, atMs } of recent) {
    movedAtMs.set(vmId, Math.max(atMs, movedAtMs.get(vmId) ?? atMs));
  }
  return movedAtMs;
}
