/** What may still be moved in this hour. */
import type { BalanceOptions } from './options.ts';

export interface Budget {
  readonly moves: number;
  readonly mib: number;
}

const hourMs = 3_600_000;

export function budgetLeft({ nowMs, recent, movesPerHour, mibPerHour }: BalanceOptions): Budget {
  const ofThisHour = recent.filter(
    ({ atMs, isBalance = true }) => isBalance && nowMs - atMs < hourMs,
  );
  return {
    moves: movesPerHour - ofThisHour.length,
    mib: mibPerHour - ofThisHour.reduce((sum, { mib }) => sum + mib, 0),
  };
}
