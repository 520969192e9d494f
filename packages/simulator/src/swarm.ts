/**
 * One seed, one run: which cluster, which of the faults are possible at all and how often, what people ask
 * for. A subset of faults per run finds more than all of them at once every time.
 */
import type { SchedulerSettings } from '@drover/scheduler/logic';
import { type FaultName, faultNames, type FaultOrder, faults } from './faults.ts';
import type { HostShape } from './host.ts';
import type { Random } from '@drover/core';

export interface SwarmOptions {
  readonly hosts: readonly HostShape[];
  readonly schedulers: number;
  readonly settings: Partial<SchedulerSettings>;
  readonly clocksOffMs: number;
  readonly vmCount: number;
  /** Between two things that people ask for. */
  readonly askEveryMs: number;
  readonly turmoilMs: number;
  readonly possible: readonly FaultName[];
  readonly schedule: readonly (FaultOrder & { readonly beginMs: number })[];
}

/** Faults that have more to say to each other than to the rest. */
const themes: readonly (readonly FaultName[])[] = [
  ['leader-stop', 'leader-sleep', 'leader-pause', 'lease-lost', 'bus-slow', 'etcd-lag'],
  // Office after office, while what the last ones sent is still under way.
  ['leader-stop', 'bus-slow', 'bus-slow'],
  ['leader-sleep-points', 'leader-crash-points', 'etcd-ambiguous', 'bus-slow'],
  ['lost-finish', 'migration-cut', 'libvirt-restart', 'agent-crash', 'host-reboot', 'vm-crash'],
  ['agent-crash-points', 'agent-crash', 'journal-unwritable', 'libvirt-restart', 'start-fails'],
  ['etcd-ambiguous', 'etcd-late', 'etcd-away', 'etcd-lag', 'leader-crash', 'etcd-compact'],
];

export function swarmOptions(random: Random): SwarmOptions {
  const hostCount = 2 + random.below(4);
  const hosts = Array.from({ length: hostCount }, (_, index) => hostShape(index, random));
  const turmoilMs = 60_000 * (2 + random.below(8));
  const theme = random.chance(400) ? random.pick(themes) : undefined;
  const possible = theme ?? faultNames.filter(() => random.chance(350));
  const everyMs = random.within(theme ? [1_000, 8_000] : [4_000, 60_000]);
  return {
    hosts,
    schedulers: random.chance(150) ? 1 : 2 + random.below(2),
    settings: {
      gracefulStopTimeoutMs: random.within([8_000, 25_000]),
      migrationTimeoutMs: random.within([20_000, 120_000]),
    },
    clocksOffMs: random.pick([0, 0, 5_000, 600_000]) ?? 0,
    vmCount: 2 + random.below(4 * hostCount),
    askEveryMs: random.within(theme ? [800, 5_000] : [1_500, 15_000]),
    turmoilMs,
    possible,
    schedule: scheduleOf(possible, turmoilMs, everyMs, random),
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

function scheduleOf(
  possible: readonly FaultName[],
  untilMs: number,
  everyMs: number,
  random: Random,
): SwarmOptions['schedule'] {
  const schedule: (FaultOrder & { readonly beginMs: number })[] = [];
  for (let beginMs = 10_000; ;) {
    beginMs += random.within([200, 2 * everyMs]);
    const name = random.pick(possible);
    if (beginMs >= untilMs || name === undefined) return schedule;
    schedule.push({ name, beginMs, forMs: random.within(faults[name].lastsMs ?? [0, 0]) });
  }
}
