/**
 * The operation `drain`: every VM off a host, move by move, each checked against the newest snapshot just
 * before it becomes a migration. Its items are in etcd, so it survives the leader.
 *
 *   item: waiting ─▶ moving ─▶ moved            (or gone: it left by other means)
 *            ▲         │ failed, attempts left
 *            └─────────┘ ─▶ blocked             cancelled
 */
import { type DrainItem, keys, type OperationRecord, type Stored } from '@drover/protocol';
import { checkMove, explainRejection, planDrain, planMove, type Vm } from '@drover/core';
import { waitForPool, waitForPoolElsewhere } from './ailing-pool.ts';
import { measuredFrom } from './measured.ts';
import { isCancelled } from './pending.ts';
import { slots } from './settings.ts';
import { isCopying, parallelOf } from './slots.ts';
import { put, type Turn } from './turn.ts';
import { isOpen } from './vm-shape.ts';

export function driveDrain(turn: Turn, stored: Stored<OperationRecord>): void {
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
  const request = turn.mirror.requests.get(id)?.value;
  const shown = request?.type === 'drain' ? request.plan : undefined;
  const planned = new Map<string, string>(
    (shown ?? plannedMoves(turn, hostId)).map((move) => [move.vmId, move.target]),
  );
  const order = [...planned.keys()];
  const rank = (vm: Vm) => (planned.has(vm.id) ? order.indexOf(vm.id) : order.length);
  const items = vmsOn(turn, hostId)
    .toSorted((a, b) => rank(a) - rank(b))
    .map((vm) => newItem(vm, planned.get(vm.id)));
  const stepIndex = stored.value.stepIndex + 1;
  const startedAtMs = turn.now.wallMs;
  const begun = { state: 'running', step: 'move', stepIndex, items, startedAtMs } as const;
  if (!turn.commit(turn.putOperation(stored, begun))) return;
  turn.trace('info', `drain ${hostId}: ${items.length} VMs`);
}

function plannedMoves(turn: Turn, hostId: string) {
  const { cluster, overheadSeconds } = measuredFrom(turn.cluster, turn, hostId);
  return planDrain(cluster, hostId, { overheadSeconds }).moves;
}

function newItem(vm: Vm, target: string | undefined): DrainItem {
  return {
    vmId: vm.id,
    vmName: vm.name,
    ...(target === undefined ? {} : { target }),
    state: 'waiting',
    attempts: 0,
  };
}

