/**
 * The operation `migrate`. What the migration call returns decides nothing: both hosts are asked, and the
 * core's resolver decides.
 *
 * Before it begins, source and target are asked whether it can be (preflight.ts): a refusal leaves no trace.
 *
 *   pending ─▶ prepare ─▶ perform ─▶ resolve ─▶ succeeded | failed | cancelled
 *                 │                  ▲   │
 *                 └──────────────────┘   └─▶ clean-source, clean-target, keep-source,
 *                                                resume-source, resume-target
 */
import {
  type CommandBody,
  type OperationError,
  type OperationRecord,
  preflightError,
  rejectionRecord,
  type StepResult,
  type Stored,
} from '@drover/protocol';
import {
  checkMove,
  explainRejection,
  extrasOf,
  type ModeChoice,
  place,
  type Rejection,
  type Vm,
} from '@drover/core';
import { waitForPool, waitForPoolElsewhere } from './ailing-pool.ts';
import { driveColdMove } from './cold-move.ts';
import { companionsOf } from './companions.ts';
import { isOff, offError } from './fence.ts';
import { driveCleaning, driveResolve } from './migrate-end.ts';
import { memoryPathOf } from './memory-path.ts';
import { type Choice, findTarget } from './find-target.ts';
import { askedOf, namedTarget, orderOf } from './migration-order.ts';
import { isBusy, isCancelled, isHeldBack } from './pending.ts';
import { asSeenBy } from './rules.ts';
import { freshSince } from './preflight.ts';
import { tryAgainMs, tunnelGraceMs } from './settings.ts';
import type { Turn } from './turn.ts';

export function driveMigrate(turn: Turn, stored: Stored<OperationRecord>): void {
  const { state, step } = stored.value;
  const request = turn.mirror.requests.get(stored.value.id)?.value;
  const isCold = request?.type === 'migrate' ? request.cold === true : stored.value.mode === 'cold';
  if (isCold) return driveColdMove(turn, stored);
  if (state === 'pending') choose(turn, stored);
  else if (step === 'prepare') prepare(turn, stored);
  else if (step === 'perform') perform(turn, stored);
  else if (step === 'resolve') driveResolve(turn, stored);
  else driveCleaning(turn, stored);
}

function choose(turn: Turn, stored: Stored<OperationRecord>): void {
  const { vmId = '' } = stored.value;
  if (isCancelled(turn, stored.value) || isHeldBack(turn, stored.value)) {
    return turn.end(stored, 'cancelled', {});
  }
  if (isBusy(turn, stored) || !turn.settled || turn.isFull) return;
  const vm = turn.cluster.vms.get(vmId);
  const fail = (code: string, message: string) =>
    turn.end(stored, 'failed', { error: { code, message: message.slice(0, 1000) } });
  if (vm?.hostId === undefined || vm.state !== 'running') {
    return fail('vm-not-running', `it is ${vm?.state ?? 'gone'}; only a running VM migrates`);
  }
  // A migration from a host that does not answer would only wait, and could not be cancelled.
  if (turn.cluster.hosts.get(vm.hostId)?.health !== 'up') {
    return turn.waitForHost(stored.value.id, vm.hostId);
  }
  if (waitForPool(turn, stored.value.id, vm)) return;
  const source = vm.hostId;
  const others = companionsOf(turn, stored.value, vm, source);
  if (others !== undefined && 'wait' in others) return turn.wait(stored.value.id, others.wait);
  if (others !== undefined) return turn.end(stored, 'failed', { error: others.no });
  // A drain has asked already before it ordered the move; and of what moves as one all have been asked about just now.
  const { parentId, along } = stored.value;
  const isAsked = parentId !== undefined || along !== undefined;
  const fresh = freshSince(isAsked ? 0 : turn.since(stored.value));
  const found = findTarget(turn, vm, source, fresh, (seen) => target(turn, stored, seen));
  switch (found.type) {
    case 'asked':
      turn.wait(stored.value.id, 'what hosts say about the move');
      return turn.waitForHost(stored.value.id, source);
    case 'failed':
      return fail(found.error.code, `${source} cannot say what it is like: ${found.error.message}`);
    case 'held':
      return turn.end(stored, 'failed', { error: preflightError(found.reasons) });
    case 'wait':
      return turn.wait(stored.value.id, found.what);
    case 'none':
      return findNone(turn, stored, vm, found.no);
    case 'ready':
      return begin(turn, stored, vm, source, found);
  }
}

function findNone(
  turn: Turn,
  stored: Stored<OperationRecord>,
  vm: Vm,
  error: OperationError,
): void {
  if (error.code === 'no-host-fits' && waitForPoolElsewhere(turn, stored.value.id, vm)) return;
  turn.end(stored, 'failed', { error });
}

