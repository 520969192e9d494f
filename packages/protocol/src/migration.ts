/** What a migration is to cost at most, what it was expected to take, and what it took: as it crosses the wire and as it is kept. */
import { Type, type Static } from 'typebox';
import { Count } from './names.ts';

const closed = { additionalProperties: false } as const;
const Percent = Type.Integer({ minimum: 0, maximum: 100 });

const ThrottleLadder = Type.Object(
  {
    startPercent: Type.Integer({ minimum: 1, maximum: 99 }),
    stepPercent: Type.Integer({ minimum: 1, maximum: 99 }),
    atMostPercent: Type.Integer({ minimum: 1, maximum: 99 }),
  },
  closed,
);

const fields = {
  bandwidthMibps: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  streams: Type.Integer({ minimum: 1, maximum: 32 }),
  /** QEMU takes no more than 2,000 s. */
  downtimeLadderMs: Type.Array(Type.Integer({ minimum: 1, maximum: 2_000_000 }), {
    minItems: 1,
    maxItems: 8,
  }),
  throttle: ThrottleLadder,
  stallSeconds: Type.Integer({ minimum: 1, maximum: 3_600 }),
  timeoutFactor: Type.Integer({ minimum: 1, maximum: 1_000 }),
  timeoutAtLeastSeconds: Type.Integer({ minimum: 10, maximum: 604_800 }),
  whenStuck: Type.Union([Type.Literal('give-up'), Type.Literal('post-copy')]),
  restMinutes: Type.Integer({ minimum: 0, maximum: 10_080 }),
} as const;

export const MigrationPolicy = Type.Object(
  {
    ...fields,
    bandwidthMibps: Type.Optional(fields.bandwidthMibps),
    throttle: Type.Optional(fields.throttle),
  },
  closed,
);
export type MigrationPolicy = Static<typeof MigrationPolicy>;

/** What somebody wrote: a preset, and what is different from it. */
export const MigrationWish = Type.Object(
  {
    preset: Type.Optional(
      Type.Union([Type.Literal('gentle'), Type.Literal('balanced'), Type.Literal('must-finish')]),
    ),
    bandwidthMibps: Type.Optional(fields.bandwidthMibps),
    streams: Type.Optional(fields.streams),
    downtimeLadderMs: Type.Optional(fields.downtimeLadderMs),
    /** `false`: the VM is never slowed down. */
    throttle: Type.Optional(Type.Union([fields.throttle, Type.Literal(false)])),
    stallSeconds: Type.Optional(fields.stallSeconds),
    timeoutFactor: Type.Optional(fields.timeoutFactor),
    timeoutAtLeastSeconds: Type.Optional(fields.timeoutAtLeastSeconds),
    whenStuck: Type.Optional(fields.whenStuck),
    restMinutes: Type.Optional(fields.restMinutes),
  },
  closed,
);
export type MigrationWish = Static<typeof MigrationWish>;

/** One pass over the memory. What is left is known when it begins. */
export const MigrationRound = Type.Object(
  {
    round: Count,
    /** Since the migration began. */
    atMs: Count,
    remainingBytes: Count,
    transferredBytes: Count,
    throttlePercent: Percent,
  },
  closed,
);
export type MigrationRound = Static<typeof MigrationRound>;

/** What was done about a migration that did not converge by itself, and why. */
export const MigrationIntervention = Type.Object(
  {
    atMs: Count,
    type: Type.Union([
      Type.Literal('set-downtime'),
      Type.Literal('start-post-copy'),
      Type.Literal('give-up'),
    ]),
    downtimeMs: Type.Optional(Count),
    why: Type.String({ maxLength: 300 }),
  },
  closed,
);
export type MigrationIntervention = Static<typeof MigrationIntervention>;

export const timelineLimits = { rounds: 24, interventions: 12 } as const;

/** How one migration went. Of many rounds some are left out, never the first and the last. */
export const MigrationTimeline = Type.Object(
  {
    /** From the call to the first byte of memory. */
    setupMs: Type.Optional(Count),
    elapsedMs: Count,
    downtimeMs: Type.Optional(Count),
    totalBytes: Count,
    transferredBytes: Count,
    bytesPerSecond: Count,
    throttlePercent: Percent,
    roundCount: Count,
    rounds: Type.Array(MigrationRound, { maxItems: timelineLimits.rounds }),
    interventions: Type.Array(MigrationIntervention, { maxItems: timelineLimits.interventions }),
  },
  closed,
);
export type MigrationTimeline = Static<typeof MigrationTimeline>;

/** What a move was expected to take when it was decided on. */
export const MigrationForecast = Type.Object(
  {
    /** Of the whole move. */
    elapsedMs: Count,
    downtimeMs: Count,
    transferredMib: Count,
    rounds: Count,
    converges: Type.Boolean(),
    throttlePercent: Percent,
  },
  closed,
);
export type MigrationForecast = Static<typeof MigrationForecast>;

/** Decided with the move and kept with it, so that another leader goes on with the same. */
export const MigrationOrder = Type.Object(
  {
    policy: MigrationPolicy,
    /** By field of the policy, who said so. */
    from: Type.Record(Type.String({ maxLength: 32 }), Type.String({ maxLength: 350 })),
    timeoutMs: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    forecast: MigrationForecast,
  },
  closed,
);
export type MigrationOrder = Static<typeof MigrationOrder>;

/** It did not converge: the next move of the VM would end no better, wherever it goes. */
export function wasGivenUp<E extends { readonly code: string }>(error: E | undefined): error is E {
  return error?.code === 'migration-stuck' || error?.code === 'migration-timeout';
}
