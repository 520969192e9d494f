/** How eager balancing is, and what bounds it. */
import type { VmId } from '../cluster/vm.ts';
import { limits } from '../limits.ts';
import { type LoadWeights, loadWeights } from '../search/loads.ts';

/** 1: only against contention, and only where it is plain; 5: for any gain that outlasts its price. */
export type Aggressiveness = 1 | 2 | 3 | 4 | 5;

export interface RecentMove {
  readonly vmId: VmId;
  readonly atMs: number;
  /** That were copied. */
  readonly mib: number;
  /** False: for another cause than balance, so that this hour's budget is not spent by it; true if absent. */
  readonly isBalance?: boolean;
}

export interface BalanceOptions {
  readonly aggressiveness: Aggressiveness;
  /** For how long the load is trusted to stay as it is; by the aggressiveness if absent. */
  readonly horizonSeconds?: number;
  /** On the clock of `recent`. */
  readonly nowMs: number;
  /** Moves of the last hours, of whatever cause. */
  readonly recent: readonly RecentMove[];
  /** Since when the cluster is uneven; it is acted on at once if absent, as for a person who asks. */
  readonly unevenSinceMs?: number;
  /** How long that has to last first. */
  readonly holdMs: number;
  /** A VM that was moved is left alone for so long. */
  readonly cooldownMs: number;
  /** In any hour. */
  readonly movesPerHour: number;
  readonly mibPerHour: number;
  readonly weights: LoadWeights;
  /** Of each search; grows with the number of VMs if absent. */
  readonly steps?: number;
  /** Whether to act below the floor and for any gain: for comparisons, not for a cluster at work. */
  readonly regardless?: boolean;
}

export const balanceDefaults: BalanceOptions = {
  aggressiveness: 3,
  nowMs: 0,
  recent: [],
  holdMs: limits.balanceHoldMs,
  cooldownMs: limits.balanceCooldownMs,
  movesPerHour: limits.balanceMovesPerHour,
  mibPerHour: limits.balanceMibPerHour,
  weights: loadWeights,
};

export interface Temper {
  /** Where nothing contends and the cluster is no more uneven than this, nothing is moved; millionths. */
  readonly floor: number;
  /** What a plan has to gain at least, as a share of what there is, in thousandths. */
  readonly leastGainPermille: number;
  /** For how long the load is trusted to stay as it is. */
  readonly horizonSeconds: number;
}

export const tempers: Readonly<Record<Aggressiveness, Temper>> = {
  1: { floor: 400_000, leastGainPermille: 250, horizonSeconds: 900 },
  2: { floor: 250_000, leastGainPermille: 150, horizonSeconds: 1800 },
  3: { floor: 150_000, leastGainPermille: 100, horizonSeconds: 3600 },
  4: { floor: 80_000, leastGainPermille: 50, horizonSeconds: 7200 },
  5: { floor: 30_000, leastGainPermille: 20, horizonSeconds: 14_400 },
};

export function horizonOf({ horizonSeconds, aggressiveness }: BalanceOptions): number {
  return horizonSeconds ?? tempers[aggressiveness].horizonSeconds;
}
