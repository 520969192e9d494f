/**
 * A volume as an operation works on it: where its file is, which VM has it. And how volume and VM are held meanwhile, and
 * what is written about it.
 */
import {
  findVolume,
  keys,
  type OperationError,
  type OperationRecord,
  type RecordMirror,
  type Stored,
  usersOfVolume,
  type VolumeRecord,
} from '@drover/protocol';
import { isBusy } from '../pending.ts';
import type { Put } from '../port.ts';
import { put, type Turn } from '../turn.ts';
import { isOpen } from '../vm-shape.ts';
import { type DeclaredPool, declared } from './pool-host.ts';

export interface VolumeInPool {
  readonly id: string;
  readonly pool: DeclaredPool;
  readonly file: string;
  readonly format: VolumeRecord['format'];
  /** Absent: of a VM's disk that nobody has looked at. */
  readonly virtualBytes?: number;
  readonly record?: VolumeRecord;
  /** The VM that has it as a disk. */
  readonly vm?: { readonly id: string; readonly name: string };
  readonly imageId?: string;
}

export type Found<T = VolumeInPool> = T | { readonly error: OperationError };

export function volumeInPool(turn: Turn, volumeId: string): Found {
  const found = findVolume(turn.mirror, volumeId);
  if (found === undefined) {
    return { error: { code: 'volume-not-found', message: `there is no volume ${volumeId}` } };
  }
  const pool = turn.mirror.pools.get(found.pool)?.value;
  if (pool === undefined) {
    return { error: { code: 'pool-not-found', message: `pool ${found.pool} is not declared` } };
  }
  const { id, file, format, virtualBytes, imageId, record } = found;
  if (file === undefined) {
    return {
      error: { code: 'volume-busy', message: `volume ${found.name ?? id} is not made yet` },
    };
  }
  const [vm] = usersOfVolume(turn.mirror, id);
  return {
    id,
    pool: declared(pool),
    file,
    format,
    ...(virtualBytes === undefined ? {} : { virtualBytes }),
    ...(imageId === undefined ? {} : { imageId }),
    ...(record === undefined ? {} : { record }),
    ...(vm === undefined ? {} : { vm }),
  };
}

/** Saved memory goes on with the disks as they were when it was saved, so that nothing is done with them. */
export function refusedAsSaved(turn: Turn, { vm }: VolumeInPool): OperationError | undefined {
  if (turn.mirror.assignments.get(vm?.id ?? '')?.value.saved === undefined) return undefined;
  const message = `the memory of ${vm?.name ?? 'its VM'} is saved, and belongs to its disks as they are: resume it, or start it without`;
  return { code: 'vm-saved', message };
}

/** The VM whose disk it is: an operation about the one is about the other. */
export function vmOfVolume(mirror: RecordMirror, volumeId: string | undefined): string | undefined {
  return volumeId === undefined ? undefined : usersOfVolume(mirror, volumeId)[0]?.id;
}

/** True while another operation has the volume, or the VM that it is a disk of. */
export function isVolumeBusy(turn: Turn, stored: Stored<OperationRecord>): boolean {
  const { id, volumeId = '', createdAtMs } = stored.value;
  for (const { value } of turn.mirror.operations.values()) {
    if (value.volumeId !== volumeId || value.id === id || !isOpen(value)) continue;
    const isBefore =
      value.createdAtMs < createdAtMs || (value.createdAtMs === createdAtMs && value.id < id);
    if (value.state === 'pending' && !isBefore) continue;
    turn.wait(id, `operation ${value.id}`);
    return true;
  }
  return stored.value.vmId !== undefined && isBusy(turn, stored);
}

/** The VM takes nothing else while its disk is worked on. */
export function holdVm(turn: Turn, { value }: Stored<OperationRecord>): readonly Put[] {
  const { vmId, id: operationId } = value;
  if (vmId === undefined) return [];
  const assignment = turn.mirror.assignments.get(vmId);
  if (assignment === undefined) {
    return [turn.putAssignment(vmId, { generation: 0, state: 'stopped', operationId })];
  }
  const held = { ...assignment.value, operationId };
  return [put(keys.assignment(vmId), held, assignment.modRevision)];
}

export function releaseVm(turn: Turn, { value }: Stored<OperationRecord>): readonly Put[] {
  const assignment = turn.mirror.assignments.get(value.vmId ?? '');
  if (assignment?.value.operationId !== value.id) return [];
  const { operationId: _, ...free } = assignment.value;
  return [put(keys.assignment(free.vmId), free, assignment.modRevision)];
}

export function putVolume(turn: Turn, value: VolumeRecord): Put {
  const known = turn.mirror.volumes.get(value.id)?.modRevision ?? 0;
  return put(keys.volume(value.id), value, known);
}

/** What etcd has of a volume of its own goes; its name is free again. */
export function forgetVolume(turn: Turn, volumeId: string): readonly Put[] {
  const { volumeIntents, volumeNames, volumes } = turn.mirror;
  const intent = volumeIntents.get(volumeId);
  const record = volumes.get(volumeId);
  const name = intent === undefined ? undefined : volumeNames.get(intent.value.name);
  return [
    ...(intent ? [put(keys.volumeIntent(volumeId), undefined, intent.modRevision)] : []),
    ...(record ? [put(keys.volume(volumeId), undefined, record.modRevision)] : []),
    ...(intent && name?.value.volumeId === volumeId
      ? [put(keys.volumeName(intent.value.name), undefined, name.modRevision)]
      : []),
  ];
}

/** What is known of it, as a record; a VM's own disk gets its first one by that. */
export function recordOf(found: VolumeInPool): VolumeRecord {
  const { id, pool, file, format, virtualBytes = 0, imageId, record } = found;
  const made: VolumeRecord = {
    v: 1,
    id,
    state: 'ready',
    pool: pool.name,
    file,
    format,
    virtualBytes,
    ...(imageId === undefined ? {} : { imageId }),
  };
  const { operationId: _, ...known } = record ?? made;
  return known;
}

/** Each operation that makes a new file for a volume makes another one; done again it makes the same. */
export function nextFile(
  volumeId: string,
  operationId: string,
  format: VolumeRecord['format'],
): string {
  return `${volumeId}-${operationId}.${format === 'raw' ? 'raw' : 'qcow2'}`;
}
