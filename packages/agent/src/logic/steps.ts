/**
 * The steps that this agent knows: under way, and ended but remembered. It says which VM is busy with what
 * and what a step's answer is; when a step moves on is agent.ts.
 */
import type { AgentCommand, StepResult } from '@drover/protocol';
import { actionOf } from './action.ts';
import type { ConvergenceOrder } from './converge.ts';
import type { Refusal } from './envelope.ts';
import { type ReplayedStep, stepKey } from './journal.ts';
import type { ActionOutcome, HypervisorAction } from './port.ts';
import { keptSteps } from './settings.ts';

/**
 *   writing ─▶ ready ─▶ acting ─────────────▶ ending ─▶ ended
 *   (after a restart:) inspecting ─▶ adopted ──▲
 *
 * `writing`: `begun` is on its way to the disk. `ready`: waits for a free hand. `ending`: `ended` is on its
 * way to the disk, or could not be written yet.
 */
export type Phase = 'writing' | 'ready' | 'acting' | 'inspecting' | 'adopted' | 'ending' | 'ended';

export interface Step {
  readonly key: string;
  readonly opId: string;
  readonly step: number;
  readonly kind: string;
  readonly argsHash: string;
  readonly vmId?: string;
  /** Of the leader that ordered it; absent for one read back from the journal. */
  readonly epoch?: string;
  readonly action?: HypervisorAction;
  /** Of a `migrate-out` read back from the journal. */
  readonly order?: ConvergenceOrder;
  phase: Phase;
  /** Journal writes that are not acknowledged yet. */
  readonly unwritten: Set<number>;
  writeFailed: boolean;
  result?: StepResult;
  /** Highest percentage told; progress never goes backwards. */
  percent: number;
}

export class Steps {
  readonly #open = new Map<string, Step>();
  readonly #ended = new Map<string, Step>();
  /** Steps that were refused for good. Not on the disk: no command outlives the process it was sent to. */
  readonly #refused = new Map<string, Refusal>();

  get(key: string): Step | undefined {
    return this.#open.get(key) ?? this.#ended.get(key);
  }

  refusal(key: string): Refusal | undefined {
    return this.#refused.get(key);
  }

  refuse(key: string, refusal: Refusal): void {
    this.#refused.set(key, refusal);
    for (const oldest of this.#refused.keys()) {
      if (this.#refused.size <= keptSteps) return;
      this.#refused.delete(oldest);
    }
  }

  get openCount(): number {
    return this.#open.size;
  }

  open(): readonly Step[] {
    return [...this.#open.values()];
  }

  inPhase(phase: Phase): readonly Step[] {
    return this.open().filter((step) => step.phase === phase);
  }

  /** What the VM is busy with: at most one action on it at a time. */
  busyWith(vmId: string | undefined): string | undefined {
    if (vmId === undefined) return undefined;
    for (const step of this.#open.values()) if (step.vmId === vmId) return step.kind;
    return undefined;
  }

  add(step: Step): void {
    (step.phase === 'ended' ? this.#ended : this.#open).set(step.key, step);
  }

  /** It was never begun: nothing is remembered of it. */
  forget(step: Step): void {
    this.#open.delete(step.key);
  }

  end(step: Step): void {
    step.phase = 'ended';
    this.#open.delete(step.key);
    this.#ended.set(step.key, step);
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= keptSteps) return;
      this.#ended.delete(oldest);
    }
  }

  /** The open ones first, they matter most; then what ended, newest first. */
  recent(limit: number): readonly StepResult[] {
    const ended = [...this.#ended.values()].toReversed();
    const answers = [...this.#open.values(), ...ended].slice(0, limit).map(answerOf);
    return answers.map((answer, at) => (at < timelinesTold ? answer : withoutTimeline(answer)));
  }
}

/** They are the bulk of a result, and only those that may not have been heard yet are worth it. */
const timelinesTold = 8;

function withoutTimeline(result: StepResult): StepResult {
  const { timeline: _, ...answer } = result;
  return answer;
}

/** One that was ordered now. */
export function stepOrdered(command: AgentCommand, argsHash: string): Step {
  const { opId, step, vmId, epoch, body } = command;
  const action = actionOf(command);
  if (!action) throw new Error(`no action for the accepted ${body.kind}`);
  return { ...blank({ opId, step, kind: body.kind, argsHash, vmId }), epoch, action };
}

/** One of an earlier process. */
export function stepReadBack({ begun, result }: ReplayedStep): Step {
  return {
    ...blank(begun),
    phase: result ? 'ended' : 'inspecting',
    ...(begun.order === undefined ? {} : { order: begun.order }),
    ...(result ? { result } : {}),
  };
}

function blank(of: {
  readonly opId: string;
  readonly step: number;
  readonly kind: string;
  readonly argsHash: string;
  readonly vmId?: string | undefined;
}): Step {
  const { opId, step, kind, argsHash, vmId } = of;
  return {
    key: stepKey(opId, step),
    opId,
    step,
    kind,
    argsHash,
    ...(vmId === undefined ? {} : { vmId }),
    phase: 'writing',
    unwritten: new Set(),
    writeFailed: false,
    percent: 0,
  };
}

/** What is known of a step: its end once that is on disk, else that it was begun. */
export function answerOf(step: Step): StepResult {
  if (step.phase === 'ended' && step.result) return step.result;
  const { opId, vmId } = step;
  return { opId, step: step.step, outcome: 'begun', ...(vmId === undefined ? {} : { vmId }) };
}

export function resultOf(
  step: Pick<Step, 'opId' | 'step' | 'vmId'>,
  outcome: ActionOutcome,
): StepResult {
  const { error, tunnel, downtimeMs, transferredBytes, timeline, answer } = outcome;
  const { stored, sourceSha256, transfer } = outcome;
  return {
    opId: step.opId,
    step: step.step,
    outcome: outcome.outcome,
    ...(step.vmId === undefined ? {} : { vmId: step.vmId }),
    ...(error ? { error: { code: error.code, message: error.message.slice(0, 1024) } } : {}),
    ...(tunnel ? { tunnel } : {}),
    ...(downtimeMs === undefined ? {} : { downtimeMs }),
    ...(transferredBytes === undefined ? {} : { transferredBytes }),
    ...(timeline === undefined ? {} : { timeline }),
    ...(stored ? { stored } : {}),
    ...(sourceSha256 === undefined ? {} : { sourceSha256 }),
    ...(transfer ? { transfer } : {}),
    ...(answer ? { answer } : {}),
  };
}
