/**
 * Operations as the API shows them: the scheduler's record, or, before it has taken up a request, a pending
 * operation made from that.
 */
import {
  type api,
  DroverError,
  nameOfFile,
  type OperationRecord,
  type RecordMirror,
  type RequestRecord,
  type StorageProgress,
} from '@drover/protocol';
import { ascending, pageOf, type PageAsk } from './page.ts';

export type Progress = NonNullable<api.OperationBody['progress']>;
export type Storage = NonNullable<api.OperationBody['storage']>;

export function isOpen(operation: Pick<OperationRecord, 'state'>): boolean {
  return operation.state === 'pending' || operation.state === 'running';
}

export function findOperation(records: RecordMirror, id: string): OperationRecord | undefined {
  const known = records.operations.get(id)?.value;
  if (known !== undefined) return known;
  const request = records.requests.get(id)?.value;
  return request && asPending(records, request);
}

export function requireOperation(records: RecordMirror, id: string): OperationRecord {
  const operation = findOperation(records, id);
  if (operation !== undefined) return operation;
  throw new DroverError(
    'operation-not-found',
    `there is no operation ${id}; the oldest ended ones are forgotten`,
  );
}

/** All that are known, in no order. */
export function allOperations(records: RecordMirror): readonly OperationRecord[] {
  const waiting = [...records.requests.values()]
    .filter(({ value }) => !records.operations.has(value.id))
    .map(({ value }) => asPending(records, value));
  return [...[...records.operations.values()].map(({ value }) => value), ...waiting];
}

export interface OperationFilter {
  readonly state?: string;
  readonly type?: string;
}

/** Newest first. */
export function listOperations(
  records: RecordMirror,
  { state, type }: OperationFilter,
  page: PageAsk,
): { items: api.OperationBody[]; continue?: string } {
  const asked = allOperations(records)
    .filter((one) => state === undefined || one.state === state)
    .filter((one) => type === undefined || one.type === type)
    .toSorted(newestFirst);
  const { items, ...more } = pageOf(asked, page, {
    keyOf: ({ createdAtMs, id }) => [createdAtMs, id],
    compare: (a, b) => ascending(b, a),
  });
  return { items: items.map((one) => operationBody(records, one)), ...more };
}

export function newestDrain(records: RecordMirror, hostId: string): OperationRecord | undefined {
  return newestDrains(records).get(hostId);
}

/** By host. One that is under way is the newest: clocks of two APIs may say otherwise. */
export function newestDrains(records: RecordMirror): ReadonlyMap<string, OperationRecord> {
  const drains = allOperations(records)
    .filter(({ type }) => type === 'drain')
    .toSorted((a, b) => Number(isOpen(b)) - Number(isOpen(a)) || newestFirst(a, b));
  // What comes last stays.
  return new Map(drains.toReversed().map((one) => [one.hostId ?? '', one]));
}

/** The operation that acts on the VM, or the first that waits to. */
export function openOperationOn(records: RecordMirror, vmId: string): OperationRecord | undefined {
  const holder = records.assignments.get(vmId)?.value.operationId;
  const open = allOperations(records).filter((one) => one.vmId === vmId && isOpen(one));
  return open.find((one) => one.id === holder) ?? open.toSorted(newestFirst).at(-1);
}

export function countOpen(records: RecordMirror): number {
  return allOperations(records).filter(isOpen).length;
}

export function operationBody(
  records: RecordMirror,
  record: OperationRecord,
  progress?: Progress,
  storage?: Storage,
): api.OperationBody {
  // Who has `transfer` has the bytes: it stays here.
  const { v: _v, epoch: _epoch, transfer: _transfer, obsolete: _obsolete, ...shown } = record;
  const subject = nameOfFile(records, record) ?? record.subject;
  return {
    ...shown,
    ...(subject === undefined ? {} : { subject }),
    done: !isOpen(record),
    cancellable: isCancellable(records, record),
    ...(progress === undefined ? {} : { progress }),
    ...(storage === undefined ? {} : { storage }),
    ...(record.type === 'drain' ? ofDrain(records, record) : {}),
  };
}

