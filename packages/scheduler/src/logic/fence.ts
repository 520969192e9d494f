/**
 * Hosts that somebody said are off. As long as such a host stays silent, nothing of it runs; when it is heard again, it
 * is in quarantine: it gets nothing new until it runs no VM that was started elsewhere meanwhile.
 */
import {
  type AssignmentRecord,
  keys,
  type OperationRecord,
  type RecordMirror,
} from '@drover/protocol';
import type { HostWatch } from './host-watch.ts';
import { put, type Turn } from './turn.ts';

/** Nothing of it runs any more, by a person's word, and nothing is heard that speaks against it. */
export function isOff(turn: Turn, hostId: string): boolean {
  if (turn.mirror.hosts.get(hostId)?.value.fenced === undefined) return false;
  return turn.hosts.health(turn.now.monoMs, hostId, turn.settings) === 'down';
}

export function offError(hostId: string): { readonly code: string; readonly message: string } {
  return { code: 'host-off', message: `${hostId} was said to be off` };
}

/** Those that are back: what runs there and elsewhere too goes, by an operation; then they are as any other. */
export function readmit(turn: Turn): void {
  const { stale } = turn.volatile;
  const found = new Set<string>();
  for (const { value, modRevision } of turn.mirror.hosts.values()) {
    if (value.fenced === undefined || isOff(turn, value.id)) continue;
    if (!turn.hosts.passedBarrier(value.id, turn.epoch)) continue;
    const copies = staleCopies(turn.mirror, turn.hosts, value.id);
    for (const { vmId, isRunning } of copies) {
      found.add(vmId);
      // One that runs is somebody's VM: which of the two is the right one is for a person to say.
      if (!isRunning) destroyCopy(turn, value.id, vmId);
    }
    if (copies.length > 0 || turn.isFull) continue;
    const { fenced: _, ...record } = value;
    if (!turn.commit(put(keys.host(value.id), record, modRevision))) continue;
    turn.trace('info', `host ${value.id} is back, and runs nothing that was started elsewhere`);
  }
  for (const vmId of stale.keys()) if (!found.has(vmId)) stale.delete(vmId);
}

export interface StaleCopy {
  readonly vmId: string;
  /** Who has it by its record. */
  readonly owner: string;
  readonly isRunning: boolean;
}

/** Copies of VMs of ours that a host has, and another host owns. */
export function staleCopies(
  mirror: RecordMirror,
  hosts: HostWatch,
  hostId: string,
): readonly StaleCopy[] {
  const vms = hosts.get(hostId)?.inventory?.vms ?? [];
  return vms.flatMap(({ vmId, state }) => {
    const owner = mirror.assignments.get(vmId)?.value.hostId;
    if (state === 'shut-off' || state === 'crashed') return [];
    if (owner === undefined || owner === hostId) return [];
    return [{ vmId, owner, isRunning: state === 'running' }];
  });
}

/** Only where its owner runs it, as that host says itself from now on: the last copy is never destroyed. */
export function destroyCopy(turn: Turn, hostId: string, vmId: string): void {
  const assignment = turn.mirror.assignments.get(vmId);
  const { hostId: owner, state, operationId: holder } = assignment?.value ?? {};
  if (assignment === undefined || owner === undefined || state !== 'running') return;
  if (holder !== undefined || turn.isFull) return;
  const sinceMs = turn.volatile.stale.get(vmId) ?? turn.now.monoMs;
  turn.volatile.stale.set(vmId, sinceMs);
  for (const one of [owner, hostId]) {
    if (turn.hosts.inventorySince(one, sinceMs, turn.epoch) === undefined) turn.ask(one, sinceMs);
  }
  const there = turn.hosts.inventorySince(owner, sinceMs, turn.epoch);
  const here = turn.hosts.inventorySince(hostId, sinceMs, turn.epoch);
  if (here === undefined || there?.vms.find((vm) => vm.vmId === vmId)?.state !== 'running') return;
  clean(turn, hostId, vmId, assignment.value);
}

function clean(turn: Turn, hostId: string, vmId: string, assignment: AssignmentRecord): void {
  const { generation, hostId: owner } = assignment;
  const { operationId: parentId, by } = turn.mirror.hosts.get(hostId)?.value.fenced ?? { by: '' };
  const vmName = turn.mirror.vmIntents.get(vmId)?.value.name;
  // One for each time that the host is found with the copy: an id is never used twice.
  const id = `clean-${turn.epoch}-${turn.mirror.revision}-${vmId.slice(0, 8)}`;
  const operation: OperationRecord = {
    v: 1,
    id,
    type: 'clean',
    state: 'running',
    step: 'clean',
    stepIndex: 1,
    vmId,
    ...(vmName === undefined ? {} : { vmName }),
    hostId,
    ...(parentId === undefined ? {} : { parentId }),
    generation,
    epoch: turn.epoch,
    reason: `${hostId} has an old copy of it; ${owner ?? ''} runs it now`,
    by,
    createdAtMs: turn.now.wallMs,
    startedAtMs: turn.now.wallMs,
  };
  const { v: _v, vmId: _vmId, ...held } = assignment;
  const isDecided = turn.commit(
    put(keys.operation(id), operation, 0),
    turn.putAssignment(vmId, { ...held, operationId: id }),
  );
  if (!isDecided) return;
  // What is seen before it has ended says nothing about what it leaves.
  turn.volatile.stale.delete(vmId);
  turn.trace('warn', `the copy of ${vmName ?? vmId} on ${hostId} is destroyed`);
}
