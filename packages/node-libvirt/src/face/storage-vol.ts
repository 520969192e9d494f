/**
 * One volume of a storage pool: what it says of itself, its size, its content as a stream of bytes.
 */
import type { Caller } from '../connection/caller.ts';
import type { CallOptions, FlagOptions, StreamOptions } from '../connection/options.ts';
import { CallAbandonedError } from '../errors.ts';
import { nameOf, volTypes, type VolType } from '../protocol/states.ts';
import type { StorageVolRef } from '../protocol/types.ts';

export interface VolInfo {
  readonly type: VolType;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
}

export interface VolRange {
  readonly offsetBytes?: number;
  /** 0 or absent: to the end. */
  readonly lengthBytes?: number;
}

export class StorageVol implements StorageVolRef {
  readonly pool: string;
  readonly name: string;
  /** Names it for ever; for a file its path. */
  readonly key: string;
  readonly #caller: Caller;

  constructor(caller: Caller, ref: StorageVolRef) {
    this.#caller = caller;
    this.pool = ref.pool;
    this.name = ref.name;
    this.key = ref.key;
  }

  /** (`virStorageVolDelete`) */
  async delete({ flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('storageVolDelete', { vol: this, flags }, options);
  }

  /** Flags of `volResizeFlag`; smaller only with `shrink`. (`virStorageVolResize`) */
  async resize(capacityBytes: number, { flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    const args = { vol: this, capacity: BigInt(capacityBytes), flags };
    await this.#caller.call('storageVolResize', args, options);
  }

  /** (`virStorageVolGetInfo`) */
  async info(options?: CallOptions): Promise<VolInfo> {
    const done = await this.#caller.call('storageVolGetInfo', { vol: this }, options);
    return {
      type: nameOf(volTypes, done.type),
      capacityBytes: Number(done.capacity),
      allocationBytes: Number(done.allocation),
    };
  }

  /** (`virStorageVolGetPath`) */
  async path(options?: CallOptions): Promise<string> {
    return (await this.#caller.call('storageVolGetPath', { vol: this }, options)).path;
  }

  /** `readVolume` reads it. (`virStorageVolGetXMLDesc`) */
  async xml(options?: CallOptions): Promise<string> {
    return (await this.#caller.call('storageVolGetXmlDesc', { vol: this, flags: 0 }, options)).xml;
  }

  /** Overwrites its content with zeroes: takes as long as writing all of it. (`virStorageVolWipe`) */
  async wipe(options?: CallOptions): Promise<void> {
    await this.#caller.call('storageVolWipe', { vol: this, flags: 0 }, options);
  }

  /**
   * Writes the source's bytes into the volume. See that there is room: libvirt 11.3 crashes when storage
   * fills up under an upload. Throws `RangeError` for a source that is longer than `lengthBytes`.
   * (`virStorageVolUpload`)
   */
  async upload(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    range: VolRange = {},
    options: StreamOptions = {},
  ): Promise<void> {
    const name = 'storageVolUpload';
    await using stream = await this.#caller.openStream(name, rangeOf(this, range), options);
    let left = range.lengthBytes || Number.POSITIVE_INFINITY;
    for await (const bytes of source) {
      checkSignal(name, options);
      // A daemon that is sent more than it was told spins for ever and serves nobody.
      if (bytes.length > left) throw new RangeError(`source is over ${range.lengthBytes} bytes`);
      left -= bytes.length;
      await stream.write(bytes);
    }
    checkSignal(name, options);
    await stream.finish();
  }

  /** The volume's bytes. (`virStorageVolDownload`) */
  async *download(
    range: VolRange = {},
    options: StreamOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const name = 'storageVolDownload';
    await using stream = await this.#caller.openStream(name, rangeOf(this, range), options);
    for await (const bytes of stream) {
      checkSignal(name, options);
      yield bytes;
    }
    await stream.finish();
  }

  /** For logs: pool and name. */
  toString(): string {
    return `${this.pool}/${this.name}`;
  }
}

function rangeOf(vol: StorageVolRef, range: VolRange) {
  return {
    vol,
    offset: BigInt(range.offsetBytes ?? 0),
    length: BigInt(range.lengthBytes ?? 0),
    flags: 0,
  };
}

function checkSignal(procedure: string, options: StreamOptions): void {
  const { signal } = options;
  if (signal?.aborted === true) {
    throw new CallAbandonedError('aborted', procedure, true, signal.reason);
  }
}
