/**
 * A scenario: a claim, a cluster, and a script of timed steps, played in a steady world, so that its trace is the
 * same every time. A case is the same with chance in it: a random run that was recorded. From parsed YAML to
 * values and back; files are others' affair.
 */
import { BalanceSettings, MigrationWish, parseValue } from '@drover/protocol';
import type { SchedulerSettings } from '@drover/scheduler/logic';
import type { HostShape } from './host.ts';
import { type MarkName, markNames } from './marks.ts';
import { Fields } from './scenario-fields.ts';
import type { Standing } from './standing.ts';
import type { TimedStep } from './script.ts';
import { readStep, writeStep } from './script-text.ts';

export interface Scenario {
  readonly claim: string;
  /** Of a case: rare states that it came to, without which it tests nothing. */
  readonly meets?: readonly MarkName[];
  readonly hosts: readonly HostShape[];
  readonly schedulers: number;
  readonly steps: readonly TimedStep[];
  readonly untilMs: number;
  /** Absent: nothing is left to chance. */
  readonly chance?: Chance;
  readonly settings?: Partial<SchedulerSettings>;
  /** How all VMs may be moved, where not as the balanced preset says. */
  readonly migration?: MigrationWish;
  /** Whether VMs are moved for balance, where not as the default says. */
  readonly balance?: BalanceSettings;
  /** The cluster as a dump has it; `hosts` are its. */
  readonly standing?: Standing;
}

export interface Chance {
  readonly seed: number;
  /** Each machine's clocks are off by up to this. */
  readonly clocksOffMs: number;
}

/** Pools that every scenario has: one with locks, one that QEMU reaches by itself. */
export const pools = ['shared', 'direct'] as const;

/** Throws with the place that is wrong. With a dump the file says nothing about the cluster. */
export function readScenario(name: string, value: unknown, standing?: Standing): Scenario {
  const top = Fields.of(name, value);
  if (standing !== undefined && top.has('cluster')) {
    throw top.wrong('the cluster is in the dump; leave it out here');
  }
  const cluster =
    standing === undefined
      ? readCluster(top.fields('cluster'))
      : { hosts: standing.hosts, schedulers: 2 };
  const scenario: Scenario = {
    claim: standing === undefined ? top.text('claim') : top.text('claim', ''),
    ...(top.has('meets') ? { meets: readMarks(top) } : {}),
    ...cluster,
    ...(standing === undefined ? {} : { standing }),
    steps: top.list('script').map(readStep),
    untilMs: top.milliseconds('until'),
    ...(top.has('chance') ? { chance: readChance(top.fields('chance')) } : {}),
    ...(top.has('settings') ? { settings: readSettings(top.fields('settings')) } : {}),
    ...(top.has('migration')
      ? { migration: top.parsed('migration', (value) => parseValue(MigrationWish, value)) }
      : {}),
    ...(top.has('balance')
      ? { balance: top.parsed('balance', (value) => parseValue(BalanceSettings, value)) }
      : {}),
  };
  top.refuseOthers();
  return scenario;
}

function readMarks(top: Fields): readonly MarkName[] {
  return top
    .text('meets')
    .split(' ')
    .map((word) => {
      const known = markNames.find((name) => name === word);
      if (known === undefined) throw top.wrong(`${word} is no state that a run can meet`);
      return known;
    });
}

function readCluster(fields: Fields): Pick<Scenario, 'hosts' | 'schedulers'> {
  const hosts = fields.fields('hosts');
  const cluster = {
    hosts: hosts.names().map((id) => readHost(id, hosts.fields(id))),
    schedulers: fields.count('schedulers', 2),
  };
  fields.refuseOthers();
  return cluster;
}

function readHost(id: string, fields: Fields): HostShape {
  const shape: HostShape = {
    id,
    capacity: { cpuMilli: fields.count('cpuMilli', 4_000), memoryMib: fields.count('memoryMib') },
    reserved: {
      cpuMilli: fields.count('reservedCpuMilli', 0),
      memoryMib: fields.count('reservedMib', 0),
    },
    // A bare host has no pools until it is told to.
    ...(fields.flag('bare') ? {} : { pools: ['shared'] }),
    ...(fields.has('media') ? { media: fields.text('media').split(' ') } : {}),
    ...(fields.has('qemuVersion') ? { qemuVersion: fields.count('qemuVersion') } : {}),
  };
  fields.refuseOthers();
  return shape;
}

function readChance(fields: Fields): Chance {
  const chance = {
    seed: fields.count('seed'),
    clocksOffMs: fields.milliseconds('clocksOff', 0),
  };
  fields.refuseOthers();
  return chance;
}

function readSettings(fields: Fields): Partial<SchedulerSettings> {
  const settings = {
    gracefulStopTimeoutMs: fields.milliseconds('gracefulStopTimeout'),
  };
  fields.refuseOthers();
  return settings;
}

/** What `readScenario` reads as the same scenario. */
export function writeScenario(scenario: Scenario): object {
  const { claim, meets, hosts, schedulers, steps, untilMs } = scenario;
  const { chance, settings, migration, balance } = scenario;
  const { gracefulStopTimeoutMs = 60_000 } = settings ?? {};
  return {
    claim,
    ...(meets === undefined ? {} : { meets: meets.join(' ') }),
    cluster: { hosts: Object.fromEntries(hosts.map(writeHost)), schedulers },
    ...(chance === undefined
      ? {}
      : { chance: { seed: chance.seed, clocksOff: chance.clocksOffMs / 1_000 } }),
    ...(settings === undefined
      ? {}
      : {
          settings: { gracefulStopTimeout: gracefulStopTimeoutMs / 1_000 },
        }),
    ...(migration === undefined ? {} : { migration }),
    ...(balance === undefined ? {} : { balance }),
    script: steps.map(writeStep),
    until: untilMs / 1_000,
  };
}

function writeHost({ id, capacity, reserved, pools: made, qemuVersion, media }: HostShape) {
  const text = {
    memoryMib: capacity.memoryMib,
    cpuMilli: capacity.cpuMilli,
    reservedMib: reserved.memoryMib,
    reservedCpuMilli: reserved.cpuMilli,
    ...(made === undefined ? { bare: true } : {}),
    ...(qemuVersion === undefined ? {} : { qemuVersion }),
    ...(media === undefined ? {} : { media: media.join(' ') }),
  };
  return [id, text] as const;
}
