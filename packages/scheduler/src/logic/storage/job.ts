/**
 * A job with files of pools as a step of an operation: which host does it, that it can be cancelled, and that it is
 * done again where nobody knows what came of it. A job that is done again finds what it has done.
 *
 *   pending ─▶ running, on one host ─▶ done | failed | cancelled
 *      ▲             │ the host cannot, another might
 *      └─────────────┘
 */
import {
  type CommandBody,
  errorCatalogue,
  isErrorCode,
  type OperationError,
  type OperationRecord,
  type StepResult,
  type Stored,
} from '@drover/protocol';
import { isOff, offError } from '../fence.ts';
import { isCancelled } from '../pending.ts';
import type { Put } from '../port.ts';
import { startAttempts, tryAgainMs } from '../settings.ts';
import type { Turn } from '../turn.ts';
import { hostFor } from './pool-host.ts';

export type JobEnd =
  | { readonly type: 'done'; readonly result: StepResult }
  | { readonly type: 'failed'; readonly error: OperationError }
  | { readonly type: 'cancelled'; readonly reason?: string };

/** Times that nobody knew what came of it, or that hosts tried in vain. */
const stepsAtMost = 12;

interface Beginning {
  readonly pools: readonly string[];
  readonly step: string;
  readonly changes?: Partial<OperationRecord>;
  /** Written with it. */
  readonly puts?: readonly Put[];
  /** Where it has to be done, if that is not any host. */
  readonly hostId?: string;
}

/** Chooses the host and commits that it begins there. */
export function beginJob(
  turn: Turn,
  stored: Stored<OperationRecord>,
  { pools, step, changes, puts = [], hostId }: Beginning,
): void {
  const { id, stepIndex, startedAtMs } = stored.value;
  if (!turn.settled || turn.isFull) return;
  const tried = new Set(turn.volatile.tried.get(id)?.keys());
  const host = hostId ?? hostFor(turn, pools, tried) ?? hostFor(turn, pools);
  if (host === undefined) {
    const named = pools.map((pool) => `pool ${pool}`).join(' and ');
    return turn.wait(id, `a host that is up and reaches ${named}`);
  }
  turn.commit(
    turn.putOperation(stored, {
      ...changes,
      state: 'running',
      step,
      stepIndex: stepIndex + 1,
      hostId: host,
      startedAtMs: startedAtMs ?? turn.now.wallMs,
    }),
    ...puts,
  );
}

interface JobOptions {
  /** Of one that is about a VM as it runs: no other host can do it. */
  readonly vmId?: string;
  readonly generation?: number;
  /** What clears up: who cancels the operation does not mean that. */
  readonly mustEnd?: boolean;
  /** Where its host cannot, it has failed. */
  readonly onlyHere?: boolean;
  /** How it is tried again where its host does not know what came of it, if not just so. */
  readonly whenUnknown?: Partial<OperationRecord>;
}

/** What came of the step; nothing while that is not known, or where it begins anew. */
export function awaitJob(
  turn: Turn,
  stored: Stored<OperationRecord>,
  body: CommandBody,
  { whenUnknown = {}, onlyHere = false, mustEnd = false, ...about }: JobOptions = {},
): JobEnd | undefined {
  const { id, hostId = '', stepIndex } = stored.value;
  const cancelled = !mustEnd && isCancelled(turn, stored.value);
  if (isOff(turn, hostId)) {
    if (cancelled) return { type: 'cancelled' };
    if (onlyHere) return { type: 'failed', error: offError(hostId) };
    if (about.vmId === undefined) return beginAgain(turn, stored);
    turn.wait(
      id,
      `${hostId}, it is off: nobody knows how far it came; cancel it, and it counts as not done`,
    );
    return undefined;
  }
  if (cancelled && turn.hosts.health(turn.now.monoMs, hostId, turn.settings) === 'down') {
    const reason = `${hostId} is down: what it has of it is removed when it is back`;
    return { type: 'cancelled', reason };
  }
  const result = turn.awaitStep({ hostId, opId: id, step: stepIndex, body, ...about });
  if (result === undefined) {
    if (cancelled) abortJob(turn, stored.value);
    return undefined;
  }
  turn.hosts.forgetStorageProgress(id);
  if (result.outcome === 'done') return { type: 'done', result };
  if (cancelled) return { type: 'cancelled' };
  if (stepIndex >= stepsAtMost) return { type: 'failed', error: errorOf(result) };
  if (result.outcome === 'unknown') return nextStep(turn, stored, whenUnknown);
  const { code } = errorOf(result);
  const tried = turn.volatile.tried.get(id) ?? new Map<string, string>();
  tried.set(hostId, errorOf(result).message);
  turn.volatile.tried.set(id, tried);
  const isElsewhere = !onlyHere && about.vmId === undefined && mayWorkElsewhere(code);
  if (!isElsewhere || tried.size >= startAttempts)
    return { type: 'failed', error: errorOf(result) };
  return beginAgain(turn, stored);
}

/** The next step of an operation on the same host. */
export function nextStep(
  turn: Turn,
  stored: Stored<OperationRecord>,
  changes: Partial<OperationRecord>,
): undefined {
  const stepIndex = stored.value.stepIndex + 1;
  turn.commit(turn.putOperation(stored, { ...changes, stepIndex }));
}

/** From its first step, wherever that is possible. */
function beginAgain(turn: Turn, stored: Stored<OperationRecord>): undefined {
  const { hostId: _, transfer: __, ...value } = stored.value;
  const stepIndex = value.stepIndex + 1;
  const again = { state: 'pending', step: 'place', stepIndex } as const;
  turn.commit(turn.putOperation({ ...stored, value }, again));
}

/** Again and again: the order to end may be lost. */
export function abortJob(turn: Turn, { id, hostId = '', stepIndex }: OperationRecord): void {
  const body = { kind: 'abort-job', ofOpId: id, ofStep: stepIndex } as const;
  turn.nudge({ hostId, opId: `abort-${id}`, body }, tryAgainMs);
}

function errorOf({ error }: StepResult): OperationError {
  return error ?? { code: 'job-failed', message: 'its host did not say why' };
}

function mayWorkElsewhere(code: string): boolean {
  if (code === 'unknown-command') return true;
  return isErrorCode(code) && errorCatalogue[code].retry === 'elsewhere';
}
