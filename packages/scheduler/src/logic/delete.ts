/** The operation `delete`: the volumes that we made for the VM, then everything that names it. */
import {
  type CommandBody,
  keys,
  type OperationError,
  type OperationRecord,
  type Stored,
} from '@drover/protocol';
import { place } from '@drover/core';
import { copyError, copyOf } from './copies.ts';
import { isOff, offError } from './fence.ts';
import { isBusy } from './pending.ts';
import { put, type Turn } from './turn.ts';
import { besidesOf, disksOf, shapeOf } from './vm-shape.ts';

export function driveDelete(turn: Turn, stored: Stored<OperationRecord>): void {
  const { vmId = '' } = stored.value;
  const intent = turn.mirror.vmIntents.get(vmId)?.value;
  if (!intent) return turn.end(stored, 'succeeded', { reason: 'it is gone already' });
  const disks = disksOf(turn.mirror, intent).disks.filter((disk) => disk.cloneOf !== undefined);
  const besidesIn = besidesOf(turn.mirror, intent);
  const ours: Ours = { disks, ...(besidesIn.length === 0 ? {} : { besidesIn }) };
  if (stored.value.state === 'pending') begin(turn, stored, ours);
  else remove(turn, stored, ours);
}

/** What was made for the VM: its thin clones, and what lies besides them. */
type Ours = Omit<Extract<CommandBody, { kind: 'delete-volumes' }>, 'kind'>;

function begin(turn: Turn, stored: Stored<OperationRecord>, ours: Ours): void {
  const { id, vmId = '' } = stored.value;
  const intent = turn.mirror.vmIntents.get(vmId)?.value;
  if (!intent || isBusy(turn, stored) || turn.isFull) return;
  const assignment = turn.mirror.assignments.get(vmId)?.value;
  if (assignment?.hostId !== undefined) {
    const message = `it is ${assignment.state} on ${assignment.hostId}; stop it first`;
    return turn.end(stored, 'failed', { error: { code: 'vm-running', message } });
  }
  const copy = copyOf(turn, stored);
  if (copy.type === 'asked') return;
  if (copy.type === 'there') return turn.end(stored, 'failed', { error: copyError(copy.hostId) });
  // No file of ours, or none that was ever made: nothing to do on any host.
  const isNone = ours.disks.length === 0 && ours.besidesIn === undefined;
  if (isNone || assignment === undefined) return finish(turn, stored);
  const host = hostWithPools(turn, vmId);
  if (host === undefined) {
    const pools = shapeOf(intent.spec).pools.join(', ');
    return turn.wait(id, `a host that is up and reaches pools ${pools}`);
  }
  const { generation } = assignment;
  turn.commit(
    turn.putOperation(stored, {
      state: 'running',
      step: 'delete',
      stepIndex: stored.value.stepIndex + 1,
      source: host,
      startedAtMs: turn.now.wallMs,
    }),
    turn.putAssignment(vmId, { generation, state: 'stopped', operationId: id }),
  );
}

/** Any host that is up and reaches the pools; its own capacity does not matter. */
function hostWithPools(turn: Turn, vmId: string): string | undefined {
  const intent = turn.mirror.vmIntents.get(vmId)?.value;
  if (!intent) return undefined;
  const shape = { ...shapeOf(intent.spec), request: { cpuMilli: 0, memoryMib: 0 }, bridges: [] };
  const open = new Map(
    [...turn.cluster.hosts].map(([id, host]) => [id, { ...host, intent: 'active' as const }]),
  );
  const answer = place({ ...turn.cluster, hosts: open }, { shape });
  return answer.type === 'placed' ? answer.hostId : undefined;
}

function remove(turn: Turn, stored: Stored<OperationRecord>, ours: Ours): void {
  const { id, vmId = '', source = '', stepIndex } = stored.value;
  const body = { kind: 'delete-volumes' as const, ...ours };
  if (isOff(turn, source)) return failed(turn, stored, offError(source));
  const result = turn.awaitStep({ hostId: source, opId: id, step: stepIndex, body, vmId });
  if (result === undefined) return;
  if (result.outcome === 'done') return finish(turn, stored);
  const message = 'its volumes could not be deleted';
  failed(turn, stored, result.error ?? { code: 'hypervisor-error', message });
}

function failed(turn: Turn, stored: Stored<OperationRecord>, error: OperationError): void {
  const { vmId = '' } = stored.value;
  const generation = turn.mirror.assignments.get(vmId)?.value.generation ?? 0;
  turn.end(stored, 'failed', { error }, turn.putAssignment(vmId, { generation, state: 'stopped' }));
}

/** Intent, name and assignment go with the operation's end, in one transaction. */
function finish(turn: Turn, stored: Stored<OperationRecord>): void {
  const { vmId = '' } = stored.value;
  const intent = turn.mirror.vmIntents.get(vmId);
  const name = intent && turn.mirror.vmNames.get(intent.value.name);
  const assignment = turn.mirror.assignments.get(vmId);
  const gone = [
    ...(intent ? [put(keys.vmIntent(vmId), undefined, intent.modRevision)] : []),
    ...(intent && name?.value.vmId === vmId
      ? [put(keys.vmName(intent.value.name), undefined, name.modRevision)]
      : []),
    ...(assignment ? [put(keys.assignment(vmId), undefined, assignment.modRevision)] : []),
  ];
  turn.end(stored, 'succeeded', {}, ...gone);
}
