/**
 * What the journal means: which epoch, generations and steps its records add up to, and which of them are
 * worth keeping when it is rewritten. Reading and writing the file is the shell's.
 */
import { type AgentCommand, generationRule, type StepResult } from '@drover/protocol';
import { orderOf } from './action.ts';
import { laterEpoch } from './envelope.ts';
import type { JournalRecord } from './port.ts';
import { keptGenerations, keptSteps } from './settings.ts';

export interface ReplayedStep {
  readonly begun: BegunRecord;
  /** Absent: it was begun, and its end is not known. */
  readonly result?: StepResult;
}

export interface Replayed {
  readonly maxEpoch: string;
  /** Records were lost, and leaders have not been listened to since. */
  readonly isAltered: boolean;
  readonly generations: ReadonlyMap<string, number>;
  /** In the order in which they were begun; the open ones, and the newest that ended. */
  readonly steps: ReadonlyMap<string, ReplayedStep>;
}

export function stepKey(opId: string, step: number): string {
  return `${opId}/${step}`;
}

export type BegunRecord = Extract<JournalRecord, { type: 'begun' }>;

/** What is written before a command is done. Its generation counts only where the kind of command has one. */
export function begunRecord(command: AgentCommand, argsHash: string, wallMs: number): BegunRecord {
  const { opId, step, vmId, generation, body } = command;
  const isRuled = generationRule[body.kind] !== 'none';
  return {
    type: 'begun',
    opId,
    step,
    argsHash,
    kind: body.kind,
    ...(vmId === undefined ? {} : { vmId }),
    ...(isRuled && generation !== undefined ? { generation } : {}),
    ...(body.kind === 'migrate-out' ? { order: orderOf(body) } : {}),
    wallMs,
  };
}

/** Adds up records in file order. Total: an `ended` without its `begun` is passed over. */
export function replay(records: readonly JournalRecord[]): Replayed {
  let maxEpoch = '0';
  let isAltered = false;
  const generations = new Map<string, number>();
  const steps = new Map<string, ReplayedStep>();
  for (const record of records) {
    if (record.type === 'altered') isAltered = true;
    if (record.type === 'listened') isAltered = false;
    if (record.type === 'epoch') maxEpoch = laterEpoch(maxEpoch, record.epoch);
    if (record.type === 'generation') raise(generations, record.vmId, record.generation);
    if (record.type === 'begun') {
      const key = stepKey(record.opId, record.step);
      steps.delete(key);
      steps.set(key, { begun: record });
      if (record.vmId !== undefined && record.generation !== undefined) {
        raise(generations, record.vmId, record.generation);
      }
    }
    if (record.type === 'ended') {
      const key = stepKey(record.opId, record.step);
      const known = steps.get(key);
      if (known) steps.set(key, { begun: known.begun, result: record.result });
    }
  }
  forgetOldest(steps);
  return { maxEpoch, isAltered, generations, steps };
}

/** The shortest records that add up to the same. */
export function compact(records: readonly JournalRecord[]): readonly JournalRecord[] {
  const { maxEpoch, isAltered, generations, steps } = replay(records);
  const kept: JournalRecord[] = [{ type: 'epoch', epoch: maxEpoch }];
  if (isAltered) kept.push({ type: 'altered' });
  for (const [vmId, generation] of generations) kept.push({ type: 'generation', vmId, generation });
  for (const { begun, result } of steps.values()) {
    kept.push(begun);
    if (!result) continue;
    const { opId, step, wallMs } = begun;
    kept.push({ type: 'ended', opId, step, result, wallMs });
  }
  return kept;
}

/** Highest generation per VM; the VM touched longest ago goes first when there are too many. */
export function raise(generations: Map<string, number>, vmId: string, generation: number): void {
  const highest = Math.max(generations.get(vmId) ?? generation, generation);
  generations.delete(vmId);
  generations.set(vmId, highest);
  for (const oldest of generations.keys()) {
    if (generations.size <= keptGenerations) return;
    generations.delete(oldest);
  }
}

function forgetOldest(steps: Map<string, ReplayedStep>): void {
  let ended = 0;
  for (const step of steps.values()) if (step.result) ended += 1;
  for (const [key, step] of steps) {
    if (ended <= keptSteps) return;
    if (!step.result) continue;
    steps.delete(key);
    ended -= 1;
  }
}
