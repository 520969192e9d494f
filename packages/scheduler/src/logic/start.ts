/**
 * The operation `start`: a place, an owner, a command, and the truth about what came of it. A VM whose memory is saved goes
 * on from that (resume.ts), and boots only where a person said so.
 *
 *   pending (place) ─▶ start ─▶ succeeded
 *        ▲       │       │ the host could not, another might
 *        │       │       └─▶ failed
 *        ├───────┴─▶ resume ─▶ tidy ─▶ succeeded
 *        └── discard
 */
import {
  type AssignmentRecord,
  type CommandBody,
  errorCatalogue,
  findVolume,
  isErrorCode,
  type OperationRecord,
  rejectionRecord,
  type ReportedVm,
  type StepResult,
  type Stored,
  type VmIntentRecord,
} from '@drover/protocol';
import { explainRejection, place, type Vm } from '@drover/core';
import { copyError, copyOf } from './copies.ts';
import { clusterCpu } from './cpu-baseline.ts';
import { isOff, offError } from './fence.ts';
import { isBusy } from './pending.ts';
import type { Put } from './port.ts';
import {
  awaitDiscarded,
  beginDiscard,
  hasRun,
  isMemoryLost,
  isResume,
  mayDiscard,
  mayResumeAgain,
  memoryAt,
  memoryLost,
  resumeAgain,
  resumeBody,
  resumed,
} from './resume.ts';
import { asSeenBy, isRuled } from './rules.ts';
import { lockAgainMs, lockPatienceMs, startAttempts, tryAgainMs } from './settings.ts';
import { tidy } from './storage/change-volume.ts';
import type { Turn } from './turn.ts';
import { disksOf, vmToStart } from './vm-shape.ts';
import { promisedBeside, reportedSize } from './vm-size.ts';

export function driveStart(turn: Turn, stored: Stored<OperationRecord>): void {
  if (stored.value.state === 'pending') return choose(turn, stored);
  switch (stored.value.step) {
    case 'discard':
      return awaitDiscarded(turn, stored);
    case 'tidy':
      return tidy(turn, stored);
    default:
      start(turn, stored);
  }
}

function choose(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '' } = stored.value;
  const intent = turn.mirror.vmIntents.get(vmId)?.value;
  const vm = turn.places.vm(vmId);
  if (!intent || !vm)
    return turn.end(stored, 'failed', {
      error: { code: 'vm-not-found', message: 'the VM is gone' },
    });
  if (isBusy(turn, stored) || !turn.settled || turn.isFull) return;
  const assignment = turn.mirror.assignments.get(vmId)?.value;
  if (assignment?.hostId !== undefined) {
    const state = assignment.state;
    return turn.end(stored, 'succeeded', {
      reason: `it is ${state} on ${assignment.hostId} already`,
    });
  }
  const copy = copyOf(turn, stored);
  if (copy.type === 'asked') return;
  if (copy.type === 'there') return turn.end(stored, 'failed', { error: copyError(copy.hostId) });
  if (assignment?.saved !== undefined && mayDiscard(turn, stored)) {
    return beginDiscard(turn, stored, assignment.saved);
  }
  if (waitsForLock(turn, stored.value)) return;
  const { missing } = disksOf(turn.mirror, intent);
  if (missing !== undefined) {
    const message = `pool ${missing} is not declared; declare it, then start the VM`;
    return turn.end(stored, 'failed', { error: { code: 'pool-not-found', message } });
  }
  const { saved } = assignment ?? {};
  if (saved !== undefined && memoryAt(turn, saved) === undefined) {
    const message = `pool ${saved.pool}, which has its saved memory, is not declared; declare it, or discard the memory`;
    return turn.end(stored, 'failed', { error: { code: 'pool-not-found', message } });
  }
  const absent = absentVolume(turn, intent);
  if (absent?.state === 'creating') return turn.wait(id, `volume ${absent.name}, it is being made`);
  if (absent !== undefined) {
    const message = `volume ${absent.name} is ${absent.state}: take another one`;
    return turn.end(stored, 'failed', { error: { code: 'volume-not-found', message } });
  }
  const tried = turn.volatile.tried.get(id) ?? new Map<string, string>();
  const next = nextPlace(turn, vm, assignment?.nextHostId, tried);
  const target = next.hostId ?? placeFor(turn, stored.value, vm, tried);
  if (typeof target !== 'string') {
    const why = target.rejections.map((one) => {
      const said = tried.get(one.hostId);
      return said === undefined ? explainRejection(one) : `${one.hostId} tried: ${said}`;
    });
    const message = `no host fits: ${why.join('; ')}`;
    // That a host was left out says nothing: what it said when it tried does.
    const rejections = target.rejections.map((one) => {
      const said = tried.get(one.hostId);
      return rejectionRecord(said === undefined ? one : { ...one, available: said });
    });
    const error = { code: 'no-host-fits', message: message.slice(0, 1000), rejections };
    return turn.end(stored, 'failed', { error });
  }
  const generation = (assignment?.generation ?? 0) + 1;
  const isDecided = turn.commit(
    turn.putOperation(stored, {
      state: 'running',
      step: saved === undefined ? 'start' : 'resume',
      stepIndex: stored.value.stepIndex + 1,
      target,
      generation,
      ...(next.why === undefined ? {} : { reason: next.why }),
      startedAtMs: stored.value.startedAtMs ?? turn.now.wallMs,
    }),
    turn.putAssignment(vmId, {
      hostId: target,
      generation,
      state: 'starting',
      operationId: id,
      ...(assignment?.state === 'crashed' ? { wasGone: true } : {}),
      ...nextOf(assignment),
    }),
  );
  if (!isDecided) return;
  turn.places.start(vm, target);
  turn.trace('info', `${saved === undefined ? 'start' : 'resume'} ${intent.name} on ${target}`);
}

