/** Balance: how even the cluster is, what would make it better and why, and what a person set. */
import { Type, type Static } from 'typebox';
import { BalanceMode, BalanceSettings, DismissalRecord, RecommendationId } from '../balance.ts';
import { Count, Name, OperationId, Uuid } from '../names.ts';
import { closed, named, Text } from './shape.ts';

/** May be below zero. */
const Difference = Type.Integer({
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
});

export const RecommendationBody = Type.Object(
  {
    id: RecommendationId,
    /** 1: VMs wait for each other, and badly; 5: a little more even. */
    priority: Type.Integer({ minimum: 1, maximum: 5 }),
    vmId: Uuid,
    vmName: Name,
    source: Name,
    target: Name,
    /** `live`, or `paused` where no lock guards its disks. */
    mode: Text,
    reason: Text,
    /** How uneven the cluster is before and after it, in millionths; 0 is even. */
    unevenBefore: Count,
    unevenAfter: Count,
    /** What the two are made of; they add up to them. */
    terms: Type.Array(Type.Object({ name: Text, before: Count, after: Count }, closed)),
    /** What the move is expected to take. */
    cost: Type.Object({ bytes: Count, elapsedMs: Count, downtimeMs: Count }, closed),
    /** Of these moves before it: they make room for it. */
    after: Type.Array(RecommendationId),
    /** VMs that a rule has move at the same time. */
    along: Type.Array(Uuid),
    /** Why none of the other hosts; `gain` is what its move there would do by itself, in millionths. */
    others: Type.Array(
      Type.Object({ hostId: Name, text: Text, gain: Type.Optional(Difference) }, closed),
    ),
    /** Both hosts were asked, and nothing is in its way; false: they did not answer in time. */
    checked: Type.Boolean(),
    /** Since when it is recommended. */
    sinceMs: Count,
  },
  named('Recommendation'),
);
export type RecommendationBody = Static<typeof RecommendationBody>;

/** A recommendation that nobody answered, and that the leader does not give any more. */
const Withdrawn = Type.Object(
  {
    ...Type.Pick(RecommendationBody, [
      'id',
      'vmId',
      'vmName',
      'source',
      'target',
      'reason',
      'sinceMs',
    ]).properties,
    atMs: Count,
    why: Text,
  },
  closed,
);

const Calm = Type.Object({ code: Text, text: Text }, closed);
const Terms = Type.Array(Type.Object({ name: Text, millionths: Count }, closed));

/** What the leader knows of it. */
export const BalanceStatus = Type.Object(
  {
    /** Of the newest run; absent before the first one. */
    ranAtMs: Type.Optional(Count),
    unevenBefore: Type.Optional(Count),
    unevenAfter: Type.Optional(Count),
    terms: Terms,
    /** Why nothing is recommended. */
    calm: Type.Optional(Calm),
    /** Why nothing moves by itself at the moment, though it should. */
    paused: Type.Optional(Text),
    /** That may still be made in this hour. */
    movesLeft: Count,
    /** In the order in which they are to be made. */
    recommendations: Type.Array(RecommendationBody),
    /** Of this leader, the newest first. */
    withdrawn: Type.Optional(Type.Array(Withdrawn)),
  },
  closed,
);
export type BalanceStatus = Static<typeof BalanceStatus>;

export const BalanceBody = Type.Object(
  {
    ...Type.Omit(BalanceStatus, ['recommendations', 'withdrawn']).properties,
    mode: BalanceMode,
    recommendations: Count,
    /** What people do not want, for a while. */
    dismissed: Type.Array(
      Type.Object(
        {
          ...Type.Omit(DismissalRecord, ['v', 'by']).properties,
          vmName: Name,
          by: Text,
        },
        closed,
      ),
    ),
  },
  named('Balance'),
);
export type BalanceBody = Static<typeof BalanceBody>;

/** A recommendation that is one no more: what was said to it, by whom, and how it ended. */
export const PastRecommendationBody = Type.Object(
  {
    ...Type.Pick(RecommendationBody, ['id', 'vmId', 'vmName', 'source', 'target']).properties,
    /** Why it was recommended; not of those that were dismissed before this was kept. */
    reason: Type.Optional(Text),
    /** `by-itself`: made in the mode `automatic`. `withdrawn`: it was not right any more before anybody answered. */
    answer: Type.Union([
      Type.Literal('applied'),
      Type.Literal('by-itself'),
      Type.Literal('dismissed'),
      Type.Literal('withdrawn'),
    ]),
    /** Who answered it; nobody where it was withdrawn. */
    by: Type.Optional(Text),
    /** When it was answered, or withdrawn. */
    atMs: Count,
    /**
     * Of its move: `refused` before anything was copied; `given-up` where memory was written faster than it could be copied. Of
     * one that was dismissed: `left-alone` until `untilMs`, and `over` then. None of one that was withdrawn.
     */
    outcome: Type.Optional(
      Type.Union([
        Type.Literal('under-way'),
        Type.Literal('moved'),
        Type.Literal('refused'),
        Type.Literal('given-up'),
        Type.Literal('failed'),
        Type.Literal('cancelled'),
        Type.Literal('left-alone'),
        Type.Literal('over'),
      ]),
    ),
    /** Why it ended so, or was withdrawn. */
    why: Type.Optional(Text),
    operationId: Type.Optional(OperationId),
    endedAtMs: Type.Optional(Count),
    untilMs: Type.Optional(Count),
  },
  named('PastRecommendation'),
);
export type PastRecommendationBody = Static<typeof PastRecommendationBody>;

/** What would be done now. */
export const BalancePlanBody = Type.Object(
  {
    revision: Count,
    moves: Type.Array(RecommendationBody),
    /** Indexes into `moves`: which may go side by side. */
    waves: Type.Array(Type.Array(Count)),
    unevenBefore: Count,
    unevenAfter: Count,
    terms: Terms,
    estimatedSeconds: Count,
    calm: Type.Optional(Calm),
  },
  named('BalancePlan'),
);
export type BalancePlanBody = Static<typeof BalancePlanBody>;

export const BalanceSettingsBody = Type.Object(
  {
    settings: BalanceSettings,
    /** With what holds where nothing is set. */
    inForce: BalanceSettings,
    by: Type.Optional(Text),
    atMs: Type.Optional(Count),
  },
  named('BalanceSettingsBody'),
);
export type BalanceSettingsBody = Static<typeof BalanceSettingsBody>;

export const RecommendationDismiss = Type.Object(
  {
    /** A week if absent. */
    minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 525_600 })),
  },
  named('RecommendationDismiss'),
);
export type RecommendationDismiss = Static<typeof RecommendationDismiss>;
