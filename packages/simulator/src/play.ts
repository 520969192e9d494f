/** Plays a scenario: its steps in their time, and what came of it. */
import { Random } from '@drover/core';
import { FaultMaker } from './fault-maker.ts';
import type { PlannedBlow } from './points.ts';
import { pools, type Scenario } from './scenario.ts';
import { MissingName, Script } from './script.ts';
import { settle } from './settle.ts';
import { steady, uneven } from './tempo.ts';
import type { TraceLine } from './trace.ts';
import { World } from './world.ts';

export interface ScenarioRun {
  readonly trace: readonly TraceLine[];
  readonly world: World;
}

export interface Played {
  readonly world: World;
  readonly faults: FaultMaker;
}

/** As it is written, and where everything is then. */
export function runScenario(scenario: Scenario): ScenarioRun {
  const { world } = play(scenario, { isStrict: true });
  tellTheEnd(world);
  return { trace: world.trace.all, world };
}

/** As it is written, then everything is mended and must come to rest. */
export function replay(scenario: Scenario, blows: readonly PlannedBlow[] = []): World {
  const { world, faults } = play(scenario, { blows });
  rest(world, faults);
  return world;
}

export function rest(world: World, faults: FaultMaker): void {
  faults.mendAll();
  world.trace.note('fault', 'all is mended, and nobody asks for anything more');
  settle(world);
}

export interface PlayOptions {
  /** Where processes die or stand still on the way. */
  readonly blows?: readonly PlannedBlow[];
  /** Whether a step is an error that speaks of what is not there: a run that was made smaller may lack it. */
  readonly isStrict?: boolean;
}

/** What becomes of all that is not judged yet. */
export function play(scenario: Scenario, options: PlayOptions = {}): Played {
  const { untilMs, steps } = scenario;
  const { blows = [], isStrict = false } = options;
  const { world, faults } = worldOf(scenario, { keepTrace: true, blows });
  const script = new Script(world, faults, scenario.standing?.vms);
  for (const { atMs, step } of steps) {
    world.timeline.fromOutside(atMs, () => {
      if (atMs > untilMs) return;
      try {
        script.perform(step);
      } catch (error) {
        if (isStrict || !(error instanceof MissingName)) throw error;
      }
    });
  }
  world.run(untilMs);
  return { world, faults };
}

export function worldOf(
  { hosts, schedulers, chance, standing, settings = {}, migration, balance }: Scenario,
  options: { readonly keepTrace: boolean; readonly blows?: readonly PlannedBlow[] },
): Played {
  const seed = chance?.seed ?? 1;
  const world = new World({
    seed,
    hosts,
    schedulers,
    settings,
    tempo: chance === undefined ? steady : uneven,
    clocksOffMs: chance?.clocksOffMs ?? 0,
    ...(standing === undefined ? {} : { standing }),
    ...options,
  });
  for (const name of [...pools, ...(standing?.pools ?? [])]) world.storage.declare(name);
  world.people.declarePool(pools[0], 'shared', 1);
  world.people.declarePool(pools[1], 'nfs-direct', 2);
  if (migration !== undefined) world.people.setMigration(migration);
  if (balance !== undefined) world.people.setBalance(balance);
  const others = standing?.pools.filter((name) => name !== pools[0] && name !== pools[1]) ?? [];
  for (const [at, name] of others.entries()) world.people.declarePool(name, 'shared', 3 + at);
  return { world, faults: new FaultMaker(world, new Random(seed + 1)) };
}

/** Where everything is when the script is over: operations by id, then VMs by name. */
function tellTheEnd(world: World): void {
  const { records, trace } = world;
  const operations = [...records.operations.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  for (const { id, type, state, step, vmName, hostId, rule, error } of operations) {
    const at = state === 'running' ? ` at ${step}` : '';
    const why = error ? ` (${error.code})` : '';
    trace.note('end', `${id} ${type} ${vmName ?? hostId ?? rule ?? ''} is ${state}${at}${why}`);
  }
  for (const { id, name } of records.vms.values()) {
    const { state = 'pending', hostId, generation = 0 } = records.assignments.get(id) ?? {};
    const where = hostId === undefined ? '' : ` on ${hostId}`;
    const copies = world.hosts.flatMap((host) => {
      const copy = host.hypervisor.copy(id);
      return copy ? [`${copy.state} on ${host.id}`] : [];
    });
    const truth = copies.join(' and ') || 'nowhere';
    trace.note('end', `${name} is ${state}${where}, generation ${generation}; libvirt: ${truth}`);
  }
}
