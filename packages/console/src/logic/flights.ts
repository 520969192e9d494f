/** Live migrations that are under way: who flies from where to where, and how far it is. */
import type { ClusterState } from './cluster-state.ts';

export interface Flight {
  readonly operationId: string;
  readonly vmId: string;
  readonly vmName: string;
  readonly memoryMib: number;
  readonly source: string;
  readonly target: string;
  /** 0 to 100; 0 before the first page is copied. */
  readonly percent: number;
  readonly step: string;
}

/** A cold move is none: the VM is nowhere between its two hosts. */
export function flightsOf(state: ClusterState): readonly Flight[] {
  const flights: Flight[] = [];
  for (const one of state.operations.values()) {
    const { id, type, done, mode, source, target, vmId, vmName, step } = one;
    if (type !== 'migrate' || done || mode === 'cold' || one.state !== 'running') continue;
    if (source === undefined || target === undefined || vmId === undefined) continue;
    flights.push({
      operationId: id,
      vmId,
      vmName: vmName ?? state.vms.get(vmId)?.name ?? vmId,
      memoryMib: state.vms.get(vmId)?.spec.memoryMib ?? 0,
      source,
      target,
      percent: Math.min(100, state.progress.get(id)?.percent ?? one.progress?.percent ?? 0),
      step,
    });
  }
  return flights;
}
