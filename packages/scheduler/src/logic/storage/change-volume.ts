/**
 * What the operations that change a volume have in common: the volume and its VM are held, the job is done by the VM's
 * host while it runs and by any host that reaches the pool while it does not, files that nothing stands on any more go
 * at the end.
 *
 *   pending ─▶ change ─▶ (tidy) ─▶ succeeded
 */
import type {
  CommandBody,
  DiskJob,
  OperationError,
  OperationRecord,
  Stored,
  StorageJob,
  StoredFacts,
  StoredFile,
  VolumeRecord,
} from '@drover/protocol';
import { isCancelled } from '../pending.ts';
import type { Turn } from '../turn.ts';
import { awaitJob, beginJob } from './job.ts';
import {
  volumeInPool,
  type VolumeInPool,
  holdVm,
  isVolumeBusy,
  putVolume,
  refusedAsSaved,
  releaseVm,
} from './volume.ts';

export interface Change {
  /** While no VM runs on it; absent: it is not done then. */
  readonly off?: StorageJob;
  /** While its VM runs; absent: it is not done then. */
  readonly live?: DiskJob;
  readonly pools: readonly string[];
  readonly record: (stored: StoredFacts | undefined) => VolumeRecord;
  /** Deleted once the record is as it is to be. */
  readonly obsolete?: readonly StoredFile[];
}

/** `decide` says no with an error; it is asked at each step, of the volume as it was before the change. */
export function driveChange(
  turn: Turn,
  stored: Stored<OperationRecord>,
  decide: (found: VolumeInPool) => Change | { readonly error: OperationError },
): void {
  if (stored.value.step === 'tidy') return tidy(turn, stored);
  const found = volumeInPool(turn, stored.value.volumeId ?? '');
  if ('error' in found) return fail(turn, stored, found.error);
  const refused = stored.value.state === 'pending' ? refusedAsSaved(turn, found) : undefined;
  if (refused !== undefined) return fail(turn, stored, refused);
  const change = decide(found);
  if ('error' in change) return fail(turn, stored, change.error);
  if (stored.value.state === 'pending') return begin(turn, stored, found, change);
  const body = bodyOf(stored.value.step, change);
  if (body === undefined) return fail(turn, stored, inUse(found));
  const { vmId, generation, step } = stored.value;
  const about = step === 'live' && vmId !== undefined ? { vmId, generation } : {};
  const end = awaitJob(turn, stored, body, about);
  if (end === undefined) return;
  if (end.type === 'failed') return fail(turn, stored, end.error);
  if (end.type === 'cancelled') {
    const reason = end.reason === undefined ? {} : { reason: end.reason };
    return turn.end(stored, 'cancelled', reason, ...releaseVm(turn, stored));
  }
  const record = putVolume(turn, change.record(end.result.stored));
  if (change.obsolete === undefined) {
    return turn.end(stored, 'succeeded', {}, record, ...releaseVm(turn, stored));
  }
  const obsolete = [...change.obsolete];
  turn.commit(
    turn.putOperation(stored, { step: 'tidy', obsolete, stepIndex: stored.value.stepIndex + 1 }),
    record,
  );
}

function begin(
  turn: Turn,
  stored: Stored<OperationRecord>,
  found: VolumeInPool,
  change: Change,
): void {
  if (isCancelled(turn, stored.value)) return turn.end(stored, 'cancelled', {});
  if (isVolumeBusy(turn, stored)) return;
  const assignment = turn.mirror.assignments.get(found.vm?.id ?? '')?.value;
  const hostId = assignment?.hostId;
  if (hostId !== undefined && assignment?.state !== 'running') {
    return turn.wait(stored.value.id, `${found.vm?.name ?? ''}, it is ${assignment?.state ?? ''}`);
  }
  const step = hostId === undefined ? 'off' : 'live';
  if (bodyOf(step, change) === undefined) return fail(turn, stored, inUse(found));
  beginJob(turn, stored, {
    pools: change.pools,
    step,
    changes: { pool: found.pool.name, generation: assignment?.generation ?? 0 },
    puts: holdVm(turn, stored),
    ...(hostId === undefined ? {} : { hostId }),
  });
}

function bodyOf(step: string, { off, live }: Change): CommandBody | undefined {
  if (step === 'live') return live === undefined ? undefined : { kind: 'disk-job', job: live };
  return off === undefined ? undefined : { kind: 'storage-job', job: off };
}

/** The volume is as it was to be already: a file that stays behind is an orphan, and is said to be one. */
export function tidy(turn: Turn, stored: Stored<OperationRecord>): void {
  const { obsolete = [] } = stored.value;
  const job: StorageJob = { job: 'delete', files: [...obsolete] };
  const end = awaitJob(
    turn,
    stored,
    { kind: 'storage-job', job },
    { onlyHere: true, mustEnd: true },
  );
  if (end === undefined) return;
  const files = obsolete.map(({ file }) => file).join(', ');
  const reason = end.type === 'failed' ? { reason: `${files} stays: ${end.error.message}` } : {};
  turn.end(stored, 'succeeded', reason, ...releaseVm(turn, stored));
}

function fail(turn: Turn, stored: Stored<OperationRecord>, error: OperationError): void {
  turn.end(stored, 'failed', { error }, ...releaseVm(turn, stored));
}

function inUse({ vm }: VolumeInPool): OperationError {
  const message = `${vm?.name ?? 'a VM'} runs on it: stop it first`;
  return { code: 'volume-in-use', message };
}
