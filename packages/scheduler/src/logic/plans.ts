/**
 * Plans that hosts are asked about before they are shown: each move of a drain, or the one of a VM. Asking changes
 * nothing. What hosts find changes the plan, which is then asked about anew; in the end every move that it shows has
 * been found possible, or the plan says which has not been looked at in time.
 */
import type { QueryReply } from '@drover/protocol';
import { type Cluster, type DrainPlan, type ModeChoice, planDrain } from '@drover/core';
import { measuredFrom } from './measured.ts';
import { movePlan } from './move-plan.ts';
import { freshFor, type Planning, type PlanQuery } from './planning.ts';
import { check, inspect } from './preflight.ts';
import { planPatienceMs } from './settings.ts';
import type { Turn } from './turn.ts';

/** The answer, once it is known or has to be given. */
export function continuePlanning(turn: Turn, planning: Planning): QueryReply | undefined {
  const isLate = turn.now.monoMs - planning.sinceMs >= planPatienceMs;
  return planning.query.type === 'plan-drain'
    ? drainPlan(turn, planning, planning.query, isLate)
    : movePlan(turn, planning, planning.query, isLate);
}

/** So often a plan is made anew for what hosts said about the last one. */
const replansAtOnce = 100;

function drainPlan(
  turn: Turn,
  planning: Planning,
  query: Extract<PlanQuery, { type: 'plan-drain' }>,
  isLate: boolean,
): QueryReply | undefined {
  const { hostId } = query;
  if (!turn.cluster.hosts.has(hostId)) {
    const message = `no host ${hostId} has reported`;
    return { type: 'error', code: 'host-not-found', message };
  }
  if (!lookAtVms(turn, planning, hostId) && !isLate) return undefined;
  for (let round = 0; round < replansAtOnce; round += 1) {
    planning.plan ??= planned(turn, planning, query);
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

function planned(
  turn: Turn,
  planning: Planning,
  { hostId, ...asked }: Extract<PlanQuery, { type: 'plan-drain' }>,
): DrainPlan {
  const found = withFindings(turn.cluster, planning);
  const { cluster, options } = measuredFrom(found, turn, hostId, asked);
  return planDrain(cluster, hostId, options);
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
