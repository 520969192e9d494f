/** Runs one seed after the other until the time is up or a promise is broken. */
import { runSeed, type SeedResult } from './run-seed.ts';

export interface SwarmTotals {
  readonly seeds: number;
  readonly virtualMs: number;
  readonly operations: number;
  readonly faults: number;
  readonly broken: SeedResult | undefined;
}

/** `isTimeUp` is asked between runs; at least one is made. */
export function runSwarm(firstSeed: number, isTimeUp: () => boolean): SwarmTotals {
  let seeds = 0;
  let virtualMs = 0;
  let operations = 0;
  let faults = 0;
  let broken: SeedResult | undefined;
  do {
    const result = runSeed(firstSeed + seeds);
    seeds += 1;
    virtualMs += result.virtualMs;
    operations += result.operations;
    for (const count of result.faults.values()) faults += count;
    if (result.violation !== undefined) broken = result;
  } while (broken === undefined && !isTimeUp());
  return { seeds, virtualMs, operations, faults, broken };
}
