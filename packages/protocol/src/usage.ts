/**
 * What hosts and VMs have used over time, as hosts tell it: a grid of steps, asked for by its beginning, and for each step
 * the mean and the most of what was measured in it. Who keeps it for how long is the agent's.
 */
import { Type, type Static } from 'typebox';
import { Count } from './names.ts';

const closed = { additionalProperties: false } as const;
const minuteMs = 60_000;

/** What is kept, and for how long: what a longer question would be answered with is gone. */
export const usageKeptMs = 24 * 60 * minuteMs;
/** Of one answer. */
export const usagePointsMost = 300;
/** Nothing is kept finer than that. */
export const usageStepMs = minuteMs;

/** Steps that the API chooses from, and people may: each divides a day. */
export const usageSteps = [1, 2, 5, 10, 15, 30, 60].map((minutes) => minutes * minuteMs);

/** Of a host, of a VM: not each measures all of them. */
export const usageSeries = [
  'cpuMilli',
  'cpuWaitMilli',
  'memoryMib',
  'cpuPressurePermille',
  'memoryPressurePermille',
] as const;
export type UsageSeries = (typeof usageSeries)[number];

/** `points` steps from `fromMs` on, by the host's clock. */
export const UsageGrid = Type.Object(
  {
    fromMs: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, multipleOf: minuteMs }),
    stepMs: Type.Integer({ minimum: minuteMs, maximum: usageKeptMs, multipleOf: minuteMs }),
    points: Type.Integer({ minimum: 1, maximum: usagePointsMost }),
  },
  closed,
);
export type UsageGrid = Static<typeof UsageGrid>;

/** One for each point; null: nothing was measured. */
const Values = Type.Array(Type.Union([Count, Type.Null()]), { maxItems: usagePointsMost });
const Column = Type.Optional(Type.Object({ mean: Values, most: Values }, closed));

export const UsageColumns = Type.Object(
  {
    /** How often was looked, by point: what a mean weighs beside another host's. */
    looks: Type.Array(Count, { maxItems: usagePointsMost }),
    cpuMilli: Column,
    cpuWaitMilli: Column,
    memoryMib: Column,
    cpuPressurePermille: Column,
    memoryPressurePermille: Column,
  },
  closed,
);
export type UsageColumns = Static<typeof UsageColumns>;
