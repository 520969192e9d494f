/**
 * What is in the way of a VM that would come to this host: everything at once, in a stable order. Judges what was
 * learnt of the host; how that is learnt is the shell's, or the simulator's.
 */
import type { IncomingAnswer, VmFacts } from '@drover/protocol';

export type IncomingFinding = IncomingAnswer['findings'][number];
type Image = VmFacts['disks'][number]['images'][number];
type Network = VmFacts['networks'][number];

/** What stands under a path. `silent`: the storage does not answer. */
export type Stood =
  | { readonly type: 'file' | 'folder' | 'block'; readonly inode: string }
  | { readonly type: 'missing' | 'silent' };

/** Or why it could not be learnt, which is no yes. */
export type Learnt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: string };

export interface NetworkThere {
  readonly state: 'missing' | 'down' | 'up';
  readonly mtu?: number;
}

export interface IncomingHost {
  readonly identity: Learnt<{
    readonly hostUuid: string;
    /** State of a copy of the VM that is there. */
    readonly copy?: string;
    /** Another VM has its name. */
    readonly hasNamesake: boolean;
  }>;
  /** Of its kind: what VMs of its architecture can be there. */
  readonly hypervisor: Learnt<{
    readonly qemuVersion: number;
    readonly virtTypes: readonly string[];
    readonly machines: readonly string[];
  }>;
  /** `gives`: the VM's CPU with all its features; absent where `asksForCpu` says so. */
  readonly cpu: Learnt<{ readonly model: string; readonly gives?: boolean }>;
  readonly networks: Learnt<(network: Network) => NetworkThere | undefined>;
  readonly paths: Learnt<{
    readonly stood: (path: string) => Stood | undefined;
    /** Of `urlsOf`: those that QEMU reaches by itself. */
    readonly reached: (url: string) => boolean;
    readonly emulators: readonly string[];
  }>;
  /** For the VM: of huge pages, where it wants those. Absent: not known. */
  readonly memory: Learnt<{ readonly availableMib?: number }>;
}

/** As it was learnt. */
export type IncomingPart<K extends keyof IncomingHost> = Extract<
  IncomingHost[K],
  { readonly ok: true }
>['value'];

export function incomingFindings(facts: VmFacts, host: IncomingHost): readonly IncomingFinding[] {
  return [
    ...judged(host.identity, (identity) => identityFindings(facts, identity)),
    ...judged(host.hypervisor, (hypervisor) => hypervisorFindings(facts, hypervisor)),
    ...judged(host.cpu, (cpu) => cpuFindings(facts, cpu)),
    ...judged(host.networks, (there) =>
      networksOf(facts).flatMap((network) => networkFindings(network, there(network))),
    ),
    ...judged(host.paths, (paths) => pathFindings(facts, paths)),
    ...judged(host.memory, (memory) => memoryFindings(facts, memory)),
  ];
}

function judged<T>(
  learnt: Learnt<T>,
  judge: (value: T) => readonly IncomingFinding[],
): readonly IncomingFinding[] {
  if (learnt.ok) return judge(learnt.value);
  return [{ code: 'check-failed', available: learnt.why.slice(0, 500) }];
}

// ── what has to be learnt ───────────────────────────────────────────────────────────────────────────────

/** Each once. */
export function networksOf({ networks }: VmFacts): readonly Network[] {
  return networks.filter(
    (one, at) =>
      networks.findIndex(({ kind, name }) => kind === one.kind && name === one.name) === at,
  );
}

/** Of its images and its files, with the folders of what could be made. */
export function pathsOf({ disks, files }: VmFacts): readonly string[] {
  const images = disks.flatMap((disk) => disk.images);
  const lying = images.filter(({ kind }) => kind === 'file' || kind === 'block');
  const others = files.filter(({ what }) => what !== 'emulator');
  const made = others.flatMap(({ path, template }) =>
    template === undefined ? [] : [template, folderOf(path)],
  );
  return [...new Set([...lying, ...others].map(({ path }) => path).concat(made))];
}

/** Of images that only QEMU reaches, and of which it can be asked whether it does. */
export function urlsOf({ disks }: VmFacts): readonly string[] {
  const images = disks.flatMap((disk) => disk.images);
  return [...new Set(images.filter(isAskable).map(({ path }) => path))];
}

function isAskable({ kind, path }: Image): boolean {
  return kind === 'network' && path.startsWith('nfs://');
}

/** A CPU that is all of its host's is compared by its name, and one that takes what there is not at all. */
export function asksForCpu({ cpu, cpuMode }: VmFacts): boolean {
  return cpu !== undefined && cpuMode !== 'maximum' && cpuMode !== 'host-passthrough';
}

// ── how it is judged ────────────────────────────────────────────────────────────────────────────────────

function identityFindings(
  facts: VmFacts,
  { hostUuid, copy, hasNamesake }: IncomingPart<'identity'>,
): readonly IncomingFinding[] {
  const findings: IncomingFinding[] = [];
  if (hostUuid === facts.hostUuid) findings.push({ code: 'same-host', subject: hostUuid });
  if (copy !== undefined && copy !== 'shut-off' && copy !== 'crashed') {
    findings.push({ code: 'vm-there', available: copy });
  }
  if (hasNamesake) findings.push({ code: 'name-there', subject: facts.name });
  return findings;
}

