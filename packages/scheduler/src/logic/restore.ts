/**
 * The operation `restore`: VMs that a drain moved away from a host go back to it, move by move, each checked against the
 * newest snapshot just before it becomes a migration. What cannot go back stays where it runs, with the reason.
 *
 *   item: waiting ─▶ moving ─▶ moved            (or gone: it is there, or runs no more)
 *                        └─▶ blocked             cancelled
 */
import type { DrainItem, OperationRecord, Stored } from '@drover/protocol';
import {
  type Blocker,
  heldByItself,
  keptTogether,
  planRestore,
  remedyFor,
  type Vm,
} from '@drover/core';
import { blockedItem } from './blocked-item.ts';
import { homesOf } from './homes.ts';
import { refusalOf } from './move-unit.ts';
import { type MoveToOrder, moveTo, orderMoves } from './order-moves.ts';
import { isCancelled } from './pending.ts';
import type { Turn } from './turn.ts';
import { isOpen } from './vm-shape.ts';

export function driveRestore(turn: Turn, stored: Stored<OperationRecord>): void {
  if (turn.isFull) return;
  if (stored.value.state === 'pending') begin(turn, stored);
  else advance(turn, stored);
}

function begin(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, hostId = '' } = stored.value;
  if (isCancelled(turn, stored.value)) return turn.end(stored, 'cancelled', {});
  if (!turn.mirror.hosts.has(hostId)) {
    const message = `no host ${hostId} has ever reported`;
    return turn.end(stored, 'failed', { error: { code: 'host-not-found', message } });
  }
  if (!turn.settled) return;
  if (!isUp(turn, hostId)) return turn.waitForHost(id, hostId);
  const items = itemsOf(turn, stored.value);
  const stepIndex = stored.value.stepIndex + 1;
  const startedAtMs = turn.now.wallMs;
  const begun = { state: 'running', step: 'move', stepIndex, items, startedAtMs } as const;
  if (!turn.commit(turn.putOperation(stored, begun))) return;
  turn.trace('info', `restore ${hostId}: ${items.length} VMs`);
}

function isUp(turn: Turn, hostId: string): boolean {
  return turn.cluster.hosts.get(hostId)?.health === 'up';
}

/** The moves of the plan in its order, then what stays; of a plan that a person was shown, those that still have a home. */
function itemsOf(turn: Turn, { id, hostId = '' }: OperationRecord): DrainItem[] {
  const request = turn.mirror.requests.get(id)?.value;
  const shown = request?.type === 'restore' ? request.plan : undefined;
  const homes = homesOf(turn.mirror, hostId);
  const wanted = shown?.map(({ vmId }) => vmId).filter((vmId) => homes.has(vmId));
  const plan = planRestore(turn.cluster, homes);
  const order = wanted ?? plan.moves.map(({ vmId }) => vmId);
  const going = order.flatMap((vmId) => turn.cluster.vms.get(vmId) ?? []);
  const items = going.map((vm): DrainItem => ({
    vmId: vm.id,
    vmName: vm.name,
    target: hostId,
    state: 'waiting',
    attempts: 0,
  }));
  const staying = plan.stay.filter(({ vmId }) => !order.includes(vmId));
  return [...items, ...staying.map((blocker) => blockedItem(newItem(blocker), blocker))];
}

function newItem({ vmId, vmName }: Blocker): DrainItem {
  return { vmId, vmName, state: 'waiting', attempts: 0 };
}

/** One change per turn: first what has happened, then what may begin, at last the end. */
function advance(turn: Turn, stored: Stored<OperationRecord>): void {
  const cancelled = isCancelled(turn, stored.value);
  const before = stored.value.items ?? [];
  const items = before.map((item) => settle(turn, stored.value, item, cancelled));
  if (JSON.stringify(items) !== JSON.stringify(before)) {
    turn.commit(turn.putOperation(stored, { items }));
    return;
  }
  if (!cancelled) dispatch(turn, stored, items);
  if (items.some(({ state }) => state === 'waiting' || state === 'moving')) return;
  if (cancelled) return turn.end(stored, 'cancelled', {});
  const blocked = items.filter(({ state }) => state === 'blocked');
  if (blocked.length === 0) return turn.end(stored, 'succeeded', {});
  const names = blocked.map(({ vmName }) => vmName).join(', ');
  const message = `${blocked.length} VMs could not go back: ${names}`.slice(0, 1000);
  turn.end(stored, 'blocked', { error: { code: 'restore-blocked', message } });
}

