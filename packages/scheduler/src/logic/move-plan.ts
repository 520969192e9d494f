/** The plan of one move: where the VM would go, how, and what that would take; or everything that is in its way. */
import type { QueryReply } from '@drover/protocol';
import {
  type Barred,
  type ModeChoice,
  type MovePlan,
  place,
  type Rejection,
  type Vm,
} from '@drover/core';
import { orderOf } from './migration-order.ts';
import { freshFor } from './findings.ts';
import type { Planning, PlanQuery } from './planning.ts';
import { check, inspect, type Seen } from './preflight.ts';
import { targetsAskedAtOnce } from './settings.ts';
import type { Turn } from './turn.ts';

/** The answer, once it is known or has to be given. */
export function movePlan(
  turn: Turn,
  planning: Planning,
  query: Extract<PlanQuery, { type: 'plan-move' }>,
  isLate: boolean,
): QueryReply | undefined {
  const { vmId } = query;
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
  const reply = (plan: Omit<MovePlan, 'vmId' | 'vmName' | 'source'>): MovePlanReply => ({
    type: 'plan-move',
    plan: { ...about, ...plan },
  });
  const nothing = { reasons: [], rejections: [], unchecked: true } as const;
  const seen = inspect(turn, vm, vm.hostId, freshFor(planning));
  if (seen.type === 'asked') return isLate ? reply(nothing) : undefined;
  if (seen.type === 'failed') return { type: 'error', ...seen.error };
  const { barred, chosen, choice } = lookForTarget(turn, vm, seen, query.target);
  const reasons = [...seen.held, ...barred.flatMap((one) => one.reasons)];
  if (chosen === undefined) return isLate ? reply({ ...nothing, reasons }) : undefined;
  const found = { reasons, rejections: chosen.rejections, unchecked: false };
  // Whatever holds it: what the targets would say is told as well.
  if (chosen.hostId === undefined || choice === undefined || seen.held.length > 0) {
    return reply(found);
  }
  const { hostId } = chosen;
  const { mode, why } = choice;
  return {
    ...reply({ ...found, target: hostId, mode, ...(why === undefined ? {} : { modeReason: why }) }),
    forecast: orderOf(turn.mirror, {
      vm,
      source: vm.hostId,
      target: hostId,
      reported: turn.hosts.get(vm.hostId)?.inventory?.vms.find((one) => one.vmId === vmId),
      asked: query.migration,
    }).forecast,
  };
}

type MovePlanReply = Extract<QueryReply, { type: 'plan-move' }>;

interface Looked {
  /** Those that said no. */
  readonly barred: readonly Barred[];
  /** The best of the others, which can take it or is none; absent: it is being asked. */
  readonly chosen?: Best;
  readonly choice?: ModeChoice;
}

/** Several are asked at once, as findTarget does; what they said counts until there is the plan. */
function lookForTarget(turn: Turn, vm: Vm, seen: Seen, only: string | undefined): Looked {
  const barred: Barred[] = [];
  const asked: Barred[] = [];
  for (;;) {
    const chosen = bestOf(turn, vm, [...barred, ...asked], only);
    if (chosen.hostId === undefined) return asked.length > 0 ? { barred } : { barred, chosen };
    const { hostId } = chosen;
    const checked = check(turn, vm, hostId, seen, Number.POSITIVE_INFINITY);
    if (checked.type === 'asked') {
      asked.push({ hostId, reasons: [] });
      if (asked.length >= targetsAskedAtOnce) return { barred };
    } else if (checked.reasons.length > 0) {
      barred.push({ hostId, reasons: checked.reasons });
    } else return asked.length > 0 ? { barred } : { barred, chosen, choice: checked.choice };
  }
}

interface Best {
  readonly hostId?: string;
  readonly rejections: readonly Rejection[];
}

function bestOf(turn: Turn, vm: Vm, barred: readonly Barred[], only: string | undefined): Best {
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