/** Of a recovery, rules do not count what is still recorded on the host that is off; the plan sees to those that belong together. */
function placeFor(
  turn: Turn,
  operation: OperationRecord,
  vm: Vm,
  tried: ReadonlyMap<string, string>,
): ReturnType<Turn['places']['choose']> {
  const exclude = [...tried.keys()];
  const parent = turn.mirror.operations.get(operation.parentId ?? '')?.value;
  if (parent?.type !== 'recover' || !isRuled(turn.cluster, vm)) {
    return turn.places.choose(vm, exclude);
  }
  const cluster = asSeenBy(turn.mirror, turn.places.cluster, operation);
  const { target } = operation;
  if (target !== undefined && !tried.has(target)) {
    const planned = place(cluster, { shape: vm, only: target });
    if (planned.type === 'placed') return planned.hostId;
  }
  const answer = place(cluster, { shape: vm, exclude });
  return answer.type === 'placed' ? answer.hostId : answer;
}

/** A volume of its own among the VM's disks that cannot be opened. */
function absentVolume(
  { mirror }: Turn,
  { spec }: VmIntentRecord,
): { readonly name: string; readonly state: string } | undefined {
  for (const { volume } of spec.disks) {
    const found = volume === undefined ? undefined : findVolume(mirror, volume);
    if (found === undefined || found.state === 'ready') continue;
    return { name: found.name ?? found.id, state: found.state };
  }
  return undefined;
}

/** Kept until it runs: a start that fails does not take back where it was moved to. */
function nextOf(assignment: AssignmentRecord | undefined): { readonly nextHostId?: string } {
  const { nextHostId } = assignment ?? {};
  return nextHostId === undefined ? {} : { nextHostId };
}

/** Where a person moved it while it was off, if that host takes it; else why not, and any host will do. */
function nextPlace(
  turn: Turn,
  vm: Vm,
  only: string | undefined,
  tried: ReadonlyMap<string, string>,
): { readonly hostId?: string; readonly why?: string } {
  if (only === undefined) return {};
  if (tried.has(only)) return { why: `${only}, where it was moved to, could not start it` };
  const answer = place(turn.cluster, { shape: vm, only });
  if (answer.type === 'placed') return { hostId: answer.hostId };
  const no = answer.rejections.find(({ hostId }) => hostId === only);
  const why = no === undefined ? `${only} is gone` : explainRejection(no);
  return { why: `not where it was moved to: ${why}`.slice(0, 1000) };
}

function start(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '', target = '', generation, stepIndex } = stored.value;
  const intent = turn.mirror.vmIntents.get(vmId)?.value;
  if (!intent) return;
  if (isOff(turn, target)) return fail(turn, stored, { error: offError(target) });
  const body = bodyOf(turn, stored.value, intent);
  const result = turn.awaitStep({
    hostId: target,
    opId: id,
    step: stepIndex,
    body,
    vmId,
    generation,
  });
  if (result === undefined) return;
  if (result.outcome === 'done') return succeed(turn, stored);
  if (result.outcome === 'unknown' || mayRunThere(result)) return look(turn, stored, result);
  if (isMemoryLost(result)) return memoryLost(turn, stored, result);
  // Nothing was done this time; but a step before it may have left a copy there, which that host alone can take up.
  if (result.outcome === 'refused' && stored.value.step === 'resume-again') {
    const why = result.error?.message ?? 'it refused';
    turn.wait(id, `${target}, where it may have been taken up already: ${why}`);
    if (turn.now.monoMs - turn.heardMs(target, stored.value) < tryAgainMs) return;
    return look(turn, stored, result);
  }
  fail(turn, stored, result);
}

function bodyOf(turn: Turn, operation: OperationRecord, intent: VmIntentRecord): CommandBody {
  const { disks } = disksOf(turn.mirror, intent);
  if (isResume(operation)) return resumeBody(turn, operation, disks);
  const cpu = clusterCpu(turn, operation.target ?? '');
  return { kind: 'start-vm', vm: { ...vmToStart(intent, disks), ...cpu } };
}

/** Refused now, and perhaps obeyed before: what was asked for may be there already. */
function mayRunThere({ error }: Pick<StepResult, 'error'>): boolean {
  return ['vm-busy', 'stale-generation', 'duplicate-differs'].includes(error?.code ?? '');
}

