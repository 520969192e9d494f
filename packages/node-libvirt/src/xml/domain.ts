/**
 * Reads what an agent needs to know from a domain's XML: identity, size, disks, network cards, metadata.
 * What it does not know it leaves alone; the XML itself stays the truth.
 */
import { XmlError, type XmlElement } from './element.ts';
import {
  attributeOf,
  bytesOf,
  childOf,
  childrenOf,
  countOf,
  optionalCountOf,
  parseXml,
  required,
  textOf,
} from './parse.ts';

export interface DiskHost {
  readonly name: string;
  readonly port?: number;
}

export type DiskSource =
  | { readonly type: 'file' | 'block'; readonly path: string }
  | {
      readonly type: 'network';
      readonly protocol: string;
      readonly name: string;
      readonly hosts: readonly DiskHost[];
    }
  | { readonly type: 'volume'; readonly pool: string; readonly volume: string }
  /** A drive without a medium. */
  | { readonly type: 'empty' }
  | { readonly type: 'other'; readonly kind: string };

export interface DomainDisk {
  /** `disk`, `cdrom`, `floppy` or `lun`. */
  readonly device: string;
  /** The name inside the VM, such as `vda`; unique in a domain. */
  readonly target: string;
  readonly bus?: string;
  readonly source: DiskSource;
  readonly format?: string;
  readonly cache?: string;
  readonly readOnly: boolean;
  readonly shareable: boolean;
  readonly serial?: string;
}

export interface DomainInterface {
  readonly type: string;
  readonly mac?: string;
  readonly bridge?: string;
  readonly network?: string;
  /** The device on the host, such as `vnet3`; only while running. */
  readonly target?: string;
  readonly model?: string;
}

export interface DomainDescription {
  /** `kvm`, `qemu`, … */
  readonly type: string;
  readonly uuid: string;
  readonly name: string;
  readonly title?: string;
  readonly memoryKib: number;
  readonly currentMemoryKib: number;
  /** The most vCPUs it can have. */
  readonly vcpus: number;
  readonly currentVcpus: number;
  readonly arch: string;
  readonly machine?: string;
  readonly cpuMode?: string;
  readonly cpuModel?: string;
  /** The whole `<cpu>`, as a comparison with a host wants it. */
  readonly cpu?: XmlElement;
  readonly disks: readonly DomainDisk[];
  readonly interfaces: readonly DomainInterface[];
  /** Kinds of devices taken from the host (`pci`, `usb`, …): such a domain cannot move. */
  readonly hostDevices: readonly string[];
  readonly metadata: readonly XmlElement[];
}

/** Throws `XmlError` when it is not a domain. */
export function readDomain(xml: string): DomainDescription {
  const root = parseXml(xml);
  if (root.name !== 'domain') throw new XmlError(`not a domain: ${root.name}`);
  const memoryBytes = bytesOf(childOf(root, 'memory'), 'KiB', 'memory');
  const current = childOf(root, 'currentMemory');
  const vcpu = childOf(root, 'vcpu');
  const vcpus = vcpu === undefined ? 1 : countOf(textOf(vcpu), 'vcpu');
  const osType = childOf(root, 'os', 'type');
  const cpu = childOf(root, 'cpu');
  const devices = childOf(root, 'devices');
  return {
    type: required(attributeOf(root, 'type'), 'domain type'),
    uuid: required(textOf(childOf(root, 'uuid')), 'uuid').toLowerCase(),
    name: required(textOf(childOf(root, 'name')), 'name'),
    ...given('title', textOf(childOf(root, 'title'))),
    memoryKib: memoryBytes / 1024,
    currentMemoryKib:
      (current === undefined ? memoryBytes : bytesOf(current, 'KiB', 'currentMemory')) / 1024,
    vcpus,
    currentVcpus: optionalCountOf(attributeOf(vcpu, 'current'), 'current vcpus') ?? vcpus,
    arch: attributeOf(osType, 'arch') ?? '',
    ...given('machine', attributeOf(osType, 'machine')),
    ...given('cpuMode', attributeOf(cpu, 'mode')),
    ...given('cpuModel', textOf(childOf(cpu, 'model'))),
    ...given('cpu', cpu),
    disks: childrenOf(devices, 'disk').map(readDisk),
    interfaces: childrenOf(devices, 'interface').map(readInterface),
    hostDevices: childrenOf(devices, 'hostdev').map((dev) => attributeOf(dev, 'type') ?? ''),
    metadata: childrenOf(childOf(root, 'metadata')),
  };
}

/** The element of the metadata in this namespace, however it is prefixed. */
export function metadataElement(
  description: DomainDescription,
  uri: string,
): XmlElement | undefined {
  return description.metadata.find((item) => {
    const colon = item.name.indexOf(':');
    const declaration = colon < 0 ? 'xmlns' : `xmlns:${item.name.slice(0, colon)}`;
    return attributeOf(item, declaration) === uri;
  });
}

function readDisk(disk: XmlElement): DomainDisk {
  const target = childOf(disk, 'target');
  const driver = childOf(disk, 'driver');
  return {
    device: attributeOf(disk, 'device') ?? 'disk',
    target: required(attributeOf(target, 'dev'), 'disk target'),
    ...given('bus', attributeOf(target, 'bus')),
    source: readDiskSource(attributeOf(disk, 'type') ?? '', childOf(disk, 'source')),
    ...given('format', attributeOf(driver, 'type')),
    ...given('cache', attributeOf(driver, 'cache')),
    readOnly: childOf(disk, 'readonly') !== undefined,
    shareable: childOf(disk, 'shareable') !== undefined,
    ...given('serial', textOf(childOf(disk, 'serial'))),
  };
}

function readDiskSource(type: string, source: XmlElement | undefined): DiskSource {
  if (source === undefined) return { type: 'empty' };
  if (type === 'file' || type === 'block') {
    const path = attributeOf(source, type === 'file' ? 'file' : 'dev');
    return path === undefined ? { type: 'empty' } : { type, path };
  }
  if (type === 'network') {
    return {
      type,
      protocol: required(attributeOf(source, 'protocol'), 'disk protocol'),
      name: attributeOf(source, 'name') ?? '',
      hosts: childrenOf(source, 'host').map((host) => ({
        name: attributeOf(host, 'name') ?? attributeOf(host, 'socket') ?? '',
        ...given('port', optionalCountOf(attributeOf(host, 'port'), 'disk host port')),
      })),
    };
  }
  if (type === 'volume') {
    return {
      type,
      pool: required(attributeOf(source, 'pool'), 'disk pool'),
      volume: required(attributeOf(source, 'volume'), 'disk volume'),
    };
  }
  return { type: 'other', kind: type };
}

function readInterface(item: XmlElement): DomainInterface {
  const source = childOf(item, 'source');
  return {
    type: attributeOf(item, 'type') ?? '',
    ...given('mac', attributeOf(childOf(item, 'mac'), 'address')?.toLowerCase()),
    ...given('bridge', attributeOf(source, 'bridge')),
    ...given('network', attributeOf(source, 'network')),
    ...given('target', attributeOf(childOf(item, 'target'), 'dev')),
    ...given('model', attributeOf(childOf(item, 'model'), 'type')),
  };
}

function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
