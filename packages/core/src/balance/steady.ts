/**
 * The plan of a balancer that was asked before: what it said then stays, with today's numbers, as long as that is
 * nearly as good as what would be said anew. Measured load is never twice the same, and between two hosts that are
 * equally good a person would see another one named every minute.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import type { VmId } from '../cluster/vm.ts';
import { defaultWaveLimits, type WaveLimits } from '../plan/wave-limits.ts';
import { Arrangement } from '../search/arrangement.ts';
import { Loads, unevenOf } from '../search/loads.ts';
import { type BalancePlan, planBalance, unevenAfter } from './balance.ts';
import { movableUnits } from './movable.ts';
import { balanceDefaults, type BalanceOptions, tempers } from './options.ts';
import { inOrder } from './search.ts';

/** Of what a new plan gains, what the former one has to gain to stay. */
const nearlyAsGood = 0.8;
/** And of what a plan has to gain at all. */
const stillWorthIt = 0.5;

/** `former`: where VMs were to go when this was asked last. */
export function steadyBalance(
  cluster: Cluster,
  former: ReadonlyMap<VmId, HostId>,
  given: Partial<BalanceOptions> = {},
  waveLimits: WaveLimits = defaultWaveLimits,
): BalancePlan {
  const fresh = planBalance(cluster, given, waveLimits);
  const isOpen = fresh.calm === undefined || fresh.calm === 'no-gain';
  if (former.size === 0 || !isOpen) return fresh;
  const options = { ...balanceDefaults, ...given };
  const kept = stillOf(cluster, former, options, waveLimits);
  // Part of a plan is another plan: what was to follow may be what made it good.
  if (kept.moves.length < countHere(cluster, former)) return fresh;
  const least =
    (stillWorthIt * tempers[options.aggressiveness].leastGainPermille * kept.unevenBefore) / 1000;
  const gain = gainOf(kept);
  return gain >= least && gain >= nearlyAsGood * gainOf(fresh) ? kept : fresh;
}

function gainOf({ unevenBefore, unevenAfter: after }: BalancePlan): number {
  return unevenBefore - after;
}

/** VMs that have not arrived yet. */
function countHere(cluster: Cluster, former: ReadonlyMap<VmId, HostId>): number {
  return [...former].filter(([vmId, target]) => cluster.vms.get(vmId)?.hostId !== target).length;
}

/** Of those moves the ones that may still be made. */
function stillOf(
  cluster: Cluster,
  former: ReadonlyMap<VmId, HostId>,
  options: BalanceOptions,
  waveLimits: WaveLimits,
): BalancePlan {
  const arrangement = new Arrangement(cluster);
  const movable = movableUnits(arrangement, options);
  const wanted = new Map<number, number>();
  for (const [unit, { vms, hostId }] of arrangement.units.entries()) {
    const [target, ...others] = new Set(vms.map(({ id }) => former.get(id)));
    const to = arrangement.book.hostIndex(target ?? '');
    if (others.length > 0 || to < 0 || target === hostId || movable[unit] !== 1) continue;
    if (arrangement.eligible(unit, to)) wanted.set(unit, to);
  }
  const { weights } = options;
  const terms = new Loads(arrangement, weights).terms();
  const { moves, waves, copiedMib, seconds } = inOrder(cluster, wanted, weights, waveLimits);
  return {
    revision: cluster.revision,
    moves,
    waves,
    copiedMib,
    estimatedSeconds: seconds,
    unevenBefore: unevenOf(terms),
    terms,
    unevenAfter: unevenAfter(cluster, moves, options),
  };
}
