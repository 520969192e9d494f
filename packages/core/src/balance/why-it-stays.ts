/** Why balancing leaves a VM where it is: the answer to a question, with the numbers it rests on. */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import type { VmId } from '../cluster/vm.ts';
import type { Rejection } from '../placement/answer.ts';
import { place } from '../placement/place.ts';
import { Arrangement } from '../search/arrangement.ts';
import { weighedCostsOf } from '../search/costs.ts';
import { Loads } from '../search/loads.ts';
import { real } from '../search/numbers.ts';
import { type CalmReason, planBalance } from './balance.ts';
import { movedAtMsOf, staysFor, type StayReason } from './movable.ts';
import { balanceDefaults, type BalanceOptions, horizonOf, tempers } from './options.ts';
import { pricePerMib } from './search.ts';

export type Stay =
  /** It does not: the plan moves it. */
  | { readonly type: 'moves'; readonly target: HostId }
  /** It is not running, not to be moved, or was moved not long ago. */
  | { readonly type: 'left-alone'; readonly reason: StayReason }
  /** Nothing is moved now. */
  | { readonly type: 'calm'; readonly reason: CalmReason; readonly uneven: number }
  | { readonly type: 'no-host-fits'; readonly rejections: readonly Rejection[] }
  /**
   * The best it could do for the load, what moving it costs, and the least that a plan has to gain, in millionths:
   * `gain` may be negative.
   */
  | {
      readonly type: 'not-worth-it';
      readonly target: HostId;
      readonly gain: number;
      readonly price: number;
      readonly least: number;
    }
  /** It would gain, but other moves gain more together. */
  | {
      readonly type: 'others-gain-more';
      readonly target: HostId;
      readonly gain: number;
      readonly price: number;
    }
  | { readonly type: 'unknown-vm' };

export function whyItStays(
  cluster: Cluster,
  vmId: VmId,
  given: Partial<BalanceOptions> = {},
): Stay {
  const options = { ...balanceDefaults, ...given };
  const arrangement = new Arrangement(cluster);
  const unit = arrangement.units.findIndex(({ vms }) => vms.some(({ id }) => id === vmId));
  const vm = cluster.vms.get(vmId);
  if (vm === undefined) return { type: 'unknown-vm' };
  const held = staysFor(arrangement, vm, movedAtMsOf(options), options);
  if (held !== undefined || unit < 0) return { type: 'left-alone', reason: held ?? 'not-running' };
  const plan = planBalance(cluster, options);
  const move = plan.moves.find((one) => one.vmId === vmId);
  if (move !== undefined) return { type: 'moves', target: move.target };
  if (plan.calm !== undefined && plan.calm !== 'no-gain') {
    return { type: 'calm', reason: plan.calm, uneven: plan.unevenBefore };
  }
  const loads = new Loads(arrangement, options.weights);
  let best = -1;
  let lowest = Number.POSITIVE_INFINITY;
  for (let to = 0; to < arrangement.hosts.length; to += 1) {
    if (to === arrangement.hostOf[unit] || !arrangement.fits(unit, to)) continue;
    const value = loads.after(unit, to);
    if (value >= lowest) continue;
    best = to;
    lowest = value;
  }
  const host = arrangement.hosts[best];
  if (host === undefined) {
    const request = { shape: vm, ...(vm.hostId === undefined ? {} : { source: vm.hostId }) };
    return { type: 'no-host-fits', rejections: place(cluster, request).rejections };
  }
  const { leastGainPermille } = tempers[options.aggressiveness];
  const cost = pricePerMib(cluster, horizonOf(options)) * real(weighedCostsOf(arrangement), unit);
  const gain = millionths(loads.total() - lowest);
  const price = millionths(cost);
  const least = Math.round((leastGainPermille * plan.unevenBefore) / 1000);
  const target = host.id;
  return gain > price && gain >= least
    ? { type: 'others-gain-more', target, gain, price }
    : { type: 'not-worth-it', target, gain, price, least };
}

function millionths(value: number): number {
  return Math.round(value * 1_000_000);
}
