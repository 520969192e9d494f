/**
 * The operation `migrate`. What the migration call returns decides nothing: both hosts are asked, and the
 * core's resolver decides.
 *
 *   pending ─▶ prepare ─▶ perform ─▶ resolve ─▶ succeeded | failed | cancelled
 *                 │                  ▲   │
 *                 └──────────────────┘   └─▶ clean-source, clean-target, keep-source,
 *                                                resume-source, resume-target
 */
import type {
  CommandBody,
  OperationError,
  OperationRecord,
  StepResult,
  Stored,
} from '@drover/protocol';
import { checkMove, explainRejection, extrasOf, place } from '@drover/core';
import { waitForPool, waitForPoolElsewhere } from './ailing-pool.ts';
import { isOff, offError } from './fence.ts';
import { driveCleaning, driveResolve } from './migrate-end.ts';
import { memoryPathOf } from './memory-path.ts';
import { askedOf, orderOf } from './migration-order.ts';
import { isBusy, isCancelled } from './pending.ts';
import { tryAgainMs, tunnelGraceMs } from './settings.ts';
import { slotFor } from './slots.ts';
import type { Turn } from './turn.ts';

export function driveMigrate(turn: Turn, stored: Stored<OperationRecord>): void {
  const { state, step } = stored.value;
  if (state === 'pending') choose(turn, stored);
  else if (step === 'prepare') prepare(turn, stored);
  else if (step === 'perform') perform(turn, stored);
  else if (step === 'resolve') driveResolve(turn, stored);
  else driveCleaning(turn, stored);
}

function choose(turn: Turn, stored: Stored<OperationRecord>): void {
  const { vmId = '' } = stored.value;
  if (isCancelled(turn, stored.value)) return turn.end(stored, 'cancelled', {});
  if (isBusy(turn, stored) || !turn.settled || turn.isFull) return;
  const vm = turn.cluster.vms.get(vmId);
  const fail = (code: string, message: string, more: Partial<OperationError> = {}) =>
    turn.end(stored, 'failed', { error: { code, message: message.slice(0, 1000), ...more } });
  if (vm?.hostId === undefined || vm.state !== 'running') {
    return fail('vm-not-running', `it is ${vm?.state ?? 'gone'}; only a running VM migrates`);
  }
  // A migration from a host that does not answer would only wait, and could not be cancelled.
  if (turn.cluster.hosts.get(vm.hostId)?.health !== 'up') {
    return turn.waitForHost(stored.value.id, vm.hostId);
  }
  if (waitForPool(turn, stored.value.id, vm)) return;
  const target = chooseTarget(turn, stored, vm.hostId);
  if (target.type === 'fail') {
    const waits = target.code === 'no-host-fits' && waitForPoolElsewhere(turn, stored.value.id, vm);
    return waits ? undefined : fail(target.code, target.message, target.more);
  }
  // A drain's move is off its host: once the VM is elsewhere there is nothing left to do.
  const source = stored.value.source ?? vm.hostId;
  const check = checkMove(turn.cluster, { vmId, source, target: target.hostId });
  if (check.type !== 'right') {
    const why = check.type === 'changed' ? check.why : explainRejection(check.rejection);
    return fail('target-changed', `the move to ${target.hostId} is not right any more: ${why}`);
  }
  const reported = turn.hosts.get(vm.hostId)?.inventory?.vms.find((one) => one.vmId === vmId);
  const route = { vm, source: vm.hostId, target: target.hostId };
  const migration = orderOf(turn.mirror, {
    ...route,
    reported,
    asked: askedOf(turn.mirror, stored.value),
  });
  const { bandwidthMibps } = migration.policy;
  const slot = slotFor(turn, { operation: stored.value, ...route, bandwidthMibps });
  if (slot !== true) return turn.wait(stored.value.id, slot);
  const memory = memoryPathOf(turn, vm.hostId, target.hostId);
  const generation = vm.generation + 1;
  const isDecided = turn.commit(
    turn.putOperation(stored, {
      state: 'running',
      step: 'prepare',
      stepIndex: stored.value.stepIndex + 1,
      source: vm.hostId,
      target: target.hostId,
      mode: vm.migrationMode,
      ...memory,
      migration,
      generation,
      startedAtMs: turn.now.wallMs,
    }),
    turn.putAssignment(vmId, {
      hostId: vm.hostId,
      generation,
      state: 'migrating',
      operationId: stored.value.id,
    }),
  );
  if (!isDecided) return;
  const move = { operationId: stored.value.id, vmId, source: vm.hostId, target: target.hostId };
  turn.places.move(vm, move);
  turn.trace(
    'info',
    `migrate ${vm.name} from ${vm.hostId} to ${target.hostId} (${vm.migrationMode})`,
  );
}

type Target =
  | { readonly type: 'ok'; readonly hostId: string }
  | {
      readonly type: 'fail';
      readonly code: string;
      readonly message: string;
      readonly more: Partial<OperationError>;
    };

