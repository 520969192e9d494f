/**
 * Snapshots of a volume: the file that it had stays as it is, and the volume goes on in a new one that stands on it.
 * Nothing is kept inside of files, and libvirt knows of none, so a VM with snapshots migrates as any other.
 */
import type { OperationError, OperationRecord, Stored } from '@drover/protocol';
import type { Turn } from '../turn.ts';
import { type Change, driveChange } from './change-volume.ts';
import { type VolumeInPool, nextFile, recordOf } from './volume.ts';

const snapshotsAtMost = 32;

type Decided = Change | { readonly error: OperationError };

export function driveTakeSnapshot(turn: Turn, stored: Stored<OperationRecord>): void {
  const name = snapshotName(turn, stored);
  driveChange(turn, stored, (found) => {
    const record = recordOf(found);
    const { snapshots = [] } = record;
    if (snapshots.some((one) => one.name === name)) return taken(name);
    if (snapshots.length >= snapshotsAtMost) return tooMany;
    const { file, format } = found;
    const at = { pool: found.pool, file };
    const into = { pool: found.pool, file: nextFile(found.id, stored.value.id, 'qcow2') };
    return {
      off: { job: 'clone', from: at, fromFormat: format, into, format: 'qcow2', mode: 'thin' },
      live: { job: 'snapshot', disk: at, into },
      pools: [found.pool.name],
      record: (made) => {
        const virtualBytes = made?.virtualBytes ?? record.virtualBytes;
        const snapshot = { name, file, format, virtualBytes, atMs: turn.now.wallMs };
        const after = [...snapshots, snapshot];
        return { ...record, file: into.file, format: 'qcow2', virtualBytes, snapshots: after };
      },
    };
  });
}

/** Back to the newest one; what was written since is gone, the snapshot stays. */
export function driveRevert(turn: Turn, stored: Stored<OperationRecord>): void {
  const name = snapshotName(turn, stored);
  driveChange(turn, stored, (found) => {
    const record = recordOf(found);
    const { snapshots = [] } = record;
    const snapshot = snapshots.find((one) => one.name === name);
    if (snapshot === undefined) return unknown(name);
    const newest = snapshots.at(-1);
    if (newest !== undefined && newest.name !== name) return notNewest(name, newest.name);
    const from = { pool: found.pool, file: snapshot.file };
    const into = { pool: found.pool, file: nextFile(found.id, stored.value.id, 'qcow2') };
    const fromFormat = snapshot.format;
    return {
      off: { job: 'clone', from, fromFormat, into, format: 'qcow2', mode: 'thin' },
      pools: [found.pool.name],
      record: () => ({
        ...record,
        file: into.file,
        format: 'qcow2',
        virtualBytes: snapshot.virtualBytes,
      }),
      obsolete: [{ pool: found.pool, file: found.file }],
    };
  });
}

/** What it has and the next one has not goes into the next one. */
export function driveDeleteSnapshot(turn: Turn, stored: Stored<OperationRecord>): void {
  const name = snapshotName(turn, stored);
  driveChange(turn, stored, (found) => deleteSnapshot(turn, found, name));
}

function deleteSnapshot(turn: Turn, found: VolumeInPool, name: string): Decided {
  const record = recordOf(found);
  const { snapshots = [] } = record;
  const index = snapshots.findIndex((one) => one.name === name);
  const snapshot = snapshots[index];
  if (snapshot === undefined) return unknown(name);
  const { pool } = found;
  const from = { pool, file: snapshot.file };
  const above = snapshots[index + 1];
  const into = { pool, file: above?.file ?? found.file };
  const below = belowOf(turn, found, index);
  return {
    off: {
      job: 'merge',
      from,
      into,
      ...(below === undefined ? {} : { below: { pool, file: below } }),
    },
    // QEMU has the files between open, and changes only what it writes to.
    ...(above === undefined
      ? {
          live: {
            job: 'pull' as const,
            disk: into,
            ...(below === undefined ? {} : { below: { pool, file: below } }),
          },
        }
      : {}),
    pools: [pool.name],
    record: () => ({ ...record, snapshots: snapshots.filter((one) => one.name !== name) }),
    obsolete: [from],
  };
}

/** What the file of a snapshot stands on. */
function belowOf(turn: Turn, found: VolumeInPool, index: number): string | undefined {
  const before = found.record?.snapshots?.[index - 1];
  return before?.file ?? turn.mirror.images.get(found.imageId ?? '')?.value.stored?.file;
}

function snapshotName(turn: Turn, { value }: Stored<OperationRecord>): string {
  const request = turn.mirror.requests.get(value.id)?.value;
  return request !== undefined && 'snapshot' in request ? request.snapshot : '';
}

function unknown(name: string): Decided {
  return { error: { code: 'snapshot-not-found', message: `it has no snapshot ${name}` } };
}

function taken(name: string): Decided {
  return { error: { code: 'name-taken', message: `it has a snapshot ${name} already` } };
}

function notNewest(name: string, newest: string): Decided {
  const message = `${newest} is newer than ${name} and stands on it: delete it first`;
  return { error: { code: 'bad-request', message } };
}

const tooMany: Decided = {
  error: {
    code: 'bad-request',
    message: `it has ${snapshotsAtMost} snapshots, no more are kept: delete one first`,
  },
};
