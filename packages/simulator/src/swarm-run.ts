/** Runs one seed after the other until it is over or a promise is broken. */
import { runSeed, type SeedResult } from './run-seed.ts';

export interface SwarmTotals {
  readonly seeds: number;
  readonly virtualMs: number;
  readonly operations: number;
  readonly faults: number;
  readonly broken: SeedResult | undefined;
}

/** `isOver` is asked between runs, with how many were made; at least one is. */
export function runSwarm(firstSeed: number, isOver: (made: number) => boolean): SwarmTotals {
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
  } while (broken === undefined && !isOver(seeds));
  return { seeds, virtualMs, operations, faults, broken };
}
