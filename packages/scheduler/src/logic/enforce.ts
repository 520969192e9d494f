/**
 * The operation `enforce`: VMs are moved until a rule holds, by the plan that was shown or a new one, each move checked
 * just before it is made. Other hard rules are kept all the way; the rule itself may be broken until the end. Its items
 * are in etcd, so it survives the leader.
 *
 *   item: waiting ─▶ moving ─▶ moved            (or gone: the VM is off, or where it should be)
 *            ▲         │ failed, attempts left
 *            └─────────┘ ─▶ blocked             cancelled
 */
import { type DrainItem, type OperationRecord, type Stored, wasGivenUp } from '@drover/protocol';
import {
  type Blocker,
  type Cluster,
  keptTogether,
  planRule,
  type Rule,
  softened,
  type Vm,
} from '@drover/core';
import { waitForPool } from './ailing-pool.ts';
import { blockedItem } from './blocked-item.ts';
import { findUnitTarget } from './move-unit.ts';
import { moveTo, orderMoves } from './order-moves.ts';
import { isCancelled } from './pending.ts';
import { ruleOf } from './rules.ts';
import type { Turn } from './turn.ts';
import { isOpen } from './vm-shape.ts';

/** How often what is left is planned anew before it is left. */
const plansMost = 8;

export function driveEnforce(turn: Turn, stored: Stored<OperationRecord>): void {
  if (turn.isFull) return;
  const rule = ruleFor(turn, stored.value);
  if (stored.value.state === 'pending') begin(turn, stored, rule);
  else advance(turn, stored, rule);
}

function ruleFor(turn: Turn, { rule: name = '' }: OperationRecord): Rule | undefined {
  const record = turn.mirror.rules.get(name)?.value;
  return record === undefined ? undefined : ruleOf(name, record.spec);
}

function begin(turn: Turn, stored: Stored<OperationRecord>, rule: Rule | undefined): void {
  const { id, rule: name = '' } = stored.value;
  if (isCancelled(turn, stored.value)) return turn.end(stored, 'cancelled', {});
  if (rule === undefined) {
    const error = { code: 'rule-not-found', message: `there is no rule ${name}` };
    return turn.end(stored, 'failed', { error });
  }
  if (!turn.settled) return;
  const request = turn.mirror.requests.get(id)?.value;
  const shown = request?.type === 'enforce' ? request.plan : undefined;
  const moves = shown ?? planned(turn, rule).moves;
  const items = moves.flatMap(({ vmId, target }) => itemOf(turn, vmId, target));
  const begun = {
    state: 'running',
    step: 'move',
    stepIndex: stored.value.stepIndex + 1,
    items,
    startedAtMs: turn.now.wallMs,
  } as const;
  if (!turn.commit(turn.putOperation(stored, begun))) return;
  turn.trace('info', `enforce ${name}: ${items.length} moves`);
}

/** With what hosts have said no to so far. */
function planned(turn: Turn, rule: Rule) {
  const vms = new Map(turn.cluster.vms);
  for (const [vmId, { source, barred }] of turn.volatile.searches) {
    const vm = vms.get(vmId);
    if (vm?.hostId === source && barred.size > 0) {
      vms.set(vmId, { ...vm, barred: [...barred.values()] });
    }
  }
  return planRule({ ...turn.cluster, vms }, rule);
}

function itemOf(turn: Turn, vmId: string, target: string): DrainItem[] {
  const vm = turn.cluster.vms.get(vmId);
  return vm === undefined ? [] : [{ vmId, vmName: vm.name, target, state: 'waiting', attempts: 0 }];
}

function advance(turn: Turn, stored: Stored<OperationRecord>, rule: Rule | undefined): void {
  const before = stored.value.items ?? [];
  const isOver = rule === undefined || isCancelled(turn, stored.value);
  const items = before.map((item) => settle(turn, item, isOver));
  if (JSON.stringify(items) !== JSON.stringify(before)) {
    turn.commit(turn.putOperation(stored, { items }));
    return;
  }
  if (items.some(({ state }) => state === 'waiting')) {
    if (rule !== undefined) dispatch(turn, stored, rule, items);
    return;
  }
  if (items.some(({ state }) => state === 'moving')) return;
  if (isOver) return turn.end(stored, 'cancelled', {});
  if (turn.settled) finish(turn, stored, rule, items);
}

function settle(turn: Turn, item: DrainItem, isOver: boolean): DrainItem {
  const { vmId, target } = item;
  const vm = turn.cluster.vms.get(vmId);
  if (item.state === 'waiting') {
    if (isOver) return { ...item, state: 'cancelled' };
    if (vm?.hostId === undefined) {
      return { ...item, state: 'gone', reason: `it is ${vm?.state ?? 'deleted'}` };
    }
    return vm.hostId === target
      ? { ...item, state: 'gone', reason: `it is on ${target} already` }
      : item;
  }
  if (item.state !== 'moving') return item;
  const child = turn.mirror.operations.get(item.operationId ?? '')?.value;
  if (child !== undefined && isOpen(child)) return item;
  if (vm?.hostId === target) return { ...item, state: 'moved' };
  if (isOver) return { ...item, state: 'cancelled' };
  const attempts = item.attempts + 1;
  const reason = child?.error?.message ?? 'its migration was lost sight of';
  if (wasGivenUp(child?.error)) {
    const how = `drover vm migrate ${item.vmName} --to ${target} --migration must-finish`;
    const remedy = `${how}, or wait for a quieter hour; then enforce the rule again`;
    return { ...item, attempts, state: 'blocked', reason, remedy };
  }
  if (attempts < turn.settings.drainAttempts)
    return { ...item, attempts, state: 'waiting', reason };
  const remedy = `see operation ${item.operationId ?? ''}; then enforce the rule again`;
  return { ...item, attempts, state: 'blocked', reason, remedy };
}

