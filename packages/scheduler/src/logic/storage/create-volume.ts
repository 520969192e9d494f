/** The operation `volume-create`: an empty file, a clone of an image, a copy of another volume. */
import type {
  OperationRecord,
  Stored,
  StorageJob,
  VolumeIntentRecord,
  VolumeRecord,
} from '@drover/protocol';
import { isCancelled } from '../pending.ts';
import type { Turn } from '../turn.ts';
import { factsOf } from '../vm-shape.ts';
import { awaitJob, beginJob, type JobEnd } from './job.ts';
import { type DeclaredPool, declared } from './pool-host.ts';
import { volumeInPool, forgetVolume, putVolume, refusedAsSaved } from './volume.ts';

export function volumeFile(volumeId: string, format: VolumeRecord['format']): string {
  return `${volumeId}.${format === 'raw' ? 'raw' : 'qcow2'}`;
}

export function driveCreateVolume(turn: Turn, stored: Stored<OperationRecord>): void {
  const { volumeId = '', state } = stored.value;
  const intent = turn.mirror.volumeIntents.get(volumeId)?.value;
  if (intent === undefined) return giveUp(turn, stored, failed('volume-not-found', 'it is gone'));
  const pool = turn.mirror.pools.get(intent.pool)?.value;
  if (pool === undefined) {
    return giveUp(turn, stored, failed('pool-not-found', `pool ${intent.pool} is not declared`));
  }
  const made = jobOf(turn, intent, declared(pool));
  if ('type' in made) return giveUp(turn, stored, made);
  if (state === 'pending') return begin(turn, stored, intent, made);
  const end = awaitJob(turn, stored, { kind: 'storage-job', job: made.job });
  if (end === undefined) return;
  if (end.type !== 'done') return giveUp(turn, stored, end);
  const { stored: file } = end.result;
  if (file === undefined) {
    return giveUp(turn, stored, failed('job-failed', 'its host did not say what it made'));
  }
  const { virtualBytes, format } = file;
  const record = recordOf(intent, made, { virtualBytes, format, file: file.file });
  turn.end(stored, 'succeeded', { stored: file }, putVolume(turn, record));
}

interface Making {
  readonly job: Extract<StorageJob, { job: 'clone' | 'create' }>;
  readonly pools: readonly string[];
  /** A thin clone stands on it for as long as it is there. */
  readonly imageId?: string;
}

type Failed = Extract<JobEnd, { type: 'failed' }>;

function failed(code: string, message: string): Failed {
  return { type: 'failed', error: { code, message } };
}

function jobOf(turn: Turn, intent: VolumeIntentRecord, pool: DeclaredPool): Making | Failed {
  const { id, source, mode, format, virtualBytes } = intent;
  const into = { pool, file: volumeFile(id, format) };
  const size = virtualBytes === undefined ? {} : { virtualBytes };
  if (source.type === 'empty') {
    if (virtualBytes === undefined) return failed('bad-request', 'an empty volume needs a size');
    return { job: { job: 'create', into, format, virtualBytes }, pools: [pool.name] };
  }
  if (source.type === 'volume') {
    const from = volumeInPool(turn, source.volumeId);
    if ('error' in from) return { type: 'failed', error: from.error };
    const { file, format: fromFormat } = from;
    const clone = { job: 'clone', from: { pool: from.pool, file }, fromFormat, into } as const;
    return {
      job: { ...clone, format, mode: 'full', ...size },
      pools: [...new Set([from.pool.name, pool.name])],
    };
  }
  const image = turn.mirror.images.get(source.imageId)?.value;
  const imageIntent = turn.mirror.imageIntents.get(source.imageId)?.value;
  const home = turn.mirror.pools.get(imageIntent?.pool ?? '')?.value;
  if (image?.state !== 'ready' || image.stored === undefined || home === undefined) {
    return failed('image-not-ready', `image ${imageIntent?.name ?? source.imageId} is not ready`);
  }
  const { file, format: fromFormat } = image.stored;
  const from = { pool: declared(home), file };
  const facts = factsOf(image.stored);
  return {
    job: { job: 'clone', from, fromFormat, facts, into, format, mode, ...size },
    pools: [...new Set([home.name, pool.name])],
    ...(mode === 'thin' ? { imageId: source.imageId } : {}),
  };
}

function begin(
  turn: Turn,
  stored: Stored<OperationRecord>,
  intent: VolumeIntentRecord,
  making: Making,
): void {
  if (isCancelled(turn, stored.value)) return giveUp(turn, stored, { type: 'cancelled' });
  const from = intent.source.type === 'volume' && volumeInPool(turn, intent.source.volumeId);
  const refused = from && !('error' in from) ? refusedAsSaved(turn, from) : undefined;
  if (refused !== undefined) return giveUp(turn, stored, { type: 'failed', error: refused });
  const { format, virtualBytes = 0 } = intent;
  const file = volumeFile(intent.id, format);
  const record = recordOf(intent, making, { file, format, virtualBytes });
  beginJob(turn, stored, {
    pools: making.pools,
    step: 'make',
    changes: { pool: intent.pool },
    puts: [putVolume(turn, { ...record, state: 'creating', operationId: stored.value.id })],
  });
}

function recordOf(
  { id, pool }: VolumeIntentRecord,
  { imageId }: Making,
  file: Pick<VolumeRecord, 'file' | 'format' | 'virtualBytes'>,
): VolumeRecord {
  const standsOn = imageId === undefined ? {} : { imageId };
  return { v: 1, id, state: 'ready', pool, ...file, ...standsOn };
}

function giveUp(
  turn: Turn,
  stored: Stored<OperationRecord>,
  end: Exclude<JobEnd, { type: 'done' }>,
): void {
  const records = forgetVolume(turn, stored.value.volumeId ?? '');
  if (end.type === 'failed') return turn.end(stored, 'failed', { error: end.error }, ...records);
  const reason = end.reason === undefined ? {} : { reason: end.reason };
  turn.end(stored, 'cancelled', reason, ...records);
}
