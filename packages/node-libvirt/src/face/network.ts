/**
 * One of libvirt's networks: its life, its description, who has an address from it.
 */
import type { Caller } from '../connection/caller.ts';
import type { CallOptions, FlagOptions } from '../connection/options.ts';
import { networkSection, networkUpdateCommand } from '../protocol/constants.ts';
import type { NetworkRef } from '../protocol/types.ts';

export interface DhcpLease {
  /** The bridge that it was given on. */
  readonly bridge: string;
  readonly mac?: string;
  readonly address: string;
  /** Bits of the network's part. */
  readonly prefix: number;
  readonly hostname?: string;
  /** Absent for one that does not end. */
  readonly expiresAt?: Date;
}

export interface NetworkUpdate {
  readonly command: keyof typeof networkUpdateCommand;
  readonly section: keyof typeof networkSection;
  /** Of several parents that fit, which; the first that does if absent. */
  readonly parentIndex?: number;
  /** The element to add, replace or remove. */
  readonly xml: string;
}

export class Network implements NetworkRef {
  readonly name: string;
  readonly uuid: string;
  readonly #caller: Caller;

  constructor(caller: Caller, ref: NetworkRef) {
    this.#caller = caller;
    this.name = ref.name;
    this.uuid = ref.uuid;
  }

  /** Starts a defined network. (`virNetworkCreate`) */
  async start(options?: CallOptions): Promise<void> {
    await this.#caller.call('networkCreate', { net: this }, options);
  }

  /** Stops it, under whoever uses it. (`virNetworkDestroy`) */
  async destroy(options?: CallOptions): Promise<void> {
    await this.#caller.call('networkDestroy', { net: this }, options);
  }

  /** Forgets the definition. (`virNetworkUndefine`) */
  async undefine(options?: CallOptions): Promise<void> {
    await this.#caller.call('networkUndefine', { net: this }, options);
  }

  /** Flags of `networkXmlFlag`. (`virNetworkGetXMLDesc`) */
  async xml({ flags = 0, ...options }: FlagOptions = {}): Promise<string> {
    return (await this.#caller.call('networkGetXmlDesc', { net: this, flags }, options)).xml;
  }

  /** (`virNetworkIsActive`) */
  async isActive(options?: CallOptions): Promise<boolean> {
    return (await this.#caller.call('networkIsActive', { net: this }, options)).active !== 0;
  }

  /** Does its definition outlive it? (`virNetworkIsPersistent`) */
  async isPersistent(options?: CallOptions): Promise<boolean> {
    const done = await this.#caller.call('networkIsPersistent', { net: this }, options);
    return done.persistent !== 0;
  }

  /** Does libvirt start it with the host? (`virNetworkGetAutostart`) */
  async autostart(options?: CallOptions): Promise<boolean> {
    return (await this.#caller.call('networkGetAutostart', { net: this }, options)).autostart !== 0;
  }

  /** (`virNetworkSetAutostart`) */
  async setAutostart(autostart: boolean, options?: CallOptions): Promise<void> {
    const args = { net: this, autostart: autostart ? 1 : 0 };
    await this.#caller.call('networkSetAutostart', args, options);
  }

  /** The bridge that it makes on the host. (`virNetworkGetBridgeName`) */
  async bridge(options?: CallOptions): Promise<string> {
    return (await this.#caller.call('networkGetBridgeName', { net: this }, options)).name;
  }

  /**
   * Changes a part of it, running or stored by flags of `domainImpact`. The daemon has to understand
   * the order of our arguments, as all since 1.2.2 do. (`virNetworkUpdate`)
   */
  async update(change: NetworkUpdate, { flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    const args = {
      net: this,
      command: networkUpdateCommand[change.command],
      section: networkSection[change.section],
      parentIndex: change.parentIndex ?? -1,
      xml: change.xml,
      flags,
    };
    await this.#caller.call('networkUpdate', args, options);
  }

  /** Of all, or of the card with this MAC address. (`virNetworkGetDHCPLeases`) */
  async dhcpLeases(mac?: string, options?: CallOptions): Promise<readonly DhcpLease[]> {
    const args = { net: this, mac, needResults: 1, flags: 0 };
    const { leases } = await this.#caller.call('networkGetDhcpLeases', args, options);
    return leases.map((lease) => ({
      bridge: lease.iface,
      ...(lease.mac === undefined ? {} : { mac: lease.mac }),
      address: lease.address,
      prefix: lease.prefix,
      ...(lease.hostname === undefined ? {} : { hostname: lease.hostname }),
      ...(lease.expiryTime === 0n ? {} : { expiresAt: new Date(Number(lease.expiryTime) * 1000) }),
    }));
  }

  /** For logs: its name. */
  toString(): string {
    return this.name === '' ? this.uuid : this.name;
  }
}
