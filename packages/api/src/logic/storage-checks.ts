/**
 * What has to hold before anything is asked of images and volumes, as far as etcd's records tell. The scheduler looks
 * again when it takes a request up.
 */
import {
  deletionOf,
  diskFiles,
  DroverError,
  findVolume,
  type FoundImage,
  type FoundVolume,
  imageLabel,
  imageState,
  keys,
  type OperationRecord,
  parseValue,
  type PoolRecord,
  readPoolPlace,
  type RecordMirror,
  usersOfVolume,
  type VmIntentRecord,
  VolumeId,
} from '@drover/protocol';
import { allOperations, isOpen, openOperationOn } from './operations.ts';
import type { Write } from './write.ts';

export type Compare = Write['compares'][number];

/** Throws `invalid-body` for what a schema cannot say. */
export function refuseField(path: string, message: string): never {
  throw new DroverError('invalid-body', `${path} ${message}`, {
    details: { errors: [{ path, message }] },
  });
}

export function refuseIdAsName(name: string, what: 'an image' | 'a volume'): void {
  if (parseValue(VolumeId, name).ok) refuseField('/name', `must not look like the id of ${what}`);
}

/** A pool in which Drover may make files. */
export function requireSuitedPool(records: RecordMirror, name: string): PoolRecord {
  const pool = records.pools.get(name)?.value;
  if (pool === undefined) {
    throw new DroverError(
      'pool-not-found',
      `pool ${name} is not declared; declare it with POST /v1/pools first`,
    );
  }
  if (pool.spec.type === 'local') {
    throw new DroverError(
      'pool-unsuited',
      `pool ${name} is another one on each host: an image or a volume in it would belong to one host; take one of type nfs or shared`,
    );
  }
  if (pool.spec.type !== 'nfs-direct') return pool;
  throw new DroverError(
    'pool-unsuited',
    `Drover makes no files in pool ${name}: no host mounts an nfs-direct pool; take one of type nfs or shared`,
  );
}

export function compareOf(key: string, stored: { readonly modRevision: number } | undefined) {
  return { key, modRevision: stored?.modRevision ?? 0 };
}

export function comparePool(records: RecordMirror, name: string): Compare {
  return compareOf(keys.pool(name), records.pools.get(name));
}

/** Whoever makes something of an image has to find it as it was: one that is to go takes no new clones. */
export function compareImage(records: RecordMirror, id: string): readonly Compare[] {
  return [
    compareOf(keys.imageIntent(id), records.imageIntents.get(id)),
    compareOf(keys.image(id), records.images.get(id)),
  ];
}

export function requireReadyImage(image: FoundImage): void {
  const label = imageLabel(image.intent);
  const state = imageState(image);
  switch (state) {
    case 'ready':
      return;
    case 'altered':
      throw new DroverError(
        'image-altered',
        `the file of image ${label} is not the one that was recorded; nothing is made of it before it is verified`,
      );
    case 'deleting':
      throw new DroverError('image-not-ready', `image ${label} is to go, and takes no new clones`);
    case 'failed':
      throw new DroverError(
        'image-not-ready',
        `the import of image ${label} has failed (operation ${image.record?.operationId ?? 'unknown'}); import it again`,
      );
    case 'importing':
      throw new DroverError(
        'image-not-ready',
        `image ${label} is being imported${image.record === undefined ? '' : ` (operation ${image.record.operationId})`}; wait for its end`,
      );
  }
}

export function requireSamePool({ intent }: FoundImage, pool: string, path: string): void {
  if (intent.pool === pool) return;
  refuseField(
    path,
    `must be ${intent.pool}, where image ${imageLabel(intent)} lies: a thin clone stands on the image’s file; only a full copy can lie in another pool (POST /v1/volumes with mode full)`,
  );
}

/** `data`, `web1:0`. */
export function volumeLabel({ name, vm, id }: FoundVolume): string {
  return name ?? (vm === undefined ? id : `${vm.name}:${vm.index}`);
}

export function openOperationOf(
  records: RecordMirror,
  about: { readonly imageId: string } | { readonly volumeId: string },
): OperationRecord | undefined {
  return allOperations(records).find(
    (one) =>
      isOpen(one) &&
      ('imageId' in about ? one.imageId === about.imageId : one.volumeId === about.volumeId),
  );
}

