/** What would be done: the plan of a drain, and of one move. */
import { Type, type Static } from 'typebox';
import { MigrationForecast, MigrationWish } from '../migration.ts';
import { Count, Name, Remark, Uuid } from '../names.ts';
import { ReasonRecord, RejectionRecord } from '../records.ts';
import { OnUnmovable } from '../requests.ts';
import { closed, named, Text } from './shape.ts';

export const MoveBody = Type.Object(
  {
    vmId: Uuid,
    vmName: Name,
    source: Name,
    target: Name,
    mode: Text,
    memoryMib: Count,
    /** How uneven the cluster is before and after it, in millionths; 0 is even. */
    unevenBefore: Type.Optional(Count),
    unevenAfter: Type.Optional(Count),
    /** What the two are made of; they add up to them. */
    terms: Type.Optional(
      Type.Array(Type.Object({ name: Text, before: Count, after: Count }, closed)),
    ),
    /** VMs that a rule has move at the same time. */
    along: Type.Optional(Type.Array(Uuid)),
    reason: Text,
    /** Both hosts were asked, and nothing is in its way; false: they did not answer in time, or are not asked. */
    checked: Type.Boolean(),
  },
  closed,
);

export const BlockerBody = Type.Object(
  {
    vmId: Uuid,
    vmName: Name,
    reason: Text,
    rejections: Type.Array(RejectionRecord),
    /** What its own host found, of `preflight-failed`. */
    reasons: Type.Optional(Type.Array(ReasonRecord)),
    remedy: Text,
  },
  closed,
);

export const DrainPlanBody = Type.Object(
  {
    hostId: Name,
    revision: Count,
    moves: Type.Array(MoveBody),
    /** Indexes into `moves`: which may go side by side. For people; each move begins as soon as it may. */
    waves: Type.Array(Type.Array(Count)),
    blockers: Type.Array(BlockerBody),
    estimatedSeconds: Count,
    /** Hard rules that have to bend for it. */
    bent: Type.Optional(Type.Array(Name)),
  },
  named('DrainPlan'),
);
export type DrainPlanBody = Static<typeof DrainPlanBody>;

export const DrainStart = Type.Object(
  {
    /** The moves of the plan that was shown; each is checked again before it is made. */
    plan: Type.Optional(
      Type.Array(Type.Object({ vmId: Uuid, target: Name }, closed), { maxItems: 1000 }),
    ),
    parallel: Type.Optional(Type.Integer({ minimum: 1, maximum: 8 })),
    /** For the moves of this drain only. */
    migration: Type.Optional(MigrationWish),
    onUnmovable: Type.Optional(OnUnmovable),
    /** So long moves may begin; those that are under way then are made. At most a week. */
    deadlineSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800 })),
    /** For others to read: why the host is emptied. */
    message: Type.Optional(Remark),
  },
  named('DrainStart'),
);
export type DrainStart = Static<typeof DrainStart>;

export const DrainRetry = Type.Object(
  {
    /** By id or by name. */
    vm: Type.Union([Uuid, Name]),
  },
  named('DrainRetry'),
);
export type DrainRetry = Static<typeof DrainRetry>;

export const RestorePlanBody = Type.Object(
  {
    hostId: Name,
    revision: Count,
    moves: Type.Array(MoveBody),
    waves: Type.Array(Type.Array(Count)),
    /** VMs that were moved away from there and stay where they are. */
    blockers: Type.Array(BlockerBody),
    estimatedSeconds: Count,
  },
  named('RestorePlan'),
);
export type RestorePlanBody = Static<typeof RestorePlanBody>;

export const RestoreStart = Type.Object(
  {
    /** The moves of the plan that was shown; each is checked again before it is made. */
    plan: Type.Optional(
      Type.Array(Type.Object({ vmId: Uuid, target: Name }, closed), { maxItems: 1000 }),
    ),
    parallel: Type.Optional(Type.Integer({ minimum: 1, maximum: 8 })),
    /** For these moves only. */
    migration: Type.Optional(MigrationWish),
  },
  named('RestoreStart'),
);
export type RestoreStart = Static<typeof RestoreStart>;

export const MovePlanBody = Type.Object(
  {
    vmId: Uuid,
    vmName: Name,
    source: Type.Optional(Name),
    /** Where it would go; absent where it cannot. */
    target: Type.Optional(Name),
    /** `live`, or `paused` where no lock guards its disks. */
    mode: Type.Optional(Text),
    modeReason: Type.Optional(Text),
    /** Where it has a target. */
    forecast: Type.Optional(MigrationForecast),
    /** Everything in its way, on its own host and on each that was asked. */
    reasons: Type.Array(ReasonRecord),
    rejections: Type.Array(RejectionRecord),
    /** Both hosts were asked; false: they did not answer in time. */
    checked: Type.Boolean(),
  },
  named('MovePlan'),
);
export type MovePlanBody = Static<typeof MovePlanBody>;
