/**
 * From the XML of a VM that runs, and what was asked about it besides, to the facts that a preflight judges by.
 * Reads and counts; what is in the way is the core's to say.
 */
import type { VmFacts } from '@drover/protocol';
import {
  attributeOf,
  buildXml,
  childOf,
  childrenOf,
  emulatorsOf,
  hostReach,
  parseXml,
  readDomain,
  textOf,
  type DomainDescription,
  type DomainInterface,
  type XmlElement,
} from 'node-libvirt';
import { guardOf, type Guarded, type Mount } from './mounts.ts';

type DiskFact = VmFacts['disks'][number];
type ImageFact = DiskFact['images'][number];
type FileFact = VmFacts['files'][number];
type NetworkFact = VmFacts['networks'][number];
type DomainDisk = DomainDescription['disks'][number];
type DiskSource = DomainDisk['source'];

/** What the XML does not say. */
export interface Asked {
  readonly state: string;
  readonly hostUuid: string;
  readonly hostCpu: string;
  readonly kernel: string;
  readonly qemuVersion: number;
  readonly mounts: readonly Mount[];
  readonly snapshots: number;
  readonly checkpoints: number;
  readonly blockJobs: readonly string[];
  readonly job?: string;
  /** By path; of the VM's own images. */
  readonly inodes: ReadonlyMap<string, string>;
  /** By network device of the host. */
  readonly mtus: ReadonlyMap<string, number>;
  /** By `pool/volume`. */
  readonly volumes: ReadonlyMap<string, string>;
}

const most = { name: 255, path: 1024 } as const;

export function vmFacts(xml: string, asked: Asked): VmFacts {
  const root = parseXml(xml);
  const domain = readDomain(xml);
  const hasLease = childrenOf(childOf(root, 'devices'), 'lease').length > 0;
  const { snapshots, checkpoints, job } = asked;
  return {
    name: domain.name.slice(0, most.name),
    state: asked.state,
    hostUuid: asked.hostUuid,
    kernel: asked.kernel,
    virtType: domain.type,
    arch: domain.arch,
    machine: domain.machine ?? '',
    qemuVersion: asked.qemuVersion,
    memoryMib: Math.ceil(memoryToBringKib(domain) / 1024),
    ...hugePage(domain),
    cpuMode: domain.cpuMode ?? '',
    hostCpu: asked.hostCpu,
    ...(domain.cpu === undefined ? {} : { cpu: buildXml(domain.cpu) }),
    pinnedFeatures: pinned(root, domain),
    disks: domain.disks.slice(0, 64).map((disk) => diskFact(disk, hasLease, asked)),
    files: filesOf(root),
    networks: domain.interfaces.flatMap((card) => networkOf(card, asked.mtus)).slice(0, 32),
    devices: devicesOf(domain),
    directories: domain.fileSystems.map(({ driver, source }) => short(`${driver} ${source}`)),
    unmovable: unmovableOf(root),
    ...(domain.launchSecurity === undefined ? {} : { sealed: domain.launchSecurity }),
    snapshots,
    checkpoints,
    blockJobs: [...asked.blockJobs],
    ...(job === undefined ? {} : { job }),
  };
}

function short(text: string): string {
  return text.slice(0, most.name);
}

/** What a host that it comes to has to have: what it has now; of huge pages all that it can have. */
function memoryToBringKib({ memoryBacking, memoryKib, currentMemoryKib }: DomainDescription) {
  return memoryBacking.wantsHugePages ? memoryKib : Math.min(memoryKib, currentMemoryKib);
}

function hugePage({ memoryBacking }: DomainDescription): { readonly hugePageKib?: number } {
  if (!memoryBacking.wantsHugePages) return {};
  const [bytes = 2 * 1024 * 1024] = memoryBacking.hugePageBytes;
  return { hugePageKib: Math.floor(bytes / 1024) };
}

/** `invtsc` promises a clock that only another host of the very same frequency could keep. */
function pinned(root: XmlElement, domain: DomainDescription): string[] {
  const tsc = childrenOf(childOf(root, 'clock'), 'timer').find(
    (timer) => attributeOf(timer, 'name') === 'tsc',
  );
  if (attributeOf(tsc, 'frequency') !== undefined) return [];
  return domain.cpuFeatures
    .filter(({ name, policy }) => name === 'invtsc' && ['require', 'force'].includes(policy))
    .map(({ name }) => name);
}

