/**
 * What the scheduler keeps of a pool: that it is marked, so that a directory without the mark is known to be another
 * one; what people are warned of; what the newest doctor found. Sizes and hosts' states are the leader's to tell.
 */
import { Type, type Static } from 'typebox';
import { Count, Label, Name, OperationId, Uuid } from './names.ts';
import { PoolProtection } from './pool-spec.ts';

const closed = { additionalProperties: false } as const;
const Text = Type.String({ maxLength: 1024 });
const WallMs = Count;

export const PoolAlarm = Type.Object(
  {
    code: Type.Union([
      Type.Literal('nearly-full'),
      Type.Literal('full-soon'),
      Type.Literal('promised-too-much'),
    ]),
    /** Of a pool that each host has for itself. */
    hostId: Type.Optional(Name),
    message: Text,
  },
  closed,
);
export type PoolAlarm = Static<typeof PoolAlarm>;

export const PoolFinding = Type.Object(
  {
    code: Type.String({ pattern: '^[a-z-]{1,64}$' }),
    level: Type.Union([Type.Literal('good'), Type.Literal('warning'), Type.Literal('bad')]),
    hostId: Type.Optional(Name),
    message: Text,
    remedy: Type.Optional(Text),
  },
  closed,
);
export type PoolFinding = Static<typeof PoolFinding>;

export const PoolDoctor = Type.Object(
  {
    operationId: OperationId,
    by: Label,
    atMs: WallMs,
    hosts: Type.Array(Name, { maxItems: 1000 }),
    protection: PoolProtection,
    /** What protects it, in one sentence. */
    verdict: Text,
    findings: Type.Array(PoolFinding, { maxItems: 1000 }),
  },
  closed,
);
export type PoolDoctor = Static<typeof PoolDoctor>;

export const PoolStateRecord = Type.Object(
  {
    v: Type.Literal(1),
    name: Name,
    /** Of the pool that it is about; another one may have had the name. */
    uuid: Uuid,
    /** A host says that its mark is there, or was told to write it. */
    marked: Type.Optional(Type.Object({ hostId: Name, atMs: WallMs }, closed)),
    alarms: Type.Optional(Type.Array(PoolAlarm, { maxItems: 256 })),
    doctor: Type.Optional(PoolDoctor),
  },
  closed,
);
export type PoolStateRecord = Static<typeof PoolStateRecord>;
