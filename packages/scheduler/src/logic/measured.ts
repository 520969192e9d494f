/** The cluster with what was measured for moves off some hosts: how their VMs write, and how fast memory goes from there. */
import type { Cluster, Host, Vm, VmUsage } from '@drover/core';
import type { RecordMirror, ReportedVm } from '@drover/protocol';
import type { HostWatch } from './host-watch.ts';
import { paceOf } from './migration-history.ts';

export interface Measured {
  readonly cluster: Cluster;
  /** What a move from there takes besides copying. */
  readonly overheadSeconds: number;
}

export function measuredFrom(
  cluster: Cluster,
  { mirror, hosts }: { readonly mirror: RecordMirror; readonly hosts: HostWatch },
  hostId: string,
): Measured {
  const operations = [...mirror.operations.values()].map(({ value }) => value);
  const pace = paceOf(operations, hostId, '');
  const vms = new Map(cluster.vms);
  for (const reported of hosts.get(hostId)?.inventory?.vms ?? []) {
    const vm = vms.get(reported.vmId);
    if (vm?.hostId === hostId) vms.set(vm.id, withUsage(vm, reported));
  }
  const all = new Map(cluster.hosts);
  const host = all.get(hostId);
  if (host !== undefined && pace.moves > 0) all.set(hostId, withPace(host, pace.mibPerSecond));
  return { cluster: { ...cluster, vms, hosts: all }, overheadSeconds: pace.overheadSeconds };
}

function withUsage(vm: Vm, reported: ReportedVm): Vm {
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
