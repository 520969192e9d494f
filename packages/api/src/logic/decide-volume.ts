/**
 * A volume of its own that is asked for: empty, a clone of an image, a copy of another volume. May it be made, and what is
 * written.
 */
import {
  type api,
  DroverError,
  type FoundVolume,
  keys,
  type RecordMirror,
  type RequestRecord,
  type VolumeIntentRecord,
} from '@drover/protocol';
import { refuseWhenFull } from './decide-vm.ts';
import { requireImage } from './images.ts';
import {
  type Compare,
  compareImage,
  compareOf,
  comparePool,
  refuseField,
  refuseIdAsName,
  requireClosedVolume,
  requireReadyImage,
  requireReadyVolume,
  requireSamePool,
  requireSuitedPool,
} from './storage-checks.ts';
import { requireVolume } from './volumes.ts';
import { type Ask, putRecord, type Write } from './write.ts';

const mib = 1024 * 1024;

/** What it is made from. */
interface Origin {
  readonly source: VolumeIntentRecord['source'];
  readonly mode: VolumeIntentRecord['mode'];
  /** It cannot be smaller. */
  readonly leastBytes?: number;
  readonly compares: readonly Compare[];
}

/** `ask.id` is the request's; the volume's own is `volumeId`. */
export function createVolume(
  records: RecordMirror,
  volumeId: string,
  body: api.VolumeCreate,
  ask: Ask,
): Write {
  const { name, pool, format = 'qcow2', labels } = body;
  refuseIdAsName(name, 'a volume');
  requireSuitedPool(records, pool);
  const origin = originOf(records, body);
  if (origin.mode === 'thin' && format !== 'qcow2') {
    refuseField('/format', 'of a thin clone is qcow2: only that can stand on an image');
  }
  const virtualBytes = sizeOf(body, origin);
  if (records.volumeNames.has(name)) {
    throw new DroverError('name-taken', `there is a volume ${name} already; take another name`);
  }
  refuseWhenFull(records);
  const { by, atMs } = ask;
  const intent: VolumeIntentRecord = {
    v: 1,
    id: volumeId,
    name,
    pool,
    source: origin.source,
    mode: origin.mode,
    format,
    ...(virtualBytes === undefined ? {} : { virtualBytes }),
    ...(labels === undefined ? {} : { labels }),
    by,
    createdAtMs: atMs,
  };
  const request: RequestRecord = {
    v: 1,
    id: ask.id,
    type: 'volume-create',
    volumeId,
    by,
    createdAtMs: atMs,
  };
  return {
    puts: [
      putRecord(keys.volumeIntent(volumeId), intent, undefined),
      putRecord(keys.volumeName(name), { v: 1, volumeId }, undefined),
      putRecord(keys.request(ask.id), request, undefined),
    ],
    compares: [comparePool(records, pool), ...origin.compares],
  };
}

/** The same as making one from it; where nothing is said it is as that is. */
export function copyBody(
  records: RecordMirror,
  ref: string,
  { name, pool, format, sizeMib, labels }: api.VolumeCopy,
): api.VolumeCreate {
  const volume = requireVolume(records, ref);
  return {
    name,
    pool: pool ?? volume.pool,
    source: { type: 'volume', volume: volume.id },
    mode: 'full',
    format: format ?? volume.format,
    ...(sizeMib === undefined ? {} : { sizeMib }),
    ...(labels === undefined ? {} : { labels }),
  };
}

function originOf(records: RecordMirror, { source, mode, pool }: api.VolumeCreate): Origin {
  switch (source.type) {
    case 'empty':
      if (mode === 'thin') refuseField('/mode', 'thin is of clones: an empty volume has no image');
      return { source, mode: 'full', compares: [] };
    case 'image': {
      const image = requireImage(records, source.image);
      requireReadyImage(image);
      const isThin = (mode ?? 'thin') === 'thin';
      if (isThin) requireSamePool(image, pool, '/pool');
      const { id } = image.intent;
      return {
        source: { type: 'image', imageId: id },
        mode: isThin ? 'thin' : 'full',
        ...leastOf(image.record?.stored?.virtualBytes),
        compares: compareImage(records, id),
      };
    }
    case 'volume': {
      if (mode === 'thin') refuseField('/mode', 'thin is of images: of a volume a copy is made');
      const volume = requireVolume(records, source.volume);
      requireReadyVolume(records, volume);
      requireSuitedPool(records, volume.pool);
      return {
        source: { type: 'volume', volumeId: requireOwn(volume).id },
        mode: 'full',
        ...leastOf(volume.virtualBytes),
        compares: [
          ...requireClosedVolume(records, volume),
          compareOf(keys.volumeIntent(volume.id), records.volumeIntents.get(volume.id)),
          compareOf(keys.volume(volume.id), records.volumes.get(volume.id)),
        ],
      };
    }
  }
}

/** An intent names what it is made from by the id of a volume of its own. */
function requireOwn(volume: FoundVolume): FoundVolume {
  if (volume.vm === undefined) return volume;
  const { name, index } = volume.vm;
  refuseField(
    '/source/volume',
    `is disk ${index} of ${name}: only volumes of their own are copied`,
  );
}

function leastOf(leastBytes: number | undefined): Pick<Origin, 'leastBytes'> {
  return leastBytes === undefined ? {} : { leastBytes };
}

function sizeOf(
  { sizeMib, virtualBytes, source }: api.VolumeCreate,
  { leastBytes }: Origin,
): number | undefined {
  if (sizeMib !== undefined && virtualBytes !== undefined) {
    refuseField('/virtualBytes', 'says the same as sizeMib: give one of them');
  }
  const path = virtualBytes === undefined ? '/sizeMib' : '/virtualBytes';
  const bytes = virtualBytes ?? (sizeMib === undefined ? undefined : sizeMib * mib);
  if (bytes === undefined && source.type === 'empty') {
    refuseField(path, 'is needed of an empty volume');
  }
  if (bytes !== undefined && leastBytes !== undefined && bytes < leastBytes) {
    refuseField(path, `must be at least ${leastBytes} bytes, as large as what it is made from`);
  }
  return bytes;
}
