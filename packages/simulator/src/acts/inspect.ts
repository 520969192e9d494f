/** A look at a VM after a restart of the agent, which stays with a migration that still runs. */
import type { ConvergenceOrder } from '@drover/agent/logic';
import type { ReportedVm } from '@drover/protocol';
import type { Copy } from '../hypervisor.ts';
import { settledLook } from './start.ts';
import { steer } from './steer.ts';
import { type ActsWorld, done, type Of } from './world.ts';

export function inspect(world: ActsWorld, { vmId, opId, kind, order }: Of<'inspect'>): void {
  const { host, onAnswer } = world;
  if (opId !== undefined && order !== undefined) {
    const isOut = host.hypervisor.copy(vmId)?.job === 'out';
    if (isOut) follow(world, opId, vmId, order);
  }
  const tell = (copy: Copy | undefined) => {
    const tunnel = kind === 'prepare-incoming' ? host.tunnel(opId ?? '') : undefined;
    onAnswer({ ...done, ...(tunnel ? { tunnel } : {}), ...(copy ? { vm: inspected(copy) } : {}) });
  };
  if (kind === 'start-vm') settledLook(world, vmId, tell);
  else tell(host.hypervisor.copy(vmId));
}

/** Until it ends: a later migration of the VM has a deadline of its own. */
function follow(world: ActsWorld, opId: string, vmId: string, order: ConvergenceOrder): void {
  const { host, migrations } = world;
  const { onSample, deadline } = steer(world, opId, vmId, order);
  migrations.follow(host.id, vmId, onSample, () => deadline.cancel());
}

/** Its size does not matter to what became of a step, and is not looked for. */
function inspected(copy: Copy): ReportedVm {
  return { ...reportedVm(copy), memoryMib: 0, vcpus: 0 };
}

/** `starting` is what libvirt calls paused, starting up. */
export function reportedVm(copy: Copy): ReportedVm {
  const { vmId, name, memoryMib, vcpus, generation, state, job } = copy;
  const { mostMib = memoryMib, mostVcpus = vcpus } = copy;
  return {
    vmId,
    name,
    state: state === 'starting' ? 'paused' : state,
    migrating: job === 'in' || job === 'out',
    ...(job === 'save' ? { saving: true } : {}),
    generation,
    memoryMib: mostMib,
    ...(mostMib > memoryMib ? { balloonMib: memoryMib } : {}),
    vcpus,
    ...(mostVcpus > vcpus ? { maxVcpus: mostVcpus } : {}),
  };
}
