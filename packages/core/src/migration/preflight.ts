/**
 * Can this VM move live, to that host, and how? Joins what both hosts say into a list of reasons against it: all of
 * them at once, in a stable order, each with its remedy. Touches nothing.
 */
import type { HostId } from '../cluster/host.ts';
import type { MigrationMode } from '../cluster/vm.ts';
import {
  type DiskFact,
  type DiskGuard,
  type IncomingAnswer,
  incomingCodes,
  type VmFacts,
} from './facts.ts';

/** What holds the VM where it is, whatever the target; in the order in which they are told. */
const heldCodes = [
  'vm-not-running',
  'job-under-way',
  'block-job',
  'snapshot',
  'checkpoint',
  'device-held',
  'device-unmovable',
  'directory-shared',
  'memory-sealed',
  'cpu-feature-pinned',
  'disk-shareable',
  'disk-cached',
  'disk-unknown',
  'disk-elsewhere',
] as const;

export const preflightCodes = [...heldCodes, ...incomingCodes, 'cpu-passed-through'] as const;
export type PreflightCode = (typeof preflightCodes)[number];

/** One reason against a move; without `hostId` it holds for every target. */
export interface PreflightReason {
  readonly code: PreflightCode;
  readonly hostId?: HostId;
  /** Which disk, path, network, device. */
  readonly subject?: string;
  readonly required?: number | string;
  readonly available?: number | string;
  readonly unit?: string;
}

/** From this version on QEMU drops what the host has cached of an image when the VM arrives. */
const dropsCache = 4_000_000;
const directCaches: readonly string[] = ['none', 'directsync'];

/** Reasons that the source alone tells; empty where it may leave. */
export function heldReasons(facts: VmFacts): readonly PreflightReason[] {
  const found: PreflightReason[] = [];
  const add = (code: PreflightCode, more: Omit<PreflightReason, 'code'> = {}) =>
    void found.push({ code, ...more });
  if (facts.state !== 'running') add('vm-not-running', { available: facts.state });
  if (facts.job !== undefined) add('job-under-way', { subject: facts.job });
  for (const subject of facts.blockJobs) add('block-job', { subject });
  if (facts.snapshots > 0) add('snapshot', { required: 0, available: facts.snapshots });
  if (facts.checkpoints > 0) add('checkpoint', { required: 0, available: facts.checkpoints });
  for (const subject of facts.devices) add('device-held', { subject });
  for (const subject of facts.unmovable) add('device-unmovable', { subject });
  for (const subject of facts.directories) add('directory-shared', { subject });
  if (facts.sealed !== undefined) add('memory-sealed', { subject: facts.sealed });
  for (const subject of facts.pinnedFeatures) add('cpu-feature-pinned', { subject });
  for (const disk of facts.disks) found.push(...diskReasons(facts, disk));
  return inOrder(found);
}

function diskReasons(facts: VmFacts, disk: DiskFact): readonly PreflightReason[] {
  const { name: subject, cache } = disk;
  const other = disk.images.find(({ kind }) => kind === 'other');
  const unknown: readonly PreflightReason[] =
    other === undefined ? [] : [{ code: 'disk-unknown', subject, available: other.path }];
  if (!isWritten(disk)) return unknown;
  const found = [...unknown];
  if (disk.shareable) found.push({ code: 'disk-shareable', subject });
  const isCached = !directCaches.includes(cache);
  // What the VM believes to be written may be nowhere but in the source's memory.
  if (cache === 'unsafe' || (isCached && facts.qemuVersion < dropsCache)) {
    found.push({ code: 'disk-cached', subject, required: 'none', available: cache });
  }
  return found;
}

/**
 * Reasons why it must not be started anew from its record, as a cold move does: it writes to an image that the record
 * does not name, such as the top of a chain that somebody began, and would start without what is in there. Such a chain
 * has the image of the record below (`required`); a disk that somebody added has none. `recorded`: paths and URLs of the
 * disks that it would start with.
 */
export function coldReasons(
  facts: VmFacts,
  recorded: readonly string[],
): readonly PreflightReason[] {
  const written = facts.disks.filter(isWritten).map(({ name, images }) => ({
    subject: name,
    available: images[0]?.path ?? '',
    below: images.slice(1).find(({ path }) => recorded.includes(path))?.path,
  }));
  const strange = written.filter(({ available }) => !recorded.includes(available));
  return inOrder(
    strange.map(({ below, ...one }) => ({
      code: 'disk-elsewhere',
      ...one,
      ...(below === undefined ? {} : { required: below }),
    })),
  );
}

/** Reasons of one target; empty where it may come. */
export function targetReasons(
  facts: VmFacts,
  hostId: HostId,
  answer: IncomingAnswer,
): readonly PreflightReason[] {
  return inOrder(answer.findings.map((finding) => named(facts, hostId, finding)));
}

function named(
  facts: VmFacts,
  hostId: HostId,
  { code, ...numbers }: IncomingAnswer['findings'][number],
): PreflightReason {
  const isPassedThrough = code === 'cpu-incompatible' && facts.cpuMode === 'host-passthrough';
  return { code: isPassedThrough ? 'cpu-passed-through' : code, hostId, ...numbers };
}

export interface ModeChoice {
  readonly mode: MigrationMode;
  /** Why it is not `live`: the disk and what guards it on each host, for people. */
  readonly why?: string;
}

/**
 * How it moves: live where a lock that works, on both hosts, guards every disk that it writes; else the copy stays
 * paused until the source is known to be gone.
 */
export function modeFor(facts: VmFacts, answer: IncomingAnswer): ModeChoice {
  const sameKernel = facts.kernel === answer.kernel;
  for (const disk of facts.disks.filter(isWritten)) {
    const there = answer.guards.find((one) => one.disk === disk.name);
    const guards = [disk.guard, there?.guard ?? 'none'];
    if (modeOfGuards(guards, sameKernel) === 'live') continue;
    const why = `no lock guards ${disk.name} on both hosts (${disk.guardedBy}; ${there?.guardedBy ?? 'unknown'})`;
    return { mode: 'paused', why };
  }
  return { mode: 'live' };
}

/** The one rule: `live` only where all of them are locks that the other host sees too. */
export function modeOfGuards(guards: readonly DiskGuard[], sameKernel: boolean): MigrationMode {
  const works = (guard: DiskGuard) =>
    guard === 'image-lock' || guard === 'lease' || (guard === 'kernel-lock' && sameKernel);
  return guards.every(works) ? 'live' : 'paused';
}

function isWritten(disk: DiskFact): boolean {
  return !disk.readOnly && disk.device !== 'cdrom' && disk.images.length > 0;
}

/** By kind, then by host, then by what they are about. */
function inOrder(reasons: readonly PreflightReason[]): readonly PreflightReason[] {
  const key = (reason: PreflightReason) =>
    `${String(preflightCodes.indexOf(reason.code)).padStart(2, '0')} ${reason.hostId ?? ''} ${reason.subject ?? ''}`;
  return reasons.toSorted((a, b) => (key(a) < key(b) ? -1 : Number(key(a) > key(b))));
}
