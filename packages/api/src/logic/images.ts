/** Images as the API shows them. */
import {
  type api,
  DroverError,
  findImage,
  type FoundImage,
  imagesOf,
  imageState,
  type ImageUser,
  type RecordMirror,
  usersByImage,
  usersOfImage,
} from '@drover/protocol';
import { openOperationOf } from './storage-checks.ts';

const usersShown = 100;

/** By id, `name@version`, or name: then its newest version that is ready. */
export function requireImage(records: RecordMirror, ref: string): FoundImage {
  const found = findImage(records, ref);
  if (found !== undefined) return found;
  throw new DroverError('image-not-found', `there is no image ${ref}; GET /v1/images lists them`);
}

export function listImages(records: RecordMirror): readonly api.ImageBody[] {
  const users = usersByImage(records);
  return imagesOf(records).map((image) =>
    imageBody(records, image, users.get(image.intent.id)?.length ?? 0),
  );
}

/** With what stands on it. */
export function showImage(records: RecordMirror, image: FoundImage): api.ImageBody {
  const users: readonly ImageUser[] = usersOfImage(records, image.intent.id);
  return {
    ...imageBody(records, image, users.length),
    users: users.slice(0, usersShown).map((user) => ({ ...user })),
  };
}

function imageBody(records: RecordMirror, image: FoundImage, userCount: number): api.ImageBody {
  const { v: _v, ...shown } = image.intent;
  const { stored, sourceSha256, operationId: importId } = image.record ?? {};
  const operationId = openOperationOf(records, { imageId: shown.id })?.id ?? importId;
  return {
    ...shown,
    state: imageState(image),
    ...(stored === undefined ? {} : { stored }),
    ...(sourceSha256 === undefined ? {} : { sourceSha256 }),
    ...(operationId === undefined ? {} : { operationId }),
    userCount,
  };
}
