/**
 * Devices of one domain: plugging them in and out, its network cards, its keyboard and screen. Screens over
 * file descriptors (`virDomainOpenGraphics`) are out of reach.
 */
import type { Caller } from '../connection/caller.ts';
import type { CallOptions, FlagOptions, StreamOptions } from '../connection/options.ts';
import type { LibvirtStream } from '../connection/stream.ts';
import { addressSource } from '../protocol/constants.ts';
import { addressFamilies } from '../protocol/events/names.ts';
import { nameOf } from '../protocol/states.ts';
import type { DomainRef } from '../protocol/types.ts';

export interface InterfaceStats {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDrop: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDrop: number;
}

export interface InterfaceAddresses {
  /** As the source names it: the host's device, or the VM's own. */
  readonly name: string;
  readonly mac?: string;
  readonly addresses: readonly {
    readonly family: (typeof addressFamilies)[number] | 'other';
    readonly address: string;
    readonly prefix: number;
  }[];
}

export class DomainDevices {
  readonly #caller: Caller;
  readonly #dom: DomainRef;

  constructor(caller: Caller, dom: DomainRef) {
    this.#caller = caller;
    this.#dom = dom;
  }

  /** Running, stored or both, by flags of `domainImpact`. (`virDomainAttachDeviceFlags`) */
  async attach(xml: string, { flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('domainAttachDeviceFlags', { dom: this.#dom, xml, flags }, options);
  }

  /**
   * Asks for it back: a running system may keep it, which `deviceRemoved` and `deviceRemovalFailed`
   * events tell. (`virDomainDetachDeviceFlags`)
   */
  async detach(xml: string, { flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('domainDetachDeviceFlags', { dom: this.#dom, xml, flags }, options);
  }

  /** Such as another medium in a drive, or another network. (`virDomainUpdateDeviceFlags`) */
  async update(xml: string, { flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('domainUpdateDeviceFlags', { dom: this.#dom, xml, flags }, options);
  }

  /** Of the card with this device on the host, such as `vnet3`, or this MAC. (`virDomainInterfaceStats`) */
  async interfaceStats(device: string, options?: CallOptions): Promise<InterfaceStats> {
    const args = { dom: this.#dom, device };
    const done = await this.#caller.call('domainInterfaceStats', args, options);
    return {
      rxBytes: Number(done.rxBytes),
      rxPackets: Number(done.rxPackets),
      rxErrors: Number(done.rxErrors),
      rxDrop: Number(done.rxDrop),
      txBytes: Number(done.txBytes),
      txPackets: Number(done.txPackets),
      txErrors: Number(done.txErrors),
      txDrop: Number(done.txDrop),
    };
  }

  /** Who knows: the leases of libvirt's networks, the guest agent, or the host's ARP table.
   * (`virDomainInterfaceAddresses`) */
  async addresses(
    source: keyof typeof addressSource,
    options?: CallOptions,
  ): Promise<readonly InterfaceAddresses[]> {
    const args = { dom: this.#dom, source: addressSource[source], flags: 0 };
    const { ifaces } = await this.#caller.call('domainInterfaceAddresses', args, options);
    return ifaces.map(({ name, mac, addresses }) => ({
      name,
      ...(mac === undefined ? {} : { mac }),
      addresses: addresses.map(({ type, address, prefix }) => ({
        family: nameOf(addressFamilies, type),
        address,
        prefix,
      })),
    }));
  }

  /** Disks that have failed, by target, with `nospace` or not. (`virDomainGetDiskErrors`) */
  async diskErrors(options?: CallOptions): Promise<Readonly<Record<string, 'error' | 'no-space'>>> {
    const args = { dom: this.#dom, maxErrors: 256, flags: 0 };
    const { errors } = await this.#caller.call('domainGetDiskErrors', args, options);
    return Object.fromEntries(
      errors.map(({ disk, error }) => [disk, error === 2 ? 'no-space' : 'error'] as const),
    );
  }

  /** Keys held down together, by numbers of `keyCodeSet`. (`virDomainSendKey`) */
  async sendKeys(
    keycodes: readonly number[],
    { codeset = 0, holdMs = 0, ...options }: SendKeyOptions = {},
  ): Promise<void> {
    const args = { dom: this.#dom, codeset, holdTime: holdMs, keycodes, flags: 0 };
    await this.#caller.call('domainSendKey', args, options);
  }

  /** A picture of its screen, as libvirt's hypervisor makes it: of QEMU a PPM or PNG. (`virDomainScreenshot`) */
  screenshot(screen = 0, options: StreamOptions = {}): Promise<LibvirtStream> {
    return this.#caller.openStream(
      'domainScreenshot',
      { dom: this.#dom, screen, flags: 0 },
      options,
    );
  }

  /** A channel of its own to something inside, by its target's name. (`virDomainOpenChannel`) */
  channel(name: string, { flags = 0, ...options }: StreamOptions & FlagOptions = {}) {
    const args = { dom: this.#dom, name, flags };
    return this.#caller.openStream('domainOpenChannel', args, options);
  }
}

export interface SendKeyOptions extends CallOptions {
  readonly codeset?: number;
  /** How long they are held. */
  readonly holdMs?: number;
}