function settle(
  turn: Turn,
  { hostId = '' }: OperationRecord,
  item: DrainItem,
  cancelled: boolean,
): DrainItem {
  const vm = turn.cluster.vms.get(item.vmId);
  if (item.state === 'waiting') {
    if (vm?.hostId === undefined || vm.hostId === hostId) {
      return { ...item, state: 'gone', reason: whereabouts(vm) };
    }
    return cancelled ? { ...item, state: 'cancelled' } : item;
  }
  if (item.state !== 'moving') return item;
  const child = turn.mirror.operations.get(item.operationId ?? '')?.value;
  if (child !== undefined && isOpen(child)) return item;
  if (vm?.hostId === hostId) return { ...item, state: 'moved' };
  if (vm?.hostId === undefined) return { ...item, state: 'gone', reason: whereabouts(vm) };
  if (cancelled) return { ...item, state: 'cancelled' };
  const { error } = child ?? {};
  const reason = error?.message ?? 'its migration was lost sight of';
  const remedy = `see operation ${item.operationId ?? ''}, then drover vm migrate ${item.vmName} --to ${hostId}`;
  const reasons = error?.reasons === undefined ? {} : { reasons: error.reasons };
  const attempts = item.attempts + 1;
  return { ...item, attempts, state: 'blocked', reason, remedy, ...reasons };
}

function whereabouts(vm: Vm | undefined): string {
  if (vm === undefined) return 'it was deleted';
  return vm.hostId === undefined ? `it is ${vm.state}` : `it is on ${vm.hostId} already`;
}

/** Begins the next move that may begin. */
function dispatch(turn: Turn, stored: Stored<OperationRecord>, items: readonly DrainItem[]): void {
  const { id, hostId = '' } = stored.value;
  if (!turn.settled) return;
  if (!isUp(turn, hostId)) return turn.waitForHost(id, hostId);
  for (const item of items) {
    const vm = turn.cluster.vms.get(item.vmId);
    if (item.state !== 'waiting' || vm?.hostId === undefined) continue;
    if (['starting', 'stopping', 'saving', 'migrating'].includes(vm.state)) continue;
    if (!isUp(turn, vm.hostId)) {
      turn.waitForHost(id, vm.hostId);
      continue;
    }
    const source = vm.hostId;
    const unit = keptTogether(turn.cluster, vm);
    const going = [...items.entries()].flatMap(([at, one]) =>
      one.state === 'waiting' && unit.some((member) => member.id === one.vmId)
        ? [{ index: at, item: { ...one, target: hostId }, source }]
        : [],
    );
    const blocker = whyNot(turn, unit, going, source, hostId);
    if (blocker?.reason === 'vm-busy') {
      turn.wait(id, `${blocker.vmName}, which is busy`);
      continue;
    }
    if (blocker !== undefined) {
      const now = [...items];
      for (const one of going) now[one.index] = blockedItem(one.item, blocker);
      turn.commit(turn.putOperation(stored, { items: now }));
      return;
    }
    if (!turn.slots.mayOrder(moveTo(stored.value, vm.id, source, hostId))) {
      turn.wait(id, `a free slot for a migration to ${hostId}`);
      continue;
    }
    return orderMoves(turn, stored, items, going, `goes back to ${hostId}`);
  }
}

/** Of VMs that rules keep together those that go back: all of them, or none. */
function whyNot(
  turn: Turn,
  unit: readonly Vm[],
  going: readonly MoveToOrder[],
  source: string,
  target: string,
): Blocker | undefined {
  const back = unit.filter(({ id }) => going.some(({ item }) => item.vmId === id));
  const held = back.map(heldByItself).find((one) => one !== undefined);
  if (held !== undefined) return held;
  const refusal = refusalOf(turn.cluster, back, source, target);
  if (refusal === undefined) return undefined;
  const [{ vmId, vmName } = { vmId: '', vmName: '' }] = going.map(({ item }) => item);
  const { reason } = refusal;
  return { vmId, vmName, reason, rejections: [refusal], remedy: remedyFor([refusal]) };
}
