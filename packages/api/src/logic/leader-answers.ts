/** What the leader answers, as bodies: placements, plans. */
import {
  type Blocker,
  type DrainPlan,
  explainPlacement,
  type MovePlan,
  type Move,
  type PlacementAnswer,
  type RestorePlan,
} from '@drover/core';
import { type api, type MigrationForecast, reasonRecords, rejectionRecord } from '@drover/protocol';

export function placementBody(
  answer: PlacementAnswer,
  sentences: readonly string[] = explainPlacement(answer),
): api.PlacementBody {
  return {
    type: answer.type,
    ...(answer.type === 'placed' ? { hostId: answer.hostId } : {}),
    candidates:
      answer.type === 'placed'
        ? answer.candidates.map(({ hostId, score, terms }) => ({
            hostId,
            score,
            terms: terms.map(({ name, weight, value, points }) => ({
              name,
              weight,
              value,
              points,
            })),
          }))
        : [],
    rejections: answer.rejections.map(rejectionRecord),
    sentences: [...sentences],
  };
}

/** `unchecked`: VMs that no host could speak about in time. */
export function drainPlanBody(plan: DrainPlan, unchecked: readonly string[]): api.DrainPlanBody {
  return {
    hostId: plan.hostId,
    revision: plan.revision,
    moves: plan.moves.map((move) => moveBody(move, unchecked)),
    waves: plan.waves.map((wave) => [...wave]),
    blockers: plan.blockers.map(blockerBody),
    estimatedSeconds: plan.estimatedSeconds,
    ...(plan.bent.length === 0 ? {} : { bent: [...plan.bent] }),
  };
}

export function restorePlanBody(
  hostId: string,
  { revision, moves, waves, stay, estimatedSeconds }: RestorePlan,
  unchecked: readonly string[],
): api.RestorePlanBody {
  return {
    hostId,
    revision,
    moves: moves.map((move) => moveBody(move, unchecked)),
    waves: waves.map((wave) => [...wave]),
    blockers: stay.map(blockerBody),
    estimatedSeconds,
  };
}

/** `unchecked`: VMs that no host has been asked about. */
export function moveBody({ along, terms, ...move }: Move, unchecked: readonly string[]) {
  return {
    ...move,
    ...(terms === undefined ? {} : { terms: [...terms] }),
    ...(along === undefined ? {} : { along: [...along] }),
    checked: !unchecked.includes(move.vmId),
  };
}

function blockerBody({ held, ...blocker }: Blocker) {
  return {
    ...blocker,
    rejections: blocker.rejections.map(rejectionRecord),
    ...(held === undefined ? {} : { reasons: reasonRecords(held) }),
  };
}

export function movePlanBody(
  { unchecked, ...plan }: MovePlan,
  forecast: MigrationForecast | undefined,
): api.MovePlanBody {
  return {
    ...plan,
    ...(forecast === undefined ? {} : { forecast }),
    reasons: reasonRecords(plan.reasons),
    rejections: plan.rejections.map(rejectionRecord),
    checked: !unchecked,
  };
}
