/**
 * Reads the XML of a device of the host.
 */
import { XmlError, type XmlElement } from './element.ts';
import { given } from './given.ts';
import {
  attributeOf,
  childOf,
  childrenOf,
  optionalCountOf,
  parseXml,
  required,
  textOf,
} from './parse.ts';

export interface PciDevice {
  /** Such as `0000:3b:00.0`. */
  readonly address: string;
  readonly vendor?: string;
  readonly product?: string;
  /** Devices of one group can only be given away together. */
  readonly iommuGroup?: number;
  readonly numaCell?: number;
}

export interface NodeDeviceDescription {
  readonly name: string;
  readonly parent?: string;
  /** The kernel's driver for it. */
  readonly driver?: string;
  /** In sysfs. */
  readonly path?: string;
  /** What it is: `pci`, `net`, `usb_device`, `storage`, `mdev`, …. */
  readonly kinds: readonly string[];
  readonly pci?: PciDevice;
  /** Of a network card, its name in the kernel. */
  readonly netDevice?: string;
}

/** Throws `XmlError` when it is not a device. */
export function readNodeDevice(xml: string): NodeDeviceDescription {
  const root = parseXml(xml);
  if (root.name !== 'device') throw new XmlError(`not a device: ${root.name}`);
  const capabilities = childrenOf(root, 'capability');
  const of = (kind: string) => capabilities.find((item) => attributeOf(item, 'type') === kind);
  const pci = of('pci');
  return {
    name: required(textOf(childOf(root, 'name')), 'name'),
    ...given('parent', textOf(childOf(root, 'parent'))),
    ...given('driver', textOf(childOf(root, 'driver', 'name'))),
    ...given('path', textOf(childOf(root, 'path'))),
    kinds: capabilities.map((item) => attributeOf(item, 'type') ?? ''),
    ...given('pci', pci && readPci(pci)),
    ...given('netDevice', textOf(childOf(of('net'), 'interface'))),
  };
}

function readPci(pci: XmlElement): PciDevice {
  const number = (name: string, digits: number) =>
    Number(textOf(childOf(pci, name)) ?? 0)
      .toString(16)
      .padStart(digits, '0');
  const group = attributeOf(childOf(pci, 'iommuGroup'), 'number');
  return {
    address: `${number('domain', 4)}:${number('bus', 2)}:${number('slot', 2)}.${number('function', 1)}`,
    ...given('vendor', textOf(childOf(pci, 'vendor'))),
    ...given('product', textOf(childOf(pci, 'product'))),
    ...given('iommuGroup', optionalCountOf(group, 'IOMMU group')),
    ...given('numaCell', optionalCountOf(attributeOf(childOf(pci, 'numa'), 'node'), 'NUMA cell')),
  };
}