function diskFact(disk: DomainDisk, hasLease: boolean, asked: Asked): DiskFact {
  const chain = [disk.source, ...disk.backing.map(({ source }) => source)];
  const images = chain.flatMap((source) => imageOf(source, asked)).slice(0, 64);
  return {
    name: short(disk.target),
    device: disk.device,
    readOnly: disk.readOnly,
    shareable: disk.shareable,
    cache: disk.cache ?? 'default',
    images,
    ...guardOfImage(images[0], hasLease, asked.mounts),
  };
}

/** What guards a disk is what guards its own image: those below are only read. */
export function guardOfImage(
  image: ImageFact | undefined,
  hasLease: boolean,
  mounts: readonly Mount[],
): Guarded {
  if (hasLease) return { guard: 'lease', guardedBy: 'its lease' };
  switch (image?.kind) {
    case undefined:
      return { guard: 'none', guardedBy: 'no image' };
    case 'file':
      return guardOf(image.path, mounts);
    case 'block':
    case 'network':
    case 'other':
      return { guard: 'none', guardedBy: image.path.slice(0, most.name) };
  }
}

function imageOf(source: DiskSource, { inodes, volumes }: Asked): readonly ImageFact[] {
  const file = (kind: 'file' | 'block', path: string): readonly ImageFact[] => {
    const inode = inodes.get(path);
    return [{ kind, path: path.slice(0, most.path), ...(inode === undefined ? {} : { inode }) }];
  };
  switch (source.type) {
    case 'empty':
      return [];
    case 'file':
    case 'block':
      return file(source.type, source.path);
    case 'network': {
      const host = source.hosts[0]?.name ?? '';
      const path = `${source.protocol}://${host}${source.name.startsWith('/') ? '' : '/'}${source.name}`;
      return [{ kind: 'network', path: path.slice(0, most.path) }];
    }
    case 'volume': {
      const name = `${source.pool}/${source.volume}`;
      const path = volumes.get(name);
      return path === undefined ? [{ kind: 'other', path: short(name) }] : file('file', path);
    }
    case 'other':
      return [{ kind: 'other', path: short(source.kind) }];
  }
}

function filesOf(root: XmlElement): FileFact[] {
  const os = childOf(root, 'os');
  const nvram = childOf(os, 'nvram');
  const template = attributeOf(nvram, 'template');
  const file = (what: FileFact['what'], path: string | undefined): readonly FileFact[] =>
    path === undefined || !path.startsWith('/')
      ? []
      : [
          {
            what,
            path: path.slice(0, most.path),
            ...(what === 'nvram' && template !== undefined ? { template } : {}),
          },
        ];
  return [
    ...file('firmware', textOf(childOf(os, 'loader'))),
    ...file('nvram', textOf(nvram) || attributeOf(childOf(nvram, 'source'), 'file')),
    ...file('kernel', textOf(childOf(os, 'kernel'))),
    ...file('initrd', textOf(childOf(os, 'initrd'))),
    ...emulatorsOf(root).flatMap((path) => file('emulator', path)),
  ];
}

function networkOf(
  card: DomainInterface,
  mtus: ReadonlyMap<string, number>,
): readonly NetworkFact[] {
  const device = card.type === 'direct' ? card.device : card.bridge;
  const mtu = card.mtu ?? mtus.get(card.target ?? '') ?? mtus.get(device ?? '');
  const fact = (kind: string, name: string | undefined): readonly NetworkFact[] =>
    name === undefined ? [] : [{ kind, name: short(name), ...(mtu === undefined ? {} : { mtu }) }];
  switch (card.type) {
    case 'bridge':
      return fact('bridge', card.bridge);
    case 'network':
      return fact('network', card.network);
    case 'direct':
      return fact('direct', card.device);
    default:
      return [];
  }
}

function devicesOf(domain: DomainDescription): string[] {
  const cards = domain.interfaces
    .filter(({ type }) => type === 'hostdev' || type === 'vdpa')
    .map(({ type, mac, device }) => `network card ${device ?? mac ?? type}`);
  const others = domain.hostDevices.map(({ type, address }) => `${type} ${address ?? ''}`.trim());
  return [...others, ...cards].map(short).slice(0, 32);
}

/** The guard of its migration would not let through what reaches into the host. */
function unmovableOf(root: XmlElement): string[] {
  const shared = childrenOf(childOf(root, 'devices'), 'shmem')
    .filter((device) => !movesAlong(device))
    .map((device) => `shmem ${attributeOf(device, 'name') ?? ''}`);
  return [...shared, ...hostReach(root)].map(short).slice(0, 32);
}

/** The one kind of shared memory that moves: the VM's own, not another's. */
function movesAlong(device: XmlElement): boolean {
  return attributeOf(device, 'role') === 'master';
}
