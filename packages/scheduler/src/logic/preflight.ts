/**
 * Before a VM moves: its host is asked what it is like as it runs, then the target whether that could come there. A
 * target that cannot is passed over; where none is left, the reasons of all of them say why.
 */
import type { OperationError, VmFacts } from '@drover/protocol';
import {
  type Barred,
  heldReasons,
  modeFor,
  type ModeChoice,
  type PreflightReason,
  targetReasons,
  type Vm,
} from '@drover/core';
import { ask } from './questions.ts';
import { preflightKeptMs } from './settings.ts';
import type { Turn } from './turn.ts';

export type Inspected =
  | { readonly type: 'asked' }
  | { readonly type: 'failed'; readonly error: OperationError }
  | {
      readonly type: 'seen';
      readonly facts: VmFacts;
      readonly held: readonly PreflightReason[];
      readonly askedMs: number;
    };

/** The VM as it runs on its host. */
export function inspect(turn: Turn, vm: Vm, source: string, sinceMs: number): Inspected {
  const question = {
    hostId: source,
    about: vm.id,
    vmId: vm.id,
    body: { kind: 'inspect-vm' },
  } as const;
  const reply = ask(turn, question, sinceMs);
  if (reply.type !== 'answer') return reply;
  if (reply.answer.kind !== 'inspect-vm') return { type: 'asked' };
  const { facts } = reply.answer;
  return { type: 'seen', facts, held: heldReasons(facts), askedMs: reply.askedMs };
}

export type Checked =
  | { readonly type: 'asked' }
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
  seen: Extract<Inspected, { type: 'seen' }>,
): Checked {
  const { facts, askedMs } = seen;
  const body = { kind: 'check-incoming', facts } as const;
  const reply = ask(turn, { hostId: target, about: vm.id, vmId: vm.id, body }, askedMs);
  if (reply.type === 'asked') return reply;
  if (reply.type === 'failed') {
    const reason = {
      code: 'check-failed',
      hostId: target,
      available: reply.error.message,
    } as const;
    return { type: 'checked', reasons: [reason], choice: { mode: 'paused' }, askedMs };
  }
  if (reply.answer.kind !== 'check-incoming') return { type: 'asked' };
  const { incoming } = reply.answer;
  return {
    type: 'checked',
    reasons: targetReasons(facts, target, incoming),
    choice: modeFor(facts, incoming),
    askedMs: reply.askedMs,
  };
}

/** Answers from before the operation was taken up do not count, nor do old ones. */
export function freshSince(turn: Turn, sinceMs: number): number {
  return Math.max(sinceMs, turn.now.monoMs - preflightKeptMs);
}

export type Found<No> =
  | { readonly type: 'asked' }
  | { readonly type: 'failed'; readonly error: OperationError }
  /** Not from here, whatever the target. */
  | { readonly type: 'held'; readonly reasons: readonly PreflightReason[] }
  | { readonly type: 'none'; readonly no: No }
  | { readonly type: 'ready'; readonly hostId: string; readonly choice: ModeChoice };

/**
 * The first target that `choose` names and that can take the VM. `choose` sees in the VM which hosts have said no
 * already.
 */
export function findTarget<No>(
  turn: Turn,
  vm: Vm,
  source: string,
  sinceMs: number,
  choose: (vm: Vm) => string | { readonly no: No },
): Found<No> {
  const seen = inspect(turn, vm, source, sinceMs);
  if (seen.type !== 'seen') return seen;
  if (!isPoolKnown(turn, source, seen.held, seen.askedMs)) return { type: 'asked' };
  if (seen.held.length > 0) return { type: 'held', reasons: seen.held };
  const barred: Barred[] = [];
  for (;;) {
    const chosen = choose(barred.length === 0 ? vm : { ...vm, barred: [...barred] });
    if (typeof chosen !== 'string') return { type: 'none', no: chosen.no };
    const checked = check(turn, vm, chosen, seen);
    if (checked.type === 'asked') return checked;
    const { reasons, choice } = checked;
    if (!isPoolKnown(turn, chosen, reasons, checked.askedMs)) return { type: 'asked' };
    if (reasons.length === 0) return { type: 'ready', hostId: chosen, choice };
    // Chosen again though it was barred: there is no other.
    if (barred.some(({ hostId }) => hostId === chosen)) return { type: 'held', reasons };
    barred.push({ hostId: chosen, reasons });
  }
}

const storageCodes: readonly string[] = ['vm-not-running', 'path-missing', 'path-silent'];

/**
 * Storage that ails passes, and is waited for (ailing-pool.ts): before such a reason counts, the host has said how its
 * pools are.
 */
function isPoolKnown(
  turn: Turn,
  hostId: string,
  reasons: readonly PreflightReason[],
  askedMs: number,
): boolean {
  if (!reasons.some(({ code }) => storageCodes.includes(code))) return true;
  if (turn.hosts.inventorySince(hostId, askedMs, turn.epoch) !== undefined) return true;
  turn.ask(hostId, askedMs);
  return false;
}