function hypervisorFindings(
  { virtType, arch, machine, qemuVersion: required }: VmFacts,
  { virtTypes, machines, qemuVersion: available }: IncomingPart<'hypervisor'>,
): readonly IncomingFinding[] {
  const findings: IncomingFinding[] = [];
  if (!virtTypes.includes(virtType)) {
    findings.push({ code: 'accelerator-missing', required: `${virtType} for ${arch}` });
  }
  if (!machines.includes(machine)) {
    findings.push({ code: 'machine-type-missing', required: machine });
  }
  if (available < required) findings.push({ code: 'qemu-older', required, available });
  return findings;
}

/** As it runs, with all its features: what it was started with has to be there. */
function cpuFindings(
  { cpu, cpuMode, hostCpu }: VmFacts,
  { model, gives }: IncomingPart<'cpu'>,
): readonly IncomingFinding[] {
  if (cpu === undefined) return [];
  const isMissing = cpuMode === 'host-passthrough' ? hostCpu !== model : gives === false;
  if (!isMissing) return [];
  const required = cpuMode === 'host-passthrough' ? hostCpu : modelOf(cpu);
  return [{ code: 'cpu-incompatible', required, available: model }];
}

function modelOf(cpuXml: string): string {
  return /<model[^>]*>([^<]+)</.exec(cpuXml)?.[1]?.slice(0, 255) ?? 'its CPU';
}

function networkFindings(
  { kind, name, mtu: required }: Network,
  there: NetworkThere | undefined,
): readonly IncomingFinding[] {
  const subject = `${{ bridge: 'bridge', network: 'network' }[kind] ?? 'device'} ${name}`;
  if (there === undefined || there.state === 'missing')
    return [{ code: 'network-missing', subject }];
  if (there.state === 'down') return [{ code: 'network-down', subject }];
  const { mtu: available } = there;
  if (required === undefined || available === undefined || available >= required) return [];
  return [{ code: 'mtu-smaller', subject, required, available }];
}

function pathFindings(facts: VmFacts, paths: IncomingPart<'paths'>): readonly IncomingFinding[] {
  const findings: IncomingFinding[] = [];
  for (const disk of facts.disks) {
    for (const [depth, image] of disk.images.entries()) {
      const required = depth === 0 ? disk.device : `below ${disk.name}`;
      const finding = imageFinding(image, required, paths);
      // A medium that is only read may be a copy; a disk that is written has to be the same.
      const isWritten = depth === 0 && !disk.readOnly && disk.device !== 'cdrom';
      if (finding && (finding.code !== 'path-differs' || isWritten)) findings.push(finding);
    }
  }
  for (const file of facts.files) {
    const finding = fileFinding(file, paths);
    if (finding) findings.push(finding);
  }
  return findings;
}

function imageFinding(
  image: Image,
  required: string,
  { stood, reached }: IncomingPart<'paths'>,
): IncomingFinding | undefined {
  const { kind, path, inode } = image;
  switch (kind) {
    case 'file':
    case 'block':
      return stoodFinding(stood(path), path, required, inode);
    case 'network':
      if (!isAskable(image) || reached(path)) return undefined;
      return { code: 'path-missing', subject: path, required };
    case 'other':
      return undefined;
  }
}

function fileFinding(
  { what, path, template }: VmFacts['files'][number],
  { stood, emulators }: IncomingPart<'paths'>,
): IncomingFinding | undefined {
  if (what === 'emulator') {
    if (emulators.includes(path)) return undefined;
    return { code: 'path-missing', subject: path, required: what };
  }
  const finding = stoodFinding(stood(path), path, what);
  const isMade =
    finding?.code === 'path-missing' &&
    template !== undefined &&
    stood(template)?.type === 'file' &&
    stood(folderOf(path))?.type === 'folder';
  return isMade ? undefined : finding;
}

function stoodFinding(
  stood: Stood | undefined,
  subject: string,
  required: string,
  inode?: string,
): IncomingFinding | undefined {
  switch (stood?.type) {
    case 'silent':
      return { code: 'path-silent', subject, required };
    case undefined:
    case 'missing':
      return { code: 'path-missing', subject, required };
    case 'file':
    case 'folder':
    case 'block':
      if (inode === undefined || inode === stood.inode) return undefined;
      return { code: 'path-differs', subject, required };
  }
}

function memoryFindings(
  { memoryMib: required, hugePageKib }: VmFacts,
  { availableMib: available }: IncomingPart<'memory'>,
): readonly IncomingFinding[] {
  if (available === undefined || available >= required) return [];
  if (hugePageKib === undefined)
    return [{ code: 'memory-short', required, available, unit: 'MiB' }];
  const subject = hugePageKib >= 1024 ? `${hugePageKib / 1024} MiB` : `${hugePageKib} KiB`;
  return [{ code: 'huge-pages-short', subject, required, available, unit: 'MiB' }];
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}
