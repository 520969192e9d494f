/**
 * The part of a start that goes on from saved memory, or throws it away. Used memory is not used again: the host moves the
 * file out of reach just before the VM runs, and what it says of a step whose end nobody knows comes from that.
 */
import type {
  CommandBody,
  DiskToAttach,
  OperationRecord,
  ReportedVm,
  SavedMemory,
  StepResult,
  StorageJob,
  Stored,
  StoredFile,
} from '@drover/protocol';
import { isOff } from './fence.ts';
import type { Put } from './port.ts';
import { startAttempts } from './settings.ts';
import { awaitJob } from './storage/job.ts';
import { declared, hostFor } from './storage/pool-host.ts';
import type { Turn } from './turn.ts';

/** Of steps whose end nobody knows. */
const stepsAtMost = 4 * startAttempts;

export function isResume({ step }: Pick<OperationRecord, 'step'>): boolean {
  return step === 'resume' || step === 'resume-again';
}

/** Nothing where its pool is not declared any more. */
export function memoryAt(turn: Turn, { pool: name, file }: SavedMemory): StoredFile | undefined {
  const pool = turn.mirror.pools.get(name)?.value;
  return pool && { pool: declared(pool), file };
}

export function resumeBody(
  turn: Turn,
  { vmId = '', step }: OperationRecord,
  disks: DiskToAttach[],
): CommandBody {
  const saved = turn.mirror.assignments.get(vmId)?.value.saved;
  const memory = saved && memoryAt(turn, saved);
  // Kept by the record until the VM runs, and the pool by the API as long as it has the file.
  if (saved === undefined || memory === undefined) throw new Error(`${vmId} has no saved memory`);
  const again = step === 'resume-again' ? { again: true as const } : {};
  return { kind: 'resume-saved', memory, facts: saved.facts, disks, ...again };
}

/** It runs, or has run: what stands still for another reason than its disk may have been taken up and no more. */
export function hasRun(vm: ReportedVm | undefined): boolean {
  return vm?.state === 'running' || vm?.state === 'paused-io-error';
}

export function mayResumeAgain({ stepIndex }: OperationRecord): boolean {
  return stepIndex < stepsAtMost;
}

/** To the same host: nobody else knows. A generation of its own, as for each attempt. */
export function resumeAgain(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '', target = '', generation: former, stepIndex } = stored.value;
  const generation = former + 1;
  turn.commit(
    turn.putOperation(stored, { step: 'resume-again', stepIndex: stepIndex + 1, generation }),
    turn.putAssignment(vmId, { hostId: target, generation, state: 'starting', operationId: id }),
  );
}

/** The record forgets the memory with the very commit that says that the VM runs; the file goes after that. */
export function resumed(turn: Turn, stored: Stored<OperationRecord>, running: Put): void {
  const { vmId = '', target = '', stepIndex } = stored.value;
  const saved = turn.mirror.assignments.get(vmId)?.value.saved;
  const memory = saved && memoryAt(turn, saved);
  const obsolete = memory === undefined ? [] : [memory];
  const changes = { step: 'tidy', stepIndex: stepIndex + 1, hostId: target, obsolete };
  turn.commit(turn.putOperation(stored, changes), running);
}

export function isMemoryLost({ error }: Pick<StepResult, 'error'>): boolean {
  return error?.code === 'memory-gone' || error?.code === 'memory-used';
}

/**
 * Gone: it stays saved, for a person may bring the file back. Used: it ran from it on some host and is not there any more,
 * as if it had crashed.
 */
export function memoryLost(
  turn: Turn,
  stored: Stored<OperationRecord>,
  { error }: Pick<StepResult, 'error'>,
): void {
  const { id, vmId = '', generation } = stored.value;
  const saved = turn.mirror.assignments.get(vmId)?.value.saved;
  turn.volatile.tried.delete(id);
  const problem = error?.message ?? 'its saved memory cannot be used';
  const record =
    error?.code === 'memory-gone' && saved !== undefined
      ? turn.putAssignment(vmId, { generation, state: 'saved', saved: { ...saved, problem } })
      : turn.putAssignment(vmId, { generation, state: 'crashed', saved: null });
  turn.end(stored, 'failed', error === undefined ? {} : { error }, record);
}

// ── throwing it away ──────────────────────────────────────────────────────────────────────────────

/** By a person's word, of this start. */
export function mayDiscard(turn: Turn, { value }: Stored<OperationRecord>): boolean {
  const request = turn.mirror.requests.get(value.id)?.value;
  return request?.type === 'start' && request.discardSaved === true;
}

/** Where nobody reaches the file it is forgotten all the same: a pool that is lost for ever must not keep the VM. */
export function beginDiscard(
  turn: Turn,
  stored: Stored<OperationRecord>,
  saved: SavedMemory,
): void {
  const { id, vmId = '', stepIndex, startedAtMs = turn.now.wallMs } = stored.value;
  const { generation = 0, filesHostId } = turn.mirror.assignments.get(vmId)?.value ?? {};
  const memory = memoryAt(turn, saved);
  const hostId = filesHostId ?? (memory && hostFor(turn, [saved.pool]));
  if (memory === undefined || hostId === undefined) {
    return forget(turn, stored, `no host reaches pool ${saved.pool} at the moment`);
  }
  turn.commit(
    turn.putOperation(stored, {
      state: 'running',
      step: 'discard',
      stepIndex: stepIndex + 1,
      hostId,
      obsolete: [memory],
      startedAtMs,
    }),
    turn.putAssignment(vmId, { generation, state: 'saved', operationId: id }),
  );
}

export function awaitDiscarded(turn: Turn, stored: Stored<OperationRecord>): void {
  const { hostId = '', obsolete = [] } = stored.value;
  if (isOff(turn, hostId)) return forget(turn, stored, `${hostId} was said to be off`);
  const job: StorageJob = { job: 'delete', files: [...obsolete] };
  const end = awaitJob(
    turn,
    stored,
    { kind: 'storage-job', job },
    { onlyHere: true, mustEnd: true },
  );
  if (end === undefined) return;
  forget(turn, stored, end.type === 'failed' ? end.error.message : undefined);
}

/** From here on it is a start like any other. */
function forget(turn: Turn, stored: Stored<OperationRecord>, whyFileStays?: string): void {
  const { obsolete: _, hostId: __, ...value } = stored.value;
  const { vmId = '' } = value;
  const { generation = 0 } = turn.mirror.assignments.get(vmId)?.value ?? {};
  const reason =
    whyFileStays === undefined
      ? {}
      : { reason: `the file of its saved memory stays: ${whyFileStays}` };
  const again = { state: 'pending', step: 'place', stepIndex: value.stepIndex + 1 } as const;
  turn.commit(
    turn.putOperation({ ...stored, value }, { ...again, ...reason }),
    turn.putAssignment(vmId, {
      generation,
      state: 'stopped',
      saved: null,
      operationId: value.id,
    }),
  );
}
