/** Another size for a VM that runs. A deaf one gives no memory back, and takes none. */
import { type ActsWorld, done, failed, type Of } from './world.ts';

/** From what libvirt has done to the agent's answer. */
const lookMs = 500;

export function resizeVm(world: ActsWorld, action: Of<'resize-vm'>): void {
  const { host, life, onAnswer } = world;
  const { hypervisor } = host;
  const copy = hypervisor.copy(action.vmId);
  if (copy?.state !== 'running' || copy.job !== undefined) {
    const message = `the VM is ${copy?.state ?? 'absent'} on this host`;
    return onAnswer(failed('vm-not-running', message));
  }
  const { vcpus = copy.vcpus, memoryMib = copy.memoryMib, timeoutMs } = action;
  const { mostMib = copy.memoryMib, mostVcpus = copy.vcpus } = copy;
  if (vcpus < copy.vcpus || vcpus > mostVcpus || memoryMib > mostMib) {
    return onAnswer(failed('resize-needs-restart', 'it cannot be so as it runs'));
  }
  if (memoryMib !== copy.memoryMib && hypervisor.nature(action.vmId).isDeaf) {
    const message = `the system in it has not followed in ${timeoutMs} ms`;
    return void life.after(timeoutMs, () => onAnswer(failed('resize-timeout', message)));
  }
  hypervisor.resize(copy, vcpus, memoryMib);
  life.after(lookMs, () => onAnswer(done));
}