/** The agent does not know how its step ended: libvirt on that host does. */
function look(turn: Turn, stored: Stored<OperationRecord>, result: StepResult): void {
  const { vmId = '', target = '' } = stored.value;
  const heardMs = turn.heardMs(target, stored.value);
  const inventory = turn.hosts.inventorySince(target, heardMs, turn.epoch);
  if (inventory === undefined) return turn.ask(target, heardMs);
  const vm = inventory.vms.find((one) => one.vmId === vmId);
  if (isResume(stored.value)) {
    if (hasRun(vm)) return succeed(turn, stored);
    // Only its host can say whether the memory has been used, and what a copy that stands still is.
    // One that stands there for whatever other reason is refused with an outcome, and left alone.
    const mayBeOurs = result.outcome !== 'failed' && mayResumeAgain(stored.value);
    if (mayBeOurs) return resumeAgain(turn, stored);
    return fail(turn, stored, result);
  }
  if (vm === undefined || vm.state === 'shut-off' || vm.state === 'crashed') {
    return fail(turn, stored, result);
  }
  succeed(turn, stored, vm);
}

/** `found`: it may run since before it was ordered, and have another size than it was to get. */
function succeed(turn: Turn, stored: Stored<OperationRecord>, found?: ReportedVm): void {
  const { id, vmId = '', target = '', generation } = stored.value;
  turn.volatile.tried.delete(id);
  const spec = turn.mirror.vmIntents.get(vmId)?.value.spec;
  const running = turn.putAssignment(vmId, {
    hostId: target,
    generation,
    state: 'running',
    ...(found && spec && { promised: promisedBeside(spec, reportedSize(found)) }),
  });
  if (isResume(stored.value)) return resumed(turn, stored, running);
  turn.end(stored, 'succeeded', {}, running);
}

function fail(
  turn: Turn,
  stored: Stored<OperationRecord>,
  result: Pick<StepResult, 'error'>,
): void {
  if (turn.isFull) return;
  const { id, vmId = '', vmName, target = '', generation } = stored.value;
  const assignment = turn.mirror.assignments.get(vmId)?.value;
  const state = assignment?.wasGone ? 'crashed' : 'stopped';
  const free = turn.putAssignment(vmId, { generation, state, ...nextOf(assignment) });
  const error = result.error ?? { code: 'hypervisor-error', message: `${target} did not start it` };
  if (error.code === 'disk-locked' && mayBecomeFree(turn, stored.value)) {
    turn.commit(toPlaceAgain(turn, stored), free);
    return;
  }
  const tried = turn.volatile.tried.get(id) ?? new Map<string, string>();
  tried.set(target, error.message);
  turn.volatile.tried.set(id, tried);
  if (mayWorkElsewhere(error.code) && tried.size < startAttempts) {
    turn.trace('warn', `start ${vmName} on ${target} failed, trying elsewhere: ${error.message}`);
    turn.commit(toPlaceAgain(turn, stored), free);
    return;
  }
  turn.volatile.tried.delete(id);
  // Something has its disk, or the order may have been obeyed before it was refused: that may be the VM itself, and is
  // followed where a host shows it.
  const isSomewhere = error.code === 'disk-locked' || mayRunThere({ error });
  const lost = turn.putAssignment(vmId, { generation, state: 'crashed' });
  turn.end(stored, 'failed', { error }, isSomewhere ? lost : free);
}

function toPlaceAgain(turn: Turn, stored: Stored<OperationRecord>): Put {
  const stepIndex = stored.value.stepIndex + 1;
  return turn.putOperation(withoutTarget(stored), { state: 'pending', step: 'place', stepIndex });
}

/**
 * Of a recovery: the host that is off has its locks for a while. Where they do not become free in that time, it is not
 * off, and the lock is what keeps the VM from running twice.
 */
function mayBecomeFree(turn: Turn, { id, parentId, vmName }: OperationRecord): boolean {
  if (turn.mirror.operations.get(parentId ?? '')?.value.type !== 'recover') return false;
  const { monoMs } = turn.now;
  const { sinceMs } = turn.volatile.locked.get(id) ?? { sinceMs: monoMs };
  turn.volatile.locked.set(id, { sinceMs, triedMs: monoMs });
  if (sinceMs === monoMs) turn.trace('info', `start ${vmName} waits: its disk is locked still`);
  return monoMs - sinceMs < lockPatienceMs;
}

function waitsForLock(turn: Turn, { id }: OperationRecord): boolean {
  const locked = turn.volatile.locked.get(id);
  if (locked === undefined || turn.now.monoMs - locked.triedMs >= lockAgainMs) return false;
  turn.wait(id, 'the lock of its disk, which a host that is off keeps for a minute or two');
  return true;
}

function withoutTarget({ value, modRevision }: Stored<OperationRecord>): Stored<OperationRecord> {
  const { target: _, ...rest } = value;
  return { value: rest, modRevision };
}

/** A lock is there from wherever one looks. */
function mayWorkElsewhere(code: string): boolean {
  if (code === 'disk-locked') return false;
  return isErrorCode(code) && ['elsewhere', 'later'].includes(errorCatalogue[code].retry);
}
