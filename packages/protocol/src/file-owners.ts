/**
 * Why a file of a pool is no orphan: a record names it, or an operation that has not ended may still have it. By its name
 * alone, in whatever pool: two pools may be one directory, and a file too many harms less than one too few.
 */
import { diskFiles, imageFile } from './disk-files.ts';
import { readPoolPlace } from './pool-place.ts';
import type { RecordMirror } from './record-mirror.ts';
import type { OperationRecord } from './records.ts';
import type { RequestRecord } from './requests.ts';
import { volumesOf } from './volume-names.ts';

export class FileOwners {
  /** By name of the file, and by id in it: why. */
  readonly #files = new Map<string, string>();
  readonly #ids = new Map<string, string>();
  /** VMs whose seeds go with them. */
  readonly #vms = new Map<string, string>();
  readonly #unreadable: string | undefined;

  constructor(records: RecordMirror) {
    this.#unreadable = [...records.unreadable.keys()][0];
    this.#takeImages(records);
    this.#takeVolumes(records);
    this.#takeVms(records);
    this.#takeOperations(records);
  }

  /** Nothing: no record names it, and nobody is about to. */
  of(place: string): string | undefined {
    const name = readPoolPlace(place);
    if (name === undefined) return 'its name is none that Drover gives to files';
    if (this.#unreadable !== undefined) return `${this.#unreadable} in etcd cannot be read`;
    const named = this.#files.get(place);
    if (named !== undefined) return named;
    const [id = ''] = name.ids;
    if (name.kind === 'seed' && this.#vms.has(id)) return this.#vms.get(id);
    const busy = name.ids.find((one) => this.#ids.has(one));
    return busy === undefined ? undefined : this.#ids.get(busy);
  }

  #takeImages({ imageIntents, images }: RecordMirror): void {
    for (const { value } of imageIntents.values()) {
      const { id, name, version, source } = value;
      const isImported = images.get(id)?.value.stored !== undefined;
      this.#files.set(imageFile(id), `it is image ${name}@${version}`);
      if (source.type === 'file' && !isImported) {
        this.#files.set(source.file, `image ${name}@${version} is made of it`);
      }
    }
    for (const { value } of images.values()) {
      const { file = imageFile(value.id) } = value.stored ?? {};
      if (!this.#files.has(file)) this.#files.set(file, `it is the file of image ${value.id}`);
    }
  }

  #takeVolumes(records: RecordMirror): void {
    for (const { id, name, vm, file, format, snapshots } of volumesOf(records)) {
      const label = name ?? (vm === undefined ? id : `${vm.name}:${vm.index}`);
      this.#files.set(file ?? `${id}.${format}`, `it is volume ${label}`);
      for (const one of snapshots) {
        this.#files.set(one.file, `it is snapshot ${one.name} of volume ${label}`);
      }
    }
    for (const { value } of records.volumes.values()) {
      const { id, file, snapshots = [] } = value;
      for (const one of [file, ...snapshots.map((snapshot) => snapshot.file)]) {
        if (!this.#files.has(one)) this.#files.set(one, `it is a file of volume ${id}`);
      }
    }
  }

  #takeVms(records: RecordMirror): void {
    for (const { value: vm } of records.vmIntents.values()) {
      const { id, name, spec } = vm;
      this.#vms.set(id, `it is a cloud-init seed of VM ${name}`);
      const written = spec.disks.flatMap(({ image = '', volume = '' }) => [image, volume]);
      const disks = diskFiles(records, vm).flatMap(({ file, cloneOf = '' }) => [file, cloneOf]);
      for (const file of [...disks, ...written]) {
        if (!this.#files.has(file)) this.#files.set(file, `it belongs to a disk of VM ${name}`);
      }
    }
    for (const { value } of records.assignments.values()) {
      if (value.saved === undefined) continue;
      const { name = value.vmId } = records.vmIntents.get(value.vmId)?.value ?? {};
      this.#files.set(value.saved.file, `it is the saved memory of VM ${name}`);
    }
  }

  #takeOperations({ operations, requests }: RecordMirror): void {
    const open = [...operations.values()]
      .map(({ value }) => value)
      .filter(({ state }) => state === 'pending' || state === 'running');
    for (const { id, type, obsolete = [], ...about } of open) {
      if (type === 'orphan-delete') continue;
      for (const { file } of obsolete) this.#files.set(file, `operation ${id} has it`);
      this.#takeIds(id, about);
    }
    for (const { value } of requests.values()) {
      if (value.type === 'orphan-delete' || operations.has(value.id)) continue;
      this.#takeIds(value.id, value);
    }
  }

  #takeIds(id: string, about: Partial<OperationRecord> | RequestRecord): void {
    const why = `operation ${id} has not ended`;
    this.#ids.set(id, why);
    for (const field of ['vmId', 'volumeId', 'imageId'] as const) {
      const one = field in about ? (about as Partial<OperationRecord>)[field] : undefined;
      if (one !== undefined) this.#ids.set(one, why);
    }
  }
}

/** A deletion that has not ended: nobody takes the file up any more. */
export function deletionOf(
  { operations, requests }: RecordMirror,
  file: string,
): string | undefined {
  for (const { value } of requests.values()) {
    if (value.type !== 'orphan-delete' || value.file !== file) continue;
    const { state = 'pending' } = operations.get(value.id)?.value ?? {};
    if (state === 'pending' || state === 'running') return value.id;
  }
  return undefined;
}