/** What its request says of it. */
function ofDrain(
  { requests }: RecordMirror,
  record: OperationRecord,
): Pick<api.OperationBody, 'paused' | 'deadlineMs'> {
  const request = requests.get(record.id)?.value;
  if (request?.type !== 'drain') return {};
  const { paused, deadlineMs } = request;
  return {
    ...(paused === undefined || !isOpen(record) ? {} : { paused }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  };
}

/** With what follows from it: how fast, and how long still. */
export function storageById(
  known: readonly StorageProgress[] | undefined,
): ReadonlyMap<string, Storage> {
  return new Map((known ?? []).map((one) => [one.opId, storageBody(one)]));
}

function storageBody({ v: _v, opId: _opId, ...shown }: StorageProgress): Storage {
  const { doneBytes, totalBytes, elapsedMs } = shown;
  if (elapsedMs === 0 || doneBytes === 0) return shown;
  const bytesPerSecond = Math.round((doneBytes / elapsedMs) * 1_000);
  if (totalBytes === undefined || bytesPerSecond === 0) return { ...shown, bytesPerSecond };
  const left = Math.max(0, totalBytes - doneBytes);
  return { ...shown, bytesPerSecond, etaMs: Math.round((left / bytesPerSecond) * 1_000) };
}

/** On files of pools. */
export function isOnStorage(type: OperationRecord['type']): boolean {
  return type === 'save' || type.startsWith('image-') || type.startsWith('volume-');
}

/** What takes long with files of pools; the rest of it is done in a moment. */
const cancellableStorage: readonly OperationRecord['type'][] = [
  'image-import',
  'image-verify',
  'volume-create',
  'volume-move',
  'volume-download',
  'volume-upload',
];

export function isCancellableStorage({ type, state, step }: OperationRecord): boolean {
  // Once the VM is off its memory gets its name.
  if (type === 'save') return state === 'pending' || step === 'save';
  // An image that is to go may wait for its users for long; what has begun to go is gone.
  if (type === 'image-delete') return state === 'pending';
  return cancellableStorage.includes(type);
}

/** A move that balancing makes by itself: no request is there before somebody cancels it. */
export function isByItself({ type, recommendationId }: OperationRecord): boolean {
  return type === 'migrate' && recommendationId !== undefined;
}

/** Drains, restores, what takes long with files, and migrations that are no part of those; not what has been cancelled already. */
function isCancellable(records: RecordMirror, record: OperationRecord): boolean {
  const { id, type, state, mode } = record;
  const request = records.requests.get(id)?.value;
  if (!isOpen({ state }) || request?.cancelled !== undefined) return false;
  if (request === undefined) return isByItself(record);
  // Whoever has been told to shut down cannot be told otherwise.
  if (mode === 'cold' && state === 'running') return false;
  const ofMoves: readonly string[] = ['drain', 'restore', 'enforce', 'migrate'];
  return ofMoves.includes(type) || isCancellableStorage(record);
}

function asPending(records: RecordMirror, request: RequestRecord): OperationRecord {
  const vmId = 'vmId' in request ? request.vmId : undefined;
  const vm = records.vmIntents.get(vmId ?? '')?.value;
  return {
    v: 1,
    id: request.id,
    type: request.type,
    state: 'pending',
    step: 'request',
    stepIndex: 0,
    ...(vmId === undefined ? {} : { vmId }),
    ...(vm === undefined ? {} : { vmName: vm.name }),
    ...('hostId' in request ? { hostId: request.hostId } : {}),
    ...('pool' in request ? { pool: request.pool } : {}),
    ...('file' in request ? { file: request.file } : {}),
    ...('rule' in request ? { rule: request.rule } : {}),
    ...('imageId' in request ? { imageId: request.imageId } : {}),
    ...('volumeId' in request ? { volumeId: request.volumeId } : {}),
    ...(request.type === 'migrate' && request.target !== undefined
      ? { target: request.target }
      : {}),
    ...(request.type === 'migrate' && request.recommendation !== undefined
      ? { source: request.recommendation.source, recommendationId: request.recommendation.id }
      : {}),
    generation: records.assignments.get(vmId ?? '')?.value.generation ?? 0,
    epoch: '0',
    reason:
      records.held === undefined
        ? 'the leading scheduler has not taken it up yet'
        : 'etcd was restored from a backup, and nothing is decided before its era is raised',
    by: request.by,
    createdAtMs: request.createdAtMs,
  };
}

function newestFirst(a: OperationRecord, b: OperationRecord): number {
  return b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1);
}
