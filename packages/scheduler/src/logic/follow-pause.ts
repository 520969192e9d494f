/**
 * A VM that stands still though its record says that it runs, or runs though that says that it is paused: somebody did it
 * with virsh, or a host was interrupted. The record follows, so that people see it and can undo it; the VM is not touched.
 * It has to be so for a while: tools pause a VM for a moment.
 */
import type { AssignmentRecord } from '@drover/protocol';
import type { Turn } from './turn.ts';

const whileMs = 30_000;

export function followPauses(turn: Turn): void {
  const { stands } = turn.volatile;
  for (const { value } of turn.mirror.assignments.values()) {
    const { vmId, hostId, operationId } = value;
    if (turn.isFull) return;
    const seen =
      hostId === undefined || operationId !== undefined ? undefined : seenAs(turn, value);
    if (seen === undefined || seen === value.state) stands.delete(vmId);
    else if (isSoForAWhile(turn, value)) follow(turn, value, seen);
  }
}

/** By its own host; nothing where that tells of something else. */
function seenAs(
  turn: Turn,
  { vmId, hostId = '', state }: AssignmentRecord,
): 'running' | 'paused' | undefined {
  if (state !== 'running' && state !== 'paused') return undefined;
  if (!turn.hosts.passedBarrier(hostId, turn.epoch)) return undefined;
  const vm = turn.hosts.get(hostId)?.inventory?.vms.find((one) => one.vmId === vmId);
  if (vm === undefined || vm.migrating) return undefined;
  return vm.state === 'running' || vm.state === 'paused' ? vm.state : undefined;
}

function isSoForAWhile(turn: Turn, { vmId, hostId = '' }: AssignmentRecord): boolean {
  const { stands } = turn.volatile;
  const since = stands.get(vmId);
  if (since === undefined) stands.set(vmId, turn.now.monoMs);
  if (since === undefined || turn.now.monoMs < since + whileMs) return false;
  if (turn.hosts.inventorySince(hostId, since + whileMs, turn.epoch) !== undefined) return true;
  turn.ask(hostId, since + whileMs);
  return false;
}

function follow(
  turn: Turn,
  { vmId, hostId = '', generation }: AssignmentRecord,
  state: 'running' | 'paused',
): void {
  if (!turn.commit(turn.putAssignment(vmId, { hostId, generation, state }))) return;
  const name = turn.mirror.vmIntents.get(vmId)?.value.name ?? vmId;
  turn.trace('warn', `${name} is ${state} on ${hostId}, and nobody asked Drover for that`);
  turn.volatile.stands.delete(vmId);
}
