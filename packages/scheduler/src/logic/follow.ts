/**
 * A VM that runs on another host than its record says, and only there: a person moved it with virsh. The record
 * follows, under a generation of its own; the VM is not touched. Both hosts must have looked since: what was reported
 * before may tell of what was.
 */
import type { AssignmentRecord, ReportedVm } from '@drover/protocol';
import { foreignVms, underWayOf } from './foreign.ts';
import type { Turn } from './turn.ts';
import { isOpen } from './vm-shape.ts';
import { promisedBeside, reportedSize } from './vm-size.ts';

export function followMoved(turn: Turn): void {
  const elsewhere = runElsewhere(turn);
  for (const vmId of turn.volatile.elsewhere.keys()) {
    if (!elsewhere.has(vmId)) turn.volatile.elsewhere.delete(vmId);
  }
  for (const [vmId, hostIds] of elsewhere) {
    if (turn.isFull) return;
    const assignment = turn.mirror.assignments.get(vmId)?.value;
    const [hostId, ...others] = hostIds;
    // Where two run it, a person must decide.
    if (assignment === undefined || hostId === undefined || others.length > 0) continue;
    follow(turn, assignment, hostId);
  }
}

/** By VM that may be followed: the hosts that report it running and are not its owner. */
function runElsewhere(turn: Turn): ReadonlyMap<string, readonly string[]> {
  const open = [...turn.mirror.operations.values()].map(({ value }) => value).filter(isOpen);
  const busy = new Set(open.map(({ vmId }) => vmId));
  const underWay = underWayOf(open);
  const found = new Map<string, readonly string[]>();
  for (const { hostId, inventory } of turn.hosts.all()) {
    if (inventory === undefined) continue;
    for (const { vmId, state } of foreignVms(turn.mirror, hostId, inventory, underWay)) {
      if (state !== 'running' || busy.has(vmId) || !mayBeFollowed(turn, vmId)) continue;
      found.set(vmId, [...(found.get(vmId) ?? []), hostId]);
    }
  }
  return found;
}

/** It is meant to run, and nothing is being done with it. */
function mayBeFollowed(turn: Turn, vmId: string): boolean {
  const assignment = turn.mirror.assignments.get(vmId)?.value;
  if (assignment === undefined || assignment.operationId !== undefined) return false;
  return assignment.state === 'running' || assignment.state === 'crashed';
}

function follow(turn: Turn, assignment: AssignmentRecord, hostId: string): void {
  const { vmId, hostId: owner, generation } = assignment;
  const { elsewhere } = turn.volatile;
  const since = elsewhere.get(vmId) ?? turn.now.monoMs;
  elsewhere.set(vmId, since);
  const there = lookAt(turn, hostId, vmId, since);
  const atOwner = owner === undefined ? 'absent' : lookAt(turn, owner, vmId, since);
  if (there === 'absent' || there?.state !== 'running' || !isGone(atOwner)) return;
  // Whoever moved it does not want it moved again at once.
  const movedAtMs = turn.now.wallMs;
  const here = { hostId, generation: generation + 1, state: 'running', movedAtMs } as const;
  const { name = vmId, spec } = turn.mirror.vmIntents.get(vmId)?.value ?? {};
  // It has what it was started with, wherever that was; its spec may say something else by now.
  const promised =
    spec === undefined ? {} : { promised: promisedBeside(spec, reportedSize(there)) };
  if (!turn.commit(turn.putAssignment(vmId, { ...here, ...promised }))) return;
  turn.trace('warn', `${name} runs on ${hostId}, not on ${owner ?? 'any host'}: somebody moved it`);
  turn.volatile.missing.delete(vmId);
}

/** As the host saw it since; nothing where it has not looked yet. */
function lookAt(
  turn: Turn,
  hostId: string,
  vmId: string,
  sinceMs: number,
): ReportedVm | 'absent' | undefined {
  const inventory = turn.hosts.inventorySince(hostId, sinceMs, turn.epoch);
  if (inventory === undefined) {
    turn.ask(hostId, sinceMs);
    return undefined;
  }
  return inventory.vms.find((vm) => vm.vmId === vmId) ?? 'absent';
}

function isGone(seen: ReportedVm | 'absent' | undefined): boolean {
  if (seen === undefined || seen === 'absent') return seen === 'absent';
  return seen.state === 'shut-off' || seen.state === 'crashed';
}
