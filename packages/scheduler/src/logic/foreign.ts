/**
 * VMs on a host that no record has there: a person's own, or one of Drover's that was moved by hand. They are never
 * touched, and what they take is not given to others.
 */
import type { Inventory, OperationRecord, RecordMirror, ReportedVm } from '@drover/protocol';
import type { Resources } from '@drover/core';

export function foreignVms(
  mirror: RecordMirror,
  hostId: string,
  { vms }: Inventory,
  open: readonly OperationRecord[],
): readonly ReportedVm[] {
  // One that is on its way, or has just left, is where its operation says.
  const underWay = new Set(
    open
      .filter(({ source, target }) => source === hostId || target === hostId)
      .map(({ vmId }) => vmId),
  );
  return vms.filter(
    ({ vmId }) => mirror.assignments.get(vmId)?.value.hostId !== hostId && !underWay.has(vmId),
  );
}

export function takenBy(vms: readonly ReportedVm[]): Resources {
  const alive = vms.filter(({ state }) => state !== 'shut-off' && state !== 'crashed');
  return {
    cpuMilli: alive.reduce((sum, { vcpus }) => sum + vcpus * 1_000, 0),
    memoryMib: alive.reduce((sum, { memoryMib }) => sum + memoryMib, 0),
  };
}
