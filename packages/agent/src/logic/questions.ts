/** Questions of the leader on their way through the hypervisor, by the action that each has become. */
import type { AgentCommand, StepResult } from '@drover/protocol';
import type { ActionOutcome } from './port.ts';
import { resultOf } from './steps.ts';

interface Question {
  readonly opId: string;
  readonly step: number;
  readonly vmId?: string;
}

export class Questions {
  readonly #open = new Map<number, Question>();

  get size(): number {
    return this.#open.size;
  }

  take(actionId: number, { opId, step, vmId }: AgentCommand): void {
    this.#open.set(actionId, { opId, step, ...(vmId === undefined ? {} : { vmId }) });
  }

  /** What is to be told; nothing where the action was no question. */
  answered(actionId: number, outcome: ActionOutcome): StepResult | undefined {
    const question = this.#open.get(actionId);
    if (question === undefined) return undefined;
    this.#open.delete(actionId);
    return resultOf(question, outcome);
  }
}
