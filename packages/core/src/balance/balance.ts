/**
 * The plan that evens a cluster out: contention first, then CPU and memory; what is gained over a horizon
 * against what moving costs; within budgets. "Do nothing" is an answer with a reason. A second run on what a
 * plan leaves finds nothing: the search goes on from its own result until that is not worth a move.
 */
import type { Cluster } from '../cluster/cluster.ts';
import { limits } from '../limits.ts';
import { applyMoves } from '../plan/apply.ts';
import { defaultWaveLimits, type WaveLimits } from '../plan/wave-limits.ts';
import type { Move, Plan } from '../plan/plan.ts';
import { Arrangement } from '../search/arrangement.ts';
import { Loads, type LoadTerm } from '../search/loads.ts';
import { budgetLeft } from './budget.ts';
import { movableUnits } from './movable.ts';
import { balanceDefaults, type BalanceOptions, horizonOf, tempers } from './options.ts';
import { inOrder, nextRound, type Ordered, pricePerMib } from './search.ts';

export type CalmReason =
  /** Nothing contends, and the cluster is even enough. */
  | 'even-enough'
  /** It is uneven, but has not been for long enough. */
  | 'not-for-long'
  /** Nothing that was found gains enough for what it costs. */
  | 'no-gain'
  /** This hour's moves or bytes are spent. */
  | 'budget-spent'
  /** Every VM is left alone for a reason of its own. */
  | 'nothing-movable';

export interface BalancePlan extends Plan {
  /** How uneven the cluster is, in millionths (see `loads.ts`); contention is part of it. */
  readonly unevenBefore: number;
  readonly unevenAfter: number;
  /** What makes it so before; they add up to it. */
  readonly terms: readonly LoadTerm[];
  readonly copiedMib: number;
  /** Why there are no moves. */
  readonly calm?: CalmReason;
}

export function planBalance(
  cluster: Cluster,
  given: Partial<BalanceOptions> = {},
  waveLimits: WaveLimits = defaultWaveLimits,
): BalancePlan {
  const options = { ...balanceDefaults, ...given };
  const start = new Arrangement(cluster);
  const loads = new Loads(start, options.weights);
  const uneven = loads.uneven();
  const calm = calmBecause(start, loads, options);
  const better = calm === undefined ? findBetter(cluster, options, waveLimits) : nothing;
  const reason = calm ?? (better.moves.length === 0 ? 'no-gain' : undefined);
  const { moves, waves, copiedMib, seconds } = better;
  return {
    revision: cluster.revision,
    moves,
    waves,
    unevenBefore: uneven,
    unevenAfter: unevenAfter(cluster, moves, options),
    terms: loads.terms(),
    copiedMib,
    estimatedSeconds: seconds,
    ...(reason === undefined ? {} : { calm: reason }),
  };
}

const nothing: Ordered = { moves: [], waves: [], copiedMib: 0, seconds: 0 };

function calmBecause(
  arrangement: Arrangement,
  loads: Loads,
  options: BalanceOptions,
): CalmReason | undefined {
  const { floor } = tempers[options.aggressiveness];
  const even = loads.contention === 0 && loads.uneven() <= floor;
  if (even && options.regardless !== true) return 'even-enough';
  const { nowMs, unevenSinceMs = Number.NEGATIVE_INFINITY, holdMs } = options;
  if (nowMs - unevenSinceMs < holdMs) return 'not-for-long';
  const budget = budgetLeft(options);
  if (budget.moves <= 0 || budget.mib <= 0) return 'budget-spent';
  return movableUnits(arrangement, options).includes(1) ? undefined : 'nothing-movable';
}

/** Round by round, until a round is not worth its moves; then all rounds as one plan. */
function findBetter(cluster: Cluster, options: BalanceOptions, waveLimits: WaveLimits): Ordered {
  const { leastGainPermille } = tempers[options.aggressiveness];
  const regardless = options.regardless === true;
  const { weights, steps } = options;
  const price = pricePerMib(cluster, horizonOf(options));
  const states = [cluster];
  let budget = budgetLeft(options);
  let first = nothing;
  while (states.length <= (regardless ? 1 : limits.balanceRounds)) {
    const state = states.at(-1) ?? cluster;
    const arrangement = new Arrangement(state);
    const loads = new Loads(arrangement, weights);
    const before = loads.uneven();
    if (calmBecause(arrangement, loads, options) !== undefined) break;
    const movable = movableUnits(arrangement, options);
    const searching = { weights, movable, budget, pricePerMib: price };
    const round = nextRound(
      state,
      steps === undefined ? searching : { ...searching, steps },
      waveLimits,
    );
    const after = applyMoves(state, round.moves);
    const gain = before - new Loads(new Arrangement(after), weights).uneven();
    if (round.moves.length === 0 || round.moves.length > budget.moves) break;
    if (!regardless && gain * 1000 < leastGainPermille * before) break;
    if (states.length === 1) first = round;
    states.push(after);
    budget = { moves: budget.moves - round.moves.length, mib: budget.mib - round.copiedMib };
    if (budget.moves <= 0 || budget.mib <= 0) break;
  }
  // No VM moves twice in one plan: as many rounds as there is a straight way for.
  for (const state of states.slice(2).toReversed()) {
    const straight = straightTo(cluster, state, weights, waveLimits);
    if (straight !== undefined) return straight;
  }
  return first;
}

/** From where everything is to where it is in `to`, each VM in one move; nothing where no order does that. */
function straightTo(
  from: Cluster,
  to: Cluster,
  weights: BalanceOptions['weights'],
  waveLimits: WaveLimits,
): Ordered | undefined {
  const { units, book } = new Arrangement(from);
  const wanted = new Map<number, number>();
  for (const [index, { vms, hostId }] of units.entries()) {
    const now = to.vms.get(vms[0]?.id ?? '')?.hostId;
    if (now !== undefined && now !== hostId) wanted.set(index, book.hostIndex(now));
  }
  const straight = inOrder(from, wanted, weights, waveLimits);
  const done = applyMoves(from, straight.moves);
  const arrives = [...to.vms.values()].every((vm) => done.vms.get(vm.id)?.hostId === vm.hostId);
  return arrives ? straight : undefined;
}

export function unevenAfter(
  cluster: Cluster,
  moves: readonly Move[],
  options: BalanceOptions,
): number {
  const after = applyMoves(cluster, moves);
  return new Loads(new Arrangement(after), options.weights).uneven();
}