/** In the order of the plan: a move may need what the ones before it leave. */
function dispatch(
  turn: Turn,
  stored: Stored<OperationRecord>,
  rule: Rule,
  items: readonly DrainItem[],
): void {
  if (!turn.settled) return;
  const { id } = stored.value;
  const cluster = softened(turn.cluster, rule.id);
  const item = items.find(({ state }) => state === 'waiting');
  const vm = cluster.vms.get(item?.vmId ?? '');
  if (item === undefined || vm?.hostId === undefined) return;
  const source = vm.hostId;
  if (cluster.hosts.get(source)?.health !== 'up') return turn.waitForHost(id, source);
  if (waitForPool(turn, id, vm)) return;
  const unit = keptTogether(cluster, vm);
  const moves = [...items.entries()].flatMap(([index, one]) =>
    one.state === 'waiting' && unit.some((member) => member.id === one.vmId)
      ? [{ index, item: { ...one, target: item.target ?? '' }, source }]
      : [],
  );
  const found = findTargetFor(turn, stored, cluster, unit, source, item.target);
  if (found.type === 'asked') return turn.wait(id, `what hosts say about ${vm.name}`);
  if (found.type === 'wait') return turn.wait(id, found.what);
  const isAsPlanned = found.type === 'ready' && found.hostId === item.target;
  if (isAsPlanned) return orderMoves(turn, stored, items, moves, `for the rule ${rule.id}`);
  // What is on its way may be what it waits for.
  if (items.some(({ state }) => state === 'moving')) return turn.wait(id, 'the moves before it');
  planAnew(turn, stored, rule, items, found.type === 'blocked' ? found.blocker : undefined);
}

/** The planned host, or another one: then the plan is not right any more. */
function findTargetFor(
  turn: Turn,
  { value }: Stored<OperationRecord>,
  cluster: Cluster,
  unit: readonly Vm[],
  source: string,
  target: string | undefined,
) {
  const first = unit[0]?.id ?? '';
  const slotFor = (hostId: string) =>
    turn.slots.mayOrder(moveTo(value, first, source, hostId)) ||
    `a free slot for a migration to ${hostId}`;
  return findUnitTarget(turn, { cluster, unit, source, planned: target, slotFor });
}

/** What has moved stays moved; a plan for the rest takes the place of the one that does not go on. */
function planAnew(
  turn: Turn,
  stored: Stored<OperationRecord>,
  rule: Rule,
  items: readonly DrainItem[],
  blocker: Blocker | undefined,
): void {
  const plan = planned(turn, rule);
  const waiting = items.filter(({ state }) => state === 'waiting');
  const next = plan.moves.flatMap(({ vmId, target }) => itemOf(turn, vmId, target));
  const isSame = next[0]?.vmId === waiting[0]?.vmId && next[0]?.target === waiting[0]?.target;
  const stepIndex = stored.value.stepIndex + 1;
  if (plan.feasible === 'yes' && !isSame && stepIndex <= plansMost) {
    // Each keeps its place: what its moves are called follows from that.
    const left = items.map((item): DrainItem =>
      item.state === 'waiting' ? { ...item, state: 'gone', reason: 'planned anew' } : item,
    );
    turn.commit(turn.putOperation(stored, { items: [...left, ...next], stepIndex }));
    return;
  }
  const blocked = items.map((item) => {
    if (item.state !== 'waiting') return item;
    return item === waiting[0] && blocker !== undefined
      ? blockedItem(item, blocker)
      : notReached(item);
  });
  turn.commit(turn.putOperation(stored, { items: blocked, stepIndex }));
}

function notReached(item: DrainItem): DrainItem {
  return { ...item, state: 'blocked', reason: 'no plan leads there any more' };
}

function finish(
  turn: Turn,
  stored: Stored<OperationRecord>,
  rule: Rule,
  items: readonly DrainItem[],
): void {
  const plan = planned(turn, rule);
  if (plan.broken === 0) return turn.end(stored, 'succeeded', {});
  const isBlocked = items.some(({ state }) => state === 'blocked');
  if (!isBlocked && plan.feasible === 'yes' && stored.value.stepIndex < plansMost) {
    // It was broken anew meanwhile, or the plan that was shown did not do.
    const next = plan.moves.flatMap(({ vmId, target }) => itemOf(turn, vmId, target));
    const stepIndex = stored.value.stepIndex + 1;
    turn.commit(turn.putOperation(stored, { items: [...items, ...next], stepIndex }));
    return;
  }
  const names = items
    .filter(({ state }) => state === 'blocked')
    .map(({ vmName }) => vmName)
    .join(', ');
  const why = names === '' ? 'no moves lead there' : `these could not move: ${names}`;
  const message = `rule ${rule.id} does not hold, ${why}`.slice(0, 1000);
  turn.end(stored, 'blocked', { error: { code: 'rule-broken', message } });
}
