/**
 * A scenario: a claim, a cluster, and a script of timed steps, told in words and run in a steady world, so
 * that its trace is the same every time. From parsed YAML to a run; files are the test's.
 */
import { FaultMaker, isFaultName } from './faults.ts';
import type { HostShape } from './host.ts';
import { Random } from '@drover/core';
import { Fields } from './scenario-fields.ts';
import type { PlannedBlow } from './points.ts';
import { steady } from './tempo.ts';
import type { TraceLine } from './trace.ts';
import { World } from './world.ts';

export interface Scenario {
  readonly claim: string;
  readonly hosts: readonly HostShape[];
  readonly schedulers: number;
  readonly steps: readonly ScenarioStep[];
  readonly untilMs: number;
}

export interface ScenarioStep {
  readonly atMs: number;
  readonly what: string;
  readonly fields: Fields;
}

export interface ScenarioRun {
  readonly trace: readonly TraceLine[];
  readonly world: World;
}

/** Pools that every scenario has: one with locks, one that QEMU reaches by itself. */
const pools = ['shared', 'direct'] as const;

/** Throws with the place that is wrong. */
export function readScenario(name: string, value: unknown): Scenario {
  const top = Fields.of(name, value);
  const cluster = top.fields('cluster');
  const hosts = cluster.fields('hosts');
  const scenario: Scenario = {
    claim: top.text('claim'),
    hosts: hosts.names().map((id) => readHost(id, hosts.fields(id))),
    schedulers: cluster.count('schedulers', 2),
    steps: top.list('script').map(readStep),
    untilMs: top.milliseconds('until'),
  };
  for (const fields of [cluster, top]) fields.refuseOthers();
  return scenario;
}

function readHost(id: string, fields: Fields): HostShape {
  const shape = {
    id,
    capacity: { cpuMilli: fields.count('cpuMilli', 4_000), memoryMib: fields.count('memoryMib') },
    reserved: { cpuMilli: 0, memoryMib: 0 },
    pools: ['shared'],
  };
  fields.refuseOthers();
  return shape;
}

function readStep(fields: Fields): ScenarioStep {
  return { atMs: fields.milliseconds('at'), what: fields.text('do'), fields };
}

export function runScenario(scenario: Scenario): ScenarioRun {
  const { world } = playScenario(scenario, []);
  tellTheEnd(world);
  return { trace: world.trace.all, world };
}

/** The script, with processes that die or stand still on the way; what becomes of all that is not judged yet. */
export function playScenario(
  { hosts, schedulers, steps, untilMs }: Scenario,
  blows: readonly PlannedBlow[],
): { readonly world: World; readonly faults: FaultMaker } {
  const world = new World({ seed: 1, hosts, schedulers, tempo: steady, keepTrace: true, blows });
  const faults = new FaultMaker(world, new Random(2));
  const ids = new Map<string, string>();
  world.people.declarePool(pools[0], 'shared', 1);
  world.people.declarePool(pools[1], 'nfs-direct', 2);
  for (const step of steps) {
    world.timeline.after(step.atMs, () => perform(world, faults, ids, step));
  }
  world.run(untilMs);
  return { world, faults };
}

/** `ids`: VMs and operations by the names that the script has for them. */
function perform(
  world: World,
  faults: FaultMaker,
  ids: Map<string, string>,
  { what, fields }: ScenarioStep,
): void {
  const { people } = world;
  const idOf = (name: string) => {
    const id = ids.get(name);
    if (id === undefined) throw fields.wrong(`nothing is called ${name} yet`);
    return id;
  };
  const vm = () => idOf(fields.text('vm'));
  const remember = (id: string) => {
    const as = fields.text('as', '');
    if (as !== '') ids.set(as, id);
  };
  switch (what) {
    case 'create': {
      const name = fields.text('vm');
      const isDeaf = fields.flag('deaf');
      const dirtyMibPerSecond = fields.count('dirtyMibPerSecond', 0);
      const memoryMib = fields.count('memoryMib');
      const vcpus = fields.count('vcpus', 1);
      const pool = fields.text('pool', 'shared');
      ids.set(
        name,
        people.create({ name, memoryMib, vcpus, pool, nature: { isDeaf, dirtyMibPerSecond } }),
      );
      break;
    }
    case 'start':
      remember(people.start(vm()));
      break;
    case 'stop':
      remember(people.stop(vm(), fields.flag('force') ? 'force' : 'graceful'));
      break;
    case 'delete':
      remember(people.remove(vm()));
      break;
    case 'migrate': {
      const to = fields.text('to', '');
      remember(people.migrate(vm(), to === '' ? undefined : to));
      break;
    }
    case 'cordon':
      people.cordon(fields.text('host'), true);
      break;
    case 'uncordon':
      people.cordon(fields.text('host'), false);
      break;
    case 'drain':
      remember(people.drain(fields.text('host')));
      break;
    case 'cancel':
      people.cancel(idOf(fields.text('what')));
      break;
    default:
      beginFault(faults, what, fields);
  }
  fields.refuseOthers();
}

function beginFault(faults: FaultMaker, name: string, fields: Fields): void {
  if (!isFaultName(name)) throw fields.wrong(`nobody knows how to do ${name}`);
  const host = fields.text('host', '');
  const to = fields.text('to', '');
  faults.begin({
    name,
    forMs: fields.milliseconds('for', 0),
    ...(host === '' ? {} : { at: host }),
    ...(to === '' ? {} : { to }),
  });
}

/** Where everything is when the script is over: operations by id, then VMs by name. */
function tellTheEnd(world: World): void {
  const { records, trace } = world;
  const operations = [...records.operations.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  for (const { id, type, state, step, vmName, hostId, error } of operations) {
    const at = state === 'running' ? ` at ${step}` : '';
    const why = error ? ` (${error.code})` : '';
    trace.note('end', `${id} ${type} ${vmName ?? hostId ?? ''} is ${state}${at}${why}`);
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
