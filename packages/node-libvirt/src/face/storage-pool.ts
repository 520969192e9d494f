/**
 * One storage pool: its life, what it says of itself, its volumes. Most calls about a pool can hang while
 * its storage does; a deadline only stops the waiting.
 */
import type { Caller } from '../connection/caller.ts';
import type { CallOptions, FlagOptions } from '../connection/options.ts';
import { isNotFound } from '../errors.ts';
import { nameOf, poolStates, type PoolState } from '../protocol/states.ts';
import type { StoragePoolRef, StorageVolRef } from '../protocol/types.ts';
import { StorageVol } from './storage-vol.ts';

export interface PoolInfo {
  readonly state: PoolState;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
  readonly availableBytes: number;
}

export class StoragePool implements StoragePoolRef {
  readonly name: string;
  readonly uuid: string;
  readonly #caller: Caller;

  constructor(caller: Caller, ref: StoragePoolRef) {
    this.#caller = caller;
    this.name = ref.name;
    this.uuid = ref.uuid;
  }

  /** Starts a defined pool; flags of `poolCreateFlag`. (`virStoragePoolCreate`) */
  async start({ flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('storagePoolCreate', { pool: this, flags }, options);
  }

  /** Makes its directory or file system. (`virStoragePoolBuild`) */
  async build({ flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('storagePoolBuild', { pool: this, flags }, options);
  }

  /** Stops it; what is in it stays. (`virStoragePoolDestroy`) */
  async destroy(options?: CallOptions): Promise<void> {
    await this.#caller.call('storagePoolDestroy', { pool: this }, options);
  }

  /** Forgets the definition; what is in it stays. (`virStoragePoolUndefine`) */
  async undefine(options?: CallOptions): Promise<void> {
    await this.#caller.call('storagePoolUndefine', { pool: this }, options);
  }

  /**
   * Looks at every volume anew: slow on big pools, and for ever on a dead server.
   * (`virStoragePoolRefresh`)
   */
  async refresh(options?: CallOptions): Promise<void> {
    await this.#caller.call('storagePoolRefresh', { pool: this, flags: 0 }, options);
  }

  /** Sizes as of its last refresh. (`virStoragePoolGetInfo`) */
  async info(options?: CallOptions): Promise<PoolInfo> {
    const done = await this.#caller.call('storagePoolGetInfo', { pool: this }, options);
    return {
      state: nameOf(poolStates, done.state),
      capacityBytes: Number(done.capacity),
      allocationBytes: Number(done.allocation),
      availableBytes: Number(done.available),
    };
  }

  /** `readPool` reads it; flags of `poolXmlFlag`. (`virStoragePoolGetXMLDesc`) */
  async xml({ flags = 0, ...options }: FlagOptions = {}): Promise<string> {
    return (await this.#caller.call('storagePoolGetXmlDesc', { pool: this, flags }, options)).xml;
  }

  /** (`virStoragePoolIsActive`) */
  async isActive(options?: CallOptions): Promise<boolean> {
    return (await this.#caller.call('storagePoolIsActive', { pool: this }, options)).active !== 0;
  }

  /** Does libvirt start it with the host? (`virStoragePoolGetAutostart`) */
  async autostart(options?: CallOptions): Promise<boolean> {
    const done = await this.#caller.call('storagePoolGetAutostart', { pool: this }, options);
    return done.autostart !== 0;
  }

  /** (`virStoragePoolSetAutostart`) */
  async setAutostart(autostart: boolean, options?: CallOptions): Promise<void> {
    const args = { pool: this, autostart: autostart ? 1 : 0 };
    await this.#caller.call('storagePoolSetAutostart', args, options);
  }

  /** The volumes that its last refresh saw. (`virStoragePoolListAllVolumes`) */
  async volumes(options?: CallOptions): Promise<readonly StorageVol[]> {
    const args = { pool: this, needResults: 1, flags: 0 };
    const { vols } = await this.#caller.call('storagePoolListAllVolumes', args, options);
    return vols.map((ref) => this.#of(ref));
  }

  /** Rejects with an error of which `isNotFound` is true. (`virStorageVolLookupByName`) */
  async volume(name: string, options?: CallOptions): Promise<StorageVol> {
    const args = { pool: this, name };
    return this.#of((await this.#caller.call('storageVolLookupByName', args, options)).vol);
  }

  /** `undefined` when the pool, as last refreshed, has no such volume. */
  async findVolume(name: string, options?: CallOptions): Promise<StorageVol | undefined> {
    try {
      return await this.volume(name, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Flags of `volCreateFlag`. (`virStorageVolCreateXML`) */
  async createVolume(
    xml: string,
    { flags = 0, ...options }: FlagOptions = {},
  ): Promise<StorageVol> {
    const args = { pool: this, xml, flags };
    return this.#of((await this.#caller.call('storageVolCreateXml', args, options)).vol);
  }

  /**
   * A new volume with the content of `source`: can take as long as copying it. Flags of `volCreateFlag`.
   * (`virStorageVolCreateXMLFrom`)
   */
  async copyVolume(
    xml: string,
    source: StorageVolRef,
    { flags = 0, ...options }: FlagOptions = {},
  ): Promise<StorageVol> {
    const args = { pool: this, xml, source, flags };
    return this.#of((await this.#caller.call('storageVolCreateXmlFrom', args, options)).vol);
  }

  #of(ref: StorageVolRef): StorageVol {
    return new StorageVol(this.#caller, ref);
  }

  /** For logs: its name. */
  toString(): string {
    return this.name === '' ? this.uuid : this.name;
  }
}
