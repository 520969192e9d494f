/**
 * The end of a migration: both hosts' libvirts say what is there, the resolver says what that means, the
 * decision is committed, and only then is anything tidied up.
 */
import {
  type AssignmentRecord,
  type Inventory,
  type OperationError,
  type OperationRecord,
  type Stored,
  wasGivenUp,
} from '@drover/protocol';
import { type MigrationVerdict, type Observation, resolveMigration } from '@drover/core';
import { isOff } from './fence.ts';
import { movedNow } from './moved-lately.ts';
import { isCancelled } from './pending.ts';
import { tryAgainMs } from './settings.ts';
import type { Turn } from './turn.ts';

export function driveResolve(turn: Turn, stored: Stored<OperationRecord>): void {
  const { source = '', target = '', vmId = '', mode } = stored.value;
  const begunMs = turn.since(stored.value);
  const since = turn.volatile.since.get(againKey(stored.value)) ?? begunMs;
  const atSource = turn.hosts.inventorySince(source, since, turn.epoch);
  const atTarget = turn.hosts.inventorySince(target, since, turn.epoch);
  const isBegun = !isOff(turn, source) && isStillBegun(stored.value, atSource);
  const verdict: MigrationVerdict = isBegun
    ? { type: 'going' }
    : resolveMigration({
        source: observe(turn, source, atSource, vmId),
        target: observe(turn, target, atTarget, vmId),
        mode: mode === 'paused' ? 'paused' : 'live',
      });
  if (verdict.type === 'going' || verdict.type === 'wait') {
    // What was seen is no longer news: look again, on both sides, from now on.
    if (atSource && atTarget) turn.volatile.since.set(againKey(stored.value), turn.now.monoMs);
    for (const hostId of [source, target]) {
      turn.ask(hostId, begunMs);
      turn.waitForHost(stored.value.id, hostId);
    }
    const isLeft = verdict.type === 'going' && isOverdue(turn, stored.value, begunMs);
    if (isLeft || isCancelled(turn, stored.value)) abort(turn, stored.value);
    return;
  }
  if (!turn.isFull) conclude(turn, stored, verdict);
}

/** The source has begun to perform and has not ended: a job may begin at any moment, though none is seen. */
function isStillBegun(
  { id, stepIndex }: OperationRecord,
  atSource: Inventory | undefined,
): boolean {
  const step = stepIndex - 1;
  const performed = atSource?.recent.find((one) => one.opId === id && one.step === step);
  return performed?.outcome === 'begun';
}

/** Its agent would have given it up: it goes on, and that agent does not know of it any more. */
function isOverdue(turn: Turn, { migration }: OperationRecord, begunMs: number): boolean {
  return migration !== undefined && turn.now.monoMs - begunMs >= migration.timeoutMs;
}

function againKey(operation: OperationRecord): string {
  return `${operation.id}/${operation.stepIndex}/again`;
}

function abort(turn: Turn, { id, vmId = '', source = '', generation }: OperationRecord): void {
  const body = { kind: 'abort-migration' } as const;
  turn.nudge({ hostId: source, opId: `abort-${id}`, vmId, generation, body }, tryAgainMs);
}

function observe(
  turn: Turn,
  hostId: string,
  inventory: Inventory | undefined,
  vmId: string,
): Observation {
  if (isOff(turn, hostId)) return { state: 'absent', migrating: false };
  if (inventory === undefined) return 'silent';
  const vm = inventory.vms.find((one) => one.vmId === vmId);
  return vm === undefined
    ? { state: 'absent', migrating: false }
    : { state: vm.state, migrating: vm.migrating };
}

