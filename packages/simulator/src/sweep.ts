/**
 * A scenario again and again, each time with one process that dies, or stands still for longer than any lease,
 * at another of its points: all points of all processes. Every promise must hold each time, and everything must
 * come to rest. Of two blows in one run a sample is tried.
 */
import { Random } from '@drover/core';
import type { Blow, PlannedBlow } from './points.ts';
import { play, replay } from './play.ts';
import type { Scenario } from './scenario.ts';
import type { TraceLine } from './trace.ts';
import type { Violation } from './world.ts';

export interface SweepOptions {
  readonly blows?: readonly Blow[];
  /** Runs with two blows; none if absent. */
  readonly pairs?: number;
  /** Seeds which pairs are tried. */
  readonly seed?: number;
}

export interface SweepResult {
  readonly runs: number;
  /** By process: in how many places it can be struck. */
  readonly points: ReadonlyMap<string, number>;
  readonly broken?: BrokenSweep;
}

export interface BrokenSweep {
  readonly blows: readonly PlannedBlow[];
  readonly where: string;
  readonly violation: Violation;
  readonly trace: readonly TraceLine[];
}

export function sweep(scenario: Scenario, options: SweepOptions = {}): SweepResult {
  const { blows = ['kill', 'stop'], pairs = 0, seed = 1 } = options;
  const points = play(scenario).world.points.counts;
  const singles = [...points].flatMap(([who, count]) =>
    blows.flatMap((how) => Array.from({ length: count }, (_, at) => [{ who, at, how }])),
  );
  const random = new Random(seed);
  const sampled = Array.from({ length: pairs }, () => {
    const pick = () => random.pick(singles)?.[0];
    return [pick(), pick()].flatMap((one) => one ?? []);
  });
  let runs = 1;
  for (const planned of [...singles, ...sampled]) {
    runs += 1;
    const broken = strike(scenario, planned);
    if (broken !== undefined) return { runs, points, broken };
  }
  return { runs, points };
}

function strike(scenario: Scenario, blows: readonly PlannedBlow[]): BrokenSweep | undefined {
  const { violation, points, trace } = replay(scenario, blows);
  return violation === undefined
    ? undefined
    : { blows, where: points.struck, violation, trace: trace.all };
}
