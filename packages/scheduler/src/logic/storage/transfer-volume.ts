/**
 * The operations `volume-download`, which gives the file to whoever asks the API and ends with that, and `volume-upload`:
 * what comes takes the place of what the volume had.
 *
 *   download: pending ─▶ open ─▶ give ─▶ succeeded
 *   upload:   pending ─▶ open ─▶ receive ─▶ import ─▶ tidy ─▶ succeeded
 */
import {
  imageSettings,
  type OperationError,
  type OperationRecord,
  type Stored,
} from '@drover/protocol';
import { isCancelled } from '../pending.ts';
import { idleMs } from '../settings.ts';
import type { Turn } from '../turn.ts';
import { awaitJob, beginJob, type JobEnd, nextStep } from './job.ts';
import {
  volumeInPool,
  type VolumeInPool,
  holdVm,
  isVolumeBusy,
  nextFile,
  putVolume,
  refusedAsSaved,
  recordOf,
  releaseVm,
} from './volume.ts';
import { tidy } from './change-volume.ts';

export function driveDownload(turn: Turn, stored: Stored<OperationRecord>): void {
  const found = foundOff(turn, stored);
  if ('error' in found) return fail(turn, stored, found.error);
  if (stored.value.state === 'pending') return begin(turn, stored, found);
  const at = { pool: found.pool, file: found.file };
  if (stored.value.step === 'open') {
    const transfer = { direction: 'out', at } as const;
    return opened(
      turn,
      stored,
      awaitJob(turn, stored, { kind: 'open-transfer', transfer, idleMs }),
      'give',
    );
  }
  // As long as they are given nothing else is done with it.
  const again = { whenUnknown: { step: 'open' } };
  const end = awaitJob(turn, stored, { kind: 'storage-job', job: { job: 'give', at } }, again);
  if (end === undefined) return;
  if (end.type !== 'done') return giveUp(turn, stored, end);
  const { transfer: _, ...value } = stored.value;
  turn.end({ ...stored, value }, 'succeeded', {}, ...releaseVm(turn, stored));
}

export function driveUpload(turn: Turn, stored: Stored<OperationRecord>): void {
  if (stored.value.step === 'tidy') return tidy(turn, stored);
  const found = foundOff(turn, stored);
  if ('error' in found) return fail(turn, stored, found.error);
  if (stored.value.state === 'pending') return begin(turn, stored, found);
  const request = turn.mirror.requests.get(stored.value.id)?.value;
  const bytes = request?.type === 'volume-upload' ? request.bytes : 0;
  switch (stored.value.step) {
    case 'open':
      return open(turn, stored, found, bytes);
    case 'receive':
      return receive(turn, stored, found, bytes);
    default:
      return replace(turn, stored, found);
  }
}

function open(
  turn: Turn,
  stored: Stored<OperationRecord>,
  found: VolumeInPool,
  bytes: number,
): void {
  const transfer = { direction: 'in', into: found.pool, bytes } as const;
  const end = awaitJob(turn, stored, { kind: 'open-transfer', transfer, idleMs });
  opened(turn, stored, end, 'receive');
}

/** The way is open: whoever has or wants the bytes finds it in the record. */
function opened(
  turn: Turn,
  stored: Stored<OperationRecord>,
  end: JobEnd | undefined,
  step: 'give' | 'receive',
): void {
  if (end === undefined) return;
  if (end.type !== 'done') return giveUp(turn, stored, end);
  const { transfer } = end.result;
  if (transfer !== undefined) return nextStep(turn, stored, { step, transfer });
  const message = `${stored.value.hostId ?? ''} did not say where they go through`;
  fail(turn, stored, { code: 'job-failed', message });
}

function receive(
  turn: Turn,
  stored: Stored<OperationRecord>,
  found: VolumeInPool,
  bytes: number,
): void {
  const job = { job: 'receive', into: found.pool, bytes, idleMs } as const;
  const again = { whenUnknown: { step: 'open' } };
  const end = awaitJob(turn, stored, { kind: 'storage-job', job }, again);
  if (end === undefined) return;
  if (end.type !== 'done') return giveUp(turn, stored, end);
  const { transfer: _, ...value } = stored.value;
  nextStep(turn, { ...stored, value }, { step: 'import' });
}

function replace(turn: Turn, stored: Stored<OperationRecord>, found: VolumeInPool): void {
  const { maxBytes, maxVirtualBytes } = imageSettings(turn.mirror);
  const into = { pool: found.pool, file: nextFile(found.id, stored.value.id, 'qcow2') };
  const source = { type: 'upload' } as const;
  const limits = { maxBytes, maxVirtualBytes };
  const job = { job: 'import', source, format: found.format, ...limits, into } as const;
  const end = awaitJob(turn, stored, { kind: 'storage-job', job });
  if (end === undefined) return;
  if (end.type !== 'done') return giveUp(turn, stored, end);
  const { imageId: _, ...record } = recordOf(found);
  const virtualBytes = end.result.stored?.virtualBytes ?? record.virtualBytes;
  const obsolete = [{ pool: found.pool, file: found.file }];
  const stepIndex = stored.value.stepIndex + 1;
  turn.commit(
    turn.putOperation(stored, { step: 'tidy', obsolete, stepIndex }),
    putVolume(turn, { ...record, file: into.file, format: 'qcow2', virtualBytes }),
  );
}

function begin(turn: Turn, stored: Stored<OperationRecord>, found: VolumeInPool): void {
  if (isCancelled(turn, stored.value)) return giveUp(turn, stored, { type: 'cancelled' });
  if (isVolumeBusy(turn, stored)) return;
  const refused = refusedAsSaved(turn, found);
  if (refused !== undefined) return fail(turn, stored, refused);
  beginJob(turn, stored, {
    pools: [found.pool.name],
    step: 'open',
    changes: { pool: found.pool.name },
    puts: holdVm(turn, stored),
  });
}

/** While a VM writes to it, no two bytes of it belong together. */
function foundOff(
  turn: Turn,
  { value }: Stored<OperationRecord>,
): VolumeInPool | { readonly error: OperationError } {
  const found = volumeInPool(turn, value.volumeId ?? '');
  if ('error' in found) return found;
  const assignment = turn.mirror.assignments.get(found.vm?.id ?? '')?.value;
  if (assignment?.hostId !== undefined) {
    const message = `${found.vm?.name ?? 'a VM'} is ${assignment.state} with it: stop it first`;
    return { error: { code: 'volume-in-use', message } };
  }
  const [snapshot] = found.record?.snapshots ?? [];
  if (value.type === 'volume-upload' && snapshot !== undefined) {
    const message = `it has snapshots (${snapshot.name}): delete them first`;
    return { error: { code: 'bad-request', message } };
  }
  return found;
}

function giveUp(
  turn: Turn,
  stored: Stored<OperationRecord>,
  end: Exclude<JobEnd, { type: 'done' }>,
): void {
  if (end.type === 'failed') return fail(turn, stored, end.error);
  const { transfer: _, ...value } = stored.value;
  const reason = end.reason === undefined ? {} : { reason: end.reason };
  turn.end({ ...stored, value }, 'cancelled', reason, ...releaseVm(turn, stored));
}

function fail(turn: Turn, stored: Stored<OperationRecord>, error: OperationError): void {
  const { transfer: _, ...value } = stored.value;
  turn.end({ ...stored, value }, 'failed', { error }, ...releaseVm(turn, stored));
}
