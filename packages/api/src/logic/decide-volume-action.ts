/**
 * What is asked of a volume that is there: another size or pool, snapshots, its bytes in or out, its end. One thing at a
 * time; what a VM would not notice also while one runs on it.
 */
import {
  DroverError,
  type FoundVolume,
  imageSettings,
  keys,
  type RecordMirror,
  type RequestRecord,
  usersOfVolume,
} from '@drover/protocol';
import { refuseTooLarge } from './decide-image.ts';
import { refuseWhenFull } from './decide-vm.ts';
import {
  compareOf,
  comparePool,
  refuseBusyVolume,
  refuseField,
  requireClosedVolume,
  requireReadyVolume,
  requireSuitedPool,
  volumeLabel,
} from './storage-checks.ts';
import { requireVolume } from './volumes.ts';
import { type Ask, putRecord, type Write, type WritePut } from './write.ts';

const mib = 1024 * 1024;
const mostSnapshots = 32;
/** What its own host does while a VM runs on it. */
const live: readonly VolumeAction['type'][] = ['resize', 'move', 'snapshot', 'snapshot-delete'];

export type VolumeAction =
  | { readonly type: 'delete' }
  | { readonly type: 'resize'; readonly sizeMib: number }
  | { readonly type: 'move'; readonly pool: string }
  | {
      readonly type: 'snapshot' | 'revert' | 'snapshot-delete';
      readonly snapshot: string;
    }
  | { readonly type: 'download' }
  | { readonly type: 'upload'; readonly bytes: number };

export function requestOnVolume(
  records: RecordMirror,
  ref: string,
  action: VolumeAction,
  ask: Ask,
): Write {
  const volume = requireVolume(records, ref);
  if (action.type === 'delete') return deleteVolume(records, volume, ask);
  requireReadyVolume(records, volume);
  requireSuitedPool(records, volume.pool);
  const closed = requireClosedVolume(records, volume, live.includes(action.type));
  checkAction(records, volume, action);
  refuseWhenFull(records);
  return {
    puts: [putRequest(volume, action, ask), rewriteIntent(records, volume)],
    compares: [
      ...closed,
      compareOf(keys.volume(volume.id), records.volumes.get(volume.id)),
      ...(action.type === 'move' ? [comparePool(records, action.pool)] : []),
    ],
  };
}

function checkAction(
  records: RecordMirror,
  volume: FoundVolume,
  action: Exclude<VolumeAction, { readonly type: 'delete' }>,
): void {
  const label = volumeLabel(volume);
  switch (action.type) {
    case 'resize': {
      const { virtualBytes } = volume;
      if (virtualBytes === undefined || action.sizeMib * mib > virtualBytes) return;
      return refuseField(
        '/sizeMib',
        `must be more than the ${virtualBytes} bytes that ${label} has: a volume only grows, since what lies at its end would be lost`,
      );
    }
    case 'move':
      requireSuitedPool(records, action.pool);
      if (action.pool !== volume.pool) return;
      throw new DroverError('bad-request', `${label} lies in pool ${action.pool} already`);
    case 'snapshot':
      return checkNewSnapshot(volume, action.snapshot);
    case 'revert':
    case 'snapshot-delete':
      if (volume.snapshots.some(({ name }) => name === action.snapshot)) return;
      throw new DroverError(
        'snapshot-not-found',
        `volume ${label} has no snapshot ${action.snapshot}`,
      );
    case 'upload':
      return refuseTooLarge(action.bytes, imageSettings(records).maxBytes);
    case 'download':
      return;
  }
}

function checkNewSnapshot(volume: FoundVolume, snapshot: string): void {
  const label = volumeLabel(volume);
  if (volume.snapshots.some(({ name }) => name === snapshot)) {
    throw new DroverError('name-taken', `volume ${label} has a snapshot ${snapshot} already`);
  }
  if (volume.snapshots.length < mostSnapshots) return;
  throw new DroverError(
    'bad-request',
    `volume ${label} has ${mostSnapshots} snapshots, and no more are kept; delete one first`,
  );
}

function deleteVolume(records: RecordMirror, volume: FoundVolume, ask: Ask): Write {
  const label = volumeLabel(volume);
  const { vm, intent } = volume;
  if (vm !== undefined || intent === undefined) {
    throw new DroverError(
      'volume-in-use',
      `${label} is disk ${vm?.index ?? 0} of ${vm?.name ?? 'a VM'}, and goes with it`,
    );
  }
  refuseBusyVolume(records, volume);
  const [user] = usersOfVolume(records, volume.id);
  if (user !== undefined) {
    throw new DroverError(
      'volume-in-use',
      `volume ${label} is a disk of ${user.name}; delete that VM first`,
    );
  }
  refuseWhenFull(records);
  const deleted = intent.deleted ?? { by: ask.by, atMs: ask.atMs };
  const former = records.volumeIntents.get(intent.id);
  return {
    puts: [
      putRequest(volume, { type: 'delete' }, ask),
      // Of a VM that is made with it and this, one finds it changed.
      putRecord(keys.volumeIntent(intent.id), { ...intent, deleted }, former),
    ],
    compares: [compareOf(keys.volume(intent.id), records.volumes.get(intent.id))],
  };
}

function putRequest({ id: volumeId }: FoundVolume, action: VolumeAction, ask: Ask): WritePut {
  const { by, atMs } = ask;
  const about = { v: 1, id: ask.id, volumeId, by, createdAtMs: atMs } as const;
  return putRecord(keys.request(ask.id), requestOf(action, about), undefined);
}

function requestOf(
  action: VolumeAction,
  about: {
    readonly v: 1;
    readonly id: string;
    readonly volumeId: string;
    readonly by: string;
    readonly createdAtMs: number;
  },
): RequestRecord {
  switch (action.type) {
    case 'delete':
      return { ...about, type: 'volume-delete' };
    case 'resize':
      return { ...about, type: 'volume-resize', virtualBytes: action.sizeMib * mib };
    case 'move':
      return { ...about, type: 'volume-move', pool: action.pool };
    case 'snapshot':
      return { ...about, type: 'volume-snapshot', snapshot: action.snapshot };
    case 'revert':
      return { ...about, type: 'volume-revert', snapshot: action.snapshot };
    case 'snapshot-delete':
      return { ...about, type: 'volume-snapshot-delete', snapshot: action.snapshot };
    case 'download':
      return { ...about, type: 'volume-download' };
    case 'upload':
      return { ...about, type: 'volume-upload', bytes: action.bytes };
  }
}

/** Written though nothing in it changes: of two requests at the same time, one finds it changed. */
function rewriteIntent(records: RecordMirror, { id, vm }: FoundVolume): WritePut {
  if (vm === undefined) {
    const stored = records.volumeIntents.get(id);
    return putRecord(keys.volumeIntent(id), stored?.value ?? {}, stored);
  }
  const stored = records.vmIntents.get(vm.id);
  return putRecord(keys.vmIntent(vm.id), stored?.value ?? {}, stored);
}
