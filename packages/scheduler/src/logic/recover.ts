/**
 * The operation `recover`: the VMs of a host that a person says is off start elsewhere. Its items are in etcd, so it
 * survives the leader.
 *
 *   item: waiting ─▶ moving ─▶ moved            (or gone: it was elsewhere already)
 *                        └─▶ blocked
 */
import { type DrainItem, keys, type OperationRecord, type Stored } from '@drover/protocol';
import { planRecovery, type Restart, type Vm } from '@drover/core';
import { isRuled } from './rules.ts';
import { put, type Turn } from './turn.ts';
import { isOpen } from './vm-shape.ts';

/** In one commit, so that others have their turn too. */
const startsAtOnce = 20;

export function driveRecover(turn: Turn, stored: Stored<OperationRecord>): void {
  if (turn.isFull) return;
  if (stored.value.state === 'pending') begin(turn, stored);
  else advance(turn, stored);
}

function begin(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, hostId = '', by } = stored.value;
  const fail = (code: string, message: string) =>
    turn.end(stored, 'failed', { error: { code, message } });
  const host = turn.mirror.hosts.get(hostId);
  if (host === undefined) return fail('host-not-found', `no host ${hostId} has ever reported`);
  // Before that, silence means nothing.
  if (!turn.settled) return;
  if (turn.hosts.health(turn.now.monoMs, hostId, turn.settings) !== 'down') {
    const { lastHeardMs = turn.now.monoMs } = turn.hosts.get(hostId) ?? {};
    const age = Math.round((turn.now.monoMs - lastHeardMs) / 1_000);
    const least = Math.round(turn.settings.downAfterMs / 1_000);
    const message = `${hostId} was heard ${age} s ago: a host that runs is drained; one that is off can be recovered once it has been silent for ${least} s`;
    return fail('host-not-down', message);
  }
  const request = turn.mirror.requests.get(id)?.value;
  const despite = request?.type === 'recover' && request.despiteMassLoss === true;
  const loss = massLoss(turn);
  if (loss !== undefined && !despite) return fail('mass-loss', loss);
  const { restarts } = planRecovery(turn.cluster, hostId);
  const order = restarts.map(({ vmId }) => vmId);
  const rank = ({ id: vmId }: Vm) => (order.includes(vmId) ? order.indexOf(vmId) : order.length);
  const items = [...turn.cluster.vms.values()]
    .filter((vm) => vm.hostId === hostId)
    .toSorted((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1))
    .map((vm) => newItem(turn, vm, restarts));
  const { wallMs } = turn.now;
  const stepIndex = stored.value.stepIndex + 1;
  const fenced = { atMs: wallMs, by, operationId: id };
  const isDecided = turn.commit(
    turn.putOperation(stored, {
      state: 'running',
      step: 'restart',
      stepIndex,
      items,
      startedAtMs: wallMs,
    }),
    put(keys.host(hostId), { ...host.value, fenced }, host.modRevision),
  );
  if (isDecided) turn.trace('warn', `host ${hostId} is off, says ${by}: ${items.length} VMs`);
}

/** What rules are about goes where the plan has seats for all of it; anything else where there is most room then. */
function newItem(turn: Turn, vm: Vm, restarts: readonly Restart[]): DrainItem {
  const seat = isRuled(turn.cluster, vm) ? restarts.find(({ vmId }) => vmId === vm.id) : undefined;
  return {
    vmId: vm.id,
    vmName: vm.name,
    ...(seat === undefined ? {} : { target: seat.hostId }),
    state: 'waiting',
    attempts: 0,
  };
}

/**
 * The brake: where more than a fifth of the hosts are down, and more than one, a network or a power that comes back is
 * likelier than so many dead hosts, and a wrong word would start many VMs twice.
 */
function massLoss(turn: Turn): string | undefined {
  const hosts = [...turn.mirror.hosts.values()].map(({ value }) => value);
  const down = hosts.filter(
    ({ id, fenced }) =>
      fenced === undefined && turn.hosts.health(turn.now.monoMs, id, turn.settings) === 'down',
  );
  if (down.length <= Math.max(1, Math.floor(hosts.length / 5))) return undefined;
  return `${down.length} of ${hosts.length} hosts are down: a network that is away is likelier than so many dead hosts; make sure that this one is off, and say that it is meant despite the mass loss`;
}

