/**
 * The operation `volume-move`: the volume goes to another pool, whole; while its VM runs it is copied under it. What it
 * leaves behind goes when the record says where it is.
 */
import type { OperationRecord, Stored } from '@drover/protocol';
import type { Turn } from '../turn.ts';
import { driveChange } from './change-volume.ts';
import { declared } from './pool-host.ts';
import { nextFile, recordOf } from './volume.ts';

export function driveMoveVolume(turn: Turn, stored: Stored<OperationRecord>): void {
  const request = turn.mirror.requests.get(stored.value.id)?.value;
  const target = request?.type === 'volume-move' ? request.pool : '';
  driveChange(turn, stored, (found) => {
    const pool = turn.mirror.pools.get(target)?.value;
    if (pool === undefined) {
      return { error: { code: 'pool-not-found', message: `pool ${target} is not declared` } };
    }
    const [snapshot] = found.record?.snapshots ?? [];
    if (snapshot !== undefined) {
      const message = `it has snapshots (${snapshot.name}), which a copy has not: delete them first`;
      return { error: { code: 'bad-request', message } };
    }
    const { format } = found;
    const at = { pool: found.pool, file: found.file };
    const into = { pool: declared(pool), file: nextFile(found.id, stored.value.id, format) };
    const { imageId: _, ...record } = recordOf(found);
    return {
      off: { job: 'clone', from: at, fromFormat: format, into, format, mode: 'full' },
      live: { job: 'copy', disk: at, into, format },
      pools: [found.pool.name, pool.name],
      record: (file) => ({
        ...record,
        pool: pool.name,
        file: into.file,
        virtualBytes: file?.virtualBytes ?? record.virtualBytes,
      }),
      obsolete: [at],
    };
  });
}
