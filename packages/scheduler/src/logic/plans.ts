/**
 * Plans that hosts are asked about before they are shown: each move of a drain, or the one of a VM. Asking changes
 * nothing. What hosts find changes the plan, which is then asked about anew; in the end every move that it shows has
 * been found possible, or the plan says which has not been looked at in time.
 */
import type { Query, QueryReply } from '@drover/protocol';
import {
  type Barred,
  type Cluster,
  type DrainPlan,
  type ModeChoice,
  type MovePlan,
  place,
  planDrain,
  type PreflightReason,
  type Rejection,
  type Vm,
} from '@drover/core';
import { measuredFrom } from './measured.ts';
import { check, inspect } from './preflight.ts';
import type { Freshness } from './questions.ts';
import { planPatienceMs } from './settings.ts';
import type { Turn } from './turn.ts';

type PlanQuery = Extract<Query, { type: 'plan-drain' | 'plan-move' }>;

/** A plan that is being asked about; what is known of it so far. */
export interface Planning {
  readonly queryId: string;
  readonly query: PlanQuery;
  readonly sinceMs: number;
  readonly held: Map<string, readonly PreflightReason[]>;
  readonly barred: Map<string, readonly Barred[]>;
  plan: DrainPlan | undefined;
}

export function beginPlanning(queryId: string, query: PlanQuery, sinceMs: number): Planning {
  return { queryId, query, sinceMs, held: new Map(), barred: new Map(), plan: undefined };
}

export function isPlanQuery(query: Query): query is PlanQuery {
  return query.type === 'plan-drain' || query.type === 'plan-move';
}

/** What was said since somebody asked counts until they have the plan. */
function freshFor({ sinceMs }: Planning): Freshness {
  return { sinceMs, keptMs: Number.POSITIVE_INFINITY };
}

/** The answer, once it is known or has to be given. */
export function continuePlanning(turn: Turn, planning: Planning): QueryReply | undefined {
  const isLate = turn.now.monoMs - planning.sinceMs >= planPatienceMs;
  return planning.query.type === 'plan-drain'
    ? drainPlan(turn, planning, planning.query.hostId, isLate)
    : movePlan(turn, planning, planning.query, isLate);
}

// ── a drain ─────────────────────────────────────────────────────────────────────────────────────────

/** So often a plan is made anew for what hosts said about the last one. */
const replansAtOnce = 100;

function drainPlan(
  turn: Turn,
  planning: Planning,
  hostId: string,
  isLate: boolean,
): QueryReply | undefined {
  if (!turn.cluster.hosts.has(hostId)) {
    const message = `no host ${hostId} has reported`;
    return { type: 'error', code: 'host-not-found', message };
  }
  if (!lookAtVms(turn, planning, hostId) && !isLate) return undefined;
  for (let round = 0; round < replansAtOnce; round += 1) {
    planning.plan ??= planned(turn, planning, hostId);
    const asked = checkMoves(turn, planning, planning.plan);
    if (asked === 'changed') continue;
    const { plan } = planning;
    if (asked.unchecked.length > 0 && !isLate) return undefined;
    const moves = plan.moves.map((move) => ({
      ...move,
      mode: asked.modes.get(move.vmId)?.mode ?? move.mode,
    }));
    return { type: 'plan-drain', plan: { ...plan, moves }, unchecked: asked.unchecked };
  }
  return { type: 'error', code: 'internal', message: 'the plan changes with each answer' };
}

function planned(turn: Turn, planning: Planning, hostId: string): DrainPlan {
  const found = withFindings(turn.cluster, planning);
  const { cluster, overheadSeconds } = measuredFrom(found, turn, hostId);
  return planDrain(cluster, hostId, { overheadSeconds });
}

/** False while one has not been looked at. */
function lookAtVms(turn: Turn, planning: Planning, hostId: string): boolean {
  let all = true;
  for (const vm of turn.cluster.vms.values()) {
    if (vm.hostId !== hostId || vm.state !== 'running' || planning.held.has(vm.id)) continue;
    const seen = inspect(turn, vm, hostId, freshFor(planning));
    if (seen.type === 'asked') all = false;
    if (seen.type === 'failed') {
      const reason = { code: 'check-failed', hostId, available: seen.error.message } as const;
      planning.held.set(vm.id, [reason]);
    }
    if (seen.type !== 'seen') continue;
    planning.held.set(vm.id, seen.held);
    // What was planned without knowing it is planned again.
    if (seen.held.length > 0) planning.plan = undefined;
  }
  return all;
}