function begin(
  turn: Turn,
  stored: Stored<OperationRecord>,
  vm: Vm,
  source: string,
  { hostId, choice: { mode, why } }: { readonly hostId: string; readonly choice: ModeChoice },
): void {
  const generation = vm.generation + 1;
  const { id, reason } = stored.value;
  const reasons = [reason, why && `in paused mode: ${why}`].filter((one) => one !== undefined);
  const isDecided = turn.commit(
    turn.putOperation(stored, {
      state: 'running',
      step: 'prepare',
      stepIndex: stored.value.stepIndex + 1,
      source,
      target: hostId,
      mode,
      ...memoryPathOf(turn, source, hostId),
      migration: migrationOf(turn, stored.value, vm, hostId),
      generation,
      ...(reasons.length === 0 ? {} : { reason: reasons.join('; ').slice(0, 1000) }),
      startedAtMs: turn.now.wallMs,
    }),
    turn.putAssignment(vm.id, { hostId: source, generation, state: 'migrating', operationId: id }),
  );
  if (!isDecided) return;
  turn.slots.take({ operation: stored.value, source, target: hostId });
  turn.places.move(vm, { operationId: id, vmId: vm.id, source, target: hostId });
  turn.trace('info', `migrate ${vm.name} from ${source} to ${hostId} (${mode})`);
}

/**
 * A person's or a drain's target is taken as it is, and checked; otherwise the best place is chosen. Slots are looked
 * at before hosts are asked: who waits asks nothing.
 */
function target(turn: Turn, stored: Stored<OperationRecord>, vm: Vm): Choice<OperationError> {
  const { parentId, along = [] } = stored.value;
  const named = namedTarget(turn.mirror, stored.value);
  const source = vm.hostId ?? '';
  const fail = (error: OperationError) => ({ no: error });
  let hostId = named;
  if (named === undefined || parentId === undefined) {
    const only = named === undefined ? {} : { only: named };
    const answer = place(turn.cluster, { shape: vm, source, along, ...only });
    if (answer.type === 'refused') return fail(noPlace(answer.rejections));
    ({ hostId } = answer);
  }
  const barred = vm.barred?.find((one) => one.hostId === hostId);
  if (barred !== undefined || hostId === undefined) {
    return fail(preflightError(barred?.reasons ?? []));
  }
  // A drain's move is off its host: once the VM is elsewhere there is nothing left to do.
  const { source: from = source } = stored.value;
  const move = { vmId: vm.id, source: from, target: hostId, along };
  const check = checkMove(asSeenBy(turn.mirror, turn.cluster, stored.value), move);
  if (check.type !== 'right') {
    const why = check.type === 'changed' ? check.why : explainRejection(check.rejection);
    const message = `the move to ${hostId} is not right any more: ${why}`;
    return fail({ code: 'target-changed', message: message.slice(0, 1000) });
  }
  const slot = turn.slots.slotFor({ operation: stored.value, source, target: hostId });
  return slot === true ? hostId : { wait: slot };
}

/** How it is to be made, and what that is expected to take. */
function migrationOf(turn: Turn, operation: OperationRecord, vm: Vm, hostId: string) {
  const source = vm.hostId ?? '';
  const reported = turn.hosts.get(source)?.inventory?.vms.find((one) => one.vmId === vm.id);
  const asked = askedOf(turn.mirror, operation);
  return orderOf(turn.mirror, { vm, source, target: hostId, reported, asked });
}

function noPlace(rejections: readonly Rejection[]): OperationError {
  const records = rejections.map(rejectionRecord);
  const reasons = rejections.flatMap((one) => one.reasons ?? []);
  if (reasons.length > 0) return { ...preflightError(reasons), rejections: records };
  const message = `no host fits: ${rejections.map(explainRejection).join('; ')}`;
  return { code: 'no-host-fits', message: message.slice(0, 1000), rejections: records };
}

const unordered: OperationError = {
  code: 'migration-failed',
  message: 'its record says no policy: it was decided by an older version; ask again',
};

function prepare(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '', source = '', target = '', generation, stepIndex } = stored.value;
  if (isCancelled(turn, stored.value)) return toResolve(turn, stored, {});
  if (isOff(turn, target)) return toResolve(turn, stored, { error: offError(target) });
  const { vmName = '', memoryPath = 'clear', migration } = stored.value;
  const mode = modeOf(stored.value);
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
      mode: modeOf(stored.value),
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

/** A cold move is driven elsewhere. */
function modeOf({ mode }: OperationRecord): 'live' | 'paused' {
  return mode === 'paused' ? 'paused' : 'live';
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
