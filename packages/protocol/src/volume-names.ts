/**
 * Which volumes there are, and which is meant by what a person wrote. Those of their own have an intent; a VM's disks are
 * read from the VM's, and have a record of their own only once something was done with them.
 */
import { Type } from 'typebox';
import { diskFile, diskVolumeId } from './disk-files.ts';
import type { RecordMirror } from './record-mirror.ts';
import type { VmIntentRecord } from './records.ts';
import type { SnapshotRecord, VolumeIntentRecord, VolumeRecord } from './storage-records.ts';

/** A volume's id or name; of a VM's own disk its id, or `VM:index` by the VM's name. */
export const VolumeRef = Type.String({
  pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:[0-9]{1,2})?$',
  maxLength: 66,
});

export interface FoundVolume {
  readonly id: string;
  /** Of one of its own. */
  readonly name?: string;
  /** Whose own disk it is. */
  readonly vm?: { readonly id: string; readonly name: string; readonly index: number };
  readonly state: VolumeRecord['state'] | 'deleting';
  readonly pool: string;
  /** Absent: nobody has made one yet. */
  readonly file?: string;
  readonly format: VolumeRecord['format'];
  readonly virtualBytes?: number;
  /** The image that it stands on; of one that is being made: that it is made from. */
  readonly imageId?: string;
  readonly snapshots: readonly SnapshotRecord[];
  /** The operation that may change it now. */
  readonly operationId?: string;
  readonly intent?: VolumeIntentRecord;
  readonly record?: VolumeRecord;
}

/** All of them, those of their own first. */
export function volumesOf(records: RecordMirror): readonly FoundVolume[] {
  const own = [...records.volumeIntents.values()]
    .map(({ value }) => ownVolume(value, records.volumes.get(value.id)?.value))
    .toSorted((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
  const vms = [...records.vmIntents.values()]
    .map(({ value }) => value)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return [...own, ...vms.flatMap((vm) => disksOfVm(records, vm))];
}

export function findVolume(records: RecordMirror, ref: string): FoundVolume | undefined {
  const id = records.volumeIntents.has(ref) ? ref : records.volumeNames.get(ref)?.value.volumeId;
  const own = records.volumeIntents.get(id ?? '')?.value;
  if (own !== undefined) return ownVolume(own, records.volumes.get(own.id)?.value);
  const [, vmRef = '', index = ''] = /^(.*)[:-]([0-9]{1,2})$/.exec(ref) ?? [];
  const byName = ref.includes(':') ? records.vmNames.get(vmRef)?.value.vmId : undefined;
  const vm = records.vmIntents.get(byName ?? vmRef)?.value;
  if (vm === undefined) return undefined;
  return disksOfVm(records, vm).find((disk) => disk.vm?.index === Number(index));
}

/** The VMs that have a volume of its own among their disks; of a VM's own disk the VM. */
export function usersOfVolume(
  records: RecordMirror,
  volumeId: string,
): readonly { readonly id: string; readonly name: string }[] {
  return [...records.vmIntents.values()]
    .filter(({ value: { id, spec } }) =>
      spec.disks.some(
        (disk, index) => disk.volume === volumeId || diskVolumeId(id, index) === volumeId,
      ),
    )
    .map(({ value: { id, name } }) => ({ id, name }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function ownVolume(intent: VolumeIntentRecord, record: VolumeRecord | undefined): FoundVolume {
  const { id, name, pool, format, source, virtualBytes, deleted } = intent;
  const isMade = record?.state === 'ready';
  // What is being made is made from it: only then does it stand on it, or not.
  const madeFrom =
    source.type === 'image' && record?.state !== 'failed' ? source.imageId : undefined;
  const imageId = isMade ? record.imageId : madeFrom;
  const size = record?.virtualBytes ?? virtualBytes;
  return {
    id,
    name,
    state: deleted === undefined ? (record?.state ?? 'creating') : 'deleting',
    pool: record?.pool ?? pool,
    ...(record === undefined ? {} : { file: record.file, record }),
    format: record?.format ?? format,
    ...(size === undefined ? {} : { virtualBytes: size }),
    ...(imageId === undefined ? {} : { imageId }),
    snapshots: record?.snapshots ?? [],
    ...operationOf(record),
    intent,
  };
}

/** Without those that are volumes of their own. */
function disksOfVm(records: RecordMirror, vm: VmIntentRecord): readonly FoundVolume[] {
  return vm.spec.disks.flatMap((_disk, index): FoundVolume[] => {
    const disk = diskFile(records, vm, index);
    if (disk === undefined || disk.isVolume) return [];
    const record = records.volumes.get(disk.volumeId)?.value;
    return [
      {
        id: disk.volumeId,
        vm: { id: vm.id, name: vm.name, index },
        state: vm.desired === 'deleted' ? 'deleting' : (record?.state ?? 'ready'),
        pool: disk.pool,
        file: disk.file,
        format: disk.format,
        ...(disk.virtualBytes === undefined ? {} : { virtualBytes: disk.virtualBytes }),
        ...(disk.imageId === undefined ? {} : { imageId: disk.imageId }),
        snapshots: record?.snapshots ?? [],
        ...operationOf(record),
        ...(record === undefined ? {} : { record }),
      },
    ];
  });
}

function operationOf(record: VolumeRecord | undefined): Pick<FoundVolume, 'operationId'> {
  return record?.operationId === undefined ? {} : { operationId: record.operationId };
}
