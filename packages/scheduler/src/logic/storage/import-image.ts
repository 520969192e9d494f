/**
 * The operation `image-import`: a file of the pool, of a server or of who asks the API becomes an image.
 *
 *   pending ─▶ open ─▶ receive ─▶ import ─▶ succeeded
 *      └──── of no upload ──────────▲
 *
 * One that fails or is cancelled leaves neither a file nor records: its name is free again.
 */
import {
  imageFile,
  type ImageIntentRecord,
  imageSettings,
  type ImportSource,
  type ImageRecord,
  keys,
  type OperationError,
  type OperationRecord,
  type StepResult,
  type Stored,
} from '@drover/protocol';
import { isCancelled } from '../pending.ts';
import type { Put } from '../port.ts';
import { put, type Turn } from '../turn.ts';
import { awaitJob, beginJob, type JobEnd, nextStep } from './job.ts';
import { type DeclaredPool, declared } from './pool-host.ts';
import { idleMs } from '../settings.ts';

export function driveImportImage(turn: Turn, stored: Stored<OperationRecord>): void {
  const { imageId = '', state, step } = stored.value;
  const intent = turn.mirror.imageIntents.get(imageId)?.value;
  if (intent === undefined) return giveUp(turn, stored, gone);
  const pool = turn.mirror.pools.get(intent.pool)?.value;
  if (pool === undefined) {
    const message = `pool ${intent.pool} is not declared`;
    return giveUp(turn, stored, { type: 'failed', error: { code: 'pool-not-found', message } });
  }
  if (state === 'pending') begin(turn, stored, intent);
  else if (step === 'open') open(turn, stored, intent, declared(pool));
  else if (step === 'receive') receive(turn, stored, intent, declared(pool));
  else make(turn, stored, intent, declared(pool));
}

const gone: Exclude<JobEnd, { type: 'done' }> = {
  type: 'failed',
  error: { code: 'image-not-found', message: 'the image is gone' },
};

function begin(turn: Turn, stored: Stored<OperationRecord>, intent: ImageIntentRecord): void {
  if (isCancelled(turn, stored.value)) return giveUp(turn, stored, { type: 'cancelled' });
  const { id: operationId } = stored.value;
  const { id, pool, source } = intent;
  const known = turn.mirror.images.get(id);
  const record: ImageRecord = { v: 1, id, state: 'importing', operationId };
  beginJob(turn, stored, {
    pools: [pool],
    step: source.type === 'upload' ? 'open' : 'import',
    changes: { pool },
    puts: [put(keys.image(id), record, known?.modRevision ?? 0)],
  });
}

function open(
  turn: Turn,
  stored: Stored<OperationRecord>,
  { source }: ImageIntentRecord,
  into: DeclaredPool,
): void {
  if (source.type !== 'upload') return;
  const transfer = { direction: 'in', into, bytes: source.bytes } as const;
  const end = awaitJob(turn, stored, { kind: 'open-transfer', transfer, idleMs });
  if (end === undefined) return;
  if (end.type !== 'done') return giveUp(turn, stored, end);
  const opened = end.result.transfer;
  if (opened === undefined) {
    const message = `${stored.value.hostId ?? ''} did not say where it takes them`;
    return giveUp(turn, stored, { type: 'failed', error: { code: 'job-failed', message } });
  }
  nextStep(turn, stored, { step: 'receive', transfer: opened });
}

/** Where its agent was restarted nothing listens any more; what came so far is kept, and it is opened again. */
function receive(
  turn: Turn,
  stored: Stored<OperationRecord>,
  { source }: ImageIntentRecord,
  into: DeclaredPool,
): void {
  if (source.type !== 'upload') return;
  const job = { job: 'receive', into, bytes: source.bytes, idleMs } as const;
  const again = { whenUnknown: { step: 'open' } };
  const end = awaitJob(turn, stored, { kind: 'storage-job', job }, again);
  if (end === undefined) return;
  if (end.type !== 'done') return giveUp(turn, stored, end);
  const { transfer: _, ...value } = stored.value;
  nextStep(turn, { ...stored, value }, { step: 'import' });
}

function make(
  turn: Turn,
  stored: Stored<OperationRecord>,
  intent: ImageIntentRecord,
  pool: DeclaredPool,
): void {
  const { format, packing, sha256, id } = intent;
  const { maxBytes, maxVirtualBytes } = imageSettings(turn.mirror);
  const job = {
    job: 'import',
    source: sourceOf(turn, intent, pool),
    format,
    ...(packing === undefined ? {} : { packing }),
    ...(sha256 === undefined ? {} : { sha256 }),
    maxBytes,
    maxVirtualBytes,
    into: { pool, file: imageFile(id) },
  } as const;
  const end = awaitJob(turn, stored, { kind: 'storage-job', job });
  if (end === undefined) return;
  if (end.type !== 'done') return giveUp(turn, stored, end);
  succeed(turn, stored, intent, end.result);
}

function sourceOf(turn: Turn, { source }: ImageIntentRecord, pool: DeclaredPool): ImportSource {
  switch (source.type) {
    case 'file':
      return { type: 'file', at: { pool, file: source.file } };
    case 'url':
      return { type: 'url', url: source.url, hosts: [...imageSettings(turn.mirror).hosts] };
    case 'upload':
      return { type: 'upload' };
  }
}

function succeed(
  turn: Turn,
  stored: Stored<OperationRecord>,
  { id }: ImageIntentRecord,
  { stored: file, sourceSha256 }: StepResult,
): void {
  if (file === undefined) {
    const message = `${stored.value.hostId ?? ''} did not say what it made`;
    return giveUp(turn, stored, { type: 'failed', error: { code: 'job-failed', message } });
  }
  const facts = { stored: file, ...(sourceSha256 === undefined ? {} : { sourceSha256 }) };
  const record: ImageRecord = {
    v: 1,
    id,
    state: 'ready',
    operationId: stored.value.id,
    ...facts,
  };
  const known = turn.mirror.images.get(id)?.modRevision ?? 0;
  turn.end(stored, 'succeeded', facts, put(keys.image(id), record, known));
}

function giveUp(
  turn: Turn,
  stored: Stored<OperationRecord>,
  end: Exclude<JobEnd, { type: 'done' }>,
): void {
  const { transfer: _, ...value } = stored.value;
  const ended = { ...stored, value };
  const records = forgetImage(turn, value.imageId ?? '');
  if (end.type === 'failed') {
    const error: OperationError = end.error;
    return turn.end(ended, 'failed', { error }, ...records);
  }
  const reason = end.reason === undefined ? {} : { reason: end.reason };
  turn.end(ended, 'cancelled', reason, ...records);
}

/** The name stays counted as long as it has other versions. */
export function forgetImage(turn: Turn, imageId: string): readonly Put[] {
  const { imageIntents, imageNames, images } = turn.mirror;
  const intent = imageIntents.get(imageId);
  const image = images.get(imageId);
  const name = intent === undefined ? undefined : imageNames.get(intent.value.name);
  const isLast = ![...imageIntents.values()].some(
    ({ value }) => value.name === intent?.value.name && value.id !== imageId,
  );
  return [
    ...(intent ? [put(keys.imageIntent(imageId), undefined, intent.modRevision)] : []),
    ...(image ? [put(keys.image(imageId), undefined, image.modRevision)] : []),
    ...(intent && name && isLast
      ? [put(keys.imageName(intent.value.name), undefined, name.modRevision)]
      : []),
  ];
}
