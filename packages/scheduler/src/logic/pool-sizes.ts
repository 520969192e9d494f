/**
 * What the records say of room in pools: how large the disks are that lie in one, what is being made there now, and what
 * the disks of a VM that is still to be made will take. Sizes that no record has are not guessed.
 */
import {
  type AssignmentRecord,
  type DiskSpec,
  memoryRoomMib,
  type OperationRecord,
  type RecordMirror,
  type VmIntentRecord,
  type VolumeRecord,
} from '@drover/protocol';
import type { DiskRequest } from '@drover/core';
import { mostMemoryMib } from './vm-size.ts';

const mib = 1024 * 1024;

export function mibOf(bytes: number): number {
  return Math.ceil(bytes / mib);
}

/** Its disks are made when it starts for the first time, and are there when it has run. */
export function hasToBeMade(assignment: AssignmentRecord | undefined): boolean {
  return assignment === undefined || assignment.unmade === true;
}

/** Of a VM that is still to be made; those that are files already need nothing. */
export function disksToMake(
  mirror: RecordMirror,
  disks: readonly DiskSpec[],
): readonly DiskRequest[] {
  const sizes = imageSizes(mirror);
  return disks.flatMap((disk) => {
    if (disk.image === undefined) return [];
    const bytes = sizes.get(`${disk.pool} ${disk.image}`) ?? 0;
    return [{ pool: disk.pool, sizeMib: mibOf(bytes), isThin: true }];
  });
}

/** As a VM sees it, by pool and the name of its file, or of the image: the newest version of a name. */
function imageSizes(mirror: RecordMirror): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const intents = [...mirror.imageIntents.values()].map(({ value }) => value);
  for (const { id, pool, name, version } of intents.toSorted((a, b) => a.version - b.version)) {
    const stored = mirror.images.get(id)?.value.stored;
    if (stored === undefined) continue;
    for (const named of [stored.file, `${name}@${version}`, name]) {
      sizes.set(`${pool} ${named}`, stored.virtualBytes);
    }
  }
  return sizes;
}

/** In a pool that each host has for itself, by host; else under no name. */
export interface PoolSizes {
  /** MiB that its disks may grow to. */
  readonly promisedMib: number;
  /** MiB that are being made. */
  readonly reservedMib: number;
}

const none: PoolSizes = { promisedMib: 0, reservedMib: 0 };

export type SizesByPool = ReadonlyMap<string, PoolSizes>;

export function sizesKey(pool: string, hostId?: string): string {
  return hostId === undefined ? pool : `${pool} ${hostId}`;
}

/** The whole, and of pools that each host has for itself also the part of each host, as far as it is known. */
export function poolSizes(mirror: RecordMirror, open: readonly OperationRecord[]): SizesByPool {
  const sizes = new Map<string, PoolSizes>();
  const add = (pool: string, hostId: string | undefined, more: Partial<PoolSizes>) => {
    const isLocal = mirror.pools.get(pool)?.value.spec.type === 'local';
    for (const key of [
      pool,
      ...(isLocal && hostId !== undefined ? [sizesKey(pool, hostId)] : []),
    ]) {
      const { promisedMib, reservedMib } = sizes.get(key) ?? none;
      sizes.set(key, {
        promisedMib: promisedMib + (more.promisedMib ?? 0),
        reservedMib: reservedMib + (more.reservedMib ?? 0),
      });
    }
  };
  for (const { value } of mirror.volumes.values()) {
    if (value.state !== 'failed') add(value.pool, undefined, { promisedMib: volumeMib(value) });
  }
  const images = imageSizes(mirror);
  if (images.size > 0) {
    for (const { value: intent } of mirror.vmIntents.values()) addVm(mirror, intent, images, add);
  }
  for (const operation of open) {
    const reserved = reservedBy(mirror, operation);
    if (reserved !== undefined) add(reserved.pool, operation.hostId, { reservedMib: reserved.mib });
  }
  return sizes;
}

function addVm(
  mirror: RecordMirror,
  { id, spec }: VmIntentRecord,
  images: ReadonlyMap<string, number>,
  add: (pool: string, hostId: string | undefined, more: Partial<PoolSizes>) => void,
): void {
  const assignment = mirror.assignments.get(id)?.value;
  if (hasToBeMade(assignment)) return;
  for (const [index, disk] of spec.disks.entries()) {
    // One that was resized or has snapshots is a volume of its own, and was counted as that.
    if (disk.image === undefined || mirror.volumes.has(`${id}-${index}`)) continue;
    const bytes = images.get(`${disk.pool} ${disk.image}`);
    if (bytes !== undefined) {
      add(disk.pool, assignment?.filesHostId, { promisedMib: mibOf(bytes) });
    }
  }
}

function volumeMib({ virtualBytes }: VolumeRecord): number {
  return mibOf(virtualBytes);
}

/** What it writes; a thin clone takes next to nothing. */
function reservedBy(
  mirror: RecordMirror,
  { id, type, state, vmId = '', imageId = '', volumeId = '', pool }: OperationRecord,
): { readonly pool: string; readonly mib: number } | undefined {
  const volume = mirror.volumes.get(volumeId)?.value;
  if (type === 'image-import') {
    const image = mirror.imageIntents.get(imageId)?.value;
    if (image?.source.type !== 'upload') return undefined;
    return { pool: image.pool, mib: mibOf(image.source.bytes) };
  }
  if (type === 'save') {
    const vm = mirror.vmIntents.get(vmId)?.value;
    if (vm === undefined || pool === undefined || state !== 'running') return undefined;
    const assignment = mirror.assignments.get(vmId)?.value;
    return { pool, mib: memoryRoomMib(mostMemoryMib(vm.spec, assignment)) };
  }
  if (type === 'volume-create') {
    const intent = mirror.volumeIntents.get(volumeId)?.value;
    const bytes = intent?.virtualBytes ?? volume?.virtualBytes;
    if (intent?.mode !== 'full' || bytes === undefined) return undefined;
    return { pool: intent.pool, mib: mibOf(bytes) };
  }
  if (volume === undefined) return undefined;
  if (type === 'volume-move' && pool !== undefined) return { pool, mib: volumeMib(volume) };
  const request = mirror.requests.get(id)?.value;
  if (request?.type !== 'volume-upload') return undefined;
  return { pool: volume.pool, mib: mibOf(request.bytes) };
}
