/**
 * One run: first turmoil, in which every promise must hold; then everything is mended, and within a bounded
 * time all that was asked for must have ended and the records must say what is true.
 */
import { Random } from '@drover/core';
import { rest, worldOf } from './play.ts';
import type { Scenario } from './scenario.ts';
import { Script } from './script.ts';
import { type SwarmOptions, swarmOptions } from './swarm.ts';
import { Workload } from './workload.ts';
import type { Violation, World } from './world.ts';

export interface SeedResult {
  readonly seed: number;
  readonly world: World;
  readonly options: SwarmOptions;
  /** All that people asked for and all that went wrong, to be played again. */
  readonly recorded: Scenario;
  readonly violation: Violation | undefined;
  readonly virtualMs: number;
  readonly operations: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly hash: string;
}

export function runSeed(
  seed: number,
  { keepTrace = false }: { readonly keepTrace?: boolean } = {},
): SeedResult {
  const random = new Random(seed);
  const options = swarmOptions(seed, random.fork('options'));
  const { scenario } = options;
  const { world, faults } = worldOf(scenario, { keepTrace });
  const script = new Script(world, faults);
  const workload = new Workload(world, script, options, random.fork('people'));
  workload.begin();
  for (const { atMs, step } of scenario.steps) {
    world.timeline.fromOutside(atMs, () => script.perform(step));
  }
  world.run(scenario.untilMs);
  workload.end();
  rest(world, faults);
  const steps = [...scenario.steps, ...workload.done].toSorted((a, b) => a.atMs - b.atMs);
  return {
    seed,
    world,
    options,
    recorded: { ...scenario, steps },
    violation: world.violation,
    virtualMs: world.nowMs,
    operations: world.people.askedFor,
    faults: faults.counts,
    hash: world.trace.hash,
  };
}
