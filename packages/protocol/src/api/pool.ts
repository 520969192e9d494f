/** A storage pool: its declaration, and how it is on each host and as a whole. */
import { Type, type Static } from 'typebox';
import { Count, Name, Uuid } from '../names.ts';
import {
  Pool,
  PoolCondition,
  poolLimits,
  PoolMark,
  PoolMount,
  PoolProtection,
} from '../pool-spec.ts';
import { PoolAlarm, PoolDoctor } from '../pool-state.ts';
import { Conditions } from './condition.ts';
import { named } from './shape.ts';

const closed = { additionalProperties: false } as const;
const Text = Type.String({ maxLength: 1024 });

export const PoolOnHost = Type.Object(
  {
    hostId: Name,
    condition: PoolCondition,
    reason: Type.Optional(Text),
    capacityMib: Count,
    freeMib: Count,
    mount: Type.Optional(PoolMount),
    mark: Type.Optional(PoolMark),
    inodes: Type.Optional(Type.Object({ total: Count, free: Count }, closed)),
    /** Since the host was heard. */
    reportAgeMs: Count,
  },
  closed,
);
export type PoolOnHost = Static<typeof PoolOnHost>;

export const PoolTrend = Type.Object(
  {
    /** Of a pool that each host has for itself. */
    hostId: Type.Optional(Name),
    /** Free room that goes, below zero, or comes. */
    mibPerHour: Type.Integer(),
    /** At that pace; absent where it does not fill up. */
    fullInHours: Type.Optional(Type.Number({ minimum: 0 })),
    overMinutes: Count,
  },
  closed,
);
export type PoolTrend = Static<typeof PoolTrend>;

/** What the leader knows of it; all of that is missing while none leads. */
export const PoolStatus = Type.Object(
  {
    /** Of one that is shared: as the host sees it that sees least. Of `local` ones the sum. */
    capacityMib: Count,
    freeMib: Count,
    /** Sizes of all disks in it, as far as they are known. */
    promisedMib: Count,
    promisableMib: Type.Optional(Count),
    /** Kept for what is being made now. */
    reservedMib: Count,
    trends: Type.Array(PoolTrend, { maxItems: 1000 }),
    protection: PoolProtection,
    protectedBy: Text,
    alarms: Type.Array(PoolAlarm, { maxItems: 256 }),
    hosts: Type.Array(PoolOnHost, { maxItems: 1000 }),
  },
  closed,
);
export type PoolStatus = Static<typeof PoolStatus>;

export const PoolBody = Type.Object(
  {
    ...Pool.properties,
    uuid: Uuid,
    createdAtMs: Count,
    thinLimitPercent: Count,
    alarmPercent: Count,
    conditions: Conditions,
    status: Type.Optional(PoolStatus),
    doctor: Type.Optional(PoolDoctor),
  },
  named('Pool'),
);
export type PoolBody = Static<typeof PoolBody>;

export const PoolCreate = Type.Object({ ...Pool.properties, ...poolLimits }, named('PoolCreate'));
export type PoolCreate = Static<typeof PoolCreate>;

export const PoolChange = Type.Object(
  { ...poolLimits },
  { ...named('PoolChange'), minProperties: 1 },
);
export type PoolChange = Static<typeof PoolChange>;
