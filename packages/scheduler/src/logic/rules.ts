/** Rules of the records as the core has them, and how the moves of an operation see them. */
import type { OperationRecord, RecordMirror, RuleSpec } from '@drover/protocol';
import {
  bentFor,
  type Cluster,
  type Rule,
  selects,
  softened,
  type Vm,
  withoutVms,
} from '@drover/core';

/** By the name that people know: refusals say it. */
export function ruleOf(name: string, spec: RuleSpec): Rule {
  return { id: name, ...spec };
}

export function rulesOf(mirror: RecordMirror): readonly Rule[] {
  return [...mirror.rules.values()]
    .map(({ value: { name, spec } }) => ruleOf(name, spec))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

export function isRuled({ rules = [] }: Cluster, vm: Vm): boolean {
  return rules.some((rule) => selects(rule.vms, vm));
}

/**
 * A drain may bend rules that say so (it has tried without before it orders a move); what a rule is enforced by may
 * break that one on the way; and of a host that is off nothing counts for rules.
 */
export function asSeenBy(
  mirror: RecordMirror,
  cluster: Cluster,
  { parentId }: Pick<OperationRecord, 'parentId'>,
): Cluster {
  if ((cluster.rules ?? []).length === 0) return cluster;
  const parent = mirror.operations.get(parentId ?? '')?.value;
  if (parent?.type === 'drain') return bentFor(cluster);
  if (parent?.type === 'enforce') return softened(cluster, parent.rule ?? '');
  if (parent?.type !== 'recover') return cluster;
  const { hostId: off } = parent;
  const there = [...cluster.vms.values()].filter(({ hostId }) => hostId === off);
  const theirs = new Set(there.map(({ id }) => id));
  // Where one of them was moving to, its room is held still: of no VM that a rule could be about.
  const reservations = cluster.reservations.map((one) =>
    theirs.has(one.vmId) ? { ...one, vmId: `room of ${one.operationId}` } : one,
  );
  return { ...withoutVms(cluster, there), reservations };
}
