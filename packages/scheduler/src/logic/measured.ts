/**
 * The cluster with what was measured for moves off a host: how its VMs write, and how fast memory goes from there. And
 * what a drain of it takes by that, by the policies of its VMs and by what was asked of the drain.
 */
import {
  type Cluster,
  type DrainOptions,
  type Host,
  linkShare,
  type Transfer,
  type Vm,
  type VmUsage,
} from '@drover/core';
import type { MigrationWish, RecordMirror, ReportedVm } from '@drover/protocol';
import type { HostWatch } from './host-watch.ts';
import { paceOf } from './migration-history.ts';
import { expectedOf } from './migration-order.ts';
import { waveLimitsOf } from './slots.ts';

/** What a person asked of a drain. */
export interface DrainWish {
  readonly parallel?: number | undefined;
  readonly migration?: MigrationWish | undefined;
}

export interface Measured {
  readonly cluster: Cluster;
  /** How many moves at a time, and what each takes, as they will be made. */
  readonly options: DrainOptions;
}

export function measuredFrom(
  cluster: Cluster,
  { mirror, hosts }: { readonly mirror: RecordMirror; readonly hosts: HostWatch },
  hostId: string,
  { parallel, migration: asked }: DrainWish,
): Measured {
  const operations = [...mirror.operations.values()].map(({ value }) => value);
  const pace = paceOf(operations, hostId, '');
  const vms = new Map(cluster.vms);
  const reports = new Map<string, ReportedVm>();
  for (const reported of hosts.get(hostId)?.inventory?.vms ?? []) {
    const vm = vms.get(reported.vmId);
    if (vm?.hostId !== hostId) continue;
    vms.set(vm.id, withUsage(vm, reported));
    reports.set(vm.id, reported);
  }
  const all = new Map(cluster.hosts);
  const host = all.get(hostId);
  if (host !== undefined && pace.moves > 0) all.set(hostId, withPace(host, pace.mibPerSecond));
  const transferOf = (vm: Vm): Transfer => {
    const expected = expectedOf(mirror, { vm, reported: reports.get(vm.id), asked }, pace);
    const { bandwidthMibps } = expected.policy;
    return {
      mib: expected.forecast.transferredMib,
      ...(bandwidthMibps === undefined ? {} : { mibPerSecond: bandwidthMibps }),
    };
  };
  return {
    cluster: { ...cluster, vms, hosts: all },
    options: {
      overheadSeconds: pace.overheadSeconds,
      transferOf,
      waveLimits: waveLimitsOf(cluster, parallel),
      // Who says how many has them counted.
      ...(parallel === undefined ? { shareOf: (vm: Vm) => linkShare(transferOf(vm), pace) } : {}),
    },
  };
}

/** What its host reported of its memory, besides what is known of its use. */
export function withUsage(vm: Vm, reported: ReportedVm): Vm {
  const { touchedMib, dirtyKibPerSecond, writtenSetMib } = reported;
  const { cpuMilliUsed = vm.request.cpuMilli } = reported;
  const usage: VmUsage = {
    ...(vm.usage ?? { cpuMilli: cpuMilliUsed, memoryMib: vm.request.memoryMib }),
    ...(touchedMib === undefined ? {} : { touchedMib }),
    ...(dirtyKibPerSecond === undefined ? {} : { dirtyMibPerSecond: dirtyKibPerSecond / 1024 }),
    ...(writtenSetMib === undefined ? {} : { writtenSetMib }),
  };
  return { ...vm, usage };
}

/** What was measured is what a link gives, whatever it is said to be. */
function withPace(host: Host, linkMibPerSecond: number): Host {
  return { ...host, linkMibPerSecond };
}