function vmsOn(turn: Turn, hostId: string): readonly Vm[] {
  return [...turn.cluster.vms.values()]
    .filter((vm) => vm.hostId === hostId)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** One change per turn: first what has happened, then what may begin, at last the end. */
function advance(turn: Turn, stored: Stored<OperationRecord>): void {
  const cancelled = isCancelled(turn, stored.value);
  const before = stored.value.items ?? [];
  const items = settleItems(turn, stored.value, before, cancelled);
  if (JSON.stringify(items) !== JSON.stringify(before)) {
    turn.commit(turn.putOperation(stored, { items: [...items] }));
    return;
  }
  if (!cancelled) dispatch(turn, stored, items);
  if (items.some((item) => item.state === 'waiting' || item.state === 'moving')) return;
  // What is on its way here was decided before the drain, and will be one more VM to move away.
  const { hostId = '', id } = stored.value;
  const inbound = turn.cluster.migrations.find((one) => one.target === hostId);
  if (!cancelled && inbound) return turn.wait(id, `migration ${inbound.operationId} to this host`);
  finish(turn, stored, items, cancelled);
}

/** The items as they are now, by the migrations that ended and the VMs that left or came. */
function settleItems(
  turn: Turn,
  operation: OperationRecord,
  before: readonly DrainItem[],
  cancelled: boolean,
): readonly DrainItem[] {
  const hostId = operation.hostId ?? '';
  const settled = before.map((item) => settleItem(turn, hostId, item, cancelled));
  // One that had left and is here again is one that came.
  const isBack = ({ state, vmId }: DrainItem) =>
    (state === 'moved' || state === 'gone') && turn.cluster.vms.get(vmId)?.hostId === hostId;
  const known = new Set(before.filter((item) => !isBack(item)).map((item) => item.vmId));
  const came = cancelled ? [] : vmsOn(turn, hostId).filter((vm) => !known.has(vm.id));
  return [...settled, ...came.map((vm) => newItem(vm, undefined))];
}

function settleItem(turn: Turn, hostId: string, item: DrainItem, cancelled: boolean): DrainItem {
  const vm = turn.cluster.vms.get(item.vmId);
  if (item.state === 'moving') return settleMoving(turn, hostId, item, cancelled);
  if (item.state === 'blocked') return vm?.hostId === hostId ? item : gone(item, vm);
  if (item.state !== 'waiting') return item;
  if (vm?.hostId !== hostId) return gone(item, vm);
  return cancelled ? { ...item, state: 'cancelled' } : item;
}

function settleMoving(turn: Turn, hostId: string, item: DrainItem, cancelled: boolean): DrainItem {
  const child = turn.mirror.operations.get(item.operationId ?? '')?.value;
  if (child !== undefined && isOpen(child)) return item;
  const vm = turn.cluster.vms.get(item.vmId);
  if (vm?.hostId !== hostId) {
    return child?.state === 'succeeded' ? { ...item, state: 'moved' } : gone(item, vm);
  }
  if (cancelled) return { ...item, state: 'cancelled' };
  const attempts = item.attempts + 1;
  const reason = child?.error?.message ?? 'its migration was lost sight of';
  if (child?.error?.code === 'migration-stuck' || child?.error?.code === 'migration-timeout') {
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

/** It would be no different on the way to another host. */
const stuckRemedy =
  'drain again with --migration must-finish, or at a quieter hour; or stop the VM and start it elsewhere';

/** It left by other means than this drain. */
function gone(item: DrainItem, vm: Vm | undefined): DrainItem {
  const { remedy: _, ...kept } = item;
  return { ...kept, state: 'gone', reason: whereabouts(vm) };
}

function whereabouts(vm: Vm | undefined): string {
  if (vm === undefined) return 'it was deleted';
  return vm.hostId === undefined ? `it is ${vm.state}` : `it is on ${vm.hostId} already`;
}

/** Begins the next move that may begin. VMs that wait for another operation are passed over. */
function dispatch(turn: Turn, stored: Stored<OperationRecord>, items: readonly DrainItem[]): void {
  if (!turn.settled) return;
  const hostId = stored.value.hostId ?? '';
  // A migration from a host that does not answer would only wait, and could not be cancelled.
  if (turn.cluster.hosts.get(hostId)?.health !== 'up') {
    return turn.waitForHost(stored.value.id, hostId);
  }
  const parallel = parallelOf(turn, stored.value);
  if (items.filter((item) => isUnderWay(turn, item)).length >= parallel) return;
  const fewestAttempts = items
    .map((item, index) => ({ item, index }))
    .filter(({ item }) => item.state === 'waiting')
    .toSorted((a, b) => a.item.attempts - b.item.attempts || a.index - b.index);
  for (const { item, index } of fewestAttempts) {
    const vm = turn.cluster.vms.get(item.vmId);
    if (vm === undefined || ['starting', 'stopping', 'migrating'].includes(vm.state)) continue;
    if (waitForPool(turn, stored.value.id, vm)) continue;
    const chosen = choose(turn, hostId, vm, item);
    if (chosen.state === 'blocked' && waitForPoolElsewhere(turn, stored.value.id, vm)) continue;
    if (chosen.state === 'waiting' && chosen.target !== undefined) {
      if (!hasSlotIn(turn, chosen.target, parallel)) continue;
      return move(turn, stored, items, index, chosen);
    }
    turn.commit(turn.putOperation(stored, { items: replaced(items, index, chosen) }));
    return;
  }
}

/** The item with a target that is right today, or blocked with reason and remedy. */
function choose(turn: Turn, hostId: string, vm: Vm, item: DrainItem): DrainItem {
  const { target } = item;
  let why: string | undefined;
  if (target !== undefined) {
    const check = checkMove(turn.cluster, { vmId: vm.id, source: hostId, target });
    if (check.type === 'right') return item;
    why = check.type === 'changed' ? check.why : explainRejection(check.rejection);
  }
  const planned = planMove(turn.cluster, vm, hostId);
  if (planned.type === 'blocked') {
    const { remedy, rejections, reason } = planned.blocker;
    const reasons = rejections.map(explainRejection).join('; ').slice(0, 900);
    return { ...item, state: 'blocked', reason: reasons === '' ? reason : reasons, remedy };
  }
  const reason = why === undefined ? planned.move.reason : `not ${target}: ${why}`;
  return { ...item, target: planned.move.target, reason };
}

/** Its move waits for a slot or copies; the next one may begin when it is only looked after. */
function isUnderWay(turn: Turn, { state, operationId }: DrainItem): boolean {
  if (state !== 'moving') return false;
  const child = turn.mirror.operations.get(operationId ?? '')?.value;
  return child === undefined || isCopying(child);
}

/** A move that would only wait for its target is not begun: another one may go elsewhere meanwhile. */
function hasSlotIn(turn: Turn, target: string, parallel: number): boolean {
  const coming = [...turn.mirror.operations.values()].filter(
    ({ value }) => value.type === 'migrate' && value.target === target && isCopying(value),
  );
  const asked = turn.askedFor.filter((one) => one === target);
  return coming.length + asked.length < Math.max(parallel, slots.inPerHost);
}

function move(
  turn: Turn,
  stored: Stored<OperationRecord>,
  items: readonly DrainItem[],
  index: number,
  item: DrainItem,
): void {
  const { id, hostId = '', by } = stored.value;
  const operationId = `${id}-${index}-${item.attempts}`;
  const child: OperationRecord = {
    v: 1,
    id: operationId,
    type: 'migrate',
    state: 'pending',
    step: 'place',
    stepIndex: 0,
    vmId: item.vmId,
    vmName: item.vmName,
    source: hostId,
    ...(item.target === undefined ? {} : { target: item.target }),
    parentId: id,
    generation: turn.cluster.vms.get(item.vmId)?.generation ?? 0,
    epoch: turn.epoch,
    reason: `drain of ${hostId}`,
    by,
    createdAtMs: turn.now.wallMs,
  };
  const moving: DrainItem = { ...item, state: 'moving', operationId };
  const isDecided = turn.commit(
    turn.putOperation(stored, { items: replaced(items, index, moving) }),
    put(keys.operation(operationId), child, 0),
  );
  if (isDecided && item.target !== undefined) turn.askedFor.push(item.target);
}

function replaced(items: readonly DrainItem[], index: number, item: DrainItem): DrainItem[] {
  return items.map((old, at) => (at === index ? item : old));
}

function finish(
  turn: Turn,
  stored: Stored<OperationRecord>,
  items: readonly DrainItem[],
  cancelled: boolean,
): void {
  if (cancelled) return turn.end(stored, 'cancelled', {});
  const blocked = items.filter((item) => item.state === 'blocked');
  if (blocked.length === 0) return turn.end(stored, 'succeeded', {});
  const names = blocked.map((item) => item.vmName).join(', ');
  const message = `${blocked.length} VMs could not leave: ${names}`.slice(0, 1000);
  turn.end(stored, 'blocked', { error: { code: 'drain-blocked', message } });
}
