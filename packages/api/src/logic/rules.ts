/** Rules as the API shows them: what is in etcd, and whether they hold where the leader can say that. */
import type { RulePlan, RuleConflict, RuleState } from '@drover/core';
import {
  type api,
  DroverError,
  type RecordMirror,
  type RuleRecord,
  type Stored,
} from '@drover/protocol';
import { moveBody } from './leader-answers.ts';

/** What the leader says of rules; nothing while none leads. */
export type RuleStates = Readonly<Record<string, RuleState>> | undefined;

export function requireRule(records: RecordMirror, name: string): Stored<RuleRecord> {
  const rule = records.rules.get(name);
  if (rule !== undefined) return rule;
  throw new DroverError('rule-not-found', `there is no rule ${name}; GET /v1/rules lists them`);
}

export function listRules(records: RecordMirror, states: RuleStates): readonly api.RuleBody[] {
  return [...records.rules.values()]
    .map(({ value }) => ruleBody(records, value, states))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** VMs that are gone are not shown: the rule says nothing of them any more. */
export function ruleBody(
  records: RecordMirror,
  { name, spec, by, createdAtMs, atMs }: RuleRecord,
  states: RuleStates,
): api.RuleBody {
  const state = states?.[name];
  const { ids } = spec.vms;
  const known = ids?.filter((id) => records.vmIntents.has(id));
  const vmNames = Object.fromEntries(
    (known ?? []).map((id) => [id, records.vmIntents.get(id)?.value.name ?? id]),
  );
  const shown = known !== undefined && known.length < (ids?.length ?? 0) && known.length > 0;
  return {
    name,
    spec: shown ? { ...spec, vms: { ...spec.vms, ids: known } } : spec,
    vmNames,
    ...(state === undefined ? {} : { status: statusOf(records, state) }),
    createdAtMs,
    changedAtMs: atMs,
    by,
  };
}

function statusOf(
  records: RecordMirror,
  { members, broken, brokenBy }: RuleState,
): NonNullable<api.RuleBody['status']> {
  return {
    state: broken === 0 ? 'holds' : 'broken',
    broken,
    vms: ruledVms(records, members),
    brokenBy: ruledVms(records, brokenBy),
  };
}

function ruledVms(records: RecordMirror, ids: readonly string[]) {
  return ids.map((id) => {
    const hostId = records.assignments.get(id)?.value.hostId;
    const name = records.vmIntents.get(id)?.value.name ?? id;
    return { id, name, ...(hostId === undefined ? {} : { hostId }) };
  });
}

export function rulePlanBody(
  records: RecordMirror,
  plan: RulePlan,
  { brokenBy }: RuleState,
  conflicts: readonly RuleConflict[],
): api.RulePlanBody {
  const { ruleId, revision, broken, feasible, breaksWithout, estimatedSeconds } = plan;
  return {
    rule: ruleId,
    revision,
    broken,
    brokenBy: ruledVms(records, brokenBy),
    feasible,
    conflicts: conflicts.map(({ ruleId: rule, why }) => ({ rule, why })),
    // Hosts are asked when it is enforced, just before each.
    moves: plan.moves.map((move) => moveBody(move, [move.vmId])),
    waves: plan.waves.map((wave) => [...wave]),
    ...(breaksWithout === undefined ? {} : { breaksWithout: [...breaksWithout] }),
    estimatedSeconds,
  };
}
