/** The operation `delete`: the files that were made for the VM, then everything that names it. */
import {
  type AssignmentRecord,
  diskFiles,
  keys,
  type OperationError,
  type OperationRecord,
  type Stored,
  type StoredFile,
  type VmIntentRecord,
} from '@drover/protocol';
import { copyError, copyOf } from './copies.ts';
import { isBusy } from './pending.ts';
import type { Put } from './port.ts';
import { memoryAt } from './resume.ts';
import { awaitJob, beginJob, nextStep } from './storage/job.ts';
import { declared } from './storage/pool-host.ts';
import { put, type Turn } from './turn.ts';
import { poolsOfSeeds } from './vm-shape.ts';

export function driveDelete(turn: Turn, stored: Stored<OperationRecord>): void {
  const { vmId = '' } = stored.value;
  const intent = turn.mirror.vmIntents.get(vmId)?.value;
  if (!intent) return turn.end(stored, 'succeeded', { reason: 'it is gone already' });
  if (stored.value.state === 'pending') begin(turn, stored, intent);
  else remove(turn, stored, intent);
}

function begin(turn: Turn, stored: Stored<OperationRecord>, intent: VmIntentRecord): void {
  const { vmId = '' } = stored.value;
  if (isBusy(turn, stored) || turn.isFull) return;
  const assignment = turn.mirror.assignments.get(vmId)?.value;
  if (assignment?.hostId !== undefined) {
    const message = `it is ${assignment.state} on ${assignment.hostId}; stop it first`;
    return turn.end(stored, 'failed', { error: { code: 'vm-running', message } });
  }
  const copy = copyOf(turn, stored);
  if (copy.type === 'asked') return;
  if (copy.type === 'there') return turn.end(stored, 'failed', { error: copyError(copy.hostId) });
  const files = ourFiles(turn, intent, assignment);
  const seeds = poolsOfSeeds(turn.mirror, intent);
  // No file of ours, or none that was ever made: nothing to do on any host.
  const isNone = files.length === 0 && seeds.length === 0;
  if (isNone || assignment === undefined) return finish(turn, stored, intent);
  const { generation, state, wasGone, filesHostId } = assignment;
  const isGone = state === 'crashed' || wasGone === true;
  beginJob(turn, stored, {
    pools: [...new Set([...files.map(({ pool }) => pool.name), ...seeds.map(({ name }) => name)])],
    step: files.length === 0 ? 'seeds' : 'delete',
    ...(filesHostId === undefined ? {} : { hostId: filesHostId }),
    puts: [
      turn.putAssignment(vmId, {
        generation,
        state: 'stopped',
        operationId: stored.value.id,
        ...(isGone ? { wasGone: true } : {}),
      }),
    ],
  });
}

function remove(turn: Turn, stored: Stored<OperationRecord>, intent: VmIntentRecord): void {
  const seedsIn = [...poolsOfSeeds(turn.mirror, intent)];
  const isLast = stored.value.step === 'seeds';
  const files = [...ourFiles(turn, intent, turn.mirror.assignments.get(intent.id)?.value)];
  const end = isLast
    ? awaitJob(turn, stored, { kind: 'delete-seeds', pools: seedsIn }, { vmId: intent.id })
    : awaitJob(turn, stored, { kind: 'storage-job', job: { job: 'delete', files } });
  if (end === undefined) return;
  if (end.type === 'done' && !isLast && seedsIn.length > 0) {
    return nextStep(turn, stored, { step: 'seeds' });
  }
  if (end.type === 'done') return finish(turn, stored, intent);
  const message = 'its files could not be deleted';
  failed(turn, stored, end.type === 'failed' ? end.error : { code: 'job-failed', message });
}

/** With what snapshots left of them, and its saved memory. QEMU's own NFS client deletes nothing: what lies there stays. */
function ourFiles(
  turn: Turn,
  intent: VmIntentRecord,
  assignment: AssignmentRecord | undefined,
): readonly StoredFile[] {
  const memory = assignment?.saved && memoryAt(turn, assignment.saved);
  const ofDisks = diskFiles(turn.mirror, intent).flatMap(
    ({ isOurs, pool: name, file, volumeId }) => {
      const pool = turn.mirror.pools.get(name)?.value;
      if (!isOurs || pool === undefined || pool.spec.type === 'nfs-direct') return [];
      const snapshots = turn.mirror.volumes.get(volumeId)?.value.snapshots ?? [];
      const files = [file, ...snapshots.map((one) => one.file)];
      return files.map((one) => ({ pool: declared(pool), file: one }));
    },
  );
  return [...ofDisks, ...(memory === undefined ? [] : [memory])];
}

function failed(turn: Turn, stored: Stored<OperationRecord>, error: OperationError): void {
  const { vmId = '' } = stored.value;
  const { generation = 0, wasGone } = turn.mirror.assignments.get(vmId)?.value ?? {};
  const state = wasGone ? 'crashed' : 'stopped';
  turn.end(stored, 'failed', { error }, turn.putAssignment(vmId, { generation, state }));
}

/** Intent, name and assignment go with the operation's end, in one transaction. */
function finish(turn: Turn, stored: Stored<OperationRecord>, intent: VmIntentRecord): void {
  const { vmIntents, vmNames, assignments, volumes } = turn.mirror;
  const { id: vmId } = intent;
  const name = vmNames.get(intent.name);
  const gone: readonly Put[] = [
    removed(keys.vmIntent(vmId), vmIntents.get(vmId)),
    removed(keys.vmName(intent.name), name?.value.vmId === vmId ? name : undefined),
    removed(keys.assignment(vmId), assignments.get(vmId)),
    ...diskFiles(turn.mirror, intent).map(({ isVolume, volumeId }) =>
      removed(keys.volume(volumeId), isVolume ? undefined : volumes.get(volumeId)),
    ),
  ].flatMap((one) => one ?? []);
  turn.end(stored, 'succeeded', {}, ...gone);
}

function removed(key: string, known: Stored<unknown> | undefined): Put | undefined {
  return known === undefined ? undefined : put(key, undefined, known.modRevision);
}
