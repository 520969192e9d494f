/**
 * Calls about storage pools. Any of them can hang while its storage does, so give them a connection that
 * nothing urgent shares.
 */
import type { CallOptions } from '../connection/options.ts';
import type { Connection } from '../connection/connection.ts';
import { isNotFound } from '../errors.ts';
import { nameOf, poolStates, type PoolState } from '../protocol/states.ts';
import type { StoragePoolRef, StorageVolRef } from '../protocol/types.ts';

export interface PoolInfo {
  readonly state: PoolState;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
  readonly availableBytes: number;
}

export class PoolCalls {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** All by default; `flags` of `poolListFlag` narrow it. */
  async list(flags = 0, options?: CallOptions): Promise<readonly StoragePoolRef[]> {
    const args = { needResults: 1, flags };
    return (await this.#connection.call('connectListAllStoragePools', args, options)).pools;
  }

  async byName(name: string, options?: CallOptions): Promise<StoragePoolRef> {
    return (await this.#connection.call('storagePoolLookupByName', { name }, options)).pool;
  }

  async byUuid(uuid: string, options?: CallOptions): Promise<StoragePoolRef> {
    return (await this.#connection.call('storagePoolLookupByUuid', { uuid }, options)).pool;
  }

  /** `undefined` when libvirt does not know the name. */
  async find(name: string, options?: CallOptions): Promise<StoragePoolRef | undefined> {
    try {
      return await this.byName(name, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async define(xml: string, options?: CallOptions): Promise<StoragePoolRef> {
    return (await this.#connection.call('storagePoolDefineXml', { xml, flags: 0 }, options)).pool;
  }

  /** Defines and starts a transient pool; `flags` of `poolCreateFlag`. */
  async create(xml: string, flags = 0, options?: CallOptions): Promise<StoragePoolRef> {
    return (await this.#connection.call('storagePoolCreateXml', { xml, flags }, options)).pool;
  }

  /** Starts a defined pool; `flags` of `poolCreateFlag`. */
  async start(pool: StoragePoolRef, flags = 0, options?: CallOptions): Promise<void> {
    await this.#connection.call('storagePoolCreate', { pool, flags }, options);
  }

  /** Makes its directory or file system. */
  async build(pool: StoragePoolRef, flags = 0, options?: CallOptions): Promise<void> {
    await this.#connection.call('storagePoolBuild', { pool, flags }, options);
  }

  /** Stops it; what is in it stays. */
  async destroy(pool: StoragePoolRef, options?: CallOptions): Promise<void> {
    await this.#connection.call('storagePoolDestroy', { pool }, options);
  }

  async undefine(pool: StoragePoolRef, options?: CallOptions): Promise<void> {
    await this.#connection.call('storagePoolUndefine', { pool }, options);
  }

  /** Looks at every volume anew: slow on big pools, and for ever on a dead server. */
  async refresh(pool: StoragePoolRef, options?: CallOptions): Promise<void> {
    await this.#connection.call('storagePoolRefresh', { pool, flags: 0 }, options);
  }

  async info(pool: StoragePoolRef, options?: CallOptions): Promise<PoolInfo> {
    const done = await this.#connection.call('storagePoolGetInfo', { pool }, options);
    return {
      state: nameOf(poolStates, done.state),
      capacityBytes: Number(done.capacity),
      allocationBytes: Number(done.allocation),
      availableBytes: Number(done.available),
    };
  }

  /** XML; `readPool` reads it. */
  async xml(pool: StoragePoolRef, flags = 0, options?: CallOptions): Promise<string> {
    return (await this.#connection.call('storagePoolGetXmlDesc', { pool, flags }, options)).xml;
  }

  async isActive(pool: StoragePoolRef, options?: CallOptions): Promise<boolean> {
    return (await this.#connection.call('storagePoolIsActive', { pool }, options)).active === 1;
  }

  async setAutostart(
    pool: StoragePoolRef,
    autostart: boolean,
    options?: CallOptions,
  ): Promise<void> {
    const args = { pool, autostart: autostart ? 1 : 0 };
    await this.#connection.call('storagePoolSetAutostart', args, options);
  }

  async volumes(pool: StoragePoolRef, options?: CallOptions): Promise<readonly StorageVolRef[]> {
    const args = { pool, needResults: 1, flags: 0 };
    return (await this.#connection.call('storagePoolListAllVolumes', args, options)).vols;
  }
}
