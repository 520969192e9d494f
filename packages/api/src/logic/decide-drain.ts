/**
 * Starting and cancelling a drain. Request and cordon are one transaction either way, so that a host is never
 * drained without being cordoned, nor left cordoned by a drain that was taken back.
 */
import {
  type api,
  DroverError,
  keys,
  type OperationRecord,
  type RecordMirror,
  type RequestRecord,
} from '@drover/protocol';
import { putHostIntent } from './decide-host.ts';
import { refuseWhenFull } from './decide-vm.ts';
import { requireHost } from './hosts.ts';
import { checkWish } from './migration-settings.ts';
import { isByItself, isOpen, newestDrain } from './operations.ts';
import { type Ask, putRecord, type Write } from './write.ts';

export function startDrain(
  records: RecordMirror,
  hostId: string,
  { plan, parallel, migration, onUnmovable, deadlineSeconds, message }: api.DrainStart,
  ask: Ask,
): Write {
  requireHost(records, hostId);
  const open = newestDrain(records, hostId);
  if (open !== undefined && isOpen(open)) {
    throw new DroverError(
      'drain-under-way',
      `${hostId} is being drained by operation ${open.id} already; follow or cancel that`,
    );
  }
  checkWish('/migration', migration);
  refuseWhenFull(records);
  const request: RequestRecord = {
    v: 1,
    id: ask.id,
    type: 'drain',
    hostId,
    ...(plan === undefined ? {} : { plan }),
    ...(parallel === undefined ? {} : { parallel }),
    ...(migration === undefined ? {} : { migration }),
    ...(onUnmovable === undefined ? {} : { onUnmovable }),
    ...(deadlineSeconds === undefined ? {} : { deadlineMs: ask.atMs + deadlineSeconds * 1_000 }),
    ...(message === undefined ? {} : { message }),
    by: ask.by,
    createdAtMs: ask.atMs,
  };
  const former = records.hostIntents.get(hostId);
  // A cordon that is there already stays its maker's. It is written again all the same: of two drains that
  // are asked for at the same time, one then finds it changed.
  const cordoned = {
    cordoned: true,
    ...(former?.value.cordoned === true
      ? cordonedBy(former.value.cordonedByDrain)
      : cordonedBy(ask.id)),
  };
  return {
    puts: [
      putRecord(keys.request(ask.id), request, undefined),
      putHostIntent(hostId, former, cordoned, ask),
    ],
    compares: [],
  };
}

function cordonedBy(drainId: string | undefined): { readonly cordonedByDrain?: string } {
  return drainId === undefined ? {} : { cordonedByDrain: drainId };
}

/** The id of the host's newest drain. */
export function drainOf(records: RecordMirror, hostId: string): string {
  requireHost(records, hostId);
  const drain = newestDrain(records, hostId);
  if (drain !== undefined) return drain.id;
  throw new DroverError('drain-not-found', `${hostId} has never been drained, as far as is known`);
}

/** Nothing: it was cancelled before. */
export function cancelDrain(records: RecordMirror, hostId: string, ask: Ask): Write | undefined {
  const id = drainOf(records, hostId);
  const cancelled = cancelRequest(records, id, ask);
  if (cancelled === undefined) return undefined;
  const intent = records.hostIntents.get(hostId);
  if (intent?.value.cordonedByDrain !== id) return cancelled;
  const uncordoned = putHostIntent(hostId, intent, { cordoned: false }, ask);
  return { ...cancelled, puts: [...cancelled.puts, uncordoned] };
}

/** A migration that a person asked for. One that belongs to a drain goes with the drain. */
export function cancelMigration(records: RecordMirror, id: string, ask: Ask): Write | undefined {
  const operation = records.operations.get(id)?.value;
  const parent = records.operations.get(operation?.parentId ?? '')?.value;
  if (parent?.type === 'enforce') {
    throw new DroverError(
      'not-cancellable',
      `migration ${id} is made for rule ${parent.rule ?? ''}, and would only begin again; cancel that: DELETE /v1/operations/${parent.id}`,
    );
  }
  if (operation?.parentId !== undefined) {
    const parent = records.operations.get(operation.parentId)?.value;
    const hostId = parent?.hostId ?? 'HOST';
    if (parent?.type === 'restore') {
      const how = `cancel the restore: DELETE /v1/operations/${operation.parentId}`;
      const message = `migration ${id} belongs to the restore of ${hostId}; ${how}`;
      throw new DroverError('not-cancellable', message);
    }
    throw new DroverError(
      'not-cancellable',
      `migration ${id} belongs to the drain ${operation.parentId}, which would only begin it again; cancel the drain: DELETE /v1/hosts/${hostId}/drain`,
    );
  }
  const type = operation?.type ?? records.requests.get(id)?.value.type;
  if (type === undefined) {
    throw new DroverError('operation-not-found', `there is no migration ${id}`);
  }
  if (type !== 'migrate') {
    throw new DroverError('not-cancellable', `operation ${id} is a ${type}, not a migration`);
  }
  return cancelRequest(records, id, ask);
}

/** Of a move that balancing makes by itself: the word that takes it back is the first one about it. */
function cancelByItself({ vmId = '', id, createdAtMs }: OperationRecord, ask: Ask): RequestRecord {
  const cancelled = { by: ask.by, atMs: ask.atMs };
  return { v: 1, id, type: 'migrate', vmId, by: ask.by, createdAtMs, cancelled };
}

/** The operation must be as it was seen: one that has ended meanwhile is not cancelled after the fact. */
export function cancelRequest(records: RecordMirror, id: string, ask: Ask): Write | undefined {
  const operation = records.operations.get(id);
  if (operation !== undefined && !isOpen(operation.value)) {
    const { type, state } = operation.value;
    throw new DroverError('operation-ended', `${type} ${id} has ended already: ${state}`);
  }
  const request = records.requests.get(id);
  if (request === undefined && operation !== undefined && isByItself(operation.value)) {
    return {
      puts: [putRecord(keys.request(id), cancelByItself(operation.value, ask), undefined)],
      compares: [{ key: keys.operation(id), modRevision: operation.modRevision }],
    };
  }
  if (request === undefined) {
    throw new DroverError(
      'not-cancellable',
      `the request of operation ${id} is not there any more`,
    );
  }
  if (request.value.cancelled !== undefined) return undefined;
  const cancelled = { ...request.value, cancelled: { by: ask.by, atMs: ask.atMs } };
  return {
    puts: [putRecord(keys.request(id), cancelled, request)],
    compares: [{ key: keys.operation(id), modRevision: operation?.modRevision ?? 0 }],
  };
}
