/**
 * The two looks before a VM moves: at the VM as it runs here, and at this host for one that would come. Both change
 * nothing. What cannot be found out is said to be so, never passed over.
 */
import { DroverError, type IncomingAnswer, type VmFacts } from '@drover/protocol';
import {
  isNotFound,
  isOperationInvalid,
  isUnsupported,
  LibvirtError,
  readDomain,
  readHostCapabilities,
  type HostCapabilities,
  type Libvirt,
  type VmKind,
} from 'node-libvirt';
import {
  asksForCpu,
  incomingFindings,
  type IncomingHost,
  type IncomingPart,
  type Learnt,
  type NetworkThere,
  networksOf,
  pathsOf,
  type Stood,
  urlsOf,
} from '../logic/index.ts';
import { givesCpu } from './host-cpu.ts';
import type { HostFiles } from './host-files.ts';
import { guardOfImage, vmFacts } from './vm-facts.ts';
import { lookAt } from './vm-state.ts';

type Network = VmFacts['networks'][number];

/** What the leader may be sent, with room for the rest of the message. */
const factsMost = 200_000;

/** Throws `vm-not-running` where it is not here. */
export async function inspectVm(
  libvirt: Libvirt,
  files: HostFiles,
  vmId: string,
): Promise<VmFacts> {
  const look = await lookAt(libvirt, vmId);
  if (!look) throw new DroverError('vm-not-running', 'the VM is absent on this host');
  const { dom } = look;
  const xml = await dom.xml();
  const domain = readDomain(xml);
  const capabilities = readHostCapabilities(await libvirt.host.capabilities());
  // Of an incoming copy, or one that has just ended, libvirt tells no statistics.
  const job = await learn('its job', () => dom.job.stats(), isRefused);
  const isBusy = job?.type === 'unbounded' || job?.type === 'bounded';
  const sources = domain.disks.map(({ source }) => source);
  const volumes = await pathsOfVolumes(libvirt, sources);
  const paths = sources.flatMap((source) =>
    source.type === 'file' || source.type === 'block' ? [source.path] : [],
  );
  const facts = vmFacts(xml, {
    state: look.state,
    hostUuid: capabilities.hostUuid,
    hostCpu: capabilities.cpuModel ?? '',
    kernel: await files.kernel(),
    qemuVersion: (await libvirt.host.hypervisorVersion()).number,
    mounts: await files.mounts(),
    snapshots: (await learn('its snapshots', () => dom.snapshots.list()))?.length ?? 0,
    // Daemons of old know none.
    checkpoints:
      (await learn('its checkpoints', () => dom.checkpoints.list(), isUnsupported))?.length ?? 0,
    blockJobs: await blockJobs(
      dom,
      domain.disks.filter(({ source }) => source.type !== 'empty').map(({ target }) => target),
    ),
    ...(isBusy ? { job: job.operation } : {}),
    inodes: await inodesOf(files, [...paths, ...volumes.values()]),
    mtus: await mtusOf(files, domain.interfaces),
    volumes,
  });
  if (Buffer.byteLength(JSON.stringify(facts)) > factsMost) {
    throw new DroverError('hypervisor-error', 'its XML names more than can be checked');
  }
  return facts;
}

function isRefused(error: unknown): boolean {
  return isUnsupported(error) || isOperationInvalid(error);
}

/**
 * Nothing where the error is one that says that there is nothing. Every other one would be taken for it if it were
 * passed over; libvirt's own then says what it was that could not be learnt.
 */
async function learn<T>(
  what: string,
  ask: () => Promise<T>,
  saysNothing: (error: unknown) => boolean = () => false,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (saysNothing(error)) return undefined;
    if (!(error instanceof LibvirtError)) throw error;
    throw new DroverError('hypervisor-error', `${what} cannot be learnt: ${error.message}`, {
      cause: error,
    });
  }
}

