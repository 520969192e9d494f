/** The operations `image-delete`, which waits for the last volume that stands on the image, and `image-verify`. */
import { imageFile, keys, type OperationRecord, type Stored, usersOfImage } from '@drover/protocol';
import { isCancelled } from '../pending.ts';
import { put, type Turn } from '../turn.ts';
import { forgetImage } from './import-image.ts';
import { awaitJob, beginJob } from './job.ts';
import { declared } from './pool-host.ts';

export function driveDeleteImage(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, imageId = '', state } = stored.value;
  const intent = turn.mirror.imageIntents.get(imageId)?.value;
  const pool = turn.mirror.pools.get(intent?.pool ?? '')?.value;
  if (intent === undefined || pool === undefined) {
    const reason = 'it is gone already';
    return turn.end(stored, 'succeeded', { reason }, ...forgetImage(turn, imageId));
  }
  if (state === 'pending') {
    if (isCancelled(turn, stored.value)) return turn.end(stored, 'cancelled', {});
    const users = usersOfImage(turn.mirror, imageId);
    if (users.length > 0) {
      return turn.wait(id, `what stands on it: ${users.length}`);
    }
    return beginJob(turn, stored, {
      pools: [pool.name],
      step: 'delete',
      changes: { pool: pool.name },
    });
  }
  const files = [{ pool: declared(pool), file: imageFile(imageId) }];
  const end = awaitJob(turn, stored, { kind: 'storage-job', job: { job: 'delete', files } });
  if (end === undefined) return;
  if (end.type === 'done') return turn.end(stored, 'succeeded', {}, ...forgetImage(turn, imageId));
  if (end.type === 'cancelled') return turn.end(stored, 'cancelled', {});
  turn.end(stored, 'failed', { error: end.error });
}

/** Reads all of it; one that is not what was recorded gives no clones any more until it is again. */
export function driveVerifyImage(turn: Turn, stored: Stored<OperationRecord>): void {
  const { imageId = '', state } = stored.value;
  const intent = turn.mirror.imageIntents.get(imageId)?.value;
  const pool = turn.mirror.pools.get(intent?.pool ?? '')?.value;
  const image = turn.mirror.images.get(imageId);
  const known = image?.value.stored;
  if (pool === undefined || image === undefined || known === undefined) {
    const error = { code: 'image-not-ready', message: 'there is no file of it to read' };
    return turn.end(stored, 'failed', { error });
  }
  if (state === 'pending') {
    if (isCancelled(turn, stored.value)) return turn.end(stored, 'cancelled', {});
    return beginJob(turn, stored, {
      pools: [pool.name],
      step: 'read',
      changes: { pool: pool.name },
    });
  }
  const at = { pool: declared(pool), file: known.file };
  const end = awaitJob(turn, stored, { kind: 'storage-job', job: { job: 'checksum', at } });
  if (end === undefined) return;
  if (end.type === 'cancelled') return turn.end(stored, 'cancelled', {});
  if (end.type === 'failed') return turn.end(stored, 'failed', { error: end.error });
  const found = end.result.stored;
  const isSame = found?.sha256 !== undefined && found.sha256 === known.sha256;
  const is = isSame ? { state: 'ready' as const, stored: found } : { state: 'altered' as const };
  const record = put(keys.image(imageId), { ...image.value, ...is }, image.modRevision);
  if (isSame) return turn.end(stored, 'succeeded', {}, record);
  const message = `${known.file} has SHA-256 ${found?.sha256 ?? 'unknown'}, recorded is ${known.sha256 ?? 'none'}`;
  turn.end(stored, 'failed', { error: { code: 'image-altered', message } }, record);
}
