/** Volumes as the API shows them: those of their own, and the disks of VMs. */
import {
  type api,
  DroverError,
  findVolume,
  type FoundVolume,
  imageLabel,
  type RecordMirror,
  usersOfVolume,
  volumesOf,
} from '@drover/protocol';

export function requireVolume(records: RecordMirror, ref: string): FoundVolume {
  const found = findVolume(records, ref);
  if (found !== undefined) return found;
  throw new DroverError(
    'volume-not-found',
    `there is no volume ${ref}; GET /v1/volumes lists them`,
  );
}

export function listVolumes(records: RecordMirror): readonly api.VolumeBody[] {
  const users = new Map<string, { readonly id: string; readonly name: string }[]>();
  for (const { value } of records.vmIntents.values()) {
    for (const { volume } of value.spec.disks) {
      if (volume === undefined || !records.volumeIntents.has(volume)) continue;
      const known = users.get(volume) ?? [];
      users.set(volume, [...known, { id: value.id, name: value.name }]);
    }
  }
  return volumesOf(records).map((volume) =>
    volumeBody(records, volume, users.get(volume.id) ?? []),
  );
}

export function showVolume(records: RecordMirror, volume: FoundVolume): api.VolumeBody {
  return volumeBody(records, volume, usersOfVolume(records, volume.id));
}

function volumeBody(
  records: RecordMirror,
  volume: FoundVolume,
  users: readonly { readonly id: string; readonly name: string }[],
): api.VolumeBody {
  const { id, name, vm, state, pool, file, format, virtualBytes, imageId, operationId } = volume;
  const image = records.imageIntents.get(imageId ?? '')?.value;
  const { mode, source, labels, by, createdAtMs, deleted } = volume.intent ?? {};
  const owner = vm === undefined ? [] : [{ id: vm.id, name: vm.name }];
  return {
    id,
    ...(name === undefined ? {} : { name }),
    ...(vm === undefined ? {} : { vm }),
    state,
    pool,
    ...(file === undefined ? {} : { file }),
    format,
    ...(virtualBytes === undefined ? {} : { virtualBytes }),
    ...(imageId === undefined ? {} : { imageId }),
    ...(image === undefined ? {} : { image: imageLabel(image) }),
    ...(mode === undefined ? {} : { mode }),
    ...(source === undefined ? {} : { source }),
    snapshots: volume.snapshots.map((one) => ({
      name: one.name,
      virtualBytes: one.virtualBytes,
      atMs: one.atMs,
    })),
    users: vm === undefined ? [...users] : owner,
    ...(operationId === undefined ? {} : { operationId }),
    ...(labels === undefined ? {} : { labels }),
    ...(by === undefined ? {} : { by }),
    ...(createdAtMs === undefined ? {} : { createdAtMs }),
    ...(deleted === undefined ? {} : { deleted }),
  };
}
