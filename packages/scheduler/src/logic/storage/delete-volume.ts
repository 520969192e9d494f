/** The operation `volume-delete`: the files of a volume of its own, then what etcd has of it. */
import type { OperationError, OperationRecord, Stored } from '@drover/protocol';
import { isCancelled } from '../pending.ts';
import type { Turn } from '../turn.ts';
import { awaitJob, beginJob } from './job.ts';
import { volumeInPool, forgetVolume, isVolumeBusy } from './volume.ts';

export function driveDeleteVolume(turn: Turn, stored: Stored<OperationRecord>): void {
  const { volumeId = '', state } = stored.value;
  const found = volumeInPool(turn, volumeId);
  if ('error' in found) {
    if (found.error.code !== 'volume-not-found') return fail(turn, stored, found.error);
    const reason = 'it is gone already';
    return turn.end(stored, 'succeeded', { reason }, ...forgetVolume(turn, volumeId));
  }
  if (found.vm !== undefined) {
    const message = `VM ${found.vm.name} has it: delete the VM first`;
    return fail(turn, stored, { code: 'volume-in-use', message });
  }
  const { pool } = found;
  if (state === 'pending') {
    if (isCancelled(turn, stored.value)) return turn.end(stored, 'cancelled', {});
    if (isVolumeBusy(turn, stored)) return;
    return beginJob(turn, stored, {
      pools: [pool.name],
      step: 'delete',
      changes: { pool: pool.name },
    });
  }
  const { snapshots = [] } = found.record ?? {};
  const files = [found.file, ...snapshots.map(({ file }) => file)].map((file) => ({ pool, file }));
  const end = awaitJob(turn, stored, { kind: 'storage-job', job: { job: 'delete', files } });
  if (end === undefined) return;
  if (end.type === 'done')
    return turn.end(stored, 'succeeded', {}, ...forgetVolume(turn, volumeId));
  if (end.type === 'cancelled') return turn.end(stored, 'cancelled', {});
  fail(turn, stored, end.error);
}

function fail(turn: Turn, stored: Stored<OperationRecord>, error: OperationError): void {
  turn.end(stored, 'failed', { error });
}
