/**
 * Stopping a VM: the power button with patience, or the plug where a person said so. Never the one when
 * the other was asked for.
 */
import { domainShutdownFlag, isNotFound, isOperationInvalid, type Domain } from 'node-libvirt';
import type { ActionOutcome, HypervisorAction } from '../logic/index.ts';
import { Changed } from './changed.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import { done, failed } from './outcome.ts';
import { lookAt } from './vm-state.ts';

type StopVm = Extract<HypervisorAction, { type: 'stop-vm' }>;

/** A VM that does not listen yet does not remember that its button was pressed. */
export const pressMs = 5_000;
const lookMs = 1_000;

export async function stopVm(link: LibvirtLink, action: StopVm): Promise<ActionOutcome> {
  const look = await lookAt(link.libvirt, action.vmId);
  if (!look || look.state === 'shut-off' || look.state === 'crashed') return done;
  if (action.mode === 'force') return pullThePlug(link, look.dom);
  const deadline = performance.now() + action.timeoutMs;
  let pressAt = 0;
  using changed = new Changed(link, action.vmId);
  for (;;) {
    const now = performance.now();
    const gone = await isGone(link, action.vmId);
    if (gone === true) return done;
    // Where libvirt is away nobody can tell; the VM may well be shutting down.
    if (now >= deadline && gone === false) {
      return failed('stop-timeout', `it did not shut down in ${action.timeoutMs} ms`);
    }
    if (now >= pressAt && now < deadline && gone === false) {
      pressAt = now + pressMs;
      await press(link, look.dom);
    }
    await changed.within(Math.max(1, Math.min(lookMs, deadline - now)));
    if (gone === undefined) await link.whenConnected();
  }
}

/** A VM that does not listen yet, or not any more, is pressed again later. */
async function press(link: LibvirtLink, dom: Domain): Promise<void> {
  try {
    await dom.shutdown({ flags: domainShutdownFlag.acpiPowerButton });
  } catch (error) {
    if (!isNotFound(error) && !isOperationInvalid(error)) throw error;
  }
}

async function pullThePlug(link: LibvirtLink, dom: Domain): Promise<ActionOutcome> {
  try {
    await dom.destroy();
  } catch (error) {
    if (!isNotFound(error) && !isOperationInvalid(error)) throw error;
  }
  const gone = await isGone(link, dom.uuid);
  if (gone === undefined) return { outcome: 'unknown' };
  return gone ? done : failed('hypervisor-error', 'it runs on after the plug was pulled');
}

/** Absent while libvirt cannot be asked. */
async function isGone(link: LibvirtLink, vmId: string): Promise<boolean | undefined> {
  if (!link.connected) return undefined;
  try {
    const look = await lookAt(link.libvirt, vmId);
    return !look || look.state === 'shut-off' || look.state === 'crashed';
  } catch {
    return undefined;
  }
}