function conclude(turn: Turn, stored: Stored<OperationRecord>, verdict: MigrationVerdict): void {
  const { vmId = '', vmName, source = '', target = '', generation, id } = stored.value;
  const both = verdict.type === 'stayed' && verdict.resumeSource && verdict.destroyTarget;
  const what = both ? 'stayed, resumed and cleaned' : verdict.type;
  turn.trace('info', `migration of ${vmName} from ${source} to ${target}: ${what}`);
  const next = (step: string, hostId: string, ownerGeneration: number): void =>
    void turn.commit(
      turn.putOperation(stored, { step, stepIndex: stored.value.stepIndex + 1 }),
      turn.putAssignment(vmId, {
        hostId,
        generation: ownerGeneration,
        state: 'migrating',
        operationId: id,
      }),
    );
  switch (verdict.type) {
    case 'moved':
      return verdict.destroySource
        ? next('clean-source', target, generation + 1)
        : moved(turn, stored);
    case 'resume-target':
      return next('resume-target', target, generation + 1);
    case 'stayed':
      if (verdict.destroyTarget && verdict.resumeSource) {
        return next('keep-source', source, generation);
      }
      if (verdict.destroyTarget) return next('clean-target', source, generation);
      if (verdict.resumeSource) return next('resume-source', source, generation);
      return stayed(turn, stored);
    case 'lost':
      return lost(turn, stored, generation);
    case 'both-running': {
      const message = `it runs on ${source} and on ${target}; nothing was touched, a person must decide`;
      const unknown = { hostId: source, generation, state: 'unknown' } as const;
      return over(turn, stored, 'failed', { error: { code: 'both-running', message } }, unknown);
    }
    case 'going':
    case 'wait':
      return;
  }
}

function moved(turn: Turn, stored: Stored<OperationRecord>): void {
  const { target = '', generation } = stored.value;
  const owner = {
    hostId: target,
    generation: generation + 1,
    state: 'running' as const,
    ...movedNow(turn, stored.value),
  };
  const { error: _, ...value } = stored.value;
  over(turn, { value, modRevision: stored.modRevision }, 'succeeded', {}, owner);
}

type Owner = Parameters<Turn['putAssignment']>[1];

/** What is placed later in this turn finds the VM where it is now. */
function over(
  turn: Turn,
  stored: Stored<OperationRecord>,
  how: 'succeeded' | 'failed' | 'cancelled',
  changes: Partial<OperationRecord>,
  owner: Owner,
): void {
  const { id, vmId = '' } = stored.value;
  if (!turn.tryEnd(stored, how, changes, turn.putAssignment(vmId, owner))) return;
  const { hostId, state } = owner;
  turn.places.arrive(id, vmId, { state, ...(hostId === undefined ? {} : { hostId }) });
}

function lost(turn: Turn, stored: Stored<OperationRecord>, generation: number): void {
  const { source = '', target = '' } = stored.value;
  const message = `neither ${source} nor ${target} has it any more; start it again`;
  const crashed = { generation, state: 'crashed' } as const;
  over(turn, stored, 'failed', { error: { code: 'vm-crashed', message } }, crashed);
}

function stayed(turn: Turn, stored: Stored<OperationRecord>): void {
  const { source = '', generation } = stored.value;
  const rest = restOf(turn, stored.value);
  const owner: Owner = {
    hostId: source,
    generation,
    state: 'running',
    ...(rest ? { rest } : {}),
  };
  if (isCancelled(turn, stored.value)) return over(turn, stored, 'cancelled', {}, owner);
  const error: OperationError = refusalOf(turn, stored.value) ??
    stored.value.error ?? { code: 'migration-failed', message: `it runs on at ${source}` };
  over(turn, stored, 'failed', { error }, owner);
}

/** A VM whose move was given up is left alone for as long as its policy says. */
function restOf(turn: Turn, { id, error, migration }: OperationRecord): AssignmentRecord['rest'] {
  if (!wasGivenUp(error)) return undefined;
  const untilMs = turn.now.wallMs + (migration?.policy.restMinutes ?? 0) * 60_000;
  return { untilMs, reason: error.message, operationId: id };
}

/** Others who were not let in are no reason for what became of the one that was. */
const knocks: ReadonlySet<string> = new Set(['peer', 'second-use']);

