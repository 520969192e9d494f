/**
 * Starting a VM: its disks, its XML, the call, and what is true afterwards. Where the call's end was not
 * heard it looks until it knows: "not started" sends the VM to another host.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ActionOutcome, HypervisorAction } from '../logic/index.ts';
import { domainXml, type DomainHost } from './domain-xml.ts';
import type { HostFiles } from './host-files.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import { done, failed, outcomeOf } from './outcome.ts';
import { prepareDisks } from './pool.ts';
import { prepareSeed } from './seed.ts';
import { lookAt, type VmLook } from './vm-state.ts';

type StartVm = Extract<HypervisorAction, { type: 'start-vm' }>;

const betweenLooksMs = 500;
/** Absent for that many looks in a row: a call that libvirt still had would have shown by then. */
const looksToBeSure = 5;
/** A definition that was never started looks as if it were on its way for ever. */
const startingLooks = 120;

export async function startVm(
  link: LibvirtLink,
  files: HostFiles,
  action: StartVm,
  host: DomainHost,
): Promise<ActionOutcome> {
  const found = await lookAt(link.libvirt, action.vmId);
  // Begun in a former life whose journal is lost: it comes up, or not, and is not begun beside that.
  const before = found?.starting === true ? await settledLook(link, action.vmId) : found;
  // Whoever ordered it does not know that, and may have ordered another size: it looks what there is.
  if (before?.state === 'running') return failed('vm-busy', 'it runs here already');
  if (before?.state.startsWith('paused')) {
    return failed('vm-busy', `a copy of it is ${before.state} on this host`);
  }
  await prepareDisks(link, files, action.vm.disks);
  await prepareSeed(files, action.vmId, action.vm);
  const xml = domainXml(action.vmId, action.generation, action.vm, host);
  const { libvirt } = link;
  try {
    // No deadline: an abandoned call could start the VM after it was said not to run.
    await libvirt.domains.create(xml, { timeoutMs: Number.POSITIVE_INFINITY });
  } catch (error) {
    const outcome = outcomeOf(error);
    if (outcome.outcome === 'failed') return outcome;
    const look = await settledLook(link, action.vmId);
    if (isUp(look)) return done;
    return failed('hypervisor-error', 'libvirt went away while the VM was started');
  }
  if (isUp(await lookAt(link.libvirt, action.vmId))) return done;
  return failed('hypervisor-error', 'it started, and was gone at once');
}

function isUp(look: VmLook | undefined): boolean {
  return look !== undefined && look.state !== 'shut-off' && look.state !== 'crashed';
}

/** Looks until the VM is up, or is surely not on its way; as long as libvirt cannot be asked, waits. */
export async function settledLook(link: LibvirtLink, vmId: string): Promise<VmLook | undefined> {
  let absent = 0;
  for (let looks = 0; ; looks += 1) {
    await link.whenConnected();
    try {
      const look = await lookAt(link.libvirt, vmId);
      if (look && (!look.starting || looks >= startingLooks)) return look;
      absent = look ? 0 : absent + 1;
      if (absent >= looksToBeSure) return undefined;
    } catch {
      absent = 0;
    }
    await pause(betweenLooksMs);
  }
}
