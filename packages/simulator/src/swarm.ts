/**
 * One seed, one run: which cluster, which of the faults are possible at all and how often, what people ask
 * for. A subset of faults per run finds more than all of them at once every time.
 */
import { type FaultName, faultNames, faults } from './faults.ts';
import type { HostShape } from './host.ts';
import { migrationPresetNames, type Random } from '@drover/core';
import type { BalanceSettings } from '@drover/protocol';
import type { Scenario } from './scenario.ts';
import type { TimedStep } from './script.ts';

export interface SwarmOptions {
  /** Cluster and faults; what people ask for comes while it runs. */
  readonly scenario: Scenario;
  readonly vmCount: number;
  /** Between two things that people ask for. */
  readonly askEveryMs: number;
}

/** Faults that have more to say to each other than to the rest. */
const themes: readonly (readonly FaultName[])[] = [
  ['leader-stop', 'leader-sleep', 'leader-pause', 'lease-lost', 'bus-slow', 'etcd-lag'],
  // Office after office, while what the last ones sent is still under way.
  ['leader-stop', 'bus-slow', 'bus-slow'],
  ['leader-stop', 'bus-slow', 'bus-slow', 'agent-crash'],
  ['leader-sleep-points', 'leader-crash-points', 'etcd-ambiguous', 'bus-slow'],
  ['lost-finish', 'migration-cut', 'libvirt-restart', 'agent-crash', 'host-reboot', 'vm-crash'],
  ['source-lost-at-finish', 'lost-finish', 'agent-crash', 'leader-crash'],
  ['agent-crash-points', 'agent-crash', 'journal-unwritable', 'libvirt-restart', 'start-fails'],
  // Hosts go, several at once, and people say that they are off.
  ['host-reboot', 'host-reboot', 'host-reboot', 'bus-cut', 'storage-cut'],
  ['etcd-ambiguous', 'etcd-late', 'etcd-away', 'etcd-lag', 'leader-crash', 'etcd-forgets'],
];

export function swarmOptions(seed: number, random: Random): SwarmOptions {
  // Few hosts meet more; many meet what few cannot: waves, brakes, fifths.
  const hostCount = random.chance(80) ? 10 + random.below(5) : 2 + random.below(4);
  const hosts = Array.from({ length: hostCount }, (_, index) => hostShape(index, random));
  const turmoilMs = 60_000 * (2 + random.below(8));
  const theme = random.chance(450) ? random.pick(themes) : undefined;
  const possible = theme ?? faultNames.filter(() => random.chance(350));
  const everyMs = random.within(theme ? [1_000, 8_000] : [4_000, 60_000]);
  const scenario: Scenario = {
    claim: `seed ${seed}`,
    hosts,
    schedulers: random.chance(150) ? 1 : 2 + random.below(2),
    settings: {
      gracefulStopTimeoutMs: random.within([8_000, 25_000]),
    },
    migration: {
      timeoutFactor: 1,
      timeoutAtLeastSeconds: Math.round(random.within([20_000, 120_000]) / 1_000),
      preset: random.fork('migration').pick(migrationPresetNames) ?? 'balanced',
    },
    ...balanceOf(random.fork('balance')),
    chance: { seed, clocksOffMs: random.pick([0, 0, 5_000, 600_000]) ?? 0 },
    steps: faultsOf(possible, turmoilMs, everyMs, random),
    untilMs: turmoilMs,
  };
  return {
    scenario,
    vmCount: 2 + random.below(4 * hostCount),
    askEveryMs: random.within(theme ? [800, 5_000] : [1_500, 15_000]),
  };
}

/** In a third of the runs VMs are moved by themselves, with cooldowns short enough to end. */
function balanceOf(random: Random): { readonly balance?: BalanceSettings } {
  if (!random.chance(333)) return {};
  return {
    balance: {
      mode: 'automatic',
      aggressiveness: random.pick([3, 5] as const) ?? 3,
      movesAtOnce: 1 + random.below(3),
      cooldownMinutes: random.pick([1, 2, 360]) ?? 360,
    },
  };
}

function hostShape(index: number, random: Random): HostShape {
  const memoryMib = random.pick([4_096, 6_144, 8_192]) ?? 4_096;
  return {
    id: `h${index + 1}`,
    capacity: { cpuMilli: 4_000, memoryMib },
    reserved: { cpuMilli: 500, memoryMib: 512 },
    // Now and then a host whose QEMU is older: VMs do not move there from the others.
    qemuVersion: random.chance(100) ? 9_000_000 : 10_000_000,
  };
}

/** Each with dice of its own: without one of them the others stay what they are. */
function faultsOf(
  possible: readonly FaultName[],
  untilMs: number,
  everyMs: number,
  random: Random,
): readonly TimedStep[] {
  const steps: TimedStep[] = [];
  for (let atMs = 10_000; ;) {
    atMs += random.within([200, 2 * everyMs]);
    const name = random.pick(possible);
    if (atMs >= untilMs || name === undefined) return steps;
    const forMs = random.within(faults[name].lastsMs ?? [0, 0]);
    steps.push({ atMs, step: { do: name, forMs, dice: random.below(1_000_000) } });
  }
}
