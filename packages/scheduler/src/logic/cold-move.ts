/**
 * A move that is not live, and only by a person's word: a VM that is off gets another host to start on; one that runs
 * is shut down, never forced, and started there.
 *
 *   pending ─▶ (off)      succeeded: its record says where it starts next
 *          ─▶ stop ─▶ start ─▶ succeeded | failed
 *              └─▶ failed: it did not shut down, and runs on
 */
import {
  keys,
  type OperationError,
  type OperationRecord,
  preflightError,
  rejectionRecord,
  type Stored,
} from '@drover/protocol';
import { coldReasons, explainRejection, place, type Vm, withoutVms } from '@drover/core';
import { isBusy, isCancelled, isHeldBack } from './pending.ts';
import { freshSince, inspect } from './preflight.ts';
import { awaitOff } from './stop.ts';
import { put, type Turn } from './turn.ts';
import { disksOf, isOpen, placeOf } from './vm-shape.ts';

export function driveColdMove(turn: Turn, stored: Stored<OperationRecord>): void {
  if (stored.value.state === 'pending') return choose(turn, stored);
  if (stored.value.step === 'stop') {
    return awaitOff(turn, stored, 'graceful', () => startThere(turn, stored));
  }
  awaitStart(turn, stored);
}

function choose(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '' } = stored.value;
  if (isCancelled(turn, stored.value) || isHeldBack(turn, stored.value)) {
    return turn.end(stored, 'cancelled', {});
  }
  if (isBusy(turn, stored) || !turn.settled || turn.isFull) return;
  const vm = turn.cluster.vms.get(vmId);
  if (vm === undefined) {
    const error = { code: 'vm-not-found', message: 'the VM is gone' };
    return turn.end(stored, 'failed', { error });
  }
  const request = turn.mirror.requests.get(id)?.value;
  const only = request?.type === 'migrate' ? request.target : undefined;
  // It is off when it starts there: rules do not count it where it is now.
  const answer = place(withoutVms(turn.cluster, [vm]), {
    shape: vm,
    ...(vm.hostId === undefined ? {} : { exclude: [vm.hostId] }),
    ...(only === undefined ? {} : { only }),
  });
  if (answer.type === 'refused') {
    const message = `no host fits: ${answer.rejections.map(explainRejection).join('; ')}`;
    const rejections = answer.rejections.map(rejectionRecord);
    const error = { code: 'no-host-fits', message: message.slice(0, 1000), rejections };
    return turn.end(stored, 'failed', { error });
  }
  if (vm.hostId === undefined) return record(turn, stored, vm, answer.hostId);
  if (vm.state !== 'running') {
    const error = { code: 'vm-not-running', message: `it is ${vm.state} on ${vm.hostId}` };
    return turn.end(stored, 'failed', { error });
  }
  if (turn.cluster.hosts.get(vm.hostId)?.health !== 'up') return turn.waitForHost(id, vm.hostId);
  const startsAnew = mayStartAnew(turn, stored, vm, vm.hostId);
  if (startsAnew === 'asked') return turn.wait(id, `what ${vm.hostId} says about it`);
  if (startsAnew !== 'yes') return turn.end(stored, 'failed', { error: startsAnew });
  const { hostId, generation } = vm;
  const isDecided = turn.commit(
    turn.putOperation(stored, {
      state: 'running',
      step: 'stop',
      stepIndex: stored.value.stepIndex + 1,
      source: hostId,
      target: answer.hostId,
      mode: 'cold',
      generation,
      startedAtMs: turn.now.wallMs,
    }),
    turn.putAssignment(vmId, { hostId, generation, state: 'stopping', operationId: id }),
  );
  if (isDecided) turn.trace('info', `move ${vm.name} cold from ${hostId} to ${answer.hostId}`);
}

/** Its record would start it with other disks than it writes to where somebody began a chain on them. */
function mayStartAnew(
  turn: Turn,
  stored: Stored<OperationRecord>,
  vm: Vm,
  source: string,
): 'yes' | 'asked' | OperationError {
  const seen = inspect(turn, vm, source, freshSince(turn.since(stored.value)));
  if (seen.type === 'asked') return 'asked';
  if (seen.type === 'failed') return seen.error;
  const intent = turn.mirror.vmIntents.get(vm.id)?.value;
  const { disks, missing } = intent === undefined ? { disks: [] } : disksOf(turn.mirror, intent);
  if (missing !== undefined) {
    return { code: 'pool-not-found', message: `pool ${missing} is not declared` };
  }
  const reasons = coldReasons(seen.facts, disks.map(placeOf));
  return reasons.length === 0 ? 'yes' : preflightError(reasons);
}

/** It is off: only its record moves. */
function record(turn: Turn, stored: Stored<OperationRecord>, vm: Vm, nextHostId: string): void {
  const { generation } = vm;
  const state = turn.mirror.assignments.get(vm.id)?.value.state ?? 'stopped';
  const moved = turn.putAssignment(vm.id, { generation, state, nextHostId });
  const reason = `it is off, and starts on ${nextHostId} next`;
  turn.end(stored, 'succeeded', { target: nextHostId, mode: 'cold', reason }, moved);
}

const startOf = (id: string) => `${id}-start`;

/** Its start is an operation like any other; as old as this one, so that nothing that was asked since comes first. */
function startThere(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '', vmName, source = '', target, generation, by, createdAtMs } = stored.value;
  const child: OperationRecord = {
    v: 1,
    id: startOf(id),
    type: 'start',
    state: 'pending',
    step: 'place',
    stepIndex: 0,
    vmId,
    ...(vmName === undefined ? {} : { vmName }),
    parentId: id,
    generation,
    epoch: turn.epoch,
    reason: `moved cold from ${source}`,
    by,
    createdAtMs,
  };
  const off = { generation, state: 'stopped' as const };
  turn.commit(
    turn.putOperation(stored, { step: 'start', stepIndex: stored.value.stepIndex + 1 }),
    turn.putAssignment(vmId, { ...off, ...(target === undefined ? {} : { nextHostId: target }) }),
    put(keys.operation(child.id), child, 0),
  );
}

function awaitStart(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '', target } = stored.value;
  const child = turn.mirror.operations.get(startOf(id))?.value;
  if (child !== undefined && isOpen(child)) return;
  const vm = turn.cluster.vms.get(vmId);
  if (vm?.hostId !== undefined && vm.state === 'running') {
    const why = vm.hostId === target ? undefined : child?.reason;
    const changes = { target: vm.hostId, ...(why === undefined ? {} : { reason: why }) };
    return turn.end(stored, 'succeeded', changes);
  }
  const { code = 'hypervisor-error', message = 'its start was lost sight of' } = child?.error ?? {};
  const said = `it was shut down, and could not be started: ${message}; it is off now`;
  turn.end(stored, 'failed', { error: { code, message: said.slice(0, 1000) } });
}
