/**
 * One run: first turmoil, in which every promise must hold; then everything is mended, and within a bounded
 * time all that was asked for must have ended and the records must say what is true.
 */
import { FaultMaker } from './faults.ts';
import { Random } from '@drover/core';
import { settle } from './settle.ts';
import { type SwarmOptions, swarmOptions } from './swarm.ts';
import { uneven } from './tempo.ts';
import { Workload } from './workload.ts';
import { type Violation, World } from './world.ts';

export interface SeedResult {
  readonly seed: number;
  readonly world: World;
  readonly options: SwarmOptions;
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
  const options = swarmOptions(random.fork('options'));
  const world = new World({
    seed,
    hosts: options.hosts,
    schedulers: options.schedulers,
    tempo: uneven,
    settings: options.settings,
    clocksOffMs: options.clocksOffMs,
    keepTrace,
  });
  const faultMaker = new FaultMaker(world, random.fork('faults'));
  const workload = new Workload(world, options, random.fork('people'));
  workload.begin();
  for (const { beginMs, ...order } of options.schedule) {
    world.timeline.after(beginMs, () => {
      if (world.nowMs < options.turmoilMs) faultMaker.begin(order);
    });
  }
  world.run(options.turmoilMs);
  faultMaker.mendAll();
  workload.end();
  world.trace.note('fault', 'all is mended, and nobody asks for anything more');
  settle(world);
  return {
    seed,
    world,
    options,
    violation: world.violation,
    virtualMs: world.nowMs,
    operations: world.people.askedFor,
    faults: faultMaker.counts,
    hash: world.trace.hash,
  };
}