async function pathsOfVolumes(
  libvirt: Libvirt,
  sources: readonly { readonly type: string; readonly pool?: string; readonly volume?: string }[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { type, pool = '', volume = '' } of sources) {
    if (type !== 'volume') continue;
    const known = await (await libvirt.pools.find(pool))?.findVolume(volume);
    if (known) found.set(`${pool}/${volume}`, await known.path());
  }
  return found;
}

async function blockJobs(
  dom: NonNullable<Awaited<ReturnType<typeof lookAt>>>['dom'],
  targets: readonly string[],
): Promise<readonly string[]> {
  const busy: string[] = [];
  for (const target of targets) {
    const job = await learn(`the job of disk ${target}`, () => dom.disk(target).job(), isRefused);
    if (job) busy.push(target);
  }
  return busy;
}

async function inodesOf(
  files: HostFiles,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const inodes = new Map<string, string>();
  for (const path of paths) {
    const stood = await files.look(path);
    if (stood.type === 'file') inodes.set(path, stood.inode);
  }
  return inodes;
}

async function mtusOf(
  files: HostFiles,
  cards: readonly {
    readonly target?: string;
    readonly bridge?: string;
    readonly device?: string;
  }[],
): Promise<ReadonlyMap<string, number>> {
  const mtus = new Map<string, number>();
  for (const device of cards.flatMap(({ target, bridge, device }) => [target, bridge, device])) {
    const mtu = device === undefined ? undefined : await files.mtu(device);
    if (device !== undefined && mtu !== undefined) mtus.set(device, mtu);
  }
  return mtus;
}

/** Everything that is in the way here, all of it at once. Rejects where libvirt cannot be asked at all. */
export async function checkIncoming(
  libvirt: Libvirt,
  files: HostFiles,
  vmId: string,
  facts: VmFacts,
): Promise<IncomingAnswer> {
  const capabilities = readHostCapabilities(await libvirt.host.capabilities());
  const findings = incomingFindings(facts, {
    identity: await learnt(() => identity(libvirt, capabilities, vmId, facts)),
    hypervisor: await learnt(() => hypervisor(libvirt, capabilities, facts)),
    cpu: await learnt(() => cpu(libvirt, capabilities, facts)),
    networks: await learnt(() => networks(libvirt, files, facts)),
    paths: await learnt(() => paths(files, capabilities, facts)),
    memory: await learnt(() => memory(libvirt, files, capabilities, facts)),
  });
  const mounts = await files.mounts();
  const hasLease = facts.disks.some(({ guard }) => guard === 'lease');
  return {
    findings: findings.slice(0, 64),
    kernel: await files.kernel(),
    guards: facts.disks.map(({ name, images }) => ({
      disk: name,
      ...guardOfImage(images[0], hasLease, mounts),
    })),
  };
}

/** The programs that libvirt on this host has for VMs: a VM that comes is run by no other. */
export async function emulatorsHere(libvirt: Libvirt): Promise<readonly string[]> {
  return emulators(readHostCapabilities(await libvirt.host.capabilities()));
}

function emulators({ vmKinds }: HostCapabilities): readonly string[] {
  return vmKinds.flatMap((kind) => kind.emulators);
}

/** libvirt's no to a question is no yes. Where it cannot be asked at all there is no answer. */
async function learnt<T>(ask: () => Promise<T>): Promise<Learnt<T>> {
  try {
    return { ok: true, value: await ask() };
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error;
    return { ok: false, why: error.message };
  }
}

type Of<K extends keyof IncomingHost> = Promise<IncomingPart<K>>;

async function identity(
  libvirt: Libvirt,
  { hostUuid }: HostCapabilities,
  vmId: string,
  facts: VmFacts,
): Of<'identity'> {
  const copy = (await lookAt(libvirt, vmId))?.state;
  const namesake = await libvirt.domains.byName(facts.name).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const hasNamesake = namesake !== undefined && namesake.uuid !== vmId;
  return { hostUuid, hasNamesake, ...(copy === undefined ? {} : { copy }) };
}

