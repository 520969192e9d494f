/**
 * After etcd was restored from a backup: what was acknowledged since is gone, VMs run where the records do not say, and a
 * start could be a second one. So nothing is decided (`held`) until a person raises the era; then every host has to show
 * what it runs, the records are made true by that, and nothing that was under way in the backup is taken up again.
 */
import {
  type AssignmentRecord,
  type HostRecord,
  keys,
  type OperationError,
  type OperationRecord,
  type ReportedVm,
} from '@drover/protocol';
import { adoptRequests, operationFor, waitingRequests } from './adopt.ts';
import { eraOf, isBefore, leastGeneration } from './era.ts';
import { destroyCopy, isOff } from './fence.ts';
import type { HeardHost } from './host-watch.ts';
import { put, type Turn } from './turn.ts';
import { askHosts } from './upkeep.ts';
import { isOpen } from './vm-shape.ts';
import { promisedBeside, reportedSize } from './vm-size.ts';

/** Why nothing else may be decided in this turn; nothing: all is as ever. */
export function whyRestoring(turn: Turn): string | undefined {
  const { mirror } = turn;
  if (mirror.held !== undefined) return mirror.held.reason;
  if (turn.wentBack !== undefined) return turn.wentBack;
  if (mostAreAhead(turn)) return 'most hosts have obeyed a leader that etcd knows nothing of';
  const waiting = hostsToShow(turn);
  if (waiting.length === 0) return undefined;
  return `etcd was restored, and these hosts have to show what they run: ${waiting.join(', ')}`;
}

/** What this turn does instead of everything else. */
export function restore(turn: Turn, why: string): void {
  if (turn.mirror.held !== undefined) return;
  if (turn.wentBack !== undefined || mostAreAhead(turn)) return hold(turn, why);
  const hosts = hostsToShow(turn);
  // A host that is off cannot show anything; a person can say so.
  adoptRequests(
    turn,
    ({ value, modRevision }) => value.type === 'recover' && modRevision >= sinceRevision(turn),
  );
  askHosts(turn);
  // Before that the silence of one that was said to be off means nothing.
  if (!turn.settled || !hosts.every((id) => turn.hosts.passedBarrier(id, turn.epoch))) return;
  const moving = heardHosts(turn).filter(({ inventory }) =>
    inventory?.vms.some(({ migrating }) => migrating),
  );
  // It ends by itself, on one side or the other.
  if (moving.length > 0) return moving.forEach(({ hostId }) => turn.ask(hostId));
  endWhatWasUnderWay(turn);
  for (const vmId of turn.mirror.vmIntents.keys()) {
    if (turn.isFull) return;
    adoptVm(turn, vmId);
  }
  for (const vmId of turn.mirror.assignments.keys()) {
    if (turn.isFull) return;
    forgetUndeclared(turn, vmId);
  }
  if (turn.puts.length > 0 || turn.isFull) return;
  if (!areLeftoversGone(turn, hosts)) return;
  for (const hostId of hosts) admit(turn, hostId);
}

/** In use while the rest waits: what makes a host known, or says that it is off. */
export function mayGoOn(turn: Turn, { type, epoch }: OperationRecord): boolean {
  return (type === 'clean' || type === 'recover') && !isBefore(eraOf(turn.mirror), epoch);
}

/**
 * One host may say what it likes; most of them do not. Until all have had their time to be heard those that are silent
 * still count, and where there are three or more a single one is never most of them.
 */
function mostAreAhead(turn: Turn): boolean {
  const heard = turn.hosts.all();
  const ahead = heard.filter(({ maxEpoch }) => isLater(maxEpoch, turn.epoch));
  if (ahead.length === 0) return false;
  const known = new Set(heard.map(({ hostId }) => hostId));
  for (const hostId of turn.mirror.hosts.keys()) if (!isOff(turn, hostId)) known.add(hostId);
  if (ahead.length < 2 && known.size > 2) return false;
  return ahead.length * 2 > (turn.settled ? heard.length : known.size);
}

