/** One search for a better arrangement, from a snapshot to the moves that lead there in a safe order. */
import type { Cluster } from '../cluster/cluster.ts';
import { limits } from '../limits.ts';
import { movesOf } from '../plan/moves-of.ts';
import type { WaveLimits } from '../plan/wave-limits.ts';
import type { Move } from '../plan/plan.ts';
import { inSequence } from '../plan/in-sequence.ts';
import { schedule, scheduleDefaults, type Step } from '../plan/schedule.ts';
import { Random } from '../random.ts';
import { Arrangement } from '../search/arrangement.ts';
import { bestReachable } from '../search/best-reachable.ts';
import { changesFrom } from '../search/changes.ts';
import { costsOf, weighedCostsOf } from '../search/costs.ts';
import { improve } from '../search/improve.ts';
import { Loads, type LoadWeights } from '../search/loads.ts';
import { real, whole } from '../search/numbers.ts';
import type { Budget } from './budget.ts';
import { reasonOf } from './reason.ts';

export interface SearchOptions {
  readonly weights: LoadWeights;
  readonly movable: Uint8Array;
  readonly budget: Budget;
  /** What a MiB that is copied adds to the value. */
  readonly pricePerMib: number;
  readonly steps?: number;
}

export interface Ordered {
  readonly moves: readonly Move[];
  readonly waves: readonly (readonly number[])[];
  readonly copiedMib: number;
  readonly seconds: number;
}

/** How much a migration disturbs its hosts while it runs, as a share of one host. */
const disturbance = 1;

/** What the disturbance of copying a MiB is, spread over all hosts and the time that the gain lasts. */
export function pricePerMib(cluster: Cluster, horizonSeconds: number): number {
  return disturbance / (limits.linkMibPerSecond * Math.max(1, cluster.hosts.size) * horizonSeconds);
}

/** Moves to a better arrangement: of all that can be reached where they are few, else of those that chance finds. */
export function nextRound(
  cluster: Cluster,
  options: SearchOptions,
  waveLimits: WaveLimits,
): Ordered {
  const { weights, movable, budget, pricePerMib: price, steps } = options;
  const arrangement = new Arrangement(cluster);
  const moves =
    steps === undefined
      ? bestReachable(arrangement, new Loads(arrangement, weights), {
          movable,
          costOf: costsOf(arrangement),
          priceOf: weighedCostsOf(arrangement).map((cost) => price * cost),
          mostMib: budget.mib,
          mostMoves: budget.moves,
        })
      : undefined;
  if (moves !== undefined)
    return ordered(cluster, inSequence(arrangement, moves), weights, waveLimits);
  return inOrder(cluster, searchBetter(cluster, options), weights, waveLimits);
}

/** Where units shall be that are better elsewhere. */
function searchBetter(
  cluster: Cluster,
  { weights, movable, budget, pricePerMib: price, steps }: SearchOptions,
): ReadonlyMap<number, number> {
  const arrangement = new Arrangement(cluster);
  const loads = new Loads(arrangement, weights);
  const costOf = costsOf(arrangement);
  const priceOf = weighedCostsOf(arrangement).map((cost) => price * cost);
  const count = movable.reduce((sum, one) => sum + one, 0);
  improve(arrangement, loads, {
    movable,
    costOf,
    budgetMib: budget.mib,
    priceOf,
    steps: steps ?? Math.min(limits.balanceSteps, limits.balanceStepsPerUnit * count),
    random: new Random(1),
  });
  sendHome(arrangement, loads, priceOf, budget.moves);
  return changesFrom(arrangement.origin, arrangement.hostOf);
}

/**
 * Moves in a safe order; what has none is left out. Nothing stops over: that would be copied twice, and cost
 * more than it was found worth.
 */
export function inOrder(
  cluster: Cluster,
  wanted: ReadonlyMap<number, number>,
  weights: LoadWeights,
  waveLimits: WaveLimits,
): Ordered {
  const arrangement = new Arrangement(cluster);
  const costOf = costsOf(arrangement);
  const { steps } = schedule(arrangement, wanted, {
    ...scheduleDefaults,
    ...waveLimits,
    costOf,
    mayStopOver: false,
  });
  return ordered(cluster, steps, weights, waveLimits);
}

function ordered(
  cluster: Cluster,
  steps: readonly Step[],
  weights: LoadWeights,
  waveLimits: WaveLimits,
): Ordered {
  const start = new Arrangement(cluster);
  const costOf = costsOf(start);
  const loads = new Loads(start, weights);
  const { moves, waves } = movesOf(start, loads, steps, { waveLimits, reasonOf });
  return {
    moves,
    waves,
    copiedMib: Math.ceil(steps.reduce((sum, { unit }) => sum + real(costOf, unit), 0)),
    seconds: Math.ceil(Math.max(0, ...steps.map(({ endSeconds }) => endSeconds))),
  };
}

/** Takes back what is not worth its price, and then what is worth least, until few enough are left. */
function sendHome(
  arrangement: Arrangement,
  loads: Loads,
  priceOf: Float64Array,
  most: number,
): void {
  for (;;) {
    const moved = [...changesFrom(arrangement.origin, arrangement.hostOf).keys()];
    const count = moved.reduce((sum, unit) => sum + (arrangement.units[unit]?.vms.length ?? 0), 0);
    let worst = -1;
    let least = count > most ? Number.POSITIVE_INFINITY : 0;
    for (const unit of moved) {
      const home = whole(arrangement.origin, unit);
      if (!arrangement.fits(unit, home)) continue;
      const worth = loads.after(unit, home) - loads.total() - real(priceOf, unit);
      if (worth >= least) continue;
      worst = unit;
      least = worth;
    }
    if (worst < 0) return;
    const home = whole(arrangement.origin, worst);
    loads.follow(worst, home);
    arrangement.put(worst, home);
  }
}
