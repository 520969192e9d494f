/**
 * The operation `clean`: a copy of a VM on a host that was off and ran on all the same. It goes only because the VM's
 * owner has said, since, that it runs the VM there; see fence.ts.
 */
import type { OperationRecord, Stored } from '@drover/protocol';
import { isOff } from './fence.ts';
import type { Turn } from './turn.ts';

export function driveClean(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '', hostId = '', generation, stepIndex } = stored.value;
  if (isOff(turn, hostId)) return release(turn, stored);
  const body = { kind: 'destroy-leftover' } as const;
  const result = turn.awaitStep({ hostId, opId: id, step: stepIndex, body, vmId, generation });
  if (result === undefined) return;
  if (result.outcome === 'done') return release(turn, stored);
  // Refused, failed or unknown: what the host's libvirt says decides; what is left is found again.
  const heardMs = turn.heardMs(hostId, stored.value);
  const inventory = turn.hosts.inventorySince(hostId, heardMs, turn.epoch);
  if (inventory === undefined) return turn.ask(hostId, heardMs);
  release(turn, stored, result.error);
}

function release(
  turn: Turn,
  stored: Stored<OperationRecord>,
  error?: OperationRecord['error'],
): void {
  const { vmId = '' } = stored.value;
  const {
    v: _v,
    vmId: _vmId,
    operationId: _,
    ...owner
  } = turn.mirror.assignments.get(vmId)?.value ?? { generation: 0, state: 'stopped' as const };
  const released = turn.putAssignment(vmId, owner);
  if (error === undefined) return turn.end(stored, 'succeeded', {}, released);
  turn.end(stored, 'failed', { error }, released);
}
