/**
 * Which image is meant by what a person wrote, and what stands on one. From the records alone: the API resolves with it
 * what VMs and volumes name, the scheduler what it makes of that.
 */
import { Type } from 'typebox';
import { namePattern } from './names.ts';
import { parseValue } from './parse.ts';
import type { RecordMirror } from './record-mirror.ts';
import type { ImageIntentRecord, ImageRecord } from './storage-records.ts';
import { findVolume, volumesOf } from './volume-names.ts';

/** An id, a name, or `name@version`. */
export const ImageRef = Type.String({
  pattern: `${namePattern.slice(0, -1)}(@[1-9][0-9]{0,6})?$`,
  maxLength: 71,
});

export interface FoundImage {
  readonly intent: ImageIntentRecord;
  /** Absent: the scheduler has not taken up its import yet. */
  readonly record?: ImageRecord;
}

export type ImageState = ImageRecord['state'] | 'deleting';

/** `debian-13@2`. */
export function imageLabel({ name, version }: ImageIntentRecord): string {
  return `${name}@${version}`;
}

/** Of the image or the volume that an operation is about, as people call it now: `debian-13@2`, `data`, `web1:0`. */
export function nameOfFile(
  records: RecordMirror,
  {
    imageId,
    volumeId,
  }: { readonly imageId?: string | undefined; readonly volumeId?: string | undefined },
): string | undefined {
  const image = records.imageIntents.get(imageId ?? '')?.value;
  if (image !== undefined) return imageLabel(image);
  const volume = volumeId === undefined ? undefined : findVolume(records, volumeId);
  return volume?.vm === undefined ? volume?.name : `${volume.vm.name}:${volume.vm.index}`;
}

/** One that is marked as to go takes no new clones, whatever its file is. */
export function imageState({ intent, record }: FoundImage): ImageState {
  return intent.deleted === undefined ? (record?.state ?? 'importing') : 'deleting';
}

export function isReady(image: FoundImage): boolean {
  return imageState(image) === 'ready';
}

/** All of them, by name, the newest version of each first. */
export function imagesOf(records: RecordMirror): readonly FoundImage[] {
  return [...records.imageIntents.values()]
    .map(({ value }) => withRecord(records, value))
    .toSorted((a, b) => {
      if (a.intent.name !== b.intent.name) return a.intent.name < b.intent.name ? -1 : 1;
      return b.intent.version - a.intent.version;
    });
}

/**
 * By a name: the newest version that is ready; where none is, the newest that is not marked as to go, and only then one
 * that is. So that who asks hears of the state instead of nothing.
 */
export function findImage(records: RecordMirror, ref: string): FoundImage | undefined {
  const byId = records.imageIntents.get(ref)?.value;
  if (byId !== undefined) return withRecord(records, byId);
  if (!parseValue(ImageRef, ref).ok) return undefined;
  const [name = '', version] = ref.split('@');
  const versions = imagesOf(records).filter(({ intent }) => intent.name === name);
  if (version !== undefined) {
    return versions.find(({ intent }) => intent.version === Number(version));
  }
  return (
    versions.find(isReady) ??
    versions.find(({ intent }) => intent.deleted === undefined) ??
    versions[0]
  );
}

export interface ImageUser {
  /** Of a VM's own disk: `VM id-index`. */
  readonly volumeId: string;
  /** Of the volume, or of the VM whose disk it is. */
  readonly name: string;
  readonly vmId?: string;
}

/** What would be lost without it, or is being made from it now; those that are marked as to go too, until they are gone. */
export function usersOfImage(records: RecordMirror, imageId: string): readonly ImageUser[] {
  return (usersByImage(records).get(imageId) ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** For all images at once. */
export function usersByImage(records: RecordMirror): ReadonlyMap<string, readonly ImageUser[]> {
  const users = new Map<string, ImageUser[]>();
  for (const { id, imageId, name, vm } of volumesOf(records)) {
    if (imageId === undefined) continue;
    const user = { volumeId: id, name: vm?.name ?? name ?? id, ...(vm ? { vmId: vm.id } : {}) };
    const known = users.get(imageId);
    if (known === undefined) users.set(imageId, [user]);
    else known.push(user);
  }
  return users;
}

function withRecord(records: RecordMirror, intent: ImageIntentRecord): FoundImage {
  const record = records.images.get(intent.id)?.value;
  return { intent, ...(record === undefined ? {} : { record }) };
}
