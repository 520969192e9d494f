/** A rule, what it would take for it to hold, and making it hold. */
import { Type, type Static } from 'typebox';
import { Count, Name, Uuid } from '../names.ts';
import { RuleSpec } from '../rule-spec.ts';
import { MoveBody } from './plan.ts';
import { closed, named, Text } from './shape.ts';

const RuledVm = Type.Object({ id: Uuid, name: Name, hostId: Type.Optional(Name) }, closed);

/** As the leader sees it; absent where none leads. */
const RuleStatus = Type.Object(
  {
    state: Type.Union([Type.Literal('holds'), Type.Literal('broken')]),
    /** VMs too many in the wrong place. */
    broken: Count,
    /** Those that it is about and that have a place. */
    vms: Type.Array(RuledVm),
    brokenBy: Type.Array(RuledVm),
  },
  closed,
);

export const RuleBody = Type.Object(
  {
    name: Name,
    /** VMs by id; by `vmNames` what they are called. */
    spec: RuleSpec,
    vmNames: Type.Record(Uuid, Name, { additionalProperties: false }),
    status: Type.Optional(RuleStatus),
    createdAtMs: Count,
    changedAtMs: Count,
    by: Text,
  },
  named('Rule'),
);
export type RuleBody = Static<typeof RuleBody>;

export const RuleCreate = Type.Object({ name: Name, spec: RuleSpec }, named('RuleCreate'));
export type RuleCreate = Static<typeof RuleCreate>;

/** All of it. */
export const RuleSet = Type.Object({ spec: RuleSpec }, named('RuleSet'));
export type RuleSet = Static<typeof RuleSet>;

/** What of a rule can be changed alone; whom it is about, and what it says, is set as a whole. */
export const RuleChange = Type.Object(
  {
    strength: Type.Optional(Type.Union([Type.Literal('hard'), Type.Literal('soft')])),
    weight: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    bendsForDrain: Type.Optional(Type.Boolean()),
  },
  { ...named('RuleChange'), minProperties: 1 },
);
export type RuleChange = Static<typeof RuleChange>;

export const RulePlanBody = Type.Object(
  {
    rule: Name,
    revision: Count,
    /** VMs too many in the wrong place now. */
    broken: Count,
    brokenBy: Type.Array(RuledVm),
    /** Can it hold, next to the other hard rules? `unknown`: no way was found, and not every one was tried. */
    feasible: Type.Union([Type.Literal('yes'), Type.Literal('no'), Type.Literal('unknown')]),
    /** Hard rules that it contradicts: it is not saved next to them. */
    conflicts: Type.Array(Type.Object({ rule: Name, why: Text }, closed)),
    moves: Type.Array(MoveBody),
    waves: Type.Array(Type.Array(Count)),
    /** The fewest hosts without which it could not hold any more. */
    breaksWithout: Type.Optional(Type.Array(Name)),
    estimatedSeconds: Count,
  },
  named('RulePlan'),
);
export type RulePlanBody = Static<typeof RulePlanBody>;

export const RuleEnforce = Type.Object(
  {
    /** The moves of the plan that was shown; each is checked again before it is made. */
    plan: Type.Optional(
      Type.Array(Type.Object({ vmId: Uuid, target: Name }, closed), { maxItems: 1000 }),
    ),
  },
  named('RuleEnforce'),
);
export type RuleEnforce = Static<typeof RuleEnforce>;
