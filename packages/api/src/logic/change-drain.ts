/**
 * What may be said of a drain that is under way: it begins no move for a while, it goes on, it tries a VM that stays once
 * more. All of it is said in its request, which any leader reads.
 */
import {
  type api,
  DroverError,
  keys,
  type OperationRecord,
  type RecordMirror,
  type RequestRecord,
} from '@drover/protocol';
import { drainOf } from './decide-drain.ts';
import { findOperation, isOpen } from './operations.ts';
import { findVm } from './vms.ts';
import { type Ask, putRecord, type Write } from './write.ts';

type DrainRequest = Extract<RequestRecord, { type: 'drain' }>;

/** Nothing: it is paused already. Moves that are under way are made. */
export function pauseDrain(records: RecordMirror, hostId: string, ask: Ask): Write | undefined {
  return changeDrain(records, hostId, (request) =>
    request.paused === undefined
      ? { ...request, paused: { by: ask.by, atMs: ask.atMs } }
      : undefined,
  );
}

/** Nothing: it was not paused. */
export function resumeDrain(records: RecordMirror, hostId: string): Write | undefined {
  return changeDrain(records, hostId, ({ paused, ...request }) =>
    paused === undefined ? undefined : request,
  );
}

export function retryInDrain(
  records: RecordMirror,
  hostId: string,
  { vm: named }: api.DrainRetry,
  ask: Ask,
): Write | undefined {
  const { id: vmId, name } = findVm(records, named).value;
  return changeDrain(records, hostId, (request, operation) => {
    const item = operation.items?.find((one) => one.vmId === vmId);
    if (item?.state !== 'blocked') {
      const how = item === undefined ? 'is none of its VMs' : `is ${item.state}`;
      throw new DroverError(
        'vm-not-blocked',
        `only a VM that stays is tried again; ${name} ${how}, as the drain ${operation.id} sees it`,
      );
    }
    const others = (request.retries ?? []).filter((one) => one.vmId !== vmId);
    return { ...request, retries: [...others, { vmId, by: ask.by, atMs: ask.atMs }] };
  });
}

/** The operation must be as it was seen: one that has ended meanwhile hears nothing any more. */
function changeDrain(
  records: RecordMirror,
  hostId: string,
  change: (request: DrainRequest, operation: OperationRecord) => DrainRequest | undefined,
): Write | undefined {
  const id = drainOf(records, hostId);
  const operation = findOperation(records, id);
  const request = records.requests.get(id);
  if (operation === undefined || !isOpen(operation) || request?.value.type !== 'drain') {
    const how = operation === undefined ? '' : `: ${operation.state}`;
    throw new DroverError(
      'operation-ended',
      `the newest drain of ${hostId}, ${id}, has ended${how}; what stays is tried again by another one`,
    );
  }
  if (request.value.cancelled !== undefined) {
    throw new DroverError('operation-ended', `the drain ${id} of ${hostId} was cancelled`);
  }
  const changed = change(request.value, operation);
  if (changed === undefined) return undefined;
  const modRevision = records.operations.get(id)?.modRevision ?? 0;
  return {
    puts: [putRecord(keys.request(id), changed, request)],
    compares: [{ key: keys.operation(id), modRevision }],
  };
}
