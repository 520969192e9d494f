/** The operation `volume-resize`: upwards only, of what lies there and of what runs. */
import type { OperationRecord, Stored } from '@drover/protocol';
import type { Turn } from '../turn.ts';
import { driveChange } from './change-volume.ts';
import { recordOf } from './volume.ts';

export function driveResizeVolume(turn: Turn, stored: Stored<OperationRecord>): void {
  const request = turn.mirror.requests.get(stored.value.id)?.value;
  const virtualBytes = request?.type === 'volume-resize' ? request.virtualBytes : 0;
  driveChange(turn, stored, (found) => {
    const before = found.virtualBytes ?? 0;
    if (virtualBytes < before) {
      const message = `it has ${before} bytes, and nothing is cut off: ${virtualBytes} are fewer`;
      return { error: { code: 'bad-request', message } };
    }
    const at = { pool: found.pool, file: found.file };
    return {
      off: { job: 'resize', at, format: found.format, virtualBytes },
      live: { job: 'resize', disk: at, virtualBytes },
      pools: [found.pool.name],
      record: (file) => ({
        ...recordOf(found),
        virtualBytes: file?.virtualBytes ?? virtualBytes,
      }),
    };
  });
}
