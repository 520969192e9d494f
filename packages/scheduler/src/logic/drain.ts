/**
 * The operation `drain`: every VM off a host, move by move, each checked against the newest snapshot just
 * before it becomes a migration. Its items are in etcd, so it survives the leader.
 *
 *   item: waiting ─▶ moving ─▶ moved            (or gone: it left by other means)
 *          ▲ ▲         │ failed, attempts left
 *          │ └─────────┘ ─▶ blocked             cancelled
 *          └───────────────────┘ a person says so
 */
import { coldHelps, type DrainItem, type OperationRecord, type Stored } from '@drover/protocol';
import {
  bentFor,
  type Blocker,
  checkMove,
  type Cluster,
  explainReason,
  explainRejection,
  heldBy,
  heldByItself,
  keptTogether,
  planDrain,
  planMove,
  type Vm,
} from '@drover/core';
import { waitForPool, waitForPoolElsewhere } from './ailing-pool.ts';
import { blockedItem } from './blocked-item.ts';
import { isPastDeadline, settleItem, tooLate, tryAgain } from './drain-item.ts';
import { findTarget } from './find-target.ts';
import { type DrainWish, measuredFrom } from './measured.ts';
import { findUnitTarget } from './move-unit.ts';
import { moveTo, orderMoves } from './order-moves.ts';
import { isCancelled, isPaused } from './pending.ts';
import { type Asked, freshSince } from './preflight.ts';
import type { Turn } from './turn.ts';

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
  const asked = request?.type === 'drain' ? request : undefined;
  const planned = new Map<string, string>(
    (asked?.plan ?? plannedMoves(turn, hostId, asked ?? {})).map((move) => [
      move.vmId,
      move.target,
    ]),
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

function plannedMoves(turn: Turn, hostId: string, asked: DrainWish) {
  const { cluster, options } = measuredFrom(turn.cluster, turn, hostId, asked);
  return planDrain(cluster, hostId, options).moves;
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
  if (!cancelled && !isPaused(turn, stored.value.id)) dispatch(turn, stored, items);
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
  const isLate = isPastDeadline(turn, operation);
  const settled = before.map((item) => {
    const now = tryAgain(turn, operation, settleItem(turn, hostId, item, cancelled));
    return isLate && now.state === 'waiting' ? tooLate(now) : now;
  });
  // One that had left and is here again is one that came.
  const isBack = ({ state, vmId }: DrainItem) =>
    (state === 'moved' || state === 'gone') && turn.cluster.vms.get(vmId)?.hostId === hostId;
  const known = new Set(before.filter((item) => !isBack(item)).map((item) => item.vmId));
  const came = cancelled ? [] : vmsOn(turn, hostId).filter((vm) => !known.has(vm.id));
  return [...settled, ...came.map((vm) => newItem(vm, undefined))];
}

/** Begins the next move that may begin. VMs that wait for another operation are passed over. */
function dispatch(turn: Turn, stored: Stored<OperationRecord>, items: readonly DrainItem[]): void {
  if (!turn.settled) return;
  const hostId = stored.value.hostId ?? '';
  // A migration from a host that does not answer would only wait, and could not be cancelled.
  if (turn.cluster.hosts.get(hostId)?.health !== 'up') {
    return turn.waitForHost(stored.value.id, hostId);
  }
  const fewestAttempts = items
    .map((item, index) => ({ item, index }))
    .filter(({ item }) => item.state === 'waiting')
    .toSorted((a, b) => a.item.attempts - b.item.attempts || a.index - b.index);
  let asked = 0;
  let late = 0;
  let waitsFor: string | undefined;
  for (const { item, index } of fewestAttempts) {
    const vm = turn.cluster.vms.get(item.vmId);
    if (vm === undefined || ['starting', 'stopping', 'saving', 'migrating'].includes(vm.state))
      continue;
    if (waitForPool(turn, stored.value.id, vm)) continue;
    const chosen = choose(turn, stored, items, vm, item);
    if (chosen.type === 'wait') {
      waitsFor ??= chosen.what;
      continue;
    }
    if (chosen.type === 'asked') {
      waitsFor ??= `what hosts say about ${vm.name}`;
      // In the plan's order: those behind it are only asked about meanwhile, unless hosts take too long over it.
      if (chosen.isLate) late += 1;
      else asked += 1;
      if (asked >= askedAhead || late >= lateAtOnce) break;
      continue;
    }
    const chosenItems = chosen.items.map((one) => ({ ...one, source: hostId }));
    const isBlocked = chosenItems.some((one) => one.item.state === 'blocked');
    if (isBlocked && waitForPoolElsewhere(turn, stored.value.id, vm)) continue;
    if (asked > 0) continue;
    if (!isBlocked) return orderMoves(turn, stored, items, chosenItems, `drain of ${hostId}`);
    const now = items.with(index, item);
    for (const one of chosenItems) now[one.index] = one.item;
    turn.commit(turn.putOperation(stored, { items: now }));
    return;
  }
  if (waitsFor !== undefined) turn.wait(stored.value.id, waitsFor);
}

/** VMs that hosts are asked about before their turn has come. */
const askedAhead = 4;
/** A host that is slow about many of its VMs is not asked about yet more of them. */
const lateAtOnce = 8;

type Chosen =
  | Asked
  | { readonly type: 'wait'; readonly what: string }
  | {
      readonly type: 'items';
      readonly items: readonly { readonly index: number; readonly item: DrainItem }[];
    };

/** The item with a target that is right today and takes it, or blocked with reasons and remedy; all of its unit. */
function choose(
  turn: Turn,
  stored: Stored<OperationRecord>,
  items: readonly DrainItem[],
  vm: Vm,
  item: DrainItem,
): Chosen {
  const hostId = stored.value.hostId ?? '';
  const unit = keptTogether(turn.cluster, vm);
  if (unit.length > 1) return chooseForUnit(turn, stored, items, unit, item);
  const index = items.indexOf(item);
  const chosen = (now: DrainItem) => ({ type: 'items', items: [{ index, item: now }] }) as const;
  const blocked = (blocker: Blocker) => chosen(orCold(turn, stored.value, item, blocker));
  const held = heldByItself(vm);
  if (held !== undefined) return blocked(held);
  let reason = item.reason;
  const found = findTarget<Blocker>(turn, vm, hostId, freshSince(0), (seen) => {
    const target = targetOf(turn, hostId, seen, item, mayBend(items));
    if (target.type === 'blocked') return { no: target.blocker };
    ({ reason } = target);
    const wanted = moveTo(stored.value, vm.id, hostId, target.hostId);
    if (turn.slots.mayOrder(wanted)) return target.hostId;
    return { wait: `a free slot for a migration to ${target.hostId}` };
  });
  switch (found.type) {
    case 'asked':
    case 'wait':
      return found;
    case 'failed': {
      const { code, message } = found.error;
      // A host that has its hands full with the moves of this drain answers when they are over.
      if (code === 'host-silent' && items.some(({ state }) => state === 'moving')) {
        return { type: 'wait', what: `what ${hostId} says about ${vm.name}` };
      }
      return chosen({ ...item, state: 'blocked', reason: message, remedy: seeToHost(hostId) });
    }
    case 'held':
      return blocked(heldBy(vm, found.reasons));
    case 'none':
      return blocked(found.no);
    case 'ready':
      return chosen({
        ...item,
        target: found.hostId,
        ...(reason === undefined ? {} : { reason }),
      });
  }
}

/** Who was told to shuts it down, where that helps; where it starts then is for its move to find out. */
function orCold(turn: Turn, { id }: OperationRecord, item: DrainItem, blocker: Blocker): DrainItem {
  const blocked = blockedItem(item, blocker);
  const request = turn.mirror.requests.get(id)?.value;
  const mayShutDown = request?.type === 'drain' && request.onUnmovable === 'shutdown';
  if (!mayShutDown || !coldHelps(blocked.reasons ?? [])) return blocked;
  const { target: _, ...left } = item;
  const { reason = '' } = blocked;
  return {
    ...left,
    cold: true,
    reason: `shut down, as it cannot move live: ${reason}`.slice(0, 1000),
  };
}

/** Rules bend where nothing else is left: not while others are on their way still. */
function mayBend(items: readonly DrainItem[]): boolean {
  return !items.some(({ state }) => state === 'moving');
}

function chooseForUnit(
  turn: Turn,
  stored: Stored<OperationRecord>,
  items: readonly DrainItem[],
  unit: readonly Vm[],
  { target }: DrainItem,
): Chosen {
  const source = stored.value.hostId ?? '';
  const [first] = unit;
  const slotFor = (hostId: string) =>
    turn.slots.mayOrder(moveTo(stored.value, first?.id ?? '', source, hostId)) ||
    `a free slot for a migration to ${hostId}`;
  const find = (cluster: Cluster) =>
    findUnitTarget(turn, { cluster, unit, source, planned: target, slotFor });
  const strict = find(turn.cluster);
  const bent = bentFor(turn.cluster);
  const found =
    strict.type === 'blocked' && bent !== turn.cluster && mayBend(items) ? find(bent) : strict;
  if (found.type === 'asked' || found.type === 'wait') return found;
  const waiting = [...items.entries()].filter(
    ([, { vmId, state }]) => state === 'waiting' && unit.some(({ id }) => id === vmId),
  );
  return {
    type: 'items',
    items: waiting.map(([index, item]) => ({
      index,
      item:
        found.type === 'ready'
          ? { ...item, target: found.hostId }
          : blockedItem(item, found.blocker),
    })),
  };
}

function seeToHost(hostId: string): string {
  return `see to libvirt on ${hostId}, then drain again`;
}

/** The planned target while it is right and has not said no; else the best of the others. */
function targetOf(turn: Turn, hostId: string, vm: Vm, item: DrainItem, bends: boolean): Target {
  const strict = targetIn(turn.cluster, hostId, vm, item);
  const bent = bentFor(turn.cluster);
  if (strict.type === 'ok' || bent === turn.cluster || !bends) return strict;
  const found = targetIn(bent, hostId, vm, item);
  return found.type === 'ok' ? { ...found, reason: 'a rule bends: there is no other way' } : strict;
}

type Target =
  | { readonly type: 'ok'; readonly hostId: string; readonly reason: string | undefined }
  | { readonly type: 'blocked'; readonly blocker: Blocker };

function targetIn(cluster: Cluster, hostId: string, vm: Vm, { target, reason }: DrainItem): Target {
  let why: string | undefined;
  if (target !== undefined) {
    const barred = vm.barred?.find((one) => one.hostId === target);
    const check = checkMove(cluster, { vmId: vm.id, source: hostId, target });
    if (check.type === 'right' && barred === undefined)
      return { type: 'ok', hostId: target, reason };
    if (barred !== undefined) why = barred.reasons.map(explainReason).join('; ');
    else if (check.type === 'changed') ({ why } = check);
    else if (check.type === 'refused') why = explainRejection(check.rejection);
  }
  const planned = planMove(cluster, vm, hostId);
  if (planned.type === 'blocked') return planned;
  const { move: best } = planned;
  const said = why === undefined ? best.reason : `not ${target}: ${why}`.slice(0, 1000);
  return { type: 'ok', hostId: best.target, reason: said };
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
