/** Stopping a VM: its power button again and again for as long as it may take, or its plug at once. */
import { type ActsWorld, done, failed, lookMs, type Of, unreachable } from './world.ts';

const pressMs = 5_000;

export function stopVm(world: ActsWorld, opId: string, action: Of<'stop-vm'>): void {
  const { life, host, onAnswer, onHarm } = world;
  const { hypervisor } = host;
  const { vmId, mode, timeoutMs } = action;
  if (!hypervisor.isUp) return onAnswer(unreachable);
  if (!hypervisor.copy(vmId)) return onAnswer(done);
  if (mode === 'force') {
    onHarm('plug', vmId, opId);
    hypervisor.remove(vmId, 'lost its plug');
    return onAnswer(done);
  }
  const deadlineMs = life.monoMs + timeoutMs;
  let pressAtMs = 0;
  const look = () => {
    const now = life.monoMs;
    if (!hypervisor.isUp) return void life.after(lookMs, look);
    if (!hypervisor.copy(vmId)) return onAnswer(done);
    if (now >= deadlineMs) {
      return onAnswer(failed('stop-timeout', `it did not shut down in ${timeoutMs} ms`));
    }
    if (now >= pressAtMs) {
      pressAtMs = now + pressMs;
      onHarm('power-button', vmId, opId);
      hypervisor.press(vmId);
    }
    life.after(Math.max(1, Math.min(lookMs, deadlineMs - now)), look);
  };
  look();
}
