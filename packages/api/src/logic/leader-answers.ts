/** What the leader answers, as bodies: placements, drain plans, migrations in flight. */
import {
  type DrainPlan,
  explainPlacement,
  type MovePlan,
  type PlacementAnswer,
} from '@drover/core';
import {
  type api,
  type MigrationProgress,
  reasonRecords,
  type RecordMirror,
  rejectionRecord,
} from '@drover/protocol';
import type { Progress } from './operations.ts';

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
    moves: plan.moves.map(({ along, terms, ...move }) => ({
      ...move,
      ...(terms === undefined ? {} : { terms: [...terms] }),
      ...(along === undefined ? {} : { along: [...along] }),
      checked: !unchecked.includes(move.vmId),
    })),
    waves: plan.waves.map((wave) => [...wave]),
    blockers: plan.blockers.map(({ held, ...blocker }) => ({
      ...blocker,
      rejections: blocker.rejections.map(rejectionRecord),
      ...(held === undefined ? {} : { reasons: reasonRecords(held) }),
    })),
    estimatedSeconds: plan.estimatedSeconds,
  };
}

export function movePlanBody({ unchecked, ...plan }: MovePlan): api.MovePlanBody {
  return {
    ...plan,
    reasons: reasonRecords(plan.reasons),
    rejections: plan.rejections.map(rejectionRecord),
    checked: !unchecked,
  };
}

/** From the records; the progress is the leader's, and missing where that cannot be asked. */
export function listMigrations(
  records: RecordMirror,
  known: readonly MigrationProgress[] | undefined,
): readonly api.MigrationBody[] {
  const progress = progressById(known);
  return [...records.operations.values()]
    .map(({ value }) => value)
    .filter((one) => one.type === 'migrate' && one.state === 'running')
    .toSorted((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1))
    .map((one) => {
      const now = progress.get(one.id);
      return {
        operationId: one.id,
        vmId: one.vmId ?? '',
        vmName: one.vmName ?? '',
        source: one.source ?? '',
        target: one.target ?? '',
        step: one.step,
        ...(now === undefined ? {} : { progress: now }),
      };
    });
}

export function progressById(
  known: readonly MigrationProgress[] | undefined,
): ReadonlyMap<string, Progress> {
  return new Map((known ?? []).map((one) => [one.opId, progressBody(one)]));
}

function progressBody({ v: _v, opId: _opId, vmId: _vmId, ...shown }: MigrationProgress): Progress {
  return shown;
}
