/** What is done about a copy that a migration has left: it runs on, or goes. */
import type { ActionOutcome } from '@drover/agent/logic';
import type { Ended } from '../hypervisor.ts';
import { type ActsWorld, callMs, done, failed, locked, unanswered } from './world.ts';

export function resumeVm({ life, host, onAnswer }: ActsWorld, vmId: string): void {
  const copy = host.hypervisor.copy(vmId);
  if (copy?.state === 'running') return onAnswer(done);
  if (!copy?.state.startsWith('paused')) {
    return onAnswer(failed('vm-not-running', `the VM is ${copy?.state ?? 'absent'} on this host`));
  }
  if (copy.job) return onAnswer(failed('hypervisor-error', 'a migration of it is under way'));
  let isAnswered = false;
  const answer = (outcome: ActionOutcome) => {
    if (!isAnswered) onAnswer(outcome);
    isAnswered = true;
  };
  // The call is given up; that it was made cannot be taken back.
  life.after(callMs, () => answer(unanswered));
  const ended = life.listening((how: Ended) =>
    answer(how === 'done' ? done : failed('hypervisor-error', how === 'locked' ? locked : how)),
  );
  host.hypervisor.resume(copy, ended);
}

export function destroyLeftover(
  { host, onAnswer, onHarm }: ActsWorld,
  opId: string,
  vmId: string,
): void {
  const copy = host.hypervisor.copy(vmId);
  if (!copy) return onAnswer(done);
  if (copy.state !== 'paused' && copy.state !== 'paused-migrating') {
    return onAnswer(
      failed('vm-running', `it is ${copy.state} here: not a copy that was left behind`),
    );
  }
  onHarm('destroyed', vmId, opId);
  host.hypervisor.remove(vmId, 'was left over, and is destroyed');
  onAnswer(done);
}
