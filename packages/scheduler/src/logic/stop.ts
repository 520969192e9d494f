/** The operation `stop`: only because a person asked, and the plug is pulled only where they said so. */
import type { OperationRecord, Stored } from '@drover/protocol';
import { copyOf } from './copies.ts';
import { isOff } from './fence.ts';
import { isBusy } from './pending.ts';
import type { Turn } from './turn.ts';

export function driveStop(turn: Turn, stored: Stored<OperationRecord>): void {
  if (stored.value.state === 'pending') begin(turn, stored);
  else stop(turn, stored);
}

function begin(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '' } = stored.value;
  if (isBusy(turn, stored)) return;
  const assignment = turn.mirror.assignments.get(vmId)?.value;
  if (assignment?.hostId === undefined) {
    return turn.end(stored, 'succeeded', { reason: 'it runs nowhere' });
  }
  const { hostId, generation } = assignment;
  if (assignment.state === 'paused' && !isForced(turn, id)) {
    const message = 'it is paused, and hears no power button: unpause it first, or pull its plug';
    return turn.end(stored, 'failed', { error: { code: 'vm-not-running', message } });
  }
  turn.commit(
    turn.putOperation(stored, {
      state: 'running',
      step: 'stop',
      stepIndex: stored.value.stepIndex + 1,
      source: hostId,
      generation,
      startedAtMs: turn.now.wallMs,
    }),
    turn.putAssignment(vmId, { hostId, generation, state: 'stopping', operationId: id }),
  );
}

function stop(turn: Turn, stored: Stored<OperationRecord>): void {
  const mode = isForced(turn, stored.value.id) ? 'force' : 'graceful';
  awaitOff(turn, stored, mode, () => {
    const { vmId = '', generation } = stored.value;
    const off = turn.putAssignment(vmId, { generation, state: 'stopped' });
    turn.end(stored, 'succeeded', {}, off);
  });
}

function isForced(turn: Turn, id: string): boolean {
  const request = turn.mirror.requests.get(id)?.value;
  return request?.type === 'stop' && request.mode === 'force';
}

/** The step that stops the VM on its source: `then` once it is off. Where it runs on, the operation ends as failed. */
export function awaitOff(
  turn: Turn,
  stored: Stored<OperationRecord>,
  mode: 'graceful' | 'force',
  then: () => void,
): void {
  const { id, vmId = '', source = '', generation, stepIndex } = stored.value;
  if (isOff(turn, source)) return unlessMoved(turn, stored, then);
  const timeoutMs = turn.settings.gracefulStopTimeoutMs;
  const body = { kind: 'stop-vm', mode, timeoutMs } as const;
  const result = turn.awaitStep({
    hostId: source,
    opId: id,
    step: stepIndex,
    body,
    vmId,
    generation,
  });
  if (result === undefined) return;
  const running = () => turn.putAssignment(vmId, { hostId: source, generation, state: 'running' });
  if (result.outcome === 'done') return unlessMoved(turn, stored, then);
  const error = result.error ?? { code: 'stop-timeout', message: 'it did not shut down' };
  if (result.outcome === 'failed') return turn.end(stored, 'failed', { error }, running());
  // Refused or unknown: what the host's libvirt says decides.
  const heardMs = turn.heardMs(source, stored.value);
  const inventory = turn.hosts.inventorySince(source, heardMs, turn.epoch);
  if (inventory === undefined) return turn.ask(source, heardMs);
  const vm = inventory.vms.find((one) => one.vmId === vmId);
  const gone = vm === undefined || vm.state === 'shut-off' || vm.state === 'crashed';
  if (gone) unlessMoved(turn, stored, then);
  else turn.end(stored, 'failed', { error }, running());
}

/** It is off where it should have run. Somebody may have moved it meanwhile: then it is not stopped at all. */
function unlessMoved(turn: Turn, stored: Stored<OperationRecord>, then: () => void): void {
  const { vmId = '', source = '', generation } = stored.value;
  const copy = copyOf(turn, stored, source);
  if (copy.type === 'asked') return;
  if (copy.type !== 'there') return then();
  const lost = turn.putAssignment(vmId, { generation, state: 'crashed' });
  const message = `it is not on ${source} any more, it runs on ${copy.hostId}: somebody moved it; its record follows soon, then stop it again`;
  turn.end(stored, 'failed', { error: { code: 'vm-running', message } }, lost);
}
