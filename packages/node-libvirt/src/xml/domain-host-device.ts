/**
 * Devices of the host that a domain's XML takes for itself. A domain that has one cannot move live, unless
 * the device itself can.
 */
import type { XmlElement } from './element.ts';
import { given } from './given.ts';
import { attributeOf, childOf } from './parse.ts';

export interface HostDevice {
  /** `pci`, `usb`, `scsi`, `mdev`, …; of a capability, its kind. */
  readonly type: string;
  /**
   * Where it is on the host: `0000:3b:00.0` of PCI, `1:4` (bus and device) or `1d6b:0002` (vendor and
   * product) of USB, the uuid of a mediated device.
   */
  readonly address?: string;
  /** Whether libvirt takes it from the host's driver and gives it back. */
  readonly managed: boolean;
  readonly alias?: string;
}

export function readHostDevice(device: XmlElement): HostDevice {
  return {
    type: attributeOf(device, 'type') ?? '',
    ...given('address', addressOf(childOf(device, 'source'))),
    managed: attributeOf(device, 'managed') === 'yes',
    ...given('alias', attributeOf(childOf(device, 'alias'), 'name')),
  };
}

function addressOf(source: XmlElement | undefined): string | undefined {
  const at = childOf(source, 'address');
  const has = (name: string) => attributeOf(at, name);
  if (has('uuid') !== undefined) return has('uuid');
  if (has('slot') !== undefined) {
    const part = (name: string, digits: number) =>
      (has(name) ?? '0').replace(/^0x/, '').padStart(digits, '0');
    return `${part('domain', 4)}:${part('bus', 2)}:${part('slot', 2)}.${part('function', 1)}`;
  }
  if (has('device') !== undefined) return `${has('bus') ?? '0'}:${has('device')}`;
  const vendor = attributeOf(childOf(source, 'vendor'), 'id');
  const product = attributeOf(childOf(source, 'product'), 'id');
  if (vendor === undefined || product === undefined) return undefined;
  return `${vendor.replace(/^0x/, '')}:${product.replace(/^0x/, '')}`;
}
