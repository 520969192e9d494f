/**
 * Requests about images: may they be made, and what is written. A name's versions are counted in a record of their own,
 * so that of two who import one name at the same time one finds it changed.
 */
import {
  type api,
  DroverError,
  imageLabel,
  type ImageIntentRecord,
  imagesOf,
  imageSettings,
  imageState,
  keys,
  problemWithSource,
  type RecordMirror,
  type RequestRecord,
  usersOfImage,
} from '@drover/protocol';
import { refuseWhenFull } from './decide-vm.ts';
import { requireImage } from './images.ts';
import {
  comparePool,
  openOperationOf,
  refuseField,
  refuseIdAsName,
  requireSuitedPool,
  takeFile,
} from './storage-checks.ts';
import { type Ask, putRecord, type Write } from './write.ts';

/** `ask.id` is the request's; the image's own is `imageId`. */
export function importImage(
  records: RecordMirror,
  imageId: string,
  body: api.ImageImport,
  ask: Ask,
): Write {
  const { newVersion = false, ...asked } = body;
  checkImport(records, body);
  const { name } = asked;
  const versions = imagesOf(records).filter(({ intent }) => intent.name === name);
  // One whose import has failed stands in nobody's way.
  const taken = versions.find((image) => imageState(image) !== 'failed');
  if (taken !== undefined && !newVersion) {
    throw new DroverError(
      'name-taken',
      `there is an image ${imageLabel(taken.intent)} already; take another name, or say that this is a new version of it (newVersion)`,
    );
  }
  refuseWhenFull(records);
  const former = records.imageNames.get(name);
  const newest = Math.max(former?.value.newest ?? 0, versions[0]?.intent.version ?? 0) + 1;
  const { by, atMs } = ask;
  const intent: ImageIntentRecord = {
    v: 1,
    id: imageId,
    version: newest,
    ...asked,
    by,
    createdAtMs: atMs,
  };
  return {
    puts: [
      putRecord(keys.imageIntent(imageId), intent, undefined),
      putRecord(keys.imageName(name), { v: 1, newest }, former),
      putRequest({ type: 'image-import', imageId }, ask),
    ],
    compares: [comparePool(records, asked.pool)],
  };
}

function checkImport(records: RecordMirror, { name, pool, source, sha256 }: api.ImageImport): void {
  refuseIdAsName(name, 'an image');
  requireSuitedPool(records, pool);
  const settings = imageSettings(records);
  if (source.type === 'url') {
    const problem = problemWithSource(settings, source.url);
    if (problem !== undefined) throw new DroverError('source-refused', problem);
    if (sha256 === undefined) {
      refuseField('/sha256', 'is needed of what comes from a URL: its publisher tells it');
    }
  }
  if (source.type === 'file') takeFile(records, pool, source.file);
  if (source.type !== 'upload') return;
  if (source.bytes === 0) refuseField('/source/bytes', 'must not be zero');
  refuseTooLarge(source.bytes, settings.maxBytes);
}

export function refuseTooLarge(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new DroverError(
    'too-large',
    `it has ${bytes} bytes, and at most ${maxBytes} may come; an admin can change the setting "maxBytes" of the images`,
  );
}

/** Nothing: it is under way already. `ask.id` is then not what `deletionOf` gives. */
export function deleteImage(
  records: RecordMirror,
  ref: string,
  whenUnused: boolean,
  ask: Ask,
): Write | undefined {
  const { intent } = requireOneImage(records, ref);
  const label = imageLabel(intent);
  const open = openOperationOf(records, { imageId: intent.id });
  if (open?.type === 'image-delete') return undefined;
  if (open !== undefined) {
    throw new DroverError(
      'image-not-ready',
      `image ${label}: ${open.type} is ${open.state} (operation ${open.id}); wait for its end, or cancel it`,
    );
  }
  const users = usersOfImage(records, intent.id);
  if (users.length > 0 && !whenUnused) {
    const named = users.slice(0, 5).map(({ name }) => name);
    const more = users.length > 5 ? ` and ${users.length - 5} more` : '';
    throw new DroverError(
      'image-in-use',
      `${users.length} volumes stand on image ${label}: ${named.join(', ')}${more}; delete them first, or let it go when they have gone (whenUnused)`,
    );
  }
  refuseWhenFull(records);
  const deleted = intent.deleted ?? { by: ask.by, atMs: ask.atMs };
  return {
    puts: [
      putRequest({ type: 'image-delete', imageId: intent.id }, ask),
      putRecord(keys.imageIntent(intent.id), { ...intent, deleted }, stored(records, intent.id)),
    ],
    compares: [],
  };
}

/** The deletion of the image that is under way. */
export function deletionOf(records: RecordMirror, imageId: string): string | undefined {
  const open = openOperationOf(records, { imageId });
  return open?.type === 'image-delete' ? open.id : undefined;
}

/** What is deleted has to be said exactly: a name alone means another version tomorrow. */
export function requireOneImage(records: RecordMirror, ref: string) {
  const image = requireImage(records, ref);
  const { name, id } = image.intent;
  const versions = imagesOf(records).filter(({ intent }) => intent.name === name);
  if (ref !== name || ref === id || versions.length === 1) return image;
  const labels = versions.map(({ intent }) => imageLabel(intent)).join(', ');
  throw new DroverError('bad-request', `say which version of ${name}: there are ${labels}`);
}

export function verifyImage(records: RecordMirror, ref: string, ask: Ask): Write {
  const { intent, record } = requireImage(records, ref);
  const label = imageLabel(intent);
  const open = openOperationOf(records, { imageId: intent.id });
  if (open !== undefined) {
    throw new DroverError(
      'image-not-ready',
      `image ${label}: ${open.type} is ${open.state} (operation ${open.id}); wait for its end`,
    );
  }
  if (record?.stored === undefined) {
    throw new DroverError('image-not-ready', `image ${label} has no file: its import has failed`);
  }
  refuseWhenFull(records);
  return {
    puts: [
      putRequest({ type: 'image-verify', imageId: intent.id }, ask),
      // Written though nothing in it changes: of two requests at the same time, one finds it changed.
      putRecord(keys.imageIntent(intent.id), intent, stored(records, intent.id)),
    ],
    compares: [],
  };
}

export function changeImage(
  records: RecordMirror,
  ref: string,
  { labels }: api.ImageChange,
): Write {
  const { intent } = requireImage(records, ref);
  const key = keys.imageIntent(intent.id);
  return {
    puts: [putRecord(key, { ...intent, labels }, stored(records, intent.id))],
    compares: [],
  };
}

type Wanted = Pick<Extract<RequestRecord, { readonly imageId: string }>, 'type' | 'imageId'>;

function putRequest(wanted: Wanted, { id, by, atMs }: Ask) {
  const request: RequestRecord = { v: 1, id, ...wanted, by, createdAtMs: atMs };
  return putRecord(keys.request(id), request, undefined);
}

function stored(records: RecordMirror, imageId: string) {
  return records.imageIntents.get(imageId);
}
