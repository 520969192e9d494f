/**
 * Which host takes a VM that is to move: a target that cannot is passed over, and where none is left, the reasons of
 * all of them say why. Several are asked at once, and what they have said counts for as long as the search goes on:
 * it ends however many hosts there are, and however slowly they answer.
 */
import type { OperationError } from '@drover/protocol';
import type { Barred, ModeChoice, PreflightReason, Vm } from '@drover/core';
import { type Asked, check, inspect, type Seen } from './preflight.ts';
import type { Freshness } from './questions.ts';
import { preflightKeptMs, targetsAskedAtOnce } from './settings.ts';
import type { Turn } from './turn.ts';

/** Of one VM; gone with the leader, and when nobody goes on with it. */
export interface Search {
  readonly source: string;
  readonly beganMs: number;
  lastMs: number;
  /** Hosts that are being asked, and about what: an answer counts though the VM was looked at again since. */
  readonly asking: Map<string, Seen>;
  /** Hosts that have said no. */
  readonly barred: Map<string, Barred>;
}

/** A host to be asked; what is waited for, before anybody is asked; or that there is none. */
export type Choice<No> = string | { readonly wait: string } | { readonly no: No };

export type Found<No> =
  | Asked
  | { readonly type: 'failed'; readonly error: OperationError }
  | { readonly type: 'wait'; readonly what: string }
  /** Not from here, whatever the target. */
  | { readonly type: 'held'; readonly reasons: readonly PreflightReason[] }
  | { readonly type: 'none'; readonly no: No }
  | { readonly type: 'ready'; readonly hostId: string; readonly choice: ModeChoice };

/**
 * The first target that `choose` names and that can take the VM. `choose` sees in the VM which hosts have said no
 * already; a better one that has not answered yet is waited for.
 */
export function findTarget<No>(
  turn: Turn,
  vm: Vm,
  source: string,
  fresh: Freshness,
  choose: (vm: Vm) => Choice<No>,
): Found<No> {
  const search = searchOf(turn, vm.id, source, fresh.sinceMs);
  let chosen = choose(passing(vm, search, []));
  if (typeof chosen !== 'string' && 'wait' in chosen) return { type: 'wait', what: chosen.wait };
  keep(turn, vm.id, search);
  const seen = inspect(turn, vm, source, fresh);
  if (seen.type === 'failed') return seen;
  if (seen.type === 'seen' && seen.held.length > 0) {
    if (!isPoolKnown(turn, source, seen.held, seen.askedMs)) return soon;
    return { type: 'held', reasons: seen.held };
  }
  const asked: string[] = [];
  let isLate = seen.type === 'asked' && seen.isLate;
  for (;;) {
    if (typeof chosen !== 'string' || asked.includes(chosen)) {
      if (asked.length > 0 || seen.type === 'asked') return { type: 'asked', isLate };
      return typeof chosen === 'string' ? soon : given(turn, vm.id, chosen);
    }
    const said = search.barred.get(chosen);
    // Chosen again though it said no: there is no other.
    if (said !== undefined) return { type: 'held', reasons: said.reasons };
    const about = search.asking.get(chosen) ?? (seen.type === 'seen' ? seen : undefined);
    if (about === undefined) return { type: 'asked', isLate };
    const answer = askTarget(turn, vm, chosen, about);
    if (answer.type === 'asked') {
      search.asking.set(chosen, about);
      asked.push(chosen);
      isLate ||= answer.isLate;
      if (asked.length >= targetsAskedAtOnce) return { type: 'asked', isLate };
    } else {
      search.asking.delete(chosen);
      if (answer.reasons.length > 0) {
        search.barred.set(chosen, { hostId: chosen, reasons: answer.reasons });
      } else if (asked.length === 0) {
        return { type: 'ready', hostId: chosen, choice: answer.choice };
      } else return { type: 'asked', isLate };
    }
    chosen = choose(passing(vm, search, asked));
  }
}

const soon = { type: 'asked', isLate: false } as const;

function given<No>(turn: Turn, vmId: string, choice: Exclude<Choice<No>, string>): Found<No> {
  if ('wait' in choice) return { type: 'wait', what: choice.wait };
  // Whoever asks again wants to hear it anew.
  turn.volatile.searches.delete(vmId);
  return { type: 'none', no: choice.no };
}

function askTarget(turn: Turn, vm: Vm, target: string, about: Seen): ReturnType<typeof check> {
  const checked = check(turn, vm, target, about);
  if (checked.type === 'asked') return checked;
  return isPoolKnown(turn, target, checked.reasons, checked.askedMs) ? checked : soon;
}

/** The VM with the hosts that are no choice: those that said no, and those that are being asked. */
function passing(vm: Vm, search: Search, asked: readonly string[]): Vm {
  if (search.barred.size + asked.length === 0) return vm;
  const busy = asked.map((hostId) => ({ hostId, reasons: [] }));
  return { ...vm, barred: [...search.barred.values(), ...busy] };
}

function searchOf(turn: Turn, vmId: string, source: string, sinceMs: number): Search {
  const known = turn.volatile.searches.get(vmId);
  const isOn = known !== undefined && turn.now.monoMs - known.lastMs < preflightKeptMs;
  if (isOn && known.source === source && known.beganMs >= sinceMs) return known;
  const { monoMs } = turn.now;
  return { source, beganMs: monoMs, lastMs: monoMs, asking: new Map(), barred: new Map() };
}

function keep(turn: Turn, vmId: string, search: Search): void {
  const { searches } = turn.volatile;
  search.lastMs = turn.now.monoMs;
  searches.delete(vmId);
  searches.set(vmId, search);
  for (const [id, { lastMs }] of searches) {
    if (turn.now.monoMs - lastMs < preflightKeptMs) return;
    searches.delete(id);
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
