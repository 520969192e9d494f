/** What a host or a VM used over time. */
import { Type, type Static } from 'typebox';
import { Count, Name } from '../names.ts';
import { closed, named, Text } from './shape.ts';

const Share = Type.Integer({ minimum: 0, maximum: 1000 });

/** One step: means, and the most of each. What was not measured in it is absent. */
export const UsagePoint = Type.Object(
  {
    atMs: Count,
    /** That measured it: of a VM that moved in this step, both. */
    hosts: Type.Array(Name),
    cpuMilli: Type.Optional(Count),
    mostCpuMilli: Type.Optional(Count),
    /** Of a VM: CPU that its vCPUs were ready for, and did not get. */
    cpuWaitMilli: Type.Optional(Count),
    mostCpuWaitMilli: Type.Optional(Count),
    /** Of a VM: what it has touched. */
    memoryMib: Type.Optional(Count),
    mostMemoryMib: Type.Optional(Count),
    cpuPressurePermille: Type.Optional(Share),
    mostCpuPressurePermille: Type.Optional(Share),
    memoryPressurePermille: Type.Optional(Share),
    mostMemoryPressurePermille: Type.Optional(Share),
  },
  closed,
);
export type UsagePoint = Static<typeof UsagePoint>;

export const UsageBody = Type.Object(
  {
    fromMs: Count,
    /** The end of the last step; that one may not be over. */
    untilMs: Count,
    stepMs: Count,
    /** Oldest first. A step in which nothing was measured has none: it is a gap. */
    points: Type.Array(UsagePoint),
    /** That were asked and have answered. */
    hosts: Type.Array(Name),
    /** That were asked and have not: what they know is missing. */
    silent: Type.Array(Type.Object({ host: Name, code: Text, message: Text }, closed)),
  },
  named('Usage'),
);
export type UsageBody = Static<typeof UsageBody>;
