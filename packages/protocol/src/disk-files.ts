/**
 * Which files a VM's disks are. An intent names an image or a volume by its id, or a file that somebody put into the pool;
 * where something was done with a disk since (moved, resized, a snapshot taken) its volume's record says what it is now.
 */
import type { RecordMirror } from './record-mirror.ts';
import type { VmIntentRecord } from './records.ts';
import type { VolumeFormat } from './storage-job.ts';
import type { DiskSpec } from './vm-spec.ts';

export interface DiskFile {
  /** Of the volume that it is: one of its own, or `VM id-index`. */
  readonly volumeId: string;
  /** A volume of its own, that lives on without the VM. */
  readonly isVolume: boolean;
  /** The file was made for this VM, and goes with it. */
  readonly isOurs: boolean;
  readonly pool: string;
  readonly file: string;
  readonly format: VolumeFormat;
  /** The file of the image; only as long as the first start may still have to make the clone. */
  readonly cloneOf?: string;
  /** Where it is known, or asked for. */
  readonly virtualBytes?: number;
  /** The image that it stands on. */
  readonly imageId?: string;
}

const mib = 1024 * 1024;

export function diskVolumeId(vmId: string, index: number): string {
  return `${vmId}-${index}`;
}

/** Where an image's import is to put it, and is found as long as its record does not say so. */
export function imageFile(imageId: string): string {
  return `${imageId}.qcow2`;
}

export function diskFiles(records: RecordMirror, vm: VmIntentRecord): readonly DiskFile[] {
  return vm.spec.disks.map((disk, index) => fileOf(records, vm.id, disk, index));
}

export function diskFile(
  records: RecordMirror,
  vm: VmIntentRecord,
  index: number,
): DiskFile | undefined {
  const disk = vm.spec.disks[index];
  return disk && fileOf(records, vm.id, disk, index);
}

function fileOf(records: RecordMirror, vmId: string, disk: DiskSpec, index: number): DiskFile {
  const volume = disk.volume === undefined ? undefined : records.volumeIntents.get(disk.volume);
  if (volume !== undefined) {
    const { id, pool, format, virtualBytes } = volume.value;
    const about = { volumeId: id, isVolume: true, isOurs: false };
    const file = `${id}.${format}`;
    return { ...about, pool, file, format, ...sized(virtualBytes), ...recorded(records, id) };
  }
  const volumeId = diskVolumeId(vmId, index);
  const about = { volumeId, isVolume: false, isOurs: disk.image !== undefined };
  const { pool } = disk;
  const known = recorded(records, volumeId);
  if (known !== undefined && records.volumes.get(volumeId)?.value.state === 'ready') {
    // Of a copy that was made of somebody's file, that copy is ours.
    const isOurs = about.isOurs || known.file !== disk.volume;
    return { ...about, isOurs, ...known };
  }
  if (disk.image === undefined) {
    return { ...about, pool, file: disk.volume ?? '', format: disk.format ?? 'raw', ...known };
  }
  const image = records.images.get(disk.image)?.value;
  const isDeclared = records.imageIntents.has(disk.image);
  const wanted = disk.sizeMib === undefined ? undefined : disk.sizeMib * mib;
  return {
    ...about,
    pool,
    file: `${volumeId}.qcow2`,
    format: 'qcow2',
    cloneOf: isDeclared ? (image?.stored?.file ?? imageFile(disk.image)) : disk.image,
    ...sized(wanted ?? image?.stored?.virtualBytes),
    ...(isDeclared ? { imageId: disk.image } : {}),
    ...known,
  };
}

function sized(virtualBytes: number | undefined): Pick<DiskFile, 'virtualBytes'> {
  return virtualBytes === undefined ? {} : { virtualBytes };
}

/** What the volume's record says instead. */
function recorded(records: RecordMirror, volumeId: string) {
  const record = records.volumes.get(volumeId)?.value;
  if (record === undefined) return undefined;
  const { pool, file, format, virtualBytes, imageId } = record;
  return { pool, file, format, virtualBytes, ...(imageId === undefined ? {} : { imageId }) };
}
