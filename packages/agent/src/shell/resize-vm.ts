/**
 * More vCPUs for a VM that runs, and more or less memory. The memory is the balloon's: the system in the VM has to follow,
 * and where it does not in time the balloon goes back to what it was. Done is what libvirt then says the VM has.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Domain, domainMemoryFlag, domainVcpuFlag, readDomain } from 'node-libvirt';
import type { ActionOutcome, HypervisorAction } from '../logic/index.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import { done, failed } from './outcome.ts';
import { lookAt } from './vm-state.ts';

type ResizeVm = Extract<HypervisorAction, { type: 'resize-vm' }>;

interface Size {
  readonly vcpus: number;
  readonly mostVcpus: number;
  readonly memoryMib: number;
  readonly mostMib: number;
}

const betweenLooksMs = 500;

export async function resizeVm(link: LibvirtLink, action: ResizeVm): Promise<ActionOutcome> {
  const look = await lookAt(link.libvirt, action.vmId);
  if (look?.state !== 'running' || look.migrating || look.saving) {
    return failed('vm-not-running', `the VM is ${look?.state ?? 'absent'} on this host`);
  }
  const { dom } = look;
  const before = await sizeOf(dom);
  const beyond = outOfBounds(before, action);
  if (beyond !== undefined) return failed('resize-needs-restart', beyond);
  const { vcpus = before.vcpus, memoryMib = before.memoryMib, timeoutMs } = action;
  if (memoryMib !== before.memoryMib && !(await follows(dom, memoryMib, timeoutMs))) {
    const { memoryMib: reachedMib } = await sizeOf(dom);
    await setMemory(dom, before.memoryMib);
    return failed(
      'resize-timeout',
      `asked for ${memoryMib} MiB, the system in it was at ${reachedMib} MiB after ${Math.round(timeoutMs / 1000)} s; does it have a balloon driver?`,
    );
  }
  if (vcpus !== before.vcpus) {
    try {
      await dom.memory.setVcpus(vcpus, { flags: domainVcpuFlag.live });
    } catch (error) {
      if (memoryMib !== before.memoryMib) await setMemory(dom, before.memoryMib);
      throw error;
    }
  }
  const after = await sizeOf(dom);
  if (after.vcpus === vcpus && after.memoryMib === memoryMib) return done;
  const message = `it has ${after.vcpus} vCPUs and ${after.memoryMib} MiB`;
  return failed('hypervisor-error', message);
}

/** The leader has looked too, at an inventory that may have been older. */
function outOfBounds(
  { vcpus, mostVcpus, mostMib }: Size,
  wanted: Pick<ResizeVm, 'vcpus' | 'memoryMib'>,
): string | undefined {
  if (wanted.vcpus !== undefined && wanted.vcpus < vcpus) {
    return `it runs with ${vcpus} vCPUs, and none can be taken away while it runs`;
  }
  if (wanted.vcpus !== undefined && wanted.vcpus > mostVcpus) {
    return `it was started with ${mostVcpus} vCPUs at most`;
  }
  if (wanted.memoryMib === undefined || wanted.memoryMib <= mostMib) return undefined;
  return `it was started with ${mostMib} MiB at most`;
}

/** False: not in that time. */
async function follows(dom: Domain, memoryMib: number, timeoutMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  await setMemory(dom, memoryMib);
  for (;;) {
    if ((await sizeOf(dom)).memoryMib === memoryMib) return true;
    if (performance.now() >= deadlineMs) return false;
    await pause(betweenLooksMs);
  }
}

async function setMemory(dom: Domain, memoryMib: number): Promise<void> {
  await dom.memory.set(memoryMib * 1024, { flags: domainMemoryFlag.live });
}

/** As it runs: of the balloon what it has come to, not what it was told. */
async function sizeOf(dom: Domain): Promise<Size> {
  const domain = readDomain(await dom.xml());
  return {
    vcpus: domain.currentVcpus,
    mostVcpus: domain.vcpus,
    memoryMib: Math.ceil(domain.currentMemoryKib / 1024),
    mostMib: Math.floor(domain.memoryKib / 1024),
  };
}
