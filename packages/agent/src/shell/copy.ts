/**
 * The short orders about a copy that is there already: run on, go away, stop moving. Each looks first and
 * does nothing to a copy that is not what the order supposes.
 */
import { isOperationInvalid } from 'node-libvirt';
import type { ActionOutcome } from '../logic/index.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import { done, failed, outcomeOf } from './outcome.ts';
import { lookAt, type VmLook } from './vm-state.ts';

/** `announce` has the copy's cards tell the network where it is now. */
export async function resumeVm(
  link: LibvirtLink,
  vmId: string,
  announce: (look: VmLook) => void,
): Promise<ActionOutcome> {
  const { libvirt } = link;
  const look = await lookAt(libvirt, vmId);
  if (look?.state === 'running') return done;
  if (!look?.state.startsWith('paused')) {
    return failed('vm-not-running', `the VM is ${look?.state ?? 'absent'} on this host`);
  }
  await look.dom.resume();
  const after = await lookAt(libvirt, vmId);
  if (after?.state !== 'running') {
    return failed('hypervisor-error', `it is ${after?.state ?? 'absent'} after it was resumed`);
  }
  announce(after);
  return done;
}

/** Only a copy that stands still is left over, also one that libvirt still takes for coming in; a running one is somebody's VM. */
export async function destroyLeftover(link: LibvirtLink, vmId: string): Promise<ActionOutcome> {
  const { libvirt } = link;
  const look = await lookAt(libvirt, vmId);
  if (!look || look.state === 'shut-off' || look.state === 'crashed') return done;
  if (!look.state.startsWith('paused')) {
    return failed('vm-running', `it is ${look.state} here: not a copy that was left behind`);
  }
  await look.dom.destroy();
  const after = await lookAt(libvirt, vmId);
  if (!after || after.state === 'shut-off' || after.state === 'crashed') return done;
  return failed('hypervisor-error', `it is ${after.state} after it was destroyed`);
}

/** Whether the migration ended by this, or otherwise at the same time, its own result tells. */
export async function abortMigration(link: LibvirtLink, vmId: string): Promise<ActionOutcome> {
  const { libvirt } = link;
  const look = await lookAt(libvirt, vmId);
  if (!look?.migrating) return done;
  try {
    await look.dom.job.abort({ timeoutMs: 30_000 });
  } catch (error) {
    if (!isOperationInvalid(error)) return outcomeOf(error);
  }
  return done;
}
