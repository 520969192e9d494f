/** One operation per VM at a time: may this one begin? */
import type { OperationRecord, Stored } from '@drover/protocol';
import type { Turn } from './turn.ts';
import { isOpen } from './vm-shape.ts';

/**
 * True while another operation holds the VM, or an older one waits for it. A holder that has ended (its
 * end and the release are one transaction) or was pruned holds nothing.
 */
export function isBusy(turn: Turn, stored: Stored<OperationRecord>): boolean {
  const { id, vmId = '', createdAtMs } = stored.value;
  const holder = turn.mirror.assignments.get(vmId)?.value.operationId;
  if (holder !== undefined && holder !== id) {
    const held = turn.mirror.operations.get(holder)?.value;
    if (held !== undefined && isOpen(held)) {
      turn.wait(id, `operation ${holder}`);
      return true;
    }
  }
  for (const value of turn.pendingOn(vmId)) {
    if (value.id === id) continue;
    if (value.createdAtMs < createdAtMs || (value.createdAtMs === createdAtMs && value.id < id)) {
      turn.wait(id, `operation ${value.id}`);
      return true;
    }
  }
  return false;
}

/** Did a person take the request back? A migration of a drain goes with its drain. */
export function isCancelled(turn: Turn, operation: OperationRecord): boolean {
  const own = turn.mirror.requests.get(operation.id)?.value.cancelled;
  if (own !== undefined) return true;
  const { parentId } = operation;
  return (
    parentId !== undefined && turn.mirror.requests.get(parentId)?.value.cancelled !== undefined
  );
}

/** A person has paused the drain: it begins no move. */
export function isPaused(turn: Turn, drainId: string): boolean {
  const request = turn.mirror.requests.get(drainId)?.value;
  return request?.type === 'drain' && request.paused !== undefined;
}

/**
 * A move that a drain has ordered goes back to it where it was paused before the move began: until it goes on, the VM
 * is free for others. Of what a rule keeps together the rest follows where one has begun.
 */
export function isHeldBack(turn: Turn, { parentId = '', along = [] }: OperationRecord): boolean {
  if (!isPaused(turn, parentId)) return false;
  return ![...turn.mirror.operations.values()].some(
    ({ value }) =>
      value.parentId === parentId &&
      along.includes(value.vmId ?? '') &&
      (value.state === 'running' || value.state === 'succeeded'),
  );
}