/** Of epochs, decimal and without zeros in front; asked of every host in every turn. */
function isLater(one: string, other: string): boolean {
  return one.length === other.length ? one > other : one.length > other.length;
}

function hold(turn: Turn, reason: string): void {
  const record = { v: 1, era: eraOf(turn.mirror), reason, atMs: turn.now.wallMs };
  const modRevision = turn.mirror.restored?.modRevision ?? 0;
  if (!turn.commit(put(keys.restored(), record, modRevision))) return;
  turn.trace(
    'error',
    `etcd was restored from a backup (${reason}): nothing is decided before the era is raised`,
  );
}

/** Known or heard, and not said to be off. */
function hostsToShow(turn: Turn): readonly string[] {
  const era = eraOf(turn.mirror);
  if (era === 0) return [];
  const { hosts } = turn.mirror;
  const ids = new Set([...hosts.keys(), ...heardHosts(turn).map(({ hostId }) => hostId)]);
  return [...ids].filter((id) => {
    const record = hosts.get(id)?.value;
    return record?.era !== era && !isOff(turn, id);
  });
}

function heardHosts(turn: Turn): readonly HeardHost[] {
  return turn.hosts.all().filter(({ inventory }) => inventory !== undefined);
}

const restored: OperationError = {
  code: 'restored',
  message:
    'etcd was restored from a backup of when this was under way; see what has become of it, and ask again',
};

/** What was asked for since the restore is meant. */
function sinceRevision({ mirror }: Turn): number {
  return mirror.restored?.modRevision ?? mirror.era?.modRevision ?? 0;
}

function endWhatWasUnderWay(turn: Turn): void {
  const era = eraOf(turn.mirror);
  for (const stored of turn.mirror.operations.values()) {
    if (turn.isFull) return;
    if (!isOpen(stored.value) || !isBefore(era, stored.value.epoch)) continue;
    turn.end(stored, 'failed', { error: restored });
  }
  for (const { value, modRevision } of waitingRequests(turn)) {
    if (turn.isFull) return;
    if (modRevision >= sinceRevision(turn)) continue;
    const ended = { state: 'failed', step: 'ended', endedAtMs: turn.now.wallMs } as const;
    const operation = { ...operationFor(turn, value), ...ended, error: restored };
    turn.commit(put(keys.operation(value.id), operation, 0));
  }
}

/** By what the hosts have: the one that runs it is its owner; where two do, a person must look. */
function adoptVm(turn: Turn, vmId: string): void {
  const { value: record } = turn.mirror.assignments.get(vmId) ?? {};
  const holder = turn.mirror.operations.get(record?.operationId ?? '')?.value;
  if (holder !== undefined && isOpen(holder) && mayGoOn(turn, holder)) return;
  const copies = copiesOf(turn, vmId);
  const seen = Math.max(0, ...copies.map(({ vm }) => (vm.generation ?? 0) + 1));
  const least = Math.max(seen, leastGeneration(eraOf(turn.mirror)));
  const owner = ownerOf(record, copies);
  const isNew = owner.hostId !== undefined && owner.hostId !== record?.hostId;
  const known = record?.generation ?? 0;
  const isDone = record !== undefined && known >= least && !isNew;
  const { name = vmId, spec } = turn.mirror.vmIntents.get(vmId)?.value ?? {};
  const own = copies.find(({ hostId }) => hostId === owner.hostId);
  // What it was resized to since is in no record; its host says it.
  const size = own && spec && { promised: promisedBeside(spec, reportedSize(own.vm)) };
  const now = { generation: Math.max(known + (isNew ? 1 : 0), least), ...owner, ...size };
  if (isDone && record.operationId === undefined && isSame(record, now)) return;
  if (record === undefined && copies.length === 0) return;
  if (!turn.commit(turn.putAssignment(vmId, now)) || now.hostId === record?.hostId) return;
  turn.trace(
    'warn',
    `${name} is ${now.state}${now.hostId === undefined ? '' : ` on ${now.hostId}`}, as the hosts say`,
  );
}

