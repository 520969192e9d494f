/**
 * The plan of a balancer whose moves are made by themselves, where moves of some VMs are only to be recommended: first
 * what gets better without those, and only when that is not worth a move what a person could make better. Such a plan
 * is a person's as a whole: half of it may be worse than nothing, and this decides which of the two it is.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import type { Vm, VmId } from '../cluster/vm.ts';
import { defaultWaveLimits, type WaveLimits } from '../plan/wave-limits.ts';
import type { BalancePlan, CalmReason } from './balance.ts';
import type { BalanceOptions } from './options.ts';
import { steadyBalance } from './steady.ts';

/** `former`: where VMs were to go when this was asked last. */
export function unattendedBalance(
  cluster: Cluster,
  former: ReadonlyMap<VmId, HostId>,
  given: Partial<BalanceOptions> = {},
  waveLimits: WaveLimits = defaultWaveLimits,
): BalancePlan {
  const whole = () => steadyBalance(cluster, former, given, waveLimits);
  const kept = [...cluster.vms.values()].filter(({ balance }) => balance === 'recommend');
  if (kept.length === 0) return whole();
  const own = steadyBalance(withoutMoving(cluster, kept), former, given, waveLimits);
  if (own.moves.length > 0) return own;
  const mayHelp = own.calm === undefined || helpedByMore.has(own.calm);
  return mayHelp ? whole() : own;
}

/** The others hold whatever VMs there are to be moved. */
const helpedByMore: ReadonlySet<CalmReason> = new Set(['no-gain', 'nothing-movable']);

function withoutMoving(cluster: Cluster, kept: readonly Vm[]): Cluster {
  const vms = new Map(cluster.vms);
  for (const vm of kept) vms.set(vm.id, { ...vm, balance: 'never' });
  return { ...cluster, vms };
}