type MovesChecked = {
  readonly unchecked: readonly string[];
  readonly modes: ReadonlyMap<string, ModeChoice>;
};

function checkMoves(turn: Turn, planning: Planning, plan: DrainPlan): MovesChecked | 'changed' {
  const unchecked: string[] = [];
  const modes = new Map<string, ModeChoice>();
  let isChanged = false;
  for (const { vmId, source, target } of plan.moves) {
    const vm = turn.cluster.vms.get(vmId);
    const seen = vm === undefined ? undefined : inspect(turn, vm, source, freshFor(planning));
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
    const before = planning.barred.get(vmId) ?? [];
    planning.barred.set(vmId, [...before, { hostId: target, reasons: checked.reasons }]);
    isChanged = true;
  }
  if (!isChanged) return { unchecked, modes };
  planning.plan = undefined;
  return 'changed';
}

function withFindings(cluster: Cluster, { held, barred }: Planning): Cluster {
  const vms = new Map(cluster.vms);
  for (const vm of cluster.vms.values()) {
    const reasons = held.get(vm.id) ?? [];
    const hosts = barred.get(vm.id) ?? [];
    if (reasons.length + hosts.length === 0) continue;
    vms.set(vm.id, { ...vm, held: reasons, ...(hosts.length === 0 ? {} : { barred: hosts }) });
  }
  return { ...cluster, vms };
}

// ── one VM ──────────────────────────────────────────────────────────────────────────────────────────

function movePlan(
  turn: Turn,
  planning: Planning,
  { vmId, target }: Extract<PlanQuery, { type: 'plan-move' }>,
  isLate: boolean,
): QueryReply | undefined {
  const vm = turn.cluster.vms.get(vmId);
  if (vm === undefined) return { type: 'error', code: 'vm-not-found', message: `no VM ${vmId}` };
  const about = {
    vmId,
    vmName: vm.name,
    ...(vm.hostId === undefined ? {} : { source: vm.hostId }),
  };
  if (vm.hostId === undefined || vm.state !== 'running') {
    const message = `it is ${vm.state}; only a running VM migrates`;
    return { type: 'error', code: 'vm-not-running', message };
  }
  const reply = (plan: Omit<MovePlan, 'vmId' | 'vmName' | 'source'>): QueryReply => ({
    type: 'plan-move',
    plan: { ...about, ...plan },
  });
  const nothing = { reasons: [], rejections: [], unchecked: true } as const;
  const seen = inspect(turn, vm, vm.hostId, freshFor(planning));
  if (seen.type === 'asked') return isLate ? reply(nothing) : undefined;
  if (seen.type === 'failed') return { type: 'error', ...seen.error };
  const barred: Barred[] = [];
  const reasonsOf = () => [...seen.held, ...barred.flatMap(({ reasons }) => reasons)];
  // Whatever holds it: what the targets would say is told as well.
  for (;;) {
    const chosen = bestOf(turn, vm, barred, target);
    if (chosen.hostId === undefined) {
      return reply({ reasons: reasonsOf(), rejections: chosen.rejections, unchecked: false });
    }
    const checked = check(turn, vm, chosen.hostId, seen, Number.POSITIVE_INFINITY);
    if (checked.type === 'asked') {
      return isLate ? reply({ ...nothing, reasons: reasonsOf() }) : undefined;
    }
    if (checked.reasons.length > 0) {
      barred.push({ hostId: chosen.hostId, reasons: checked.reasons });
      continue;
    }
    const { mode, why } = checked.choice;
    const isHeld = seen.held.length > 0;
    return reply({
      ...(isHeld ? {} : { target: chosen.hostId, mode }),
      ...(isHeld || why === undefined ? {} : { modeReason: why }),
      reasons: reasonsOf(),
      rejections: chosen.rejections,
      unchecked: false,
    });
  }
}

function bestOf(
  turn: Turn,
  vm: Vm,
  barred: readonly Barred[],
  only: string | undefined,
): { readonly hostId?: string; readonly rejections: readonly Rejection[] } {
  const answer = place(turn.cluster, {
    shape: barred.length === 0 ? vm : { ...vm, barred },
    source: vm.hostId ?? '',
    ...(only === undefined ? {} : { only }),
  });
  const isAbout = ({ hostId, reason }: Rejection) =>
    reason !== 'host-excluded' && (only === undefined || hostId === only);
  const rejections = answer.rejections.filter(isAbout);
  return answer.type === 'placed' ? { hostId: answer.hostId, rejections } : { rejections };
}
