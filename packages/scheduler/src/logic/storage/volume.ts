/**
 * A volume as an operation finds it: one of its own, or a disk that was made for a VM, which has a record only once
 * something was done with it.
 */
import {
  diskFiles,
  keys,
  type OperationError,
  type OperationRecord,
  type Stored,
  type VmIntentRecord,
  type VolumeRecord,
} from '@drover/protocol';
import { isBusy } from '../pending.ts';
import type { Put } from '../port.ts';
import { put, type Turn } from '../turn.ts';
import { isOpen } from '../vm-shape.ts';
import { type DeclaredPool, declared } from './pool-host.ts';

export interface FoundVolume {
  readonly id: string;
  readonly pool: DeclaredPool;
  readonly file: string;
  readonly format: VolumeRecord['format'];
  /** Absent: of a VM's disk that nobody has looked at. */
  readonly virtualBytes?: number;
  readonly record?: Stored<VolumeRecord>;
  /** The VM that has it as a disk, and which. */
  readonly vm?: { readonly id: string; readonly name: string; readonly index: number };
  readonly imageId?: string;
}

export function findVolumeOf(
  turn: Turn,
  volumeId: string,
): FoundVolume | { readonly error: OperationError } {
  const record = turn.mirror.volumes.get(volumeId);
  const user = userOf(turn, volumeId);
  const vm =
    user === undefined
      ? {}
      : { vm: { id: user.intent.id, name: user.intent.name, index: user.index } };
  const found = record?.value ?? ownDisk(turn, volumeId);
  if (found === undefined) {
    return { error: { code: 'volume-not-found', message: `there is no volume ${volumeId}` } };
  }
  const pool = turn.mirror.pools.get(found.pool)?.value;
  if (pool === undefined) {
    const message = `pool ${found.pool} is not declared`;
    return { error: { code: 'pool-not-found', message } };
  }
  return {
    id: volumeId,
    pool: declared(pool),
    file: found.file,
    format: found.format,
    ...('virtualBytes' in found ? { virtualBytes: found.virtualBytes } : {}),
    ...(found.imageId === undefined ? {} : { imageId: found.imageId }),
    ...(record === undefined ? {} : { record }),
    ...vm,
  };
}

/** The VM that has the volume among its disks. */
export function userOf(
  turn: Turn,
  volumeId: string,
): { readonly intent: VmIntentRecord; readonly index: number } | undefined {
  const [, vmId = '', index] = /^(.{36})-(\d+)$/.exec(volumeId) ?? [];
  const own = turn.mirror.vmIntents.get(vmId)?.value;
  if (index !== undefined) return own && { intent: own, index: Number(index) };
  for (const { value: intent } of turn.mirror.vmIntents.values()) {
    const at = intent.spec.disks.findIndex(({ volume }) => volume === volumeId);
    if (at >= 0) return { intent, index: at };
  }
  return undefined;
}

function ownDisk(turn: Turn, volumeId: string) {
  const user = userOf(turn, volumeId);
  if (user === undefined || !/-\d+$/.test(volumeId.slice(36))) return undefined;
  const disk = diskFiles(turn.mirror, user.intent).disks[user.index];
  return disk?.cloneOf === undefined
    ? undefined
    : { pool: disk.pool.name, file: disk.file, format: disk.format, imageId: disk.imageId };
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
  const assignment = turn.mirror.assignments.get(value.vmId ?? '');
  if (assignment === undefined) return [];
  const held = { ...assignment.value, operationId: value.id };
  return [put(keys.assignment(assignment.value.vmId), held, assignment.modRevision)];
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
export function recordOf(found: FoundVolume): VolumeRecord {
  const { id, pool, file, format, virtualBytes = 0, imageId, record } = found;
  const { operationId: _, ...known } = record?.value ?? {
    v: 1 as const,
    id,
    state: 'ready' as const,
    pool: pool.name,
    file,
    format,
    virtualBytes,
    ...(imageId === undefined ? {} : { imageId }),
  };
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
