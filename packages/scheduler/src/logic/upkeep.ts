/**
 * What is not an operation but has to be kept true: requests get their operations, hosts their records and
 * pools, agents the leader's epoch; VMs that are gone are said to be; old operations go.
 */
import { type AssignmentRecord, keys } from '@drover/protocol';
import { adoptRequests } from './adopt.ts';
import { keepBalance } from './balance/keep.ts';
import { findCpuGaps } from './cpu-baseline.ts';
import { readmit } from './fence.ts';
import { followPauses } from './follow-pause.ts';
import { followMoved } from './follow.ts';
import { keepPools } from './pool-upkeep.ts';
import { put, type Turn } from './turn.ts';
import { isOpen } from './vm-shape.ts';

export function keepUp(turn: Turn): void {
  askHosts(turn);
  // Before what is new: else more would come than goes where there is always something to do.
  prune(turn);
  adoptRequests(turn);
  adoptHosts(turn);
  keepPools(turn);
  readmit(turn);
  followMoved(turn);
  followPauses(turn);
  findCrashed(turn);
  findCpuGaps(turn);
  keepBalance(turn);
}

/**
 * Those that have not passed the barrier, have something new to tell, or wait to hear a leader: an agent whose journal
 * was altered counts its time from the first word, even where the journal still has this epoch.
 */
export function askHosts(turn: Turn): void {
  for (const { hostId, heartbeat } of turn.hosts.all()) {
    const isBehind = !turn.hosts.passedBarrier(hostId, turn.epoch);
    const isListening = heartbeat?.reasons.includes('journal-altered') === true;
    if (isBehind || isListening || digestChanged(turn, hostId)) turn.ask(hostId);
  }
}

/** The host's VMs have changed since its last inventory. */
function digestChanged(turn: Turn, hostId: string): boolean {
  const heard = turn.hosts.get(hostId);
  const digest = heard?.heartbeat?.vmDigest;
  const asOf = turn.volatile.digests.get(hostId);
  if (heard === undefined || digest === undefined) return false;
  if (asOf?.inventories !== heard.inventories) {
    turn.volatile.digests.set(hostId, { digest, inventories: heard.inventories });
    return false;
  }
  return asOf.digest !== digest;
}

function adoptHosts(turn: Turn): void {
  for (const { hostId: id, inventory } of turn.hosts.all()) {
    if (turn.isFull) return;
    if (inventory === undefined || turn.mirror.hosts.has(id)) continue;
    const { hostUuid } = inventory;
    const record = { v: 1, id, hostUuid, firstSeenMs: turn.now.wallMs };
    if (!turn.commit(put(keys.host(id), record, 0))) continue;
    turn.trace('info', `host ${id} reports for the first time`);
  }
}

/**
 * A VM that should run, on a host that was heard and does not have it, in two inventories in a row: it is
 * gone. It is said to be; nothing is restarted by that.
 */
function findCrashed(turn: Turn): void {
  for (const { value } of turn.mirror.assignments.values()) {
    const { vmId, hostId, state, operationId } = value;
    const isThere = state === 'running' || state === 'paused';
    const isSettled = isThere && operationId === undefined;
    if (!isSettled || hostId === undefined || turn.volatile.elsewhere.has(vmId)) {
      turn.volatile.missing.delete(vmId);
      continue;
    }
    if (countMissing(turn, value) >= 2) declareCrashed(turn, value);
  }
}

function countMissing(turn: Turn, { vmId, hostId = '' }: AssignmentRecord): number {
  const heard = turn.hosts.get(hostId);
  const inventory = heard?.inventory;
  if (!heard || !inventory || !turn.hosts.passedBarrier(hostId, turn.epoch)) return 0;
  const vm = inventory.vms.find((one) => one.vmId === vmId);
  if (vm !== undefined && vm.state !== 'shut-off' && vm.state !== 'crashed') {
    turn.volatile.missing.delete(vmId);
    return 0;
  }
  const known = turn.volatile.missing.get(vmId);
  // The inventory that is there when the VM began to count as running may be older than that.
  const count =
    known === undefined ? 0 : known.count + (known.inventories < heard.inventories ? 1 : 0);
  turn.volatile.missing.set(vmId, { count, inventories: heard.inventories });
  if (count < 2) turn.ask(hostId);
  return count;
}

function declareCrashed(turn: Turn, { vmId, hostId, generation }: AssignmentRecord): void {
  if (!turn.commit(turn.putAssignment(vmId, { generation, state: 'crashed' }))) return;
  const name = turn.mirror.vmIntents.get(vmId)?.value.name ?? vmId;
  turn.trace('warn', `${name} is gone from ${hostId}, and nobody asked for that`);
  turn.volatile.missing.delete(vmId);
}

const prunedAtOnce = 20;

/** The oldest ended operations beyond the number that is kept, with their requests. */
function prune(turn: Turn): void {
  const { operations, requests } = turn.mirror;
  const excess = operations.size - turn.settings.operationsKept;
  if (excess < prunedAtOnce || turn.isFull) return;
  const openParents = new Set<string>();
  for (const { value } of operations.values()) if (isOpen(value)) openParents.add(value.id);
  const old = [...operations.values()]
    .filter(({ value }) => !isOpen(value) && !openParents.has(value.parentId ?? ''))
    .toSorted((a, b) => (a.value.endedAtMs ?? 0) - (b.value.endedAtMs ?? 0))
    .slice(0, prunedAtOnce);
  for (const { value, modRevision } of old) {
    if (turn.isFull) return;
    const request = requests.get(value.id);
    turn.commit(
      put(keys.operation(value.id), undefined, modRevision),
      ...(request ? [put(keys.request(value.id), undefined, request.modRevision)] : []),
    );
  }
}
