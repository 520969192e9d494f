/**
 * What hosts found out about the moves of a plan that they are asked about: VMs that are held where they are, and hosts
 * that cannot take one. A plan is made anew for it, until every move that it shows has been found possible, or it says
 * which has not been looked at in time.
 */
import type {
  Barred,
  Cluster,
  ModeChoice,
  Move,
  MigrationMode,
  Plan,
  PreflightReason,
  Vm,
} from '@drover/core';
import { check, inspect } from './preflight.ts';
import type { Freshness } from './questions.ts';
import type { Turn } from './turn.ts';

export interface Findings {
  readonly sinceMs: number;
  readonly held: Map<string, readonly PreflightReason[]>;
  readonly barred: Map<string, readonly Barred[]>;
}

export function newFindings(sinceMs: number): Findings {
  return { sinceMs, held: new Map(), barred: new Map() };
}

/** What was said since somebody asked counts until they have the plan. */
export function freshFor({ sinceMs }: Findings): Freshness {
  return { sinceMs, keptMs: Number.POSITIVE_INFINITY };
}

export function withFindings(cluster: Cluster, { held, barred }: Findings): Cluster {
  const vms = new Map(cluster.vms);
  for (const vmId of new Set([...held.keys(), ...barred.keys()])) {
    const vm = vms.get(vmId);
    const reasons = held.get(vmId) ?? [];
    const hosts = barred.get(vmId) ?? [];
    if (vm === undefined || reasons.length + hosts.length === 0) continue;
    vms.set(vmId, { ...vm, held: reasons, ...(hosts.length === 0 ? {} : { barred: hosts }) });
  }
  return { ...cluster, vms };
}

export interface Looked {
  /** False while one has not been looked at. */
  readonly all: boolean;
  /** What was planned without knowing it has to be planned again. */
  readonly isChanged: boolean;
}

/** Are these VMs held where they are, whatever the target? */
export function lookAtVms(turn: Turn, findings: Findings, vms: Iterable<Vm>): Looked {
  let all = true;
  let isChanged = false;
  for (const vm of vms) {
    const { hostId } = vm;
    if (hostId === undefined || vm.state !== 'running' || findings.held.has(vm.id)) continue;
    const seen = inspect(turn, vm, hostId, freshFor(findings));
    if (seen.type === 'asked') all = false;
    if (seen.type === 'failed') {
      const reason = { code: 'check-failed', hostId, available: seen.error.message } as const;
      findings.held.set(vm.id, [reason]);
      isChanged = true;
    }
    if (seen.type !== 'seen') continue;
    findings.held.set(vm.id, seen.held);
    isChanged ||= seen.held.length > 0;
  }
  return { all, isChanged };
}

export type MovesChecked = {
  readonly unchecked: readonly string[];
  readonly modes: ReadonlyMap<string, ModeChoice>;
};

/** Can their targets take them? `changed`: one cannot, and the plan is no good. */
export function checkMoves(
  turn: Turn,
  findings: Findings,
  moves: readonly Move[],
): MovesChecked | 'changed' {
  const unchecked: string[] = [];
  const modes = new Map<string, ModeChoice>();
  let isChanged = false;
  for (const { vmId, source, target } of moves) {
    const vm = turn.cluster.vms.get(vmId);
    const seen = vm === undefined ? undefined : inspect(turn, vm, source, freshFor(findings));
    const checked =
      vm !== undefined && seen?.type === 'seen'
        ? check(turn, vm, target, seen, Number.POSITIVE_INFINITY)
        : undefined;
    if (checked?.type !== 'checked') {
      unchecked.push(vmId);
      continue;
    }
    modes.set(vmId, checked.choice);
    if (checked.reasons.length === 0) continue;
    const before = findings.barred.get(vmId) ?? [];
    findings.barred.set(vmId, [...before, { hostId: target, reasons: checked.reasons }]);
    isChanged = true;
  }
  return isChanged ? 'changed' : { unchecked, modes };
}

/** A plan that hosts are being asked about; what is known of it so far. */
export interface Asking<P extends Plan> extends Findings {
  plan: P | undefined;
}

export interface Found<P extends Plan> {
  readonly plan: P;
  readonly unchecked: readonly string[];
}

/** So often a plan is made anew for what hosts said about the last one, in one turn. */
const replansAtOnce = 8;

/** The plan once the hosts have said what they find, or when that takes too long; nothing until then. */
export function planAsked<P extends Plan>(
  turn: Turn,
  asking: Asking<P>,
  make: (cluster: Cluster) => P,
  isLate: boolean,
): Found<P> | undefined {
  for (let round = 0; round < replansAtOnce; round += 1) {
    const plan = asking.plan ?? make(withFindings(turn.cluster, asking));
    asking.plan = plan;
    const movers = plan.moves.flatMap(({ vmId }) => turn.cluster.vms.get(vmId) ?? []);
    const looked = lookAtVms(turn, asking, movers);
    const checked = looked.isChanged ? 'changed' : checkMoves(turn, asking, plan.moves);
    if (checked === 'changed') {
      asking.plan = undefined;
      continue;
    }
    if ((!looked.all || checked.unchecked.length > 0) && !isLate) return undefined;
    return { plan: withModes(plan, checked.modes), unchecked: checked.unchecked };
  }
  // It changes with each answer: what is left of it is for the next turn.
  return undefined;
}

export function withModes<P extends Plan>(plan: P, modes: ReadonlyMap<string, ModeChoice>): P {
  const modeOf = ({ vmId, mode }: Move): MigrationMode => modes.get(vmId)?.mode ?? mode;
  return { ...plan, moves: plan.moves.map((move) => ({ ...move, mode: modeOf(move) })) };
}
