/**
 * The best arrangement that a cluster can be brought to in safe moves, none of a VM twice, found by looking at
 * every one. For small clusters, where what a search by chance finds best often has no order that leads there.
 */
import { limits } from '../limits.ts';
import type { Arrangement } from './arrangement.ts';
import type { UnitMove } from './exhaustive.ts';
import type { Loads } from './loads.ts';
import { real, whole } from './numbers.ts';

export interface BestReachableOptions {
  /** By unit: 1 where it may be moved. */
  readonly movable: Uint8Array;
  readonly costOf: Float64Array;
  /** By unit: what its move adds to the value. */
  readonly priceOf: Float64Array;
  readonly mostMib: number;
  readonly mostMoves: number;
}

interface State {
  readonly key: number;
  readonly copied: number;
  readonly priced: number;
  readonly vms: number;
  readonly before: State | undefined;
  readonly by: UnitMove | undefined;
}

/** Nothing where there are more than are looked at. Arrangement and loads are left as they were. */
export function bestReachable(
  arrangement: Arrangement,
  loads: Loads,
  { movable, costOf, priceOf, mostMib, mostMoves }: BestReachableOptions,
): readonly UnitMove[] | undefined {
  const units = [...arrangement.units.keys()].filter((unit) => movable[unit] === 1);
  const count = arrangement.hosts.length;
  if (count ** units.length > limits.exhaustiveStates) return undefined;
  const home = units.map((unit) => whole(arrangement.hostOf, unit));
  const put = (unit: number, host: number) => {
    if (whole(arrangement.hostOf, unit) === host) return;
    loads.follow(unit, host);
    arrangement.put(unit, host);
  };
  const enter = (key: number) => {
    let left = key;
    for (const unit of units) {
      put(unit, left % count);
      left = Math.floor(left / count);
    }
  };
  const start = home.reduceRight((key, host) => key * count + host, 0);
  const first: State = {
    key: start,
    copied: 0,
    priced: 0,
    vms: 0,
    before: undefined,
    by: undefined,
  };
  const states = new Map([[start, first]]);
  let best = first;
  let least = Number.POSITIVE_INFINITY;
  // A map is gone through in the order in which it was filled, to its end as it grows.
  for (const state of states.values()) {
    enter(state.key);
    const value = loads.total() + state.priced;
    if (value < least - 1e-12) {
      best = state;
      least = value;
    }
    for (const [at, unit] of units.entries()) {
      const from = whole(arrangement.hostOf, unit);
      const copied = state.copied + real(costOf, unit);
      const priced = state.priced + real(priceOf, unit);
      const vms = state.vms + (arrangement.units[unit]?.vms.length ?? 0);
      if (from !== home[at] || copied > mostMib || vms > mostMoves) continue;
      for (let to = 0; to < count; to += 1) {
        const key = state.key + (to - from) * count ** at;
        if (to === from || states.has(key) || !arrangement.fits(unit, to)) continue;
        states.set(key, { key, copied, priced, vms, before: state, by: { unit, from, to } });
      }
    }
  }
  for (const [at, unit] of units.entries()) put(unit, home[at] ?? 0);
  const moves: UnitMove[] = [];
  for (let at: State | undefined = best; at?.by !== undefined; at = at.before) moves.push(at.by);
  return moves.toReversed();
}
