/**
 * One VM as libvirt has it, in Drover's words. Looks, never acts.
 */
import type { ReportedVm } from '@drover/protocol';
import {
  isNotFound,
  isOperationInvalid,
  isUnsupported,
  LibvirtError,
  type Domain,
  type DomainStateInfo,
  type JobStats,
  type Libvirt,
} from 'node-libvirt';

export type VmState = ReportedVm['state'];

/** A state that libvirt has and we do not know counts as running: nobody may start a second copy. */
export function vmStateOf(info: DomainStateInfo): VmState {
  switch (info.state) {
    case 'paused':
      // `api-error`: libvirt would have let it go on after a migration, and could not: the lock of a disk is elsewhere.
      if (info.reason === 'migration' || info.reason === 'api-error') return 'paused-migrating';
      return info.reason === 'io-error' ? 'paused-io-error' : 'paused';
    case 'pm-suspended':
      return 'paused';
    case 'shutoff':
      return info.reason === 'crashed' ? 'crashed' : 'shut-off';
    case 'crashed':
      return 'crashed';
    case 'running':
    case 'blocked':
    case 'shutdown':
    case 'no-state':
    case 'other':
      return 'running';
  }
}

export interface VmLook {
  readonly dom: Domain;
  readonly state: VmState;
  /** Still on its way up: neither running nor failed yet. */
  readonly starting: boolean;
  readonly migrating: boolean;
  /** Its memory is on its way into a file. */
  readonly saving: boolean;
}

/** The VM, or nothing where libvirt does not know it. Rejects where it could not look. */
export async function lookAt(libvirt: Libvirt, vmId: string): Promise<VmLook | undefined> {
  try {
    const dom = await libvirt.domains.byUuid(vmId);
    const info = await dom.state();
    const state = vmStateOf(info);
    const job = await jobOf(libvirt, dom, state);
    const starting =
      (info.state === 'paused' && info.reason === 'starting-up') ||
      (info.state === 'shutoff' && info.reason === 'unknown');
    return { dom, state, starting, migrating: job === 'migration', saving: job === 'save' };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Whether the job of a migration runs on it, out or in, or one that saves its memory. */
export async function jobOf(
  libvirt: Libvirt,
  dom: Domain,
  state: VmState,
): Promise<'migration' | 'save' | undefined> {
  if (state === 'shut-off' || state === 'crashed') return undefined;
  try {
    const stats = await dom.job.stats();
    if (isMigrationJob(stats)) return 'migration';
    return isSaveJob(stats) ? 'save' : undefined;
  } catch (error) {
    // Of an incoming copy libvirt tells no statistics; that it refuses is the answer.
    if (isRefusedAsUnsupported(error)) {
      return state === 'paused-migrating' ? 'migration' : undefined;
    }
    if (isOperationInvalid(error)) return undefined;
    throw error;
  }
}

/** libvirt says it in two ways; this one (VIR_ERR_OPERATION_UNSUPPORTED) is about the moment. */
function isRefusedAsUnsupported(error: unknown): boolean {
  return isUnsupported(error) || (error instanceof LibvirtError && error.code === 84);
}

export function runs({ type }: JobStats): boolean {
  return type === 'unbounded' || type === 'bounded';
}

function isSaveJob(stats: JobStats): boolean {
  return runs(stats) && stats.operation === 'save';
}

export function isMigrationJob(stats: JobStats): boolean {
  return runs(stats) && (stats.operation === 'migration-out' || stats.operation === 'migration-in');
}