/** A person's or a drain's target is taken as it is, and checked; otherwise the best place is chosen. */
function chooseTarget(turn: Turn, stored: Stored<OperationRecord>, source: string): Target {
  const { vmId = '', id, target } = stored.value;
  const vm = turn.cluster.vms.get(vmId);
  const request = turn.mirror.requests.get(id)?.value;
  const only = target ?? (request?.type === 'migrate' ? request.target : undefined);
  if (vm === undefined)
    return { type: 'fail', code: 'vm-not-found', message: 'it is gone', more: {} };
  if (only !== undefined && stored.value.parentId !== undefined)
    return { type: 'ok', hostId: only };
  const answer = place(turn.cluster, {
    shape: vm,
    source,
    ...(only === undefined ? {} : { only }),
  });
  if (answer.type === 'placed') return { type: 'ok', hostId: answer.hostId };
  const message = `no host fits: ${answer.rejections.map(explainRejection).join('; ')}`;
  return {
    type: 'fail',
    code: 'no-host-fits',
    message,
    more: { rejections: [...answer.rejections] },
  };
}

const unordered: OperationError = {
  code: 'migration-failed',
  message: 'its record says no policy: it was decided by an older version; ask again',
};

function prepare(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '', source = '', target = '', generation, stepIndex } = stored.value;
  if (isCancelled(turn, stored.value)) return toResolve(turn, stored, {});
  if (isOff(turn, target)) return toResolve(turn, stored, { error: offError(target) });
  const { vmName = '', mode = 'live', memoryPath = 'clear', migration } = stored.value;
  if (migration === undefined) return toResolve(turn, stored, { error: unordered });
  const body: CommandBody = {
    kind: 'prepare-incoming',
    source,
    vmName,
    mode,
    memoryPath,
    may: [...extrasOf(migration.policy, mode)],
    expiresInMs: Math.min(migration.timeoutMs + tunnelGraceMs, 0x7fff_ffff),
  };
  const result = turn.awaitStep({
    hostId: target,
    opId: id,
    step: stepIndex,
    body,
    vmId,
    generation,
  });
  if (result === undefined) return;
  if (result.outcome !== 'done' || result.tunnel === undefined) {
    return toResolve(turn, stored, {
      error: errorOf(result, 'tunnel-failed', `${target} is not ready`),
    });
  }
  turn.commit(turn.putOperation(stored, { step: 'perform', stepIndex: stepIndex + 1 }));
}

function perform(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '', source = '', target = '', generation, stepIndex } = stored.value;
  const { migration } = stored.value;
  const off = [source, target].find((hostId) => isOff(turn, hostId));
  if (off !== undefined) return toResolve(turn, stored, { error: offError(off) });
  // A new leader has the tunnel from the target's journal; it must have heard that first.
  if (!turn.hosts.passedBarrier(target, turn.epoch)) {
    turn.waitForHost(id, target);
    return turn.ask(target);
  }
  const tunnel = turn.hosts.result(target, id, stepIndex - 1)?.tunnel;
  const address = turn.hosts.get(target)?.inventory?.migrationAddress;
  if (migration === undefined) return toResolve(turn, stored, { error: unordered });
  if (tunnel === undefined || address === undefined) {
    const message = `the tunnel's end on ${target} is not known any more`;
    return toResolve(turn, stored, { error: { code: 'tunnel-failed', message } });
  }
  const result = turn.awaitStep({
    hostId: source,
    opId: id,
    step: stepIndex,
    vmId,
    generation,
    body: {
      kind: 'migrate-out',
      target,
      tunnel,
      migrationAddress: address,
      mode: stored.value.mode ?? 'live',
      memoryPath: stored.value.memoryPath ?? 'clear',
      policy: migration.policy,
      timeoutMs: migration.timeoutMs,
    },
  });
  if (result !== undefined) return toResolve(turn, stored, measured(result));
  if (isCancelled(turn, stored.value)) {
    const body = { kind: 'abort-migration' } as const;
    turn.nudge({ hostId: source, opId: `abort-${id}`, vmId, generation, body }, tryAgainMs);
  }
}

function measured(result: StepResult): Partial<OperationRecord> {
  return {
    ...(result.outcome === 'done'
      ? {}
      : { error: errorOf(result, 'migration-failed', 'the migration did not go through') }),
    ...(result.downtimeMs === undefined ? {} : { downtimeMs: result.downtimeMs }),
    ...(result.transferredBytes === undefined ? {} : { transferredBytes: result.transferredBytes }),
    ...(result.timeline === undefined ? {} : { timeline: result.timeline }),
  };
}

function toResolve(
  turn: Turn,
  stored: Stored<OperationRecord>,
  changes: Partial<OperationRecord>,
): void {
  const stepIndex = stored.value.stepIndex + 1;
  turn.commit(turn.putOperation(stored, { ...changes, step: 'resolve', stepIndex }));
}

function errorOf(result: StepResult, code: string, message: string): OperationError {
  return result.error ?? { code, message };
}