/**
 * A leader that had not heard of the restore has decided about a VM that the backup does not have. Nothing declares it
 * any more; what a host runs of it is shown as nobody's.
 */
function forgetUndeclared(turn: Turn, vmId: string): void {
  const { vmIntents, assignments, operations, unreadable } = turn.mirror;
  if (vmIntents.has(vmId) || unreadable.has(keys.vmIntent(vmId))) return;
  const stored = assignments.get(vmId);
  const holder = operations.get(stored?.value.operationId ?? '')?.value;
  if (stored === undefined || (holder !== undefined && isOpen(holder))) return;
  turn.commit(put(keys.assignment(vmId), undefined, stored.modRevision));
}

interface Copy {
  readonly hostId: string;
  readonly vm: ReportedVm;
}

function copiesOf(turn: Turn, vmId: string): readonly Copy[] {
  return [...turn.hosts.reporting(vmId)].toSorted().flatMap((hostId) => {
    const vm = turn.hosts.get(hostId)?.inventory?.vms.find((one) => one.vmId === vmId);
    const isThere = vm !== undefined && vm.state !== 'shut-off' && vm.state !== 'crashed';
    return isThere ? [{ hostId, vm }] : [];
  });
}

function ownerOf(
  record: AssignmentRecord | undefined,
  copies: readonly Copy[],
): Pick<AssignmentRecord, 'hostId' | 'state'> {
  // Paused by an error of its disk it has run, as no copy that comes in or was left behind.
  const ran = copies.filter(({ vm }) => vm.state === 'running' || vm.state === 'paused-io-error');
  const [only, ...others] = ran.length > 0 ? ran : copies;
  if (only !== undefined && others.length === 0) {
    // A person's pause outlives the backup, if that knew of it.
    const isPaused = record?.state === 'paused' && only.vm.state === 'paused';
    return { hostId: only.hostId, state: isPaused ? 'paused' : 'running' };
  }
  const own = copies.find(({ hostId }) => hostId === record?.hostId) ?? only;
  if (own !== undefined) return { hostId: own.hostId, state: 'unknown' };
  const isGone = record?.hostId !== undefined || record?.state === 'crashed';
  return { state: isGone ? 'crashed' : 'stopped' };
}

function isSame(a: AssignmentRecord, b: Pick<AssignmentRecord, 'hostId' | 'state'>): boolean {
  const isGone = (state: string) => state === 'crashed' || state === 'stopped' || state === 'saved';
  return a.hostId === b.hostId && (a.state === b.state || (isGone(a.state) && isGone(b.state)));
}

/** Paused copies of VMs that run elsewhere, which a migration has left whose record is lost. */
function areLeftoversGone(turn: Turn, hosts: readonly string[]): boolean {
  let areGone = true;
  for (const hostId of hosts) {
    for (const { vmId, state } of turn.hosts.get(hostId)?.inventory?.vms ?? []) {
      const owner = turn.mirror.assignments.get(vmId)?.value;
      if (owner?.hostId === undefined || owner.hostId === hostId || owner.state !== 'running')
        continue;
      if (state !== 'paused' && state !== 'paused-migrating') continue;
      areGone = false;
      destroyCopy(turn, hostId, vmId);
    }
  }
  return areGone;
}

function admit(turn: Turn, hostId: string): void {
  const known = turn.mirror.hosts.get(hostId);
  const hostUuid = turn.hosts.get(hostId)?.inventory?.hostUuid;
  if (turn.isFull || hostUuid === undefined) return;
  const first: HostRecord = { v: 1, id: hostId, hostUuid, firstSeenMs: turn.now.wallMs };
  const record: HostRecord = { ...(known?.value ?? first), era: eraOf(turn.mirror) };
  if (!turn.commit(put(keys.host(hostId), record, known?.modRevision ?? 0))) return;
  turn.trace('info', `host ${hostId} has shown what it runs`);
}
