/**
 * One volume of a storage pool: what it says of itself, its size, its content as a stream of bytes.
 */
import { open } from 'node:fs/promises';
import type { Caller } from '../connection/caller.ts';
import type { CallOptions, FlagOptions, StreamOptions } from '../connection/options.ts';
import type { LibvirtStream } from '../connection/stream.ts';
import { volStreamFlag, volWipePattern } from '../protocol/constants.ts';
import { nameOf, volTypes, type VolType } from '../protocol/states.ts';
import type { StorageVolRef } from '../protocol/types.ts';
import { receiveFile, sendFile } from '../streams/file.ts';

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

export interface FileOptions extends StreamOptions {
  /** Told after each piece: bytes so far, holes included. */
  readonly onProgress?: (bytes: number) => void;
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

  /**
   * Overwrites its content, with zeroes if not told: takes as long as writing all of it, or many times as
   * long. (`virStorageVolWipe`, `virStorageVolWipePattern`)
   */
  async wipe(pattern: keyof typeof volWipePattern = 'zero', options?: CallOptions): Promise<void> {
    if (pattern === 'zero') {
      await this.#caller.call('storageVolWipe', { vol: this, flags: 0 }, options);
      return;
    }
    const args = { vol: this, algorithm: volWipePattern[pattern], flags: 0 };
    await this.#caller.call('storageVolWipePattern', args, options);
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
    await using stream = await this.openUpload(range, options);
    let left = range.lengthBytes || Number.POSITIVE_INFINITY;
    for await (const bytes of source) {
      // A daemon that is sent more than it was told spins for ever and serves nobody.
      if (bytes.length > left) throw new RangeError(`source is over ${range.lengthBytes} bytes`);
      left -= bytes.length;
      await stream.write(bytes);
    }
    await stream.finish();
  }

  /** The volume's bytes. (`virStorageVolDownload`) */
  async *download(
    range: VolRange = {},
    options: StreamOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    await using stream = await this.openDownload(range, options);
    yield* stream;
    await stream.finish();
  }

  /**
   * Writes a file into the volume; resolves with its size in bytes. With `sparse` its runs of zeroes are
   * left out: only for a new volume, since what was there under a hole stays.
   */
  async uploadFile(path: string, options: FileOptions = {}): Promise<number> {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const range = size === 0 ? {} : { lengthBytes: size };
    await using stream = await this.openUpload(range, options);
    const sent = await sendFile(file, stream, options.onProgress);
    await stream.finish();
    return sent;
  }

  /** Writes the volume into a file, with its holes; resolves with its size in bytes. */
  async downloadFile(path: string, options: FileOptions = {}): Promise<number> {
    await using file = await open(path, 'w');
    await using stream = await this.openDownload({}, { sparse: true, ...options });
    const received = await receiveFile(stream, file, options.onProgress);
    await stream.finish();
    return received;
  }

  /** For `toWritable` and its like: the stream of an upload. */
  openUpload(range: VolRange = {}, options: StreamOptions = {}): Promise<LibvirtStream> {
    return this.#caller.openStream('storageVolUpload', rangeOf(this, range, options), options);
  }

  /** For `toReadable` and its like: the stream of a download. */
  openDownload(range: VolRange = {}, options: StreamOptions = {}): Promise<LibvirtStream> {
    return this.#caller.openStream('storageVolDownload', rangeOf(this, range, options), options);
  }

  /** For logs: pool and name. */
  toString(): string {
    return `${this.pool}/${this.name}`;
  }
}

function rangeOf(vol: StorageVolRef, range: VolRange, { sparse = false }: StreamOptions) {
  return {
    vol,
    offset: BigInt(range.offsetBytes ?? 0),
    length: BigInt(range.lengthBytes ?? 0),
    flags: sparse ? volStreamFlag.sparse : 0,
  };
}
