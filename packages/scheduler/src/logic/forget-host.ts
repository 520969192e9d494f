/**
 * The operation `forget-host`: a host that is gone for good is in the records no more. What the API has looked at is
 * looked at again, by what this leader hears. And who hears of it forgets what the host had said: a host that reports
 * under the name later is a new one.
 */
import {
  keys,
  type OperationError,
  type OperationRecord,
  type RecordMirror,
  type Stored,
} from '@drover/protocol';
import { isOff } from './fence.ts';
import type { HostWatch } from './host-watch.ts';
import { put, type Turn, type Volatile } from './turn.ts';
import { isOpen } from './vm-shape.ts';

const namedAtMost = 3;

export function driveForgetHost(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, hostId = '' } = stored.value;
  // Before that, silence means nothing.
  if (turn.isFull || !turn.settled) return;
  const host = turn.mirror.hosts.get(hostId);
  if (host === undefined) {
    return turn.end(stored, 'succeeded', { reason: 'no record names it any more' });
  }
  const error =
    stillHeard(turn, hostId) ??
    stillPlaced(turn, hostId) ??
    stillReported(turn, hostId) ??
    stillBusy(turn, hostId, id);
  if (error !== undefined) return turn.end(stored, 'failed', { error });
  turn.end(stored, 'succeeded', {}, put(keys.host(hostId), undefined, host.modRevision));
}

function stillHeard(turn: Turn, hostId: string): OperationError | undefined {
  if (turn.hosts.health(turn.now.monoMs, hostId, turn.settings) === 'down') return undefined;
  const { lastHeardMs = turn.now.monoMs } = turn.hosts.get(hostId) ?? {};
  const age = Math.round((turn.now.monoMs - lastHeardMs) / 1_000);
  const least = Math.round(turn.settings.downAfterMs / 1_000);
  const message = `${hostId} was heard ${age} s ago: stop its agent first (systemctl disable --now drover-agent); it can be forgotten once it has been silent for ${least} s`;
  return { code: 'host-not-down', message };
}

function stillPlaced({ mirror }: Turn, hostId: string): OperationError | undefined {
  const placed = [...mirror.assignments.values()].filter(({ value }) => value.hostId === hostId);
  if (placed.length === 0) return undefined;
  const named = namesOf(
    mirror,
    placed.map(({ value }) => value.vmId),
  );
  return inUse(
    `${named} on ${hostId}: start its VMs elsewhere (drover host recover ${hostId}), or delete them`,
  );
}

/** What it had when it fell silent may run on, unseen; only a person’s word says that it does not. */
function stillReported(turn: Turn, hostId: string): OperationError | undefined {
  if (isOff(turn, hostId)) return undefined;
  const { vmIntents } = turn.mirror;
  const copies = (turn.hosts.get(hostId)?.inventory?.vms ?? []).filter(
    ({ vmId, state }) => state !== 'shut-off' && state !== 'crashed' && vmIntents.has(vmId),
  );
  if (copies.length === 0) return undefined;
  const named = namesOf(
    turn.mirror,
    copies.map(({ vmId }) => vmId),
  );
  return inUse(
    `${named} on ${hostId}, as it said last: if its power is off, say so first (drover host recover ${hostId})`,
  );
}

function stillBusy(turn: Turn, hostId: string, ownId: string): OperationError | undefined {
  const open = [...turn.mirror.operations.values()].find(
    ({ value }) =>
      value.id !== ownId &&
      isOpen(value) &&
      [value.hostId, value.source, value.target].includes(hostId),
  );
  const reservation = turn.cluster.reservations.find((one) => one.hostId === hostId);
  const id = open?.value.id ?? reservation?.operationId;
  if (id === undefined) return undefined;
  return inUse(`operation ${id} is about ${hostId} and has not ended: cancel it or wait for it`);
}

function inUse(message: string): OperationError {
  return { code: 'host-in-use', message };
}

/** `web is`, `web, db and 3 more are` */
function namesOf({ vmIntents }: RecordMirror, vmIds: readonly string[]): string {
  const names = vmIds.map((id) => vmIntents.get(id)?.value.name ?? id).toSorted();
  const more = names.length - namedAtMost;
  const named = names.slice(0, namedAtMost).join(', ') + (more > 0 ? ` and ${more} more` : '');
  return `${named} ${names.length === 1 ? 'is' : 'are'}`;
}

/**
 * Did an operation take the record away that was there as of this revision? Records that an etcd has lost do not go
 * so: what their hosts said is all that is known of them then.
 */
export function wasForgotten(
  { hosts, operations }: RecordMirror,
  hostId: string,
  modRevision: number,
): boolean {
  if (hosts.has(hostId)) return false;
  return [...operations.values()].some(
    ({ value, modRevision: endedAt }) =>
      value.type === 'forget-host' &&
      value.hostId === hostId &&
      value.state === 'succeeded' &&
      endedAt > modRevision,
  );
}

export function forgetWhatItSaid(hosts: HostWatch, volatile: Volatile, hostId: string): void {
  hosts.forget(hostId);
  volatile.asked.delete(hostId);
  volatile.digests.delete(hostId);
  volatile.lacksCpu.delete(hostId);
  for (const key of volatile.asked.keys()) {
    if (key.startsWith(`nudge/${hostId}/`)) volatile.asked.delete(key);
  }
  for (const key of volatile.sent.keys()) {
    if (key.startsWith(`${hostId}/`)) volatile.sent.delete(key);
  }
  for (const [key, question] of volatile.questions) {
    if (question.hostId === hostId) volatile.questions.delete(key);
  }
}