export function refuseBusyVolume(records: RecordMirror, volume: FoundVolume): void {
  const busy = openOperationOf(records, { volumeId: volume.id }) ?? copyOf(records, volume);
  if (busy === undefined) return;
  throw new DroverError(
    'volume-busy',
    `volume ${volumeLabel(volume)}: ${busy.type} is ${busy.state} (operation ${busy.id}); wait for its end`,
  );
}

/** What makes another volume of it reads it, and nothing may write to it meanwhile. */
function copyOf(records: RecordMirror, { id }: FoundVolume): OperationRecord | undefined {
  return allOperations(records).find((one) => {
    if (one.type !== 'volume-create' || !isOpen(one)) return false;
    const source = records.volumeIntents.get(one.volumeId ?? '')?.value.source;
    return source?.type === 'volume' && source.volumeId === id;
  });
}

/** What works on a VM's disk may have its file half made. */
export function refuseBusyDisks(records: RecordMirror, vm: VmIntentRecord): void {
  for (const { volumeId } of diskFiles(records, vm)) {
    const volume = findVolume(records, volumeId);
    if (volume !== undefined) refuseBusyVolume(records, volume);
  }
}

/** Its file is there, and nobody else works on it. */
export function requireReadyVolume(records: RecordMirror, volume: FoundVolume): void {
  const label = volumeLabel(volume);
  refuseBusyVolume(records, volume);
  if (volume.state !== 'ready') {
    const why = { creating: 'is being made', failed: 'could not be made', deleting: 'is to go' };
    throw new DroverError('volume-not-ready', `volume ${label} ${why[volume.state]}`);
  }
  const generation = records.assignments.get(volume.vm?.id ?? '')?.value.generation ?? 0;
  if (volume.vm === undefined || volume.record !== undefined || generation > 0) return;
  throw new DroverError(
    'volume-not-ready',
    `${label} is made when ${volume.vm.name} starts for the first time; start it once`,
  );
}

/**
 * No VM has it open, nor is about to; with `mayRun` one may, and runs. What is compared makes sure that none is started before the request is in etcd.
 */
export function requireClosedVolume(
  records: RecordMirror,
  volume: FoundVolume,
  mayRun = false,
): readonly Compare[] {
  return usersOfVolume(records, volume.id).flatMap(({ id, name }) => {
    const assignment = records.assignments.get(id);
    const { hostId, state } = assignment?.value ?? {};
    if (hostId !== undefined && !(mayRun && state === 'running')) {
      throw new DroverError(
        'volume-in-use',
        `volume ${volumeLabel(volume)} is a disk of ${name}, which is ${state} on ${hostId}; stop it first`,
      );
    }
    if (assignment?.value.saved !== undefined) {
      throw new DroverError(
        'vm-saved',
        `volume ${volumeLabel(volume)} is a disk of ${name}, whose memory is saved and belongs to its disks as they are; resume ${name}, or start it without its saved memory`,
      );
    }
    const busy = openOperationOn(records, id);
    if (busy !== undefined) {
      throw new DroverError(
        'vm-busy',
        `volume ${volumeLabel(volume)} is a disk of ${name}: ${busy.type} is ${busy.state} (operation ${busy.id}); wait for its end`,
      );
    }
    return [
      compareOf(keys.assignment(id), assignment),
      // Of a VM's own disk its intent is written with the request.
      ...(volume.vm?.id === id ? [] : [compareOf(keys.vmIntent(id), records.vmIntents.get(id))]),
    ];
  });
}

/** A file that is about to go because no record names it. */
export function refuseDeleted(records: RecordMirror, file: string): void {
  const id = deletionOf(records, file);
  if (id === undefined) return;
  throw new DroverError('not-an-orphan', `${file}: operation ${id} deletes it; wait for its end`);
}

/** Of a file that is taken up by its name: it is not about to go. */
export function takeFile(records: RecordMirror, pool: string, file: string): readonly Compare[] {
  if (readPoolPlace(file) === undefined) return [];
  refuseDeleted(records, file);
  return [comparePool(records, pool)];
}
