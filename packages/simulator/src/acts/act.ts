/**
 * What the agent's shell does with libvirt, done with the simulated one: same looks, same order, same
 * answers. An answer that comes after the agent's death reaches nobody. Which act is which; each has a file.
 */
import type { HypervisorAction } from '@drover/agent/logic';
import { baselineCpu, checkCpu, checkIncoming, inspectVm, readCpu } from '../preflight.ts';
import { destroyLeftover, resumeVm } from './copies.ts';
import { abortJob, diskJob, listFiles, openTransfer, storageJob } from './files.ts';
import { inspect } from './inspect.ts';
import { migrateOut, prepareIncoming } from './migrate.ts';
import { deleteSeeds, ensurePool, forgetPool, markPool } from './pools.ts';
import { pauseVm, rebootVm, unpauseVm } from './power.ts';
import { resizeVm } from './resize.ts';
import { resumeSaved, saveVm } from './saved.ts';
import { startVm } from './start.ts';
import { stopVm } from './stop.ts';
import { type ActsWorld, failed, done, unreachable } from './world.ts';

/** `opId` is the operation whose command led to this. */
export function act(world: ActsWorld, opId: string, action: HypervisorAction): void {
  const { host, onAnswer } = world;
  const { hypervisor } = host;
  if (!hypervisor.isUp && action.type !== 'stop-vm') {
    return onAnswer(
      action.type === 'inspect' ? { ...unreachable, outcome: 'unknown' } : unreachable,
    );
  }
  switch (action.type) {
    case 'start-vm':
      return startVm(world, opId, action);
    case 'stop-vm':
      return stopVm(world, opId, action);
    case 'reboot-vm':
      return rebootVm(world, opId, action);
    case 'pause-vm':
      return pauseVm(world, opId, action.vmId);
    case 'unpause-vm':
      return unpauseVm(world, action.vmId);
    case 'resize-vm':
      return resizeVm(world, action);
    case 'prepare-incoming':
      return prepareIncoming(world, action);
    case 'migrate-out':
      return migrateOut(world, action);
    case 'abort-migration':
      world.migrations.abort(host.id, action.vmId);
      return onAnswer(done);
    case 'resume-vm':
      return resumeVm(world, action.vmId);
    case 'destroy-leftover':
      return destroyLeftover(world, opId, action.vmId);
    case 'ensure-pool':
      return ensurePool(world, action.pool.name, action.uuid);
    case 'mark-pool':
      return markPool(world, action.pool.name);
    case 'forget-pool':
      return forgetPool(world, action.name, action.uuid);
    case 'probe-pool':
      return onAnswer(failed('pool-unsuited', 'nobody asks for that here'));
    case 'list-files':
      return listFiles(world, action);
    case 'open-console':
      return onAnswer(failed('console-missing', 'nobody looks at a VM here'));
    case 'delete-seeds':
      return deleteSeeds(world, action.pools);
    case 'save-vm':
      return saveVm(world, action);
    case 'resume-saved':
      return resumeSaved(world, opId, action);
    case 'disk-job':
      return diskJob(world, action);
    case 'storage-job':
      return storageJob(world, action);
    case 'abort-job':
      return abortJob(world, action);
    case 'open-transfer':
      return openTransfer(world);
    case 'inspect':
      return inspect(world, action);
    case 'inspect-vm':
      return onAnswer(inspectVm(host, action.vmId));
    case 'check-incoming':
      return onAnswer(checkIncoming(host, action.vmId, action.facts));
    case 'read-cpu':
      return onAnswer(readCpu(host));
    case 'baseline-cpu':
      return onAnswer(baselineCpu(action.cpus));
    case 'check-cpu':
      return onAnswer(checkCpu(action.cpu));
  }
}