/** What a tunnel's end refused says more than that the connection was closed. */
function refusalOf(turn: Turn, { id, source = '', target = '' }: OperationRecord) {
  for (const hostId of [target, source]) {
    const refusals = turn.hosts.get(hostId)?.inventory?.tunnelRefusals;
    const refused = refusals?.find((one) => one.opId === id && !knocks.has(one.reason));
    if (refused === undefined) continue;
    const message = `the tunnel’s end on ${hostId} refused it (${refused.reason}): ${refused.message}`;
    return { code: 'tunnel-refused', message: message.slice(0, 1000) };
  }
  return undefined;
}

/** Each cleaning step: who does it, what, and with which generation. */
export function driveCleaning(turn: Turn, stored: Stored<OperationRecord>): void {
  const { step, source = '', target = '', generation } = stored.value;
  switch (step) {
    case 'clean-source':
      return clean(turn, stored, source, 'destroy-leftover', generation, moved);
    case 'clean-target':
      return clean(turn, stored, target, 'destroy-leftover', generation, stayed);
    case 'keep-source':
      return clean(turn, stored, source, 'resume-vm', generation, thenCleanTarget);
    case 'resume-source':
      return clean(turn, stored, source, 'resume-vm', generation, stayed);
    case 'resume-target':
      return clean(turn, stored, target, 'resume-vm', generation + 1, moved);
  }
}

/** Two paused copies: the one that never ran goes when the source runs, for until then it may be the last one. */
function thenCleanTarget(turn: Turn, stored: Stored<OperationRecord>): void {
  toStep(turn, stored, 'clean-target');
}

function toStep(turn: Turn, stored: Stored<OperationRecord>, step: string): void {
  const stepIndex = stored.value.stepIndex + 1;
  turn.commit(turn.putOperation(stored, { step, stepIndex }));
}

/** On the target it was the last copy; on the source there may be another, so both hosts are asked again. */
function goneBeforeItRan(turn: Turn, stored: Stored<OperationRecord>, generation: number): void {
  if (stored.value.step === 'resume-target') return lost(turn, stored, generation);
  toStep(turn, stored, 'resolve');
}

/** Done, or found to be so: then the operation ends. Anything else is tried again, for as long as it takes. */
function clean(
  turn: Turn,
  stored: Stored<OperationRecord>,
  hostId: string,
  kind: 'destroy-leftover' | 'resume-vm',
  generation: number,
  finish: (turn: Turn, stored: Stored<OperationRecord>) => void,
): void {
  const { id, vmId = '', stepIndex } = stored.value;
  if (isOff(turn, hostId)) {
    if (kind === 'destroy-leftover') return finish(turn, stored);
    return goneBeforeItRan(turn, stored, generation);
  }
  const body = { kind } as const;
  const result = turn.awaitStep({ hostId, opId: id, step: stepIndex, body, vmId, generation });
  if (result === undefined || turn.isFull) return;
  if (result.outcome === 'done') return finish(turn, stored);
  const since = turn.since(stored.value);
  const heardMs = turn.heardMs(hostId, stored.value);
  const inventory = turn.hosts.inventorySince(hostId, heardMs, turn.epoch);
  if (inventory === undefined) return turn.ask(hostId, heardMs);
  const vm = inventory.vms.find((one) => one.vmId === vmId);
  const gone = vm === undefined || vm.state === 'shut-off' || vm.state === 'crashed';
  if (kind === 'destroy-leftover' ? gone : vm?.state === 'running') return finish(turn, stored);
  if (kind === 'resume-vm' && gone) return goneBeforeItRan(turn, stored, generation);
  if (turn.now.monoMs - since < tryAgainMs) return;
  // That the source does not run on may mean that the target has the disk after all: what it said was not so.
  const isAsked = kind === 'resume-vm' && hostId === stored.value.source;
  toStep(turn, stored, isAsked ? 'resolve' : stored.value.step);
}
