/**
 * libvirt's own networks of a daemon: lists, look-ups, definition and creation. What can be done with one
 * of them is in `network.ts`.
 */
import type { Caller } from '../connection/caller.ts';
import type { CallOptions, FlagOptions } from '../connection/options.ts';
import type { NetworkRef } from '../protocol/types.ts';
import { Network } from './network.ts';

export class Networks {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** All by default; flags of `networkListFlag` narrow it. (`virConnectListAllNetworks`) */
  async list({ flags = 0, ...options }: FlagOptions = {}): Promise<readonly Network[]> {
    const args = { needResults: 1, flags };
    const { nets } = await this.#caller.call('connectListAllNetworks', args, options);
    return nets.map((ref) => this.of(ref));
  }

  /** A handle without asking the daemon: the uuid counts, the name only informs. */
  of(ref: Pick<NetworkRef, 'uuid'> & Partial<NetworkRef>): Network {
    return new Network(this.#caller, { name: '', ...ref });
  }

  /** Rejects with an error of which `isNotFound` is true. (`virNetworkLookupByName`) */
  async byName(name: string, options?: CallOptions): Promise<Network> {
    return this.of((await this.#caller.call('networkLookupByName', { name }, options)).net);
  }

  /** Rejects with an error of which `isNotFound` is true. (`virNetworkLookupByUUID`) */
  async byUuid(uuid: string, options?: CallOptions): Promise<Network> {
    return this.of((await this.#caller.call('networkLookupByUuid', { uuid }, options)).net);
  }

  /** Stores a definition, starts nothing. (`virNetworkDefineXML`) */
  async define(xml: string, options?: CallOptions): Promise<Network> {
    return this.of((await this.#caller.call('networkDefineXml', { xml }, options)).net);
  }

  /** Starts a transient network from XML. (`virNetworkCreateXML`) */
  async create(xml: string, options?: CallOptions): Promise<Network> {
    return this.of((await this.#caller.call('networkCreateXml', { xml }, options)).net);
  }
}
