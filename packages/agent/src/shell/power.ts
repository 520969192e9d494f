/**
 * Rebooting, pausing and unpausing a VM that is here. A reboot is asked of the system in it, by its power button, and is
 * over when it has restarted; only where a person said so is its reset button pressed.
 */
import { domainShutdownFlag, isNotFound, isOperationInvalid } from 'node-libvirt';
import type { ActionOutcome, HypervisorAction } from '../logic/index.ts';
import { Changed } from './changed.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import { done, failed } from './outcome.ts';
import { pressMs } from './stop-vm.ts';
import { lookAt } from './vm-state.ts';

type RebootVm = Extract<HypervisorAction, { type: 'reboot-vm' }>;

export async function rebootVm(link: LibvirtLink, action: RebootVm): Promise<ActionOutcome> {
  const look = await lookAt(link.libvirt, action.vmId);
  if (look?.state !== 'running') return notThere(look?.state);
  if (action.mode === 'force') {
    await look.dom.reset();
    return done;
  }
  using changed = new Changed(link, action.vmId, ({ name }) => name === 'reboot');
  const deadline = performance.now() + action.timeoutMs;
  do {
    try {
      // libvirt resets it once it has shut down, instead of ending it.
      await look.dom.reboot({ flags: domainShutdownFlag.acpiPowerButton });
    } catch (error) {
      if (isNotFound(error) || isOperationInvalid(error)) return notThere('gone');
      throw error;
    }
    const restMs = deadline - performance.now();
    if (await changed.within(Math.max(1, Math.min(pressMs, restMs)))) return done;
  } while (performance.now() < deadline);
  return failed('stop-timeout', `it did not restart in ${action.timeoutMs} ms, and runs on`);
}

export async function pauseVm(link: LibvirtLink, vmId: string): Promise<ActionOutcome> {
  const look = await lookAt(link.libvirt, vmId);
  if (look?.state === 'paused') return done;
  if (look?.state !== 'running' || look.migrating) return notThere(look?.state);
  await look.dom.suspend();
  const after = await lookAt(link.libvirt, vmId);
  return after?.state === 'paused' ? done : notThere(after?.state);
}

/** Only what somebody paused: a copy that a migration left paused is not a person's to let run. */
export async function unpauseVm(link: LibvirtLink, vmId: string): Promise<ActionOutcome> {
  const look = await lookAt(link.libvirt, vmId);
  if (look?.state === 'running') return done;
  if (look?.state !== 'paused') return notThere(look?.state);
  await look.dom.resume();
  const after = await lookAt(link.libvirt, vmId);
  return after?.state === 'running' ? done : notThere(after?.state);
}

function notThere(state: string | undefined): ActionOutcome {
  return failed('vm-not-running', `the VM is ${state ?? 'absent'} on this host`);
}
