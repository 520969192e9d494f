/**
 * The storage pools of a daemon: lists, look-ups, definition and creation. What can be done with one of
 * them is in `storage-pool.ts`.
 */
import type { Caller } from '../connection/caller.ts';
import type { CallOptions, FlagOptions } from '../connection/options.ts';
import { isNotFound } from '../errors.ts';
import type { StoragePoolRef, StorageVolRef } from '../protocol/types.ts';
import { StoragePool } from './storage-pool.ts';
import { StorageVol } from './storage-vol.ts';

export class StoragePools {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** All by default; flags of `poolListFlag` narrow it. (`virConnectListAllStoragePools`) */
  async list({ flags = 0, ...options }: FlagOptions = {}): Promise<readonly StoragePool[]> {
    const args = { needResults: 1, flags };
    const { pools } = await this.#caller.call('connectListAllStoragePools', args, options);
    return pools.map((ref) => this.of(ref));
  }

  /** A handle without asking the daemon: the uuid counts, the name only informs. */
  of(ref: Pick<StoragePoolRef, 'uuid'> & Partial<StoragePoolRef>): StoragePool {
    return new StoragePool(this.#caller, { name: '', ...ref });
  }

  /** Rejects with an error of which `isNotFound` is true. (`virStoragePoolLookupByName`) */
  async byName(name: string, options?: CallOptions): Promise<StoragePool> {
    return this.of((await this.#caller.call('storagePoolLookupByName', { name }, options)).pool);
  }

  /** Rejects with an error of which `isNotFound` is true. (`virStoragePoolLookupByUUID`) */
  async byUuid(uuid: string, options?: CallOptions): Promise<StoragePool> {
    return this.of((await this.#caller.call('storagePoolLookupByUuid', { uuid }, options)).pool);
  }

  /** `undefined` when libvirt does not know the name. */
  async find(name: string, options?: CallOptions): Promise<StoragePool | undefined> {
    try {
      return await this.byName(name, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Stores a definition, starts nothing. (`virStoragePoolDefineXML`) */
  async define(xml: string, { flags = 0, ...options }: FlagOptions = {}): Promise<StoragePool> {
    const { pool } = await this.#caller.call('storagePoolDefineXml', { xml, flags }, options);
    return this.of(pool);
  }

  /** Starts a transient pool from XML; flags of `poolCreateFlag`. (`virStoragePoolCreateXML`) */
  async create(xml: string, { flags = 0, ...options }: FlagOptions = {}): Promise<StoragePool> {
    const { pool } = await this.#caller.call('storagePoolCreateXml', { xml, flags }, options);
    return this.of(pool);
  }

  /** A handle of a volume without asking the daemon. */
  volume(ref: StorageVolRef): StorageVol {
    return new StorageVol(this.#caller, ref);
  }

  /** The volume with this path, if its pool is started and has seen it. (`virStorageVolLookupByPath`) */
  async volumeByPath(path: string, options?: CallOptions): Promise<StorageVol> {
    return this.volume((await this.#caller.call('storageVolLookupByPath', { path }, options)).vol);
  }

  /** (`virStorageVolLookupByKey`) */
  async volumeByKey(key: string, options?: CallOptions): Promise<StorageVol> {
    return this.volume((await this.#caller.call('storageVolLookupByKey', { key }, options)).vol);
  }
}
