/**
 * What becomes of one VM of a drain: by its move that has ended, by where the VM is now, and by what was said of the whole.
 */
import { type DrainItem, type OperationRecord, wasGivenUp } from '@drover/protocol';
import { keptTogether, type Vm } from '@drover/core';
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

/**
 * Once more for one that stays, where somebody asked for that since: with all that a rule keeps together with it, which moves
 * with it or not at all. As a fresh item but for its attempts, by which its moves are named.
 */
export function tryAgain(turn: Turn, { id, hostId }: OperationRecord, item: DrainItem): DrainItem {
  const vm = turn.cluster.vms.get(item.vmId);
  const request = turn.mirror.requests.get(id)?.value;
  if (item.state !== 'blocked' || request?.type !== 'drain') return item;
  if (vm === undefined || vm.hostId !== hostId) return item;
  if (request.cancelled !== undefined || request.retries === undefined) return item;
  const unit = new Set(keptTogether(turn.cluster, vm).map((one) => one.id));
  const [newest] = request.retries
    .filter(({ vmId }) => unit.has(vmId))
    .toSorted((a, b) => b.atMs - a.atMs);
  if (newest === undefined || newest.atMs === item.retriedAtMs) return item;
  const { vmId, vmName, attempts } = item;
  const reason = `to be tried again, says ${newest.by}`;
  return { vmId, vmName, state: 'waiting', attempts, retriedAtMs: newest.atMs, reason };
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
  // The drain was paused before it began: that is no try.
  if (child?.state === 'cancelled') return { ...item, attempts, state: 'waiting' };
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
