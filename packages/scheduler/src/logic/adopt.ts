/**
 * Requests become operations. What can be decided at once is, in the same commit: who asks for many VMs waits for half
 * as many.
 */
import {
  keys,
  nameOfFile,
  type OperationRecord,
  type RequestRecord,
  type Stored,
} from '@drover/protocol';
import { drive } from './drive.ts';
import { vmOfVolume } from './storage/volume.ts';
import { put, type Turn } from './turn.ts';
import { isOpen } from './vm-shape.ts';

/** In the order in which they came. */
export function adoptRequests(
  turn: Turn,
  isMeant: (request: Stored<RequestRecord>) => boolean = () => true,
): void {
  const { operations } = turn.mirror;
  const waiting = waitingRequests(turn)
    .filter(isMeant)
    .map(({ value }) => value)
    .toSorted((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1));
  if (waiting.length === 0) return;
  const busy = new Set(
    [...operations.values()].flatMap(({ value }) => (isOpen(value) ? (value.vmId ?? []) : [])),
  );
  for (const request of waiting) {
    if (turn.isFull) return;
    const operation = operationFor(turn, request);
    const { vmId } = operation;
    // Of two that are about one VM, the second has to see what becomes of the first.
    if (vmId !== undefined && !busy.has(vmId)) drive(turn, { value: operation, modRevision: 0 });
    if (vmId !== undefined) busy.add(vmId);
    // Where something was decided, the operation is in that already, and is not written twice.
    turn.commit(put(keys.operation(request.id), operation, 0));
  }
}

export function waitingRequests(turn: Turn): readonly Stored<RequestRecord>[] {
  const { requests, operations, unreadable } = turn.mirror;
  return [...requests.values()].filter(
    ({ value: { id } }) => !operations.has(id) && !unreadable.has(keys.operation(id)),
  );
}

export function operationFor(turn: Turn, request: RequestRecord): OperationRecord {
  const volumeId = 'volumeId' in request ? request.volumeId : undefined;
  const vmId = 'vmId' in request ? request.vmId : vmOfVolume(turn.mirror, volumeId);
  const vm = vmId === undefined ? undefined : turn.mirror.vmIntents.get(vmId)?.value;
  const imageId = 'imageId' in request ? request.imageId : undefined;
  const message = 'message' in request ? request.message : undefined;
  const subject = nameOfFile(turn.mirror, { imageId, volumeId });
  return {
    v: 1,
    id: request.id,
    type: request.type,
    state: 'pending',
    step: 'place',
    stepIndex: 0,
    ...(vmId === undefined ? {} : { vmId }),
    ...(vm === undefined ? {} : { vmName: vm.name }),
    ...(volumeId === undefined ? {} : { volumeId }),
    ...(imageId === undefined ? {} : { imageId }),
    ...(subject === undefined ? {} : { subject }),
    ...('hostId' in request ? { hostId: request.hostId } : {}),
    ...('pool' in request ? { pool: request.pool } : {}),
    ...(message === undefined ? {} : { message }),
    ...('file' in request ? { file: request.file } : {}),
    ...('recommendation' in request ? recommended(request.recommendation) : {}),
    ...('rule' in request ? { rule: request.rule } : {}),
    generation: turn.mirror.assignments.get(vmId ?? '')?.value.generation ?? 0,
    epoch: turn.epoch,
    by: request.by,
    createdAtMs: request.createdAtMs,
  };
}

function recommended(
  recommendation: Extract<RequestRecord, { type: 'migrate' }>['recommendation'],
): Partial<OperationRecord> {
  if (recommendation === undefined) return {};
  const { id, source, reason, along } = recommendation;
  return {
    source,
    recommendationId: id,
    ...(along === undefined ? {} : { along }),
    reason: `balance: ${reason}`.slice(0, 1000),
  };
}
