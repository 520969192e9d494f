/** How the cluster is balanced: what a person sets, what holds where nothing is set, and recommendations that somebody does not want. */
import { Type, type Static } from 'typebox';
import { Count, Label, Name, Uuid } from './names.ts';
import type { RecordMirror } from './record-mirror.ts';

const closed = { additionalProperties: false } as const;

/** `observe`: it is only measured how uneven the cluster is. `recommend`: moves are proposed. `automatic`: they are made. */
export const BalanceMode = Type.Union([
  Type.Literal('observe'),
  Type.Literal('recommend'),
  Type.Literal('automatic'),
]);
export type BalanceMode = Static<typeof BalanceMode>;

/** On a clock that shows UTC. */
const TimeOfDay = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', maxLength: 5 });

export const BalanceSettings = Type.Object(
  {
    mode: Type.Optional(BalanceMode),
    /** 1: only against contention, and only where it is plain; 5: for any gain that outlasts its price. */
    aggressiveness: Type.Optional(
      Type.Union([
        Type.Literal(1),
        Type.Literal(2),
        Type.Literal(3),
        Type.Literal(4),
        Type.Literal(5),
      ]),
    ),
    /** That balancing makes by itself. */
    movesAtOnce: Type.Optional(Type.Integer({ minimum: 1, maximum: 16 })),
    movesPerHour: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000 })),
    /** A VM that was moved, for whatever cause, is left alone for so long. */
    cooldownMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 43_200 })),
    /** When moves are made by themselves, from the one time to the other, past midnight too; always if absent. */
    hours: Type.Optional(Type.Object({ from: TimeOfDay, to: TimeOfDay }, closed)),
  },
  closed,
);
export type BalanceSettings = Static<typeof BalanceSettings>;

export const BalanceSettingsRecord = Type.Object(
  { v: Type.Literal(1), settings: BalanceSettings, by: Label, atMs: Count },
  closed,
);
export type BalanceSettingsRecord = Static<typeof BalanceSettingsRecord>;

type Hours = Pick<BalanceSettings, 'hours'>;
export type BalanceInForce = Required<Omit<BalanceSettings, 'hours'>> & Hours;

export const balanceSettingsDefaults: BalanceInForce = {
  mode: 'recommend',
  aggressiveness: 3,
  movesAtOnce: 2,
  movesPerHour: 30,
  cooldownMinutes: 360,
};

export function balanceSettings(records: RecordMirror): BalanceInForce {
  return { ...balanceSettingsDefaults, ...records.balanceSettings.get('balance')?.value.settings };
}

/** Made from the VM and both hosts, so that the same move has the same one whoever finds it. */
export const RecommendationId = Type.String({ pattern: '^[0-9a-f]{10}$', maxLength: 10 });

/** A person does not want this VM to be moved for balance, for a while. */
export const DismissalRecord = Type.Object(
  {
    v: Type.Literal(1),
    id: RecommendationId,
    vmId: Uuid,
    source: Name,
    target: Name,
    /** Why it was recommended. */
    reason: Type.Optional(Type.String({ maxLength: 1000 })),
    /** Milliseconds since 1970. */
    untilMs: Count,
    by: Label,
    atMs: Count,
  },
  closed,
);
export type DismissalRecord = Static<typeof DismissalRecord>;
