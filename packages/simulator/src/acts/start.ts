/** Starting a VM: its disks first, then libvirt, and a look where libvirt's answer was not heard. */
import type { Copy, Ended } from '../hypervisor.ts';
import { poolOf, whenAnswered } from './pools.ts';
import { type ActsWorld, done, failed, locked, type Of } from './world.ts';

const betweenLooksMs = 500;
const looksToBeSure = 5;

export function startVm(world: ActsWorld, opId: string, action: Of<'start-vm'>): void {
  const { life, host, random, tempo, onAnswer } = world;
  const begin = (before: Copy | undefined) => {
    if (before?.state === 'running') return onAnswer(failed('vm-busy', 'it runs here already'));
    if (before?.state.startsWith('paused')) {
      return onAnswer(failed('vm-busy', `a copy of it is ${before.state} on this host`));
    }
    life.after(random.within(tempo.disksMs), () =>
      prepareDisks(world, action, () => createVm(world, opId, action)),
    );
  };
  const found = host.hypervisor.copy(action.vmId);
  if (found?.state === 'starting') settledLook(world, action.vmId, begin);
  else begin(found);
}

/** Before it can start: its pools answer, and its disks are made. */
function prepareDisks(world: ActsWorld, { vm, vmId }: Of<'start-vm'>, then: () => void): void {
  const { host, onAnswer } = world;
  const { storage } = host.hypervisor;
  whenAnswered(world, vm.disks.map(poolOf), (reach) => {
    if (storage.disks.has(vmId)) return then();
    if (reach !== 'going') return onAnswer(failed('pool-unavailable', `the pool is ${reach}`));
    storage.disks.add(vmId);
    then();
  });
}

function createVm(world: ActsWorld, opId: string, action: Of<'start-vm'>): void {
  const { life, host, onAnswer } = world;
  const { hypervisor } = host;
  const { name, memoryMib, vcpus, maxMemoryMib, maxVcpus } = action.vm;
  const { vmId, generation } = action;
  const ended = life.listening((how: Ended) => {
    if (how === 'done') return onAnswer(done);
    if (how === 'locked') return onAnswer(failed('disk-locked', locked));
    if (how === 'failed') return onAnswer(failed('hypervisor-error', 'QEMU did not start'));
    const gone = failed('hypervisor-error', 'libvirt went away while the VM was started');
    settledLook(world, vmId, (copy) => onAnswer(copy ? done : gone));
  });
  const most = {
    ...(maxMemoryMib === undefined ? {} : { mostMib: maxMemoryMib }),
    ...(maxVcpus === undefined ? {} : { mostVcpus: maxVcpus }),
  };
  const size = { memoryMib, vcpus, ...most };
  hypervisor.create({ vmId, name, ...size, generation, startedBy: opId }, ended);
}

/** Until the VM is up, or surely not on its way. */
export function settledLook(
  world: ActsWorld,
  vmId: string,
  then: (copy: Copy | undefined) => void,
  absent = 0,
): void {
  const { life, host } = world;
  const copy = host.hypervisor.isUp ? host.hypervisor.copy(vmId) : undefined;
  if (copy && copy.state !== 'starting') return then(copy);
  const missed = host.hypervisor.isUp && !copy ? absent + 1 : 0;
  if (missed >= looksToBeSure) return then(undefined);
  life.after(betweenLooksMs, () => settledLook(world, vmId, then, missed));
}
