/**
 * Reads the two capability documents: what the host is, and what its hypervisor can give a domain.
 */
import { buildXml, element, XmlError, type XmlElement } from './element.ts';
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

export interface NumaCell {
  readonly id: number;
  readonly memoryKib: number;
  readonly cpus: readonly number[];
}

export interface Machine {
  readonly name: string;
  /** For an alias such as `q35`: the versioned machine that it stands for. */
  readonly canonical?: string;
  readonly maxCpus?: number;
}

/** One kind of VM that the host can run: an architecture with its machine types. */
export interface VmKind {
  readonly osType: string;
  readonly arch: string;
  /** Programs that run it: the architecture's, and those that domain types have of their own. */
  readonly emulators: readonly string[];
  /** `qemu`, `kvm`, … */
  readonly domainTypes: readonly string[];
  readonly machines: readonly Machine[];
}

export interface HostCapabilities {
  readonly hostUuid: string;
  readonly arch: string;
  readonly cpuModel?: string;
  readonly cpuVendor?: string;
  readonly topology?: {
    readonly sockets: number;
    readonly dies: number;
    readonly cores: number;
    readonly threads: number;
  };
  readonly cells: readonly NumaCell[];
  /** Live migration is offered at all. */
  readonly liveMigration: boolean;
  /** Whom VMs run as, where they are not told otherwise: of the security model `dac`. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly vmKinds: readonly VmKind[];
}

/** Throws `XmlError` when it is not a host's capabilities. */
export function readHostCapabilities(xml: string): HostCapabilities {
  const root = parseXml(xml);
  if (root.name !== 'capabilities') throw new XmlError(`not capabilities: ${root.name}`);
  const host = childOf(root, 'host');
  const cpu = childOf(host, 'cpu');
  const topology = childOf(cpu, 'topology');
  const cpuModel = textOf(childOf(cpu, 'model'));
  const cpuVendor = textOf(childOf(cpu, 'vendor'));
  return {
    hostUuid: (textOf(childOf(host, 'uuid')) ?? '').toLowerCase(),
    arch: required(textOf(childOf(cpu, 'arch')), 'host arch'),
    ...(cpuModel === undefined ? {} : { cpuModel }),
    ...(cpuVendor === undefined ? {} : { cpuVendor }),
    ...(topology === undefined ? {} : { topology: readTopology(topology) }),
    cells: childrenOf(childOf(host, 'topology', 'cells'), 'cell').map(readCell),
    liveMigration: childOf(host, 'migration_features', 'live') !== undefined,
    ...readUser(host),
    vmKinds: childrenOf(root, 'guest').map(readVmKind),
  };
}

function readUser(host: XmlElement | undefined): Pick<HostCapabilities, 'user'> {
  const dac = childrenOf(host, 'secmodel').find(
    (model) => textOf(childOf(model, 'model')) === 'dac',
  );
  const labels = childrenOf(dac, 'baselabel').map((label) => textOf(label) ?? '');
  const [, uid, gid] = /^\+(\d+):\+(\d+)$/.exec(labels[0] ?? '') ?? [];
  return uid === undefined ? {} : { user: { uid: Number(uid), gid: Number(gid) } };
}

function readTopology(topology: XmlElement) {
  const part = (name: string) => optionalCountOf(attributeOf(topology, name), name) ?? 1;
  return {
    sockets: part('sockets'),
    dies: part('dies'),
    cores: part('cores'),
    threads: part('threads'),
  };
}

function readCell(cell: XmlElement): NumaCell {
  const memory = childOf(cell, 'memory');
  return {
    id: countOf(attributeOf(cell, 'id'), 'cell id'),
    memoryKib: memory === undefined ? 0 : bytesOf(memory, 'KiB', 'cell memory') / 1024,
    cpus: childrenOf(childOf(cell, 'cpus'), 'cpu').map((cpu) =>
      countOf(attributeOf(cpu, 'id'), 'cpu id'),
    ),
  };
}

function readVmKind(item: XmlElement): VmKind {
  const arch = childOf(item, 'arch');
  const domains = childrenOf(arch, 'domain');
  // A domain type may list machines of its own besides those of the architecture.
  const machines = [arch, ...domains].flatMap((part) => childrenOf(part, 'machine'));
  const emulators = [arch, ...domains].flatMap((part) =>
    childrenOf(part, 'emulator').map((one) => textOf(one) ?? ''),
  );
  const byName = new Map(machines.map((one) => [textOf(one) ?? '', readMachine(one)]));
  return {
    osType: textOf(childOf(item, 'os_type')) ?? '',
    arch: attributeOf(arch, 'name') ?? '',
    emulators: [...new Set(emulators)],
    domainTypes: domains.map((domain) => attributeOf(domain, 'type') ?? ''),
    machines: [...byName.values()],
  };
}

function readMachine(item: XmlElement): Machine {
  const canonical = attributeOf(item, 'canonical');
  const maxCpus = optionalCountOf(attributeOf(item, 'maxCpus'), 'maxCpus');
  return {
    name: textOf(item) ?? '',
    ...(canonical === undefined ? {} : { canonical }),
    ...(maxCpus === undefined ? {} : { maxCpus }),
  };
}

export interface DomainCapabilities {
  readonly emulator: string;
  /** `qemu` or `kvm`: what the answer is for, and so what works here. */
  readonly domainType: string;
  readonly machine: string;
  readonly arch: string;
  readonly maxVcpus?: number;
  readonly hostPassthrough: boolean;
  readonly hostModel: boolean;
  /** The CPU of host-model mode as a `<cpu>` document, fit for `baselineCpu`. */
  readonly hostModelCpu?: string;
  readonly hostModelName?: string;
  readonly usableCpuModels: readonly string[];
}

/** Throws `XmlError` when it is not a domain's capabilities. */
export function readDomainCapabilities(xml: string): DomainCapabilities {
  const root = parseXml(xml);
  if (root.name !== 'domainCapabilities') throw new XmlError(`not capabilities: ${root.name}`);
  const modes = childrenOf(childOf(root, 'cpu'), 'mode');
  const mode = (name: string) => modes.find((item) => attributeOf(item, 'name') === name);
  const supported = (name: string) => attributeOf(mode(name), 'supported') === 'yes';
  const maxVcpus = optionalCountOf(attributeOf(childOf(root, 'vcpu'), 'max'), 'max vcpus');
  const hostModel = mode('host-model');
  const hostModelName = textOf(childOf(hostModel, 'model'));
  return {
    emulator: textOf(childOf(root, 'path')) ?? '',
    domainType: required(textOf(childOf(root, 'domain')), 'domain type'),
    machine: textOf(childOf(root, 'machine')) ?? '',
    arch: textOf(childOf(root, 'arch')) ?? '',
    ...(maxVcpus === undefined ? {} : { maxVcpus }),
    hostPassthrough: supported('host-passthrough'),
    hostModel: supported('host-model'),
    ...(hostModel === undefined || hostModelName === undefined
      ? {}
      : { hostModelName, hostModelCpu: cpuDocument(hostModel) }),
    usableCpuModels: childrenOf(mode('custom'), 'model')
      .filter((model) => attributeOf(model, 'usable') === 'yes')
      .map((model) => textOf(model) ?? ''),
  };
}

function cpuDocument(mode: XmlElement): string {
  return buildXml(element('cpu', { mode: 'custom', match: 'exact' }, childrenOf(mode)));
}
