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
} from 'node-libvirt';
import { dirname } from 'node:path';
import { givesCpu } from './host-cpu.ts';
import type { HostFiles } from './host-files.ts';
import { guardOfImage, vmFacts } from './vm-facts.ts';
import { lookAt } from './vm-state.ts';

type IncomingFinding = IncomingAnswer['findings'][number];

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

/** Everything that is in the way here, all of it at once. */
export async function checkIncoming(
  libvirt: Libvirt,
  files: HostFiles,
  vmId: string,
  facts: VmFacts,
): Promise<IncomingAnswer> {
  const capabilities = readHostCapabilities(await libvirt.host.capabilities());
  const checks = [
    () => identity(libvirt, capabilities, vmId, facts),
    () => hypervisor(libvirt, capabilities, facts),
    () => cpu(libvirt, capabilities, facts),
    () => networks(libvirt, files, facts),
    () => paths(files, capabilities, facts),
    () => memory(libvirt, files, capabilities, facts),
  ];
  const findings: IncomingFinding[] = [];
  for (const check of checks) {
    findings.push(...(await check().catch((error: unknown) => [failedCheck(error)])));
  }
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

/** libvirt's no to a check is no yes. Where it cannot be asked at all there is no answer. */
function failedCheck(error: unknown): IncomingFinding {
  if (!(error instanceof LibvirtError)) throw error;
  return { code: 'check-failed', available: error.message.slice(0, 500) };
}

async function identity(
  libvirt: Libvirt,
  { hostUuid }: HostCapabilities,
  vmId: string,
  facts: VmFacts,
): Promise<readonly IncomingFinding[]> {
  const findings: IncomingFinding[] = [];
  if (hostUuid === facts.hostUuid) findings.push({ code: 'same-host', subject: hostUuid });
  const look = await lookAt(libvirt, vmId);
  if (look && look.state !== 'shut-off' && look.state !== 'crashed') {
    findings.push({ code: 'vm-there', available: look.state });
  }
  const namesake = await libvirt.domains.byName(facts.name).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (namesake && namesake.uuid !== vmId) {
    findings.push({ code: 'name-there', subject: facts.name });
  }
  return findings;
}

async function hypervisor(
  libvirt: Libvirt,
  { vmKinds }: HostCapabilities,
  facts: VmFacts,
): Promise<readonly IncomingFinding[]> {
  const findings: IncomingFinding[] = [];
  const kind = vmKinds.find(({ osType, arch }) => osType === 'hvm' && arch === facts.arch);
  const { virtType: required, machine } = facts;
  if (!kind?.domainTypes.includes(required)) {
    findings.push({ code: 'accelerator-missing', required: `${required} for ${facts.arch}` });
  }
  const has = kind?.machines.some(({ name }) => name === machine) ?? false;
  if (!has) findings.push({ code: 'machine-type-missing', required: machine });
  const { number } = await libvirt.host.hypervisorVersion();
  if (number < facts.qemuVersion) {
    findings.push({ code: 'qemu-older', required: facts.qemuVersion, available: number });
  }
  return findings;
}

/** As it runs, with all its features: what it was started with has to be there. */
async function cpu(
  libvirt: Libvirt,
  { cpuModel = '', vmKinds }: HostCapabilities,
  facts: VmFacts,
): Promise<readonly IncomingFinding[]> {
  const { cpuMode, hostCpu, virtType, arch, machine } = facts;
  if (facts.cpu === undefined || cpuMode === 'maximum') return [];
  if (cpuMode === 'host-passthrough') {
    return hostCpu === cpuModel
      ? []
      : [{ code: 'cpu-incompatible', required: hostCpu, available: cpuModel }];
  }
  const kind = vmKinds.find((one) => one.osType === 'hvm' && one.arch === arch);
  // Those that are not there have a finding of their own.
  if (!kind?.domainTypes.includes(virtType)) return [];
  const hasMachine = kind.machines.some(({ name }) => name === machine);
  const choice = { arch, virtType, ...(hasMachine ? { machine } : {}) };
  if (await givesCpu(libvirt, facts.cpu, choice)) return [];
  return [{ code: 'cpu-incompatible', required: modelOf(facts.cpu), available: cpuModel }];
}

function modelOf(cpuXml: string): string {
  return /<model[^>]*>([^<]+)</.exec(cpuXml)?.[1]?.slice(0, 255) ?? 'its CPU';
}

async function networks(
  libvirt: Libvirt,
  files: HostFiles,
  facts: VmFacts,
): Promise<readonly IncomingFinding[]> {
  const findings: IncomingFinding[] = [];
  const seen = new Set<string>();
  for (const { kind, name, mtu } of facts.networks) {
    if (seen.has(`${kind} ${name}`)) continue;
    seen.add(`${kind} ${name}`);
    const subject = `${{ bridge: 'bridge', network: 'network' }[kind] ?? 'device'} ${name}`;
    const device = kind === 'network' ? await bridgeOf(libvirt, name) : name;
    if (typeof device !== 'string') {
      findings.push({ code: device.code, subject });
      continue;
    }
    const there = kind === 'direct' ? await files.isDevice(device) : await files.isBridge(device);
    if (!there) findings.push({ code: 'network-missing', subject });
    else if (!(await files.isUp(device))) findings.push({ code: 'network-down', subject });
    else {
      const available = await files.mtu(device);
      if (mtu !== undefined && available !== undefined && available < mtu) {
        findings.push({ code: 'mtu-smaller', subject, required: mtu, available });
      }
    }
  }
  return findings;
}

async function bridgeOf(
  libvirt: Libvirt,
  name: string,
): Promise<string | Pick<IncomingFinding, 'code'>> {
  try {
    const network = await libvirt.networks.byName(name);
    if (!(await network.isActive())) return { code: 'network-down' };
    return await network.bridge();
  } catch (error) {
    if (isNotFound(error)) return { code: 'network-missing' };
    throw error;
  }
}

async function paths(
  files: HostFiles,
  capabilities: HostCapabilities,
  facts: VmFacts,
): Promise<readonly IncomingFinding[]> {
  const findings: IncomingFinding[] = [];
  for (const disk of facts.disks) {
    for (const [depth, image] of disk.images.entries()) {
      const required = depth === 0 ? disk.device : `below ${disk.name}`;
      const finding = await imageAt(files, image, required);
      // A medium that is only read may be a copy; a disk that is written has to be the same.
      const isWritten = depth === 0 && !disk.readOnly && disk.device !== 'cdrom';
      if (finding && (finding.code !== 'path-differs' || isWritten)) findings.push(finding);
    }
  }
  for (const { what, path, template } of facts.files) {
    if (what === 'emulator') {
      if (emulators(capabilities).includes(path)) continue;
      findings.push({ code: 'path-missing', subject: path, required: what });
      continue;
    }
    const finding = await file(files, path, what);
    const isMade =
      finding?.code === 'path-missing' &&
      template !== undefined &&
      (await files.look(template)).type === 'file' &&
      (await files.look(dirname(path))).type === 'folder';
    if (finding && !isMade) findings.push(finding);
  }
  return findings;
}

type Image = VmFacts['disks'][number]['images'][number];

async function imageAt(
  files: HostFiles,
  { kind, path, inode }: Image,
  required: string,
): Promise<IncomingFinding | undefined> {
  switch (kind) {
    case 'file':
    case 'block':
      return file(files, path, required, inode);
    case 'network':
      if (!path.startsWith('nfs://') || (await files.reaches(path))) return undefined;
      return { code: 'path-missing', subject: path, required };
    case 'other':
      return undefined;
  }
}

async function file(
  files: HostFiles,
  subject: string,
  required: string,
  inode?: string,
): Promise<IncomingFinding | undefined> {
  const stood = await files.look(subject);
  switch (stood.type) {
    case 'silent':
      return { code: 'path-silent', subject, required };
    case 'missing':
      return { code: 'path-missing', subject, required };
    case 'file':
    case 'folder':
    case 'block':
      if (inode === undefined || inode === stood.inode) return undefined;
      return { code: 'path-differs', subject, required };
  }
}

async function memory(
  libvirt: Libvirt,
  files: HostFiles,
  { cells }: HostCapabilities,
  { memoryMib: required, hugePageKib }: VmFacts,
): Promise<readonly IncomingFinding[]> {
  if (hugePageKib !== undefined) {
    const counts = await libvirt.host.freePages(hugePageKib, Math.max(1, cells.length));
    const available = Math.floor((counts.reduce((a, b) => a + b, 0) * hugePageKib) / 1024);
    const subject = hugePageKib >= 1024 ? `${hugePageKib / 1024} MiB` : `${hugePageKib} KiB`;
    if (available >= required) return [];
    return [{ code: 'huge-pages-short', subject, required, available, unit: 'MiB' }];
  }
  const available = await files.availableMib();
  if (available === undefined || available >= required) return [];
  return [{ code: 'memory-short', required, available, unit: 'MiB' }];
}
