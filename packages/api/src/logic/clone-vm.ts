/**
 * A new VM like one that is off: its size, networks, labels and what it is told, with addresses of its own, and on full
 * copies of its disks, which are volumes of their own.
 */
import {
  type api,
  diskFiles,
  DroverError,
  findVolume,
  type FoundVolume,
  keys,
  type RecordMirror,
  type RequestRecord,
  type VmIntentRecord,
  type VmSpec,
  type VolumeIntentRecord,
} from '@drover/protocol';
import { refuseWhenBusy, refuseWhenFull } from './decide-vm.ts';
import { refuseNewName } from './rename-vm.ts';
import { comparePool, requireReadyVolume, requireSuitedPool } from './storage-checks.ts';
import { findVm } from './vms.ts';
import { type Ask, putRecord, type Write, type WritePut } from './write.ts';

/** Of what is made for one disk. */
export interface CopyIds {
  readonly volumeId: string;
  readonly requestId: string;
}

export interface CloneIds {
  readonly vmId: string;
  /** As many as the VM has disks. */
  readonly copies: readonly CopyIds[];
  /** Of what is told at the first boot, by its new name. */
  readonly seedHash?: string;
}

/** What is to be copied, in the order of its disks. Throws where it cannot be. */
export function checkClone(
  records: RecordMirror,
  idOrName: string,
  { name }: api.VmClone,
): { readonly vm: VmIntentRecord; readonly volumes: readonly FoundVolume[] } {
  const { value: vm } = findVm(records, idOrName);
  refuseNewName(records, name);
  refuseWhenBusy(records, vm);
  const { hostId, state } = records.assignments.get(vm.id)?.value ?? {};
  if (hostId !== undefined) {
    throw new DroverError(
      'vm-running',
      `${vm.name} is ${state} on ${hostId}; stop it first: its disks would be copied while it writes to them`,
    );
  }
  const volumes = diskFiles(records, vm).map(({ volumeId }, index) => {
    const volume = findVolume(records, volumeId);
    if (volume === undefined) {
      throw new DroverError('volume-not-found', `disk ${index} of ${vm.name} is not known`);
    }
    requireReadyVolume(records, volume);
    requireSuitedPool(records, volume.pool);
    const copy = copyName(name, index);
    if (records.volumeNames.has(copy)) {
      throw new DroverError('name-taken', `there is a volume ${copy} already; take another name`);
    }
    return volume;
  });
  return { vm, volumes };
}

/** `web2-0`: names of VMs are long enough for it only up to 60 letters. */
function copyName(name: string, index: number): string {
  return `${name.slice(0, 60).replace(/-+$/, '')}-${index}`;
}

/** `ask.id` is that of its start, where it is started; that waits for the copies. */
export function cloneVm(
  records: RecordMirror,
  idOrName: string,
  body: api.VmClone,
  ask: Ask,
  ids: CloneIds,
): Write {
  const { vm, volumes } = checkClone(records, idOrName, body);
  const { name, start = false } = body;
  const { by, atMs } = ask;
  refuseWhenFull(records);
  const disks = volumes.map((volume, index) => {
    const { volumeId, requestId } = ids.copies[index] ?? { volumeId: '', requestId: '' };
    return { volume, volumeId, requestId, name: copyName(name, index) };
  });
  const { cloudInit, ...rest } = vm.spec;
  const spec: VmSpec = {
    ...rest,
    disks: disks.map(({ volume, volumeId }) => ({ pool: volume.pool, volume: volumeId })),
    // Its addresses are its own.
    networks: vm.spec.networks.map(({ bridge }) => ({ bridge })),
    ...(cloudInit === undefined ? {} : { cloudInit: toldAs(cloudInit, vm.name) }),
  };
  const { seedHash } = ids;
  const intent: VmIntentRecord = {
    v: 1,
    id: ids.vmId,
    name,
    spec,
    desired: start ? 'running' : 'stopped',
    ...(seedHash === undefined ? {} : { seedHash }),
    ...(vm.hasSeedFile === undefined || seedHash === undefined ? {} : { hasSeedFile: true }),
    by,
    createdAtMs: atMs,
  };
  const startIt: RequestRecord = {
    v: 1,
    id: ask.id,
    type: 'start',
    vmId: ids.vmId,
    by,
    createdAtMs: atMs,
  };
  return {
    puts: [
      putRecord(keys.vmIntent(ids.vmId), intent, undefined),
      putRecord(keys.vmName(name), { v: 1, vmId: ids.vmId }, undefined),
      ...disks.flatMap((disk) => putsOfCopy(disk, ask)),
      ...(start ? [putRecord(keys.request(ask.id), startIt, undefined)] : []),
    ],
    compares: [
      ...new Map(
        [
          { key: keys.vmIntent(vm.id), modRevision: revisionOf(records.vmIntents.get(vm.id)) },
          { key: keys.assignment(vm.id), modRevision: revisionOf(records.assignments.get(vm.id)) },
          ...volumes.map(({ pool }) => comparePool(records, pool)),
        ].map((compare) => [compare.key, compare]),
      ).values(),
    ],
  };
}

/** A hostname that was the other one's name becomes this one's. */
export function toldAs(
  { hostname, ...told }: NonNullable<VmSpec['cloudInit']>,
  former: string,
): NonNullable<VmSpec['cloudInit']> {
  return hostname === undefined || hostname === former ? told : { ...told, hostname };
}

function putsOfCopy(
  disk: CopyIds & { readonly volume: FoundVolume; readonly name: string },
  { by, atMs }: Ask,
): readonly WritePut[] {
  const { volume, volumeId, requestId, name } = disk;
  const intent: VolumeIntentRecord = {
    v: 1,
    id: volumeId,
    name,
    pool: volume.pool,
    source: { type: 'volume', volumeId: volume.id },
    mode: 'full',
    format: volume.format,
    by,
    createdAtMs: atMs,
  };
  const request: RequestRecord = {
    v: 1,
    id: requestId,
    type: 'volume-create',
    volumeId,
    by,
    createdAtMs: atMs,
  };
  return [
    putRecord(keys.volumeIntent(volumeId), intent, undefined),
    putRecord(keys.volumeName(name), { v: 1, volumeId }, undefined),
    putRecord(keys.request(requestId), request, undefined),
  ];
}

function revisionOf(stored: { readonly modRevision: number } | undefined): number {
  return stored?.modRevision ?? 0;
}
