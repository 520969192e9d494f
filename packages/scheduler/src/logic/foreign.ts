/**
 * VMs on a host that no record has there: a person's own, or one of Drover's that was moved by hand. They are never
 * touched, and what they take is not given to others.
 */
import type { Inventory, OperationRecord, RecordMirror, ReportedVm } from '@drover/protocol';
import type { Resources } from '@drover/core';

/** By host: VMs that are on their way to it or from it. */
export type UnderWay = ReadonlyMap<string, ReadonlySet<string>>;

export function underWayOf(open: readonly OperationRecord[]): UnderWay {
  const underWay = new Map<string, Set<string>>();
  for (const { vmId, source, target } of open) {
    for (const hostId of [source, target]) {
      if (vmId === undefined || hostId === undefined) continue;
      const known = underWay.get(hostId) ?? new Set();
      underWay.set(hostId, known.add(vmId));
    }
  }
  return underWay;
}

export function foreignVms(
  mirror: RecordMirror,
  hostId: string,
  { vms }: Inventory,
  underWay: UnderWay,
): readonly ReportedVm[] {
  // One that is on its way, or has just left, is where its operation says.
  const moving = underWay.get(hostId);
  return vms.filter(
    ({ vmId }) =>
      mirror.assignments.get(vmId)?.value.hostId !== hostId && moving?.has(vmId) !== true,
  );
}

export function takenBy(vms: readonly ReportedVm[]): Resources {
  const alive = vms.filter(({ state }) => state !== 'shut-off' && state !== 'crashed');
  return {
    cpuMilli: alive.reduce((sum, { vcpus }) => sum + vcpus * 1_000, 0),
    memoryMib: alive.reduce((sum, { memoryMib }) => sum + memoryMib, 0),
  };
}
