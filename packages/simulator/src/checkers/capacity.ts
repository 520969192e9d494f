/**
 * No host holds more than it can: what libvirt has there, incoming copies counted, and what the records
 * promise there, moves counted on both sides.
 */
import type { Checker } from './checker.ts';
import { isOpen, type Truth } from './truth.ts';

export const capacity: Checker = {
  name: 'within-capacity',
  state({ hosts, byHand, lies }) {
    for (const { id, allocatable, copies: all } of hosts) {
      const copies = all.filter(({ vmId }) => !byHand.has(vmId) && !lies.get(id)?.has(vmId));
      const memoryMib = copies.reduce((sum, copy) => sum + copy.memoryMib, 0);
      const cpuMilli = copies.reduce((sum, copy) => sum + copy.vcpus * 1_000, 0);
      if (memoryMib > allocatable.memoryMib) {
        return `${id} holds VMs of ${memoryMib} MiB, and can ${allocatable.memoryMib}`;
      }
      if (cpuMilli > allocatable.cpuMilli) {
        return `${id} holds VMs of ${cpuMilli} mCPU, and can ${allocatable.cpuMilli}`;
      }
    }
    return undefined;
  },
  committed({ changes }, truth) {
    const isDecision = changes.some(({ key }) => key.startsWith('/drover/decision/'));
    return isDecision ? promisedTooMuch(truth) : undefined;
  },
};

const holding = new Set([
  'starting',
  'running',
  'paused',
  'migrating',
  'stopping',
  'saving',
  'unknown',
]);

function promisedTooMuch({ hosts, records, byHand, lies }: Truth): string | undefined {
  for (const host of hosts) {
    const vms = new Set<string>();
    const isCounted = (vmId: string) => !byHand.has(vmId) && !lies.get(host.id)?.has(vmId);
    for (const { vmId, hostId, state } of records.assignments.values()) {
      if (hostId === host.id && holding.has(state) && isCounted(vmId)) vms.add(vmId);
    }
    for (const operation of records.operations.values()) {
      if (!isOpen(operation) || operation.state !== 'running' || operation.target !== host.id) {
        continue;
      }
      // It runs; what is left to do is with files.
      if (operation.step === 'tidy') continue;
      const { vmId } = operation;
      if (vmId !== undefined && isCounted(vmId)) vms.add(vmId);
    }
    let memoryMib = 0;
    let cpuMilli = 0;
    for (const vmId of vms) {
      const size = records.assignments.get(vmId)?.promised ?? records.vms.get(vmId)?.spec;
      memoryMib += size?.memoryMib ?? 0;
      cpuMilli += (size?.vcpus ?? 0) * 1_000;
    }
    if (memoryMib > host.allocatable.memoryMib) {
      return `${host.id} is promised ${memoryMib} MiB, and has ${host.allocatable.memoryMib}`;
    }
    if (cpuMilli > host.allocatable.cpuMilli) {
      return `${host.id} is promised ${cpuMilli} mCPU, and has ${host.allocatable.cpuMilli}`;
    }
  }
  return undefined;
}
