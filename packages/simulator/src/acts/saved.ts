/**
 * Memory into a file, and a VM out of one: the same looks in the same order as the agent's shell. What libvirt was told to
 * write it goes on writing, whatever becomes of the agent.
 */
import type { Copy, Ended } from '../hypervisor.ts';
import { whenAnswered } from './pools.ts';
import { settledLook } from './start.ts';
import { type ActsWorld, done, failed, locked, type Of } from './world.ts';

const lookMs = 500;
const progressMs = 1_000;
const mib = 1024 * 1024;

export function saveVm(world: ActsWorld, { opId, vmId, pool }: Of<'save-vm'>): void {
  const { host, life, random, tempo, onAnswer } = world;
  const { hypervisor } = host;
  const isOff = () => {
    const copy = hypervisor.copy(vmId);
    return copy?.state !== 'running' || copy.job !== undefined;
  };
  const off = failed('vm-not-running', 'the VM does not run on this host');
  if (isOff()) return onAnswer(off);
  whenAnswered(world, [pool.name], (reach) => {
    const copy = hypervisor.copy(vmId);
    if (copy === undefined || isOff()) return onAnswer(off);
    if (reach === 'full') return onAnswer(failed('pool-full', 'no space is left'));
    if (reach !== 'going') return onAnswer(failed('pool-unavailable', `the pool is ${reach}`));
    const totalMs = random.within(tempo.jobsMs);
    const ended = life.listening((how: Ended) => {
      if (how === 'done') return onAnswer(done);
      if (how === 'lost') return settled(world, vmId);
      onAnswer(failed('save-failed', 'it came to nothing; the VM runs on'));
    });
    hypervisor.save(copy, opId, pool.name, totalMs, ended);
    tell(world, opId, copy, totalMs);
  });
}

function tell(world: ActsWorld, opId: string, copy: Copy, totalMs: number, elapsedMs = 0): void {
  const { host, life, onJobProgress } = world;
  if (host.hypervisor.copy(copy.vmId) !== copy || copy.job !== 'save') return;
  const totalBytes = copy.memoryMib * mib;
  const doneBytes = Math.floor(totalBytes * Math.min(1, elapsedMs / Math.max(1, totalMs)));
  onJobProgress({ v: 1, opId, phase: 'save', doneBytes, totalBytes, elapsedMs });
  life.after(progressMs, () => tell(world, opId, copy, totalMs, elapsedMs + progressMs));
}

/** libvirt was lost sight of. */
function settled(world: ActsWorld, vmId: string): void {
  const { host, life, onAnswer } = world;
  const again = () => void life.after(lookMs, () => settled(world, vmId));
  if (!host.hypervisor.isUp) return again();
  const copy = host.hypervisor.copy(vmId);
  if (copy === undefined) return onAnswer(done);
  if (copy.job === 'save') return again();
  onAnswer(failed('save-failed', 'libvirt went away while the VM was saved'));
}

export function resumeSaved(world: ActsWorld, startedBy: string, action: Of<'resume-saved'>): void {
  const { host, onAnswer } = world;
  const { vmId, opId, memory, disks, again } = action;
  const copy = host.hypervisor.copy(vmId);
  if (copy?.state === 'running') return onAnswer(done);
  if (copy !== undefined && again !== true) {
    return onAnswer(failed('vm-busy', `a copy of it is ${copy.state} on this host`));
  }
  const key = `${memory.pool.name}/${memory.file}`;
  const pools = [memory.pool, ...disks.map(({ pool }) => pool)].map(({ name }) => name);
  whenAnswered(world, pools, (reach) => {
    if (reach === 'gone') return onAnswer(failed('pool-unavailable', `the pool is ${reach}`));
    const { storage } = host.hypervisor;
    const found = storage.memory(key, host.id, opId);
    if (found === 'mine' && copy !== undefined) return runs(world, vmId);
    if (found !== 'there') return onAnswer(unusable(found));
    // It has not run: what it remembers is what the file has.
    if (copy !== undefined) host.hypervisor.remove(vmId, 'was taken up, and is taken up anew');
    takeUp(world, startedBy, action, key);
  });
}

function unusable(found: 'mine' | 'used' | 'gone') {
  return found === 'gone'
    ? failed('memory-gone', 'the file is gone')
    : failed('memory-used', 'it was taken up already, and the VM is not here any more');
}

function takeUp(
  world: ActsWorld,
  startedBy: string,
  { vmId, opId }: Of<'resume-saved'>,
  key: string,
): void {
  const { host, life, onAnswer } = world;
  const { hypervisor } = host;
  const memory = hypervisor.storage.memories.get(key);
  if (memory === undefined) return onAnswer(unusable('gone'));
  const take = (copy: Copy | undefined) => {
    if (copy?.state !== 'paused')
      return onAnswer(failed('hypervisor-error', 'it was gone at once'));
    const found = hypervisor.storage.take(key, host.id, opId);
    if (found === 'mine') return runs(world, vmId);
    hypervisor.remove(vmId, 'must not run: another host was quicker');
    onAnswer(unusable(found === 'there' ? 'gone' : found));
  };
  const ended = life.listening((how: Ended) => {
    if (how === 'done') return void life.after(lookMs, () => take(hypervisor.copy(vmId)));
    if (how === 'locked') return onAnswer(failed('disk-locked', locked));
    if (how === 'failed') return onAnswer(failed('hypervisor-error', 'QEMU did not take it up'));
    settledLook(world, vmId, take);
  });
  hypervisor.create({ ...memory, startedBy }, ended, 'paused');
}

function runs({ host, life, onAnswer }: ActsWorld, vmId: string): void {
  const copy = host.hypervisor.copy(vmId);
  if (copy === undefined) return onAnswer({ outcome: 'unknown' });
  const ended = life.listening((how: Ended) =>
    onAnswer(how === 'done' ? done : { outcome: 'unknown' }),
  );
  host.hypervisor.resume(copy, ended);
}
