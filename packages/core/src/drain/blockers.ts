/** What keeps a VM where it is, and what a person can do about it. */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import type { Vm } from '../cluster/vm.ts';
import { remediesOf } from '../explain/preflight.ts';
import { remedyFor } from '../explain/refusal.ts';
import type { PreflightReason } from '../migration/preflight.ts';
import { place } from '../placement/place.ts';
import type { Blocker } from '../plan/plan.ts';

/** A reason of its own, whatever hosts there are; nothing where it may move. */
export function heldByItself(vm: Vm): Blocker | undefined {
  const blocked = (reason: Blocker['reason'], remedy: string): Blocker => ({
    vmId: vm.id,
    vmName: vm.name,
    reason,
    rejections: [],
    remedy,
  });
  if (vm.state === 'unknown') {
    return blocked('vm-unknown', 'wait until both hosts are heard; its last operation says why');
  }
  if (['starting', 'stopping', 'saving', 'migrating'].includes(vm.state)) {
    return blocked('vm-busy', `wait until it is no longer ${vm.state}`);
  }
  if (vm.state === 'paused') return blocked('vm-paused', 'unpause it, or stop it');
  if (vm.state !== 'running') {
    return blocked('vm-not-running', 'start it elsewhere, or delete it');
  }
  if (vm.automation === 'none') {
    return blocked('vm-not-to-move', 'move it by hand, or let a drain move it');
  }
  return vm.held === undefined || vm.held.length === 0 ? undefined : heldBy(vm, vm.held);
}

/** What its host has found in the way, whatever the target. */
export function heldBy(vm: Vm, held: readonly PreflightReason[]): Blocker {
  return {
    vmId: vm.id,
    vmName: vm.name,
    reason: 'preflight-failed',
    rejections: [],
    held,
    remedy: remediesOf(held),
  };
}

/** Why no host takes it on this snapshot. */
export function noHostFits(
  cluster: Cluster,
  vm: Vm,
  source: HostId | undefined,
  exclude: readonly HostId[] = [],
): Blocker {
  const { rejections } = place(cluster, {
    shape: vm,
    exclude,
    ...(source === undefined ? {} : { source }),
  });
  return {
    vmId: vm.id,
    vmName: vm.name,
    reason: 'no-host-fits',
    rejections,
    remedy: remedyFor(rejections),
  };
}
