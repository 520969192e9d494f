/**
 * Reads what a manager needs to know from a domain's XML: identity, size, firmware, CPU, memory, devices,
 * metadata. What it does not know it leaves alone; the XML itself stays the truth.
 */
import {
  type CpuFeature,
  type CpuTopology,
  type DomainNumaCell,
  readFeature,
  readNumaCell,
  readTopology,
} from './domain-cpu.ts';
import { type DomainDisk, readDisk } from './domain-disk.ts';
import {
  type CharacterDevice,
  type Graphics,
  isCharacterDevice,
  readCharacterDevice,
  readFileSystem,
  readGraphics,
  type SharedFileSystem,
} from './domain-io.ts';
import { type HostDevice, readHostDevice } from './domain-host-device.ts';
import { type DomainInterface, readInterface } from './domain-interface.ts';
import { type MemoryBacking, readMemoryBacking } from './domain-memory.ts';
import { given } from './given.ts';
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
  readonly firmware?: string;
  /** The file of its firmware's variables: a host that it moves to has to have it too. */
  readonly nvram?: string;
  /** Kinds of devices to boot from, in order, such as `hd`; empty where the devices say it. */
  readonly bootDevices: readonly string[];
  readonly cpuMode?: string;
  readonly cpuModel?: string;
  /** What the CPU has beyond its model, or lacks, by libvirt's policy: `require`, `disable`, …. */
  readonly cpuFeatures: readonly CpuFeature[];
  readonly topology?: CpuTopology;
  /** What the VM sees; empty for one that sees no cells. */
  readonly numaCells: readonly DomainNumaCell[];
  /** Cells of the host that its memory may lie in, such as `0-1,3`; with `numaMode`. */
  readonly numaNodeset?: string;
  /** `strict`, `preferred`, `interleave` or `restrictive`. */
  readonly numaMode?: string;
  readonly memoryBacking: MemoryBacking;
  /** The whole `<cpu>`, as a comparison with a host wants it. */
  readonly cpu?: XmlElement;
  readonly disks: readonly DomainDisk[];
  readonly interfaces: readonly DomainInterface[];
  /** Taken from the host: such a domain cannot move live. */
  readonly hostDevices: readonly HostDevice[];
  readonly graphics: readonly Graphics[];
  readonly characterDevices: readonly CharacterDevice[];
  readonly fileSystems: readonly SharedFileSystem[];
  /** Sealed memory, such as `sev`: such a domain cannot move. */
  readonly launchSecurity?: string;
  /** What its watchdog does when nobody feeds it, such as `reset`. */
  readonly watchdogAction?: string;
  /** Models of TPMs, such as `tpm-crb`. */
  readonly tpms: readonly string[];
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
  const numaMemory = childOf(root, 'numatune', 'memory');
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
    ...given('firmware', attributeOf(childOf(root, 'os'), 'firmware')),
    ...given('nvram', textOf(childOf(root, 'os', 'nvram'))),
    bootDevices: childrenOf(childOf(root, 'os'), 'boot').map(
      (boot) => attributeOf(boot, 'dev') ?? '',
    ),
    ...given('cpuMode', attributeOf(cpu, 'mode')),
    ...given('cpuModel', textOf(childOf(cpu, 'model'))),
    cpuFeatures: childrenOf(cpu, 'feature').map(readFeature),
    ...given('topology', readTopology(childOf(cpu, 'topology'))),
    numaCells: childrenOf(childOf(cpu, 'numa'), 'cell').map(readNumaCell),
    ...given('numaNodeset', attributeOf(numaMemory, 'nodeset')),
    ...given('numaMode', attributeOf(numaMemory, 'mode')),
    memoryBacking: readMemoryBacking(childOf(root, 'memoryBacking')),
    ...given('cpu', cpu),
    disks: childrenOf(devices, 'disk').map(readDisk),
    interfaces: childrenOf(devices, 'interface').map(readInterface),
    hostDevices: childrenOf(devices, 'hostdev').map(readHostDevice),
    graphics: childrenOf(devices, 'graphics').map(readGraphics),
    characterDevices: childrenOf(devices).filter(isCharacterDevice).map(readCharacterDevice),
    fileSystems: childrenOf(devices, 'filesystem').map(readFileSystem),
    ...given('launchSecurity', attributeOf(childOf(root, 'launchSecurity'), 'type')),
    ...given('watchdogAction', attributeOf(childOf(devices, 'watchdog'), 'action')),
    tpms: childrenOf(devices, 'tpm').map((tpm) => attributeOf(tpm, 'model') ?? ''),
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
