/**
 * What a new VM's disks name becomes what its intent keeps: a declared image's or volume's id. What is nobody's name is a
 * file that somebody put into the pool, and stays as it was written.
 */
import {
  DroverError,
  findImage,
  findVolume,
  keys,
  parseValue,
  type RecordMirror,
  usersOfVolume,
  Uuid,
  type VmSpec,
} from '@drover/protocol';
import {
  type Compare,
  compareImage,
  compareOf,
  refuseField,
  requireReadyImage,
  requireReadyVolume,
  requireSamePool,
  takeFile,
  volumeLabel,
} from './storage-checks.ts';
import { putRecord, type WritePut } from './write.ts';

type Disk = VmSpec['disks'][number];

export interface ResolvedDisks {
  readonly disks: Disk[];
  /** Images must not go meanwhile. */
  readonly compares: readonly Compare[];
  /** Of two VMs that are made with one volume at the same time, one finds it changed. */
  readonly puts: readonly WritePut[];
}

const mib = 1024 * 1024;

/** Throws where a disk cannot be made like that. */
export function resolveDisks(records: RecordMirror, spec: VmSpec): ResolvedDisks {
  const compares = new Map<string, Compare>();
  const puts = new Map<string, WritePut>();
  const disks = spec.disks.map((disk, index): Disk => {
    const path = `/spec/disks/${index}`;
    if (disk.image !== undefined) {
      const resolved = resolveImage(records, disk, disk.image, path);
      for (const compare of resolved.compares) compares.set(compare.key, compare);
      return resolved.disk;
    }
    if (disk.sizeMib !== undefined) {
      refuseField(`${path}/sizeMib`, 'is of clones: resize the volume itself');
    }
    const resolved = resolveVolume(records, disk, path);
    const { put } = resolved;
    if (put !== undefined && puts.has(put.key)) refuseField(path, 'is the same volume once more');
    if (put !== undefined) puts.set(put.key, put);
    for (const compare of resolved.compares) compares.set(compare.key, compare);
    return resolved.disk;
  });
  return { disks, compares: [...compares.values()], puts: [...puts.values()] };
}

function resolveImage(
  records: RecordMirror,
  disk: Disk,
  ref: string,
  path: string,
): { readonly disk: Disk; readonly compares: readonly Compare[] } {
  const image = findImage(records, ref);
  if (image === undefined) {
    const couldBeFile = !ref.includes('@') && !parseValue(Uuid, ref).ok;
    if (couldBeFile) return { disk, compares: takeFile(records, disk.pool, ref) };
    throw new DroverError('image-not-found', `there is no image ${ref}; GET /v1/images lists them`);
  }
  requireReadyImage(image);
  requireSamePool(image, disk.pool, `${path}/pool`);
  if (disk.format === 'raw') {
    refuseField(`${path}/format`, 'of a thin clone is qcow2: only that can stand on an image');
  }
  const least = image.record?.stored?.virtualBytes ?? 0;
  if (disk.sizeMib !== undefined && disk.sizeMib * mib < least) {
    refuseField(`${path}/sizeMib`, `must be at least ${least} bytes, as large as its image`);
  }
  const { id } = image.intent;
  return { disk: { ...disk, image: id }, compares: compareImage(records, id) };
}

function resolveVolume(
  records: RecordMirror,
  disk: Disk,
  path: string,
): { readonly disk: Disk; readonly compares: readonly Compare[]; readonly put?: WritePut } {
  const ref = disk.volume ?? '';
  const volume = findVolume(records, ref);
  if (volume === undefined) {
    if (!parseValue(Uuid, ref).ok) return { disk, compares: takeFile(records, disk.pool, ref) };
    throw new DroverError(
      'volume-not-found',
      `there is no volume ${ref}; GET /v1/volumes lists them`,
    );
  }
  const label = volumeLabel(volume);
  const [user] = usersOfVolume(records, volume.id);
  if (user !== undefined) {
    throw new DroverError(
      'volume-in-use',
      `volume ${label} is a disk of ${user.name} already; two VMs that write one disk would destroy it`,
    );
  }
  requireReadyVolume(records, volume);
  if (volume.pool !== disk.pool) {
    refuseField(`${path}/pool`, `must be ${volume.pool}, where volume ${label} lies`);
  }
  if (disk.format !== undefined && disk.format !== volume.format) {
    refuseField(`${path}/format`, `must be ${volume.format}, as volume ${label} is`);
  }
  const intent = records.volumeIntents.get(volume.id);
  const key = keys.volumeIntent(volume.id);
  return {
    disk: { ...disk, volume: volume.id },
    compares: [compareOf(keys.volume(volume.id), records.volumes.get(volume.id))],
    ...(intent === undefined ? {} : { put: putRecord(key, intent.value, intent) }),
  };
}
