/**
 * What becomes of one VM of a drain: by its move that has ended, by where the VM is now, and by what was said of the whole.
 */
import { type DrainItem, type OperationRecord, wasGivenUp } from '@drover/protocol';
import type { Vm } from '@drover/core';
import type { Turn } from './turn.ts';
import { isOpen } from './vm-shape.ts';

export function settleItem(
  turn: Turn,
  hostId: string,
  item: DrainItem,
  cancelled: boolean,
): DrainItem {
  const vm = turn.cluster.vms.get(item.vmId);
  if (item.state === 'moving') return settleMoving(turn, hostId, item, cancelled);
  const isOff = item.cold === true && vm !== undefined && vm.hostId === undefined;
  if (item.state === 'blocked') return isOff || vm?.hostId === hostId ? item : gone(item, vm);
  if (item.state !== 'waiting') return item;
  if (vm?.hostId !== hostId) return gone(item, vm);
  return cancelled ? { ...item, state: 'cancelled' } : item;
}

export function isPastDeadline(turn: Turn, { id }: OperationRecord): boolean {
  const request = turn.mirror.requests.get(id)?.value;
  const { deadlineMs } = request?.type === 'drain' ? request : {};
  return deadlineMs !== undefined && turn.now.wallMs >= deadlineMs;
}

/** What moves already is not stopped halfway: it leaves the host as was wanted. */
export function tooLate(item: DrainItem): DrainItem {
  const reason = 'the time that the drain was given is over';
  return { ...item, state: 'blocked', reason, remedy: 'drain again, with more time' };
}

function settleMoving(turn: Turn, hostId: string, item: DrainItem, cancelled: boolean): DrainItem {
  const child = turn.mirror.operations.get(item.operationId ?? '')?.value;
  if (child !== undefined && isOpen(child)) return item;
  const vm = turn.cluster.vms.get(item.vmId);
  if (item.cold === true && child?.state === 'failed') return afterColdMove(item, child, vm);
  if (vm?.hostId !== hostId) {
    return child?.state === 'succeeded' ? { ...item, state: 'moved' } : gone(item, vm);
  }
  if (cancelled) return { ...item, state: 'cancelled' };
  const attempts = item.attempts + 1;
  const reason = child?.error?.message ?? 'its migration was lost sight of';
  if (wasGivenUp(child?.error)) {
    return { ...item, attempts, state: 'blocked', reason, remedy: stuckRemedy };
  }
  if (attempts >= turn.settings.drainAttempts) {
    const remedy = `see operation ${item.operationId ?? ''}; then drain again, or stop the VM`;
    return { ...item, attempts, state: 'blocked', reason, remedy };
  }
  // Next time any host will do: the one that was planned has just shown that it does not.
  const { target: _, ...again } = item;
  return { ...again, attempts, state: 'waiting', reason };
}

const stuckRemedy =
  'drain again with --migration must-finish, or at a quieter hour; or stop the VM and start it elsewhere';

/** It runs on where it was, or is off: a person has to look, either way. */
function afterColdMove(item: DrainItem, { error }: OperationRecord, vm: Vm | undefined): DrainItem {
  const remedy =
    vm?.hostId === undefined
      ? `see why, then drover vm start ${item.vmName}`
      : `shut it down from inside, or drover vm stop ${item.vmName} --force; then drain again`;
  const reason = error?.message ?? 'its move was lost sight of';
  return { ...item, attempts: item.attempts + 1, state: 'blocked', reason, remedy };
}

/** It left by other means than this drain. */
function gone(item: DrainItem, vm: Vm | undefined): DrainItem {
  const { remedy: _, ...kept } = item;
  return { ...kept, state: 'gone', reason: whereabouts(vm) };
}

function whereabouts(vm: Vm | undefined): string {
  if (vm === undefined) return 'it was deleted';
  return vm.hostId === undefined ? `it is ${vm.state}` : `it is on ${vm.hostId} already`;
}
