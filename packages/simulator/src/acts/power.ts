/** Rebooting, pausing and unpausing a VM. */
import { type ActsWorld, done, failed, type Of } from './world.ts';
import { resumeVm } from './copies.ts';

export function rebootVm(world: ActsWorld, opId: string, action: Of<'reboot-vm'>): void {
  const { life, host, onAnswer, onHarm } = world;
  const { hypervisor } = host;
  const { vmId, mode, timeoutMs } = action;
  const copy = hypervisor.copy(vmId);
  if (copy?.state !== 'running') return onAnswer(notThere(copy?.state));
  if (mode === 'force') {
    onHarm('reset', vmId, opId);
    hypervisor.restart(vmId);
    return onAnswer(done);
  }
  let isAnswered = false;
  const answer = (outcome: Parameters<typeof onAnswer>[0]) => {
    if (!isAnswered) onAnswer(outcome);
    isAnswered = true;
  };
  onHarm('power-button', vmId, opId);
  const restarted = life.listening<undefined>(() => answer(done));
  hypervisor.pressToRestart(vmId, () => restarted(undefined));
  life.after(timeoutMs, () =>
    answer(failed('stop-timeout', `it did not restart in ${timeoutMs} ms, and runs on`)),
  );
}

export function pauseVm({ host, onAnswer, onHarm }: ActsWorld, opId: string, vmId: string): void {
  const { hypervisor } = host;
  const copy = hypervisor.copy(vmId);
  if (copy?.state === 'paused') return onAnswer(done);
  if (copy?.state !== 'running' || copy.job !== undefined) return onAnswer(notThere(copy?.state));
  onHarm('paused', vmId, opId);
  hypervisor.set(copy, 'paused');
  onAnswer(done);
}

export function unpauseVm(world: ActsWorld, vmId: string): void {
  const copy = world.host.hypervisor.copy(vmId);
  if (copy?.state === 'running') return world.onAnswer(done);
  if (copy?.state !== 'paused') return world.onAnswer(notThere(copy?.state));
  resumeVm(world, vmId);
}

function notThere(state: string | undefined) {
  return failed('vm-not-running', `the VM is ${state ?? 'absent'} on this host`);
}