function advance(turn: Turn, stored: Stored<OperationRecord>): void {
  const before = stored.value.items ?? [];
  const items: DrainItem[] = before.map((item) => settle(turn, stored.value, item));
  const puts = areMovesEnding(turn, stored.value)
    ? []
    : items.flatMap((item, index) => (item.state === 'waiting' ? [{ item, index }] : []));
  const starts = puts.flatMap(({ item, index }) => {
    const start = restart(turn, stored.value, item, index);
    return start === undefined ? [] : [{ index, ...start }];
  });
  const now = starts.slice(0, startsAtOnce);
  for (const { index, item } of now) items[index] = item;
  if (JSON.stringify(items) !== JSON.stringify(before)) {
    turn.commit(turn.putOperation(stored, { items }), ...now.flatMap((one) => one.puts));
    return;
  }
  if (items.some(({ state }) => state === 'waiting' || state === 'moving')) return;
  const blocked = items.filter(({ state }) => state === 'blocked');
  if (blocked.length === 0) return turn.end(stored, 'succeeded', {});
  const names = blocked.map(({ vmName }) => vmName).join(', ');
  const message = `${blocked.length} VMs could not be started elsewhere: ${names}`.slice(0, 1000);
  turn.end(stored, 'blocked', { error: { code: 'no-host-fits', message } });
}

/**
 * What moved away from there when the power went holds room on a host that is heard, and so ends in a moment: nobody is
 * told before that there is no room for the others.
 */
function areMovesEnding(turn: Turn, { hostId = '' }: OperationRecord): boolean {
  return turn.cluster.reservations.some(({ operationId, hostId: target }) => {
    const { source } = turn.mirror.operations.get(operationId)?.value ?? {};
    if (source !== hostId) return false;
    return turn.hosts.health(turn.now.monoMs, target, turn.settings) === 'up';
  });
}

function settle(turn: Turn, { hostId = '' }: OperationRecord, item: DrainItem): DrainItem {
  const vm = turn.places.vm(item.vmId);
  if (item.state === 'waiting' && vm?.hostId !== hostId) {
    const where = vm?.hostId === undefined ? (vm?.state ?? 'deleted') : `on ${vm.hostId}`;
    return { ...item, state: 'gone', reason: `it is ${where} already` };
  }
  if (item.state !== 'moving') return item;
  const child = turn.mirror.operations.get(item.operationId ?? '')?.value;
  if (child !== undefined && isOpen(child)) return item;
  const { target } = child ?? {};
  if (child?.state === 'succeeded' || vm?.state === 'running') {
    return { ...item, state: 'moved', ...(target === undefined ? {} : { target }) };
  }
  const reason = child?.error?.message ?? 'its start was lost sight of';
  const first =
    child?.error?.code === 'disk-locked' ? `make sure that ${hostId} is off` : 'make room';
  const remedy = `${first}, then drover vm start ${item.vmName}`;
  return { ...item, state: 'blocked', attempts: item.attempts + 1, reason, remedy };
}

/** It runs nowhere now, and is to start somewhere. Not while another operation has it. */
function restart(
  turn: Turn,
  { id, hostId = '', by }: OperationRecord,
  item: DrainItem,
  index: number,
): { readonly item: DrainItem; readonly puts: readonly ReturnType<typeof put>[] } | undefined {
  const { vmId, vmName } = item;
  const assignment = turn.mirror.assignments.get(vmId)?.value;
  const holder = turn.mirror.operations.get(assignment?.operationId ?? '')?.value;
  if (assignment === undefined || (holder !== undefined && isOpen(holder))) return undefined;
  const { generation } = assignment;
  const free = turn.putAssignment(vmId, { generation, state: 'stopped' });
  const operationId = `${id}-${index}`;
  const child: OperationRecord = {
    v: 1,
    id: operationId,
    type: 'start',
    state: 'pending',
    step: 'place',
    stepIndex: 0,
    vmId,
    vmName,
    ...(item.target === undefined ? {} : { target: item.target }),
    parentId: id,
    generation,
    epoch: turn.epoch,
    reason: `recovery of ${hostId}`,
    by,
    createdAtMs: turn.now.wallMs,
  };
  return {
    item: { ...item, state: 'moving', operationId },
    puts: [free, put(keys.operation(operationId), child, 0)],
  };
}
