/**
 * Calls about volumes of storage pools, with their content as byte streams.
 */
import type { CallOptions, StreamOptions } from '../connection/options.ts';
import type { Connection } from '../connection/connection.ts';
import { CallAbandonedError, isNotFound } from '../errors.ts';
import { nameOf, volTypes, type VolType } from '../protocol/states.ts';
import type { StoragePoolRef, StorageVolRef } from '../protocol/types.ts';

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

export class VolumeCalls {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async byName(pool: StoragePoolRef, name: string, options?: CallOptions): Promise<StorageVolRef> {
    return (await this.#connection.call('storageVolLookupByName', { pool, name }, options)).vol;
  }

  async byPath(path: string, options?: CallOptions): Promise<StorageVolRef> {
    return (await this.#connection.call('storageVolLookupByPath', { path }, options)).vol;
  }

  /** `undefined` when the pool, as last refreshed, has no such volume. */
  async find(
    pool: StoragePoolRef,
    name: string,
    options?: CallOptions,
  ): Promise<StorageVolRef | undefined> {
    try {
      return await this.byName(pool, name, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** `flags` of `volCreateFlag`. */
  async create(
    pool: StoragePoolRef,
    xml: string,
    flags = 0,
    options?: CallOptions,
  ): Promise<StorageVolRef> {
    return (await this.#connection.call('storageVolCreateXml', { pool, xml, flags }, options)).vol;
  }

  /** A new volume with the content of `source`: can take as long as copying it. */
  async createFrom(
    pool: StoragePoolRef,
    xml: string,
    source: StorageVolRef,
    flags = 0,
    options?: CallOptions,
  ): Promise<StorageVolRef> {
    const args = { pool, xml, source, flags };
    return (await this.#connection.call('storageVolCreateXmlFrom', args, options)).vol;
  }

  async delete(vol: StorageVolRef, options?: CallOptions): Promise<void> {
    await this.#connection.call('storageVolDelete', { vol, flags: 0 }, options);
  }

  /** `flags` of `volResizeFlag`. */
  async resize(
    vol: StorageVolRef,
    capacityBytes: number,
    flags = 0,
    options?: CallOptions,
  ): Promise<void> {
    const args = { vol, capacity: BigInt(capacityBytes), flags };
    await this.#connection.call('storageVolResize', args, options);
  }

  async info(vol: StorageVolRef, options?: CallOptions): Promise<VolInfo> {
    const done = await this.#connection.call('storageVolGetInfo', { vol }, options);
    return {
      type: nameOf(volTypes, done.type),
      capacityBytes: Number(done.capacity),
      allocationBytes: Number(done.allocation),
    };
  }

  async path(vol: StorageVolRef, options?: CallOptions): Promise<string> {
    return (await this.#connection.call('storageVolGetPath', { vol }, options)).path;
  }

  async xml(vol: StorageVolRef, options?: CallOptions): Promise<string> {
    return (await this.#connection.call('storageVolGetXmlDesc', { vol, flags: 0 }, options)).xml;
  }

  /**
   * Writes the source's bytes into the volume. Use a connection of its own, and see that there is room:
   * libvirt 11.3 crashes when storage fills up under an upload. Throws `RangeError` for a source that
   * is longer than `lengthBytes`.
   */
  async upload(
    vol: StorageVolRef,
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    range: VolRange = {},
    options: StreamOptions = {},
  ): Promise<void> {
    const name = 'storageVolUpload';
    await using stream = await this.#connection.openStream(name, rangeOf(vol, range), options);
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

  /** The volume's bytes. Use a connection of its own, and read on: a slow reader stops all of it. */
  async *download(
    vol: StorageVolRef,
    range: VolRange = {},
    options: StreamOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const name = 'storageVolDownload';
    await using stream = await this.#connection.openStream(name, rangeOf(vol, range), options);
    for await (const bytes of stream) {
      checkSignal(name, options);
      yield bytes;
    }
    await stream.finish();
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
