/**
 * A VM goes on from its saved memory. libvirt first takes it up standing still; then the file is moved out of reach, which
 * one host can do once; only then it runs. Cut off anywhere, either nobody has gone on from that memory and anybody may, or
 * it is not there any more.
 */
import { domainSaveFlag } from 'node-libvirt';
import type { ActionOutcome, HypervisorAction } from '../logic/index.ts';
import { filePath } from './domain-xml.ts';
import type { HostFiles } from './host-files.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import { done, failed, outcomeOf } from './outcome.ts';
import { prepareDisks } from './pool.ts';
import { settledLook } from './start-vm.ts';
import type { MemoryWork } from './storage/job-order.ts';
import type { StorageJobs } from './storage/storage-jobs.ts';
import { lookAt, type VmLook } from './vm-state.ts';

type ResumeSaved = Extract<HypervisorAction, { type: 'resume-saved' }>;

export interface ResumeContext {
  readonly link: LibvirtLink;
  readonly files: HostFiles;
  readonly storage: Pick<StorageJobs, 'memory'>;
  /** It runs, and the network is told where. */
  readonly announce: (look: VmLook) => void;
}

export async function resumeSaved(
  context: ResumeContext,
  action: ResumeSaved,
): Promise<ActionOutcome> {
  const { link, files } = context;
  const { libvirt } = link;
  const { opId, vmId, memory, facts, disks } = action;
  const work = (type: 'look' | 'take' | 'give-back'): MemoryWork => ({ type, at: memory, facts });
  const before = await lookAt(libvirt, vmId);
  if (before?.state === 'running') return done;
  const stands = before?.state.startsWith('paused') === true ? before : undefined;
  if (stands && action.again !== true) {
    return failed('vm-busy', `a copy of it is ${stands.state} on this host`);
  }
  const found = await context.storage.memory(opId, work('look'));
  if (found === 'unknown') return unclear;
  // It was taken for the copy that stands here; where there is none, that one may have run.
  if (found === 'mine') {
    if (stands) return run(context, stands, work('give-back'), opId);
    return failed('memory-used', 'it was taken up here, and the VM is not here any more');
  }
  if (stands) await stands.dom.destroy();
  await prepareDisks(link, files, disks);
  const copy = await takenUp(link, vmId, filePath(memory, memory.file));
  if ('outcome' in copy) return copy;
  let taken: Awaited<ReturnType<StorageJobs['memory']>>;
  try {
    taken = await context.storage.memory(opId, work('take'));
  } catch (error) {
    // Another host was quicker, or the file is gone: this copy must never run.
    await copy.dom.destroy();
    return outcomeOf(error);
  }
  return taken === 'mine' ? run(context, copy, work('give-back'), opId) : unclear;
}

const unclear: ActionOutcome = {
  outcome: 'unknown',
  error: { code: 'pool-unavailable', message: 'its pool did not say whether the memory is there' },
};

/** The copy as it stands, or why there is none. */
async function takenUp(
  link: LibvirtLink,
  vmId: string,
  file: string,
): Promise<VmLook | ActionOutcome> {
  try {
    // No deadline: an abandoned call could bring the copy up after it was said not to be there.
    const timeoutMs = Number.POSITIVE_INFINITY;
    await link.libvirt.domains.restore({ file }, { flags: domainSaveFlag.paused, timeoutMs });
  } catch (error) {
    const outcome = outcomeOf(error);
    if (outcome.outcome === 'failed') return outcome;
  }
  const look = await settledLook(link, vmId);
  if (look?.state.startsWith('paused') === true) return look;
  return failed('hypervisor-error', 'it was taken up from its saved memory, and was gone at once');
}

async function run(
  context: ResumeContext,
  { dom }: VmLook,
  giveBack: MemoryWork,
  opId: string,
): Promise<ActionOutcome> {
  const { libvirt } = context.link;
  try {
    await dom.resume();
  } catch (error) {
    const outcome = outcomeOf(error);
    const look = await lookAt(libvirt, dom.uuid);
    if (look?.state === 'running') return runs(context, look);
    if (outcome.outcome !== 'failed' || look?.state !== 'paused') return unclearAfter(outcome);
    // It has not run: as it stands still its memory is what the file has.
    const back = await context.storage.memory(opId, giveBack).catch(() => 'unknown' as const);
    if (back === 'unknown') return unclearAfter(outcome);
    await dom.destroy();
    return outcome;
  }
  const look = await lookAt(libvirt, dom.uuid);
  return look ? runs(context, look) : unclearAfter(done);
}

function runs({ announce }: ResumeContext, look: VmLook): ActionOutcome {
  announce(look);
  return done;
}

function unclearAfter({ error }: ActionOutcome): ActionOutcome {
  const message = error?.message ?? 'it ran, and was gone at once';
  return { outcome: 'unknown', error: { code: 'hypervisor-error', message } };
}
