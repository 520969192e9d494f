/**
 * The operation `restore`: VMs that a drain moved away from a host go back to it, move by move, each checked against the
 * newest snapshot just before it becomes a migration. What cannot go back stays where it runs, with the reason.
 *
 *   item: waiting ─▶ moving ─▶ moved            (or gone: it is there, or runs no more)
 *                        └─▶ blocked             cancelled
 */
import {
  type DrainItem,
  keys,
  type OperationRecord,
  reasonRecords,
  type Stored,
} from '@drover/protocol';
import {
  type Blocker,
  checkMove,
  explainReason,
  explainRejection,
  heldByItself,
  planRestore,
  remedyFor,
  type Vm,
} from '@drover/core';
import { homesOf } from './homes.ts';
import { isCancelled } from './pending.ts';
import { put, type Turn } from './turn.ts';
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
  for (const [index, item] of items.entries()) {
    const vm = turn.cluster.vms.get(item.vmId);
    if (item.state !== 'waiting' || vm?.hostId === undefined) continue;
    if (['starting', 'stopping', 'saving', 'migrating'].includes(vm.state)) continue;
    if (!isUp(turn, vm.hostId)) {
      turn.waitForHost(id, vm.hostId);
      continue;
    }
    const blocker = whyNot(turn, vm, vm.hostId, hostId);
    if (blocker !== undefined) {
      const now = items.with(index, blockedItem(item, blocker));
      turn.commit(turn.putOperation(stored, { items: now }));
      return;
    }
    const source = vm.hostId;
    const wanted = { move: { id: '', parentId: id, vmId: vm.id }, source, target: hostId };
    if (!turn.slots.mayOrder(wanted)) {
      turn.wait(id, `a free slot for a migration to ${hostId}`);
      continue;
    }
    const child = childOf(turn, stored.value, vm, index);
    const moving: DrainItem = { ...item, state: 'moving', operationId: child.id };
    const isDecided = turn.commit(
      turn.putOperation(stored, { items: items.with(index, moving) }),
      put(keys.operation(child.id), child, 0),
    );
    if (isDecided) turn.slots.order(wanted);
    return;
  }
}

function childOf(turn: Turn, parent: OperationRecord, vm: Vm, index: number): OperationRecord {
  const { id, hostId = '', by } = parent;
  return {
    v: 1,
    id: `${id}-${index}`,
    type: 'migrate',
    state: 'pending',
    step: 'place',
    stepIndex: 0,
    vmId: vm.id,
    vmName: vm.name,
    ...(vm.hostId === undefined ? {} : { source: vm.hostId }),
    target: hostId,
    parentId: id,
    generation: vm.generation,
    epoch: turn.epoch,
    reason: `goes back to ${hostId}`,
    by,
    createdAtMs: turn.now.wallMs,
  };
}

function whyNot(turn: Turn, vm: Vm, source: string, target: string): Blocker | undefined {
  const held = heldByItself(vm);
  if (held !== undefined) return held;
  const check = checkMove(turn.cluster, { vmId: vm.id, source, target });
  if (check.type !== 'refused') return undefined;
  const rejections = [check.rejection];
  const about = { vmId: vm.id, vmName: vm.name };
  return { ...about, reason: check.rejection.reason, rejections, remedy: remedyFor(rejections) };
}

function blockedItem(item: DrainItem, blocker: Blocker): DrainItem {
  const { held = [], rejections, reason, remedy } = blocker;
  const found = [...held, ...rejections.flatMap((one) => one.reasons ?? [])];
  const said = [...held.map(explainReason), ...rejections.map(explainRejection)].join('; ');
  return {
    ...item,
    state: 'blocked',
    reason: said === '' ? reason : said.slice(0, 900),
    remedy: remedy.slice(0, 1000),
    ...(found.length === 0 ? {} : { reasons: reasonRecords(found) }),
  };
}
