/**
 * Plans that hosts are asked about before they are shown: each move of a drain, or the one of a VM. Asking changes
 * nothing. What hosts find changes the plan, which is then asked about anew; in the end every move that it shows has
 * been found possible, or the plan says which has not been looked at in time.
 */
import type { QueryReply } from '@drover/protocol';
import { type Cluster, type DrainPlan, planDrain, planRestore } from '@drover/core';
import { balancePlanAsked } from './balance/plan-now.ts';
import { consoleWay } from './console-way.ts';
import { checkMoves, lookAtVms, planAsked, withFindings, withModes } from './findings.ts';
import { homesOf } from './homes.ts';
import { measuredFrom } from './measured.ts';
import { movePlan } from './move-plan.ts';
import { orphansAsked } from './orphans.ts';
import type { Planning, PlanQuery } from './planning.ts';
import { planPatienceMs } from './settings.ts';
import type { Turn } from './turn.ts';

/** The answer, once it is known or has to be given. */
export function continuePlanning(turn: Turn, planning: Planning): QueryReply | undefined {
  const isLate = turn.now.monoMs - planning.sinceMs >= planPatienceMs;
  switch (planning.query.type) {
    case 'plan-drain':
      return drainPlan(turn, planning, planning.query, isLate);
    case 'plan-move':
      return movePlan(turn, planning, planning.query, isLate);
    case 'plan-restore':
      return restorePlan(turn, planning, planning.query, isLate);
    case 'plan-balance':
      return balancePlanAsked(turn, planning, isLate);
    case 'orphans':
      return orphansAsked(turn, planning, planning.query, isLate);
    case 'open-console':
      return consoleWay(turn, planning, planning.query, isLate);
  }
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
  if (!turn.cluster.hosts.has(hostId)) return noHost(hostId);
  const there = [...turn.cluster.vms.values()].filter((vm) => vm.hostId === hostId);
  const looked = lookAtVms(turn, planning, there);
  if (looked.isChanged) planning.plan = undefined;
  if (!looked.all && !isLate) return undefined;
  for (let round = 0; round < replansAtOnce; round += 1) {
    const plan = planning.plan ?? planned(turn, planning, query);
    planning.plan = plan;
    const asked = checkMoves(turn, planning, plan.moves);
    if (asked === 'changed') {
      planning.plan = undefined;
      continue;
    }
    if (asked.unchecked.length > 0 && !isLate) return undefined;
    return {
      type: 'plan-drain',
      plan: withModes(plan, asked.modes),
      unchecked: asked.unchecked,
    };
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

function restorePlan(
  turn: Turn,
  planning: Planning,
  { hostId }: Extract<PlanQuery, { type: 'plan-restore' }>,
  isLate: boolean,
): QueryReply | undefined {
  if (!turn.cluster.hosts.has(hostId)) return noHost(hostId);
  const { restore } = planning;
  const found = planAsked(
    turn,
    restore,
    (cluster) => planRestore(uncordoned(cluster, hostId), homesOf(turn.mirror, hostId)),
    isLate,
  );
  return found && { type: 'plan-restore', ...found };
}

function noHost(hostId: string): QueryReply {
  const message = `no host ${hostId} has reported`;
  return { type: 'error', code: 'host-not-found', message };
}

/** As it will be when VMs go back to it. */
function uncordoned(cluster: Cluster, hostId: string): Cluster {
  const host = cluster.hosts.get(hostId);
  if (host === undefined) return cluster;
  return { ...cluster, hosts: new Map(cluster.hosts).set(hostId, { ...host, intent: 'active' }) };
}
