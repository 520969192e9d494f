/**
 * Rules as people say them and as they lie in etcd: which VMs belong together or apart, and on which hosts. Their
 * meaning is the core's (`core/src/cluster/rule.ts`); what is kept of a VM is its id, whatever it is called later.
 */
import { Type, type Static } from 'typebox';
import { Count, Label, Labels, Name, Uuid } from './names.ts';

const closed = { additionalProperties: false } as const;

export const ruleLimits = { selected: 256, rules: 256 } as const;

/** By id or name, or every VM that has all of the labels, those to come too. */
export const VmSelector = Type.Object(
  {
    ids: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: ruleLimits.selected })),
    labels: Type.Optional(Labels),
  },
  closed,
);
export type VmSelector = Static<typeof VmSelector>;

export const HostSelector = Type.Object(
  {
    ids: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: ruleLimits.selected })),
    labels: Type.Optional(Labels),
  },
  closed,
);

/** What counts as one place: a host, or those with the same label `rack` or `zone`. */
const Over = Type.Union([Type.Literal('host'), Type.Literal('rack'), Type.Literal('zone')]);

const base = {
  strength: Type.Union([Type.Literal('hard'), Type.Literal('soft')]),
  /** Of a soft rule: points for each VM that breaks it; 10 if absent. */
  weight: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  /** Of a hard rule: a drain that finds no other way may break it. */
  bendsForDrain: Type.Optional(Type.Boolean()),
  vms: VmSelector,
};

export const RuleSpec = Type.Union([
  Type.Object(
    { ...base, type: Type.Union([Type.Literal('together'), Type.Literal('apart')]), over: Over },
    closed,
  ),
  Type.Object(
    {
      ...base,
      type: Type.Union([Type.Literal('pinned'), Type.Literal('away')]),
      hosts: HostSelector,
    },
    closed,
  ),
  /** The numbers in any two places differ by `maxSkew` at most. */
  Type.Object(
    {
      ...base,
      type: Type.Literal('spread'),
      over: Over,
      maxSkew: Type.Integer({ minimum: 1, maximum: 64 }),
    },
    closed,
  ),
]);
export type RuleSpec = Static<typeof RuleSpec>;

export const ruleTypes = ['together', 'apart', 'pinned', 'away', 'spread'] as const;

export const RuleRecord = Type.Object(
  {
    v: Type.Literal(1),
    name: Name,
    /** Tells one from a later one of the same name. */
    uuid: Uuid,
    spec: RuleSpec,
    by: Label,
    createdAtMs: Count,
    /** When it was changed last. */
    atMs: Count,
  },
  closed,
);
export type RuleRecord = Static<typeof RuleRecord>;
