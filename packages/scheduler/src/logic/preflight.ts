/**
 * Before a VM moves: its host is asked what it is like as it runs, then a target whether that could come there.
 * Which targets are asked is find-target.ts.
 */
import type { OperationError, VmFacts } from '@drover/protocol';
import {
  heldReasons,
  modeFor,
  type ModeChoice,
  type PreflightReason,
  targetReasons,
  type Vm,
} from '@drover/core';
import { ask, type Freshness } from './questions.ts';
import { preflightKeptMs } from './settings.ts';
import type { Turn } from './turn.ts';

export type Asked = { readonly type: 'asked'; readonly isLate: boolean };

export type Inspected =
  | Asked
  | { readonly type: 'failed'; readonly error: OperationError }
  | {
      readonly type: 'seen';
      readonly facts: VmFacts;
      readonly held: readonly PreflightReason[];
      readonly askedMs: number;
    };

/** The VM as it runs on its host. */
export function inspect(turn: Turn, vm: Vm, source: string, fresh: Freshness): Inspected {
  const question = {
    hostId: source,
    about: vm.id,
    vmId: vm.id,
    body: { kind: 'inspect-vm' },
  } as const;
  const reply = ask(turn, question, fresh);
  if (reply.type !== 'answer') return reply;
  if (reply.answer.kind !== 'inspect-vm') return { type: 'asked', isLate: false };
  const { facts } = reply.answer;
  return { type: 'seen', facts, held: heldReasons(facts), askedMs: reply.askedMs };
}

export type Seen = Extract<Inspected, { type: 'seen' }>;

export type Checked =
  | Asked
  | {
      readonly type: 'checked';
      readonly reasons: readonly PreflightReason[];
      readonly choice: ModeChoice;
      readonly askedMs: number;
    };

/** Could it come to this host? A host that cannot say is no target. */
export function check(
  turn: Turn,
  vm: Vm,
  target: string,
  { facts, askedMs }: Seen,
  keptMs = preflightKeptMs,
): Checked {
  const body = { kind: 'check-incoming', facts } as const;
  const question = { hostId: target, about: vm.id, vmId: vm.id, body };
  const reply = ask(turn, question, { sinceMs: askedMs, keptMs });
  if (reply.type === 'asked') return reply;
  if (reply.type === 'failed') {
    const reason = {
      code: 'check-failed',
      hostId: target,
      available: reply.error.message,
    } as const;
    return { type: 'checked', reasons: [reason], choice: { mode: 'paused' }, askedMs };
  }
  if (reply.answer.kind !== 'check-incoming') return { type: 'asked', isLate: false };
  const { incoming } = reply.answer;
  return {
    type: 'checked',
    reasons: targetReasons(facts, target, incoming),
    choice: modeFor(facts, incoming),
    askedMs: reply.askedMs,
  };
}

/** Answers from before the operation was taken up do not count, nor do old ones. */
export function freshSince(sinceMs: number): Freshness {
  return { sinceMs, keptMs: preflightKeptMs };
}