function kindOf({ vmKinds }: HostCapabilities, facts: VmFacts): VmKind | undefined {
  return vmKinds.find(({ osType, arch }) => osType === 'hvm' && arch === facts.arch);
}

async function hypervisor(
  libvirt: Libvirt,
  capabilities: HostCapabilities,
  facts: VmFacts,
): Of<'hypervisor'> {
  const kind = kindOf(capabilities, facts);
  return {
    qemuVersion: (await libvirt.host.hypervisorVersion()).number,
    virtTypes: kind?.domainTypes ?? [],
    machines: kind?.machines.map(({ name }) => name) ?? [],
  };
}

async function cpu(libvirt: Libvirt, capabilities: HostCapabilities, facts: VmFacts): Of<'cpu'> {
  const { cpuModel: model = '' } = capabilities;
  const { virtType, arch, machine } = facts;
  const kind = kindOf(capabilities, facts);
  // An accelerator that is not there has a finding of its own.
  const isAsked = asksForCpu(facts) && kind?.domainTypes.includes(virtType) === true;
  if (!isAsked || facts.cpu === undefined) return { model };
  const hasMachine = kind.machines.some(({ name }) => name === machine);
  const choice = { arch, virtType, ...(hasMachine ? { machine } : {}) };
  return { model, gives: await givesCpu(libvirt, facts.cpu, choice) };
}

async function networks(libvirt: Libvirt, files: HostFiles, facts: VmFacts): Of<'networks'> {
  const there = new Map<string, NetworkThere>();
  const key = ({ kind, name }: Network) => `${kind} ${name}`;
  for (const network of networksOf(facts)) {
    there.set(key(network), await networkThere(libvirt, files, network));
  }
  return (network) => there.get(key(network));
}

async function networkThere(
  libvirt: Libvirt,
  files: HostFiles,
  { kind, name }: Network,
): Promise<NetworkThere> {
  const device = kind === 'network' ? await bridgeOf(libvirt, name) : { name };
  if ('state' in device) return device;
  const isThere =
    kind === 'direct' ? await files.isDevice(device.name) : await files.isBridge(device.name);
  if (!isThere) return { state: 'missing' };
  if (!(await files.isUp(device.name))) return { state: 'down' };
  const mtu = await files.mtu(device.name);
  return { state: 'up', ...(mtu === undefined ? {} : { mtu }) };
}

async function bridgeOf(
  libvirt: Libvirt,
  name: string,
): Promise<{ readonly name: string } | { readonly state: 'missing' | 'down' }> {
  try {
    const network = await libvirt.networks.byName(name);
    if (!(await network.isActive())) return { state: 'down' };
    return { name: await network.bridge() };
  } catch (error) {
    if (isNotFound(error)) return { state: 'missing' };
    throw error;
  }
}

async function paths(
  files: HostFiles,
  capabilities: HostCapabilities,
  facts: VmFacts,
): Of<'paths'> {
  const stood = new Map<string, Stood>();
  for (const path of pathsOf(facts)) stood.set(path, await files.look(path));
  const reached = new Set<string>();
  for (const url of urlsOf(facts)) if (await files.reaches(url)) reached.add(url);
  return {
    stood: (path) => stood.get(path),
    reached: (url) => reached.has(url),
    emulators: emulators(capabilities),
  };
}

async function memory(
  libvirt: Libvirt,
  files: HostFiles,
  { cells }: HostCapabilities,
  { hugePageKib }: VmFacts,
): Of<'memory'> {
  if (hugePageKib !== undefined) {
    const counts = await libvirt.host.freePages(hugePageKib, Math.max(1, cells.length));
    return { availableMib: Math.floor((counts.reduce((a, b) => a + b, 0) * hugePageKib) / 1024) };
  }
  const availableMib = await files.availableMib();
  return availableMib === undefined ? {} : { availableMib };
}
