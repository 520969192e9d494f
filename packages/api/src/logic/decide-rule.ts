/**
 * Saving, changing and deleting rules, and making one hold. Saving moves nothing: what breaks a rule that is saved goes
 * on as it is, until somebody enforces the rule.
 */
import type { RuleConflict } from '@drover/core';
import {
  type api,
  DroverError,
  keys,
  type RecordMirror,
  type RequestRecord,
  ruleLimits,
  type RuleRecord,
  type RuleSpec,
} from '@drover/protocol';
import { refuseWhenFull } from './decide-vm.ts';
import { requireHost } from './hosts.ts';
import { allOperations, isOpen } from './operations.ts';
import { requireRule } from './rules.ts';
import { findVm } from './vms.ts';
import { type Ask, dropRecord, putRecord, type Write } from './write.ts';

/** With ids in the place of names. Throws where it says nothing, or names what is not there. */
export function resolveSpec(records: RecordMirror, spec: RuleSpec): RuleSpec {
  const { ids, ...vms } = spec.vms;
  requireSome('/spec/vms', spec.vms);
  if (spec.strength === 'hard' && spec.weight !== undefined) {
    throw invalid('/spec/weight', 'is of soft rules: a hard one has no price');
  }
  if (spec.strength === 'soft' && spec.bendsForDrain !== undefined) {
    throw invalid('/spec/bendsForDrain', 'is of hard rules: a soft one only costs');
  }
  const vmIds = ids?.map((idOrName) => findVm(records, idOrName).value.id);
  const named = {
    ...spec,
    vms: vmIds === undefined ? vms : { ...vms, ids: [...new Set(vmIds)].toSorted() },
  };
  if (!('hosts' in spec)) return named;
  requireSome('/spec/hosts', spec.hosts);
  for (const hostId of spec.hosts.ids ?? []) requireHost(records, hostId);
  return named;
}

function requireSome(path: string, { ids, labels }: RuleSpec['vms']): void {
  if (ids !== undefined || Object.keys(labels ?? {}).length > 0) return;
  throw invalid(path, 'must have ids or labels');
}

function invalid(path: string, message: string): DroverError {
  return new DroverError('invalid-body', `${path} ${message}`, {
    details: { errors: [{ path, message }] },
  });
}

/** `conflicts`: what the leader found. */
export function refuseConflicts(name: string, conflicts: readonly RuleConflict[]): void {
  if (conflicts.length === 0) return;
  const said = conflicts.map(({ ruleId, why }) => `${ruleId} (${why})`).join(', ');
  const message = `rule ${name} cannot hold next to ${said}; change one of them, or make it soft`;
  throw new DroverError('rule-conflict', message.slice(0, 1000));
}

export function createRule(
  records: RecordMirror,
  { name, spec }: api.RuleCreate,
  { id: uuid, by, atMs }: Ask,
): Write {
  refuseTaken(records, name);
  if (records.rules.size >= ruleLimits.rules) {
    throw new DroverError(
      'bad-request',
      `there are ${records.rules.size} rules, and no more may be`,
    );
  }
  const resolved = resolveSpec(records, spec);
  const record: RuleRecord = { v: 1, name, uuid, spec: resolved, by, createdAtMs: atMs, atMs };
  return { puts: [putRecord(keys.rule(name), record, undefined)], compares: [] };
}

export function refuseTaken(records: RecordMirror, name: string): void {
  if (!records.rules.has(name)) return;
  throw new DroverError('name-taken', `there is a rule ${name} already; PUT changes it`);
}

export function setRule(
  records: RecordMirror,
  name: string,
  spec: RuleSpec,
  { by, atMs }: Ask,
): Write {
  const rule = requireRule(records, name);
  const record: RuleRecord = { ...rule.value, spec: resolveSpec(records, spec), by, atMs };
  return { puts: [putRecord(keys.rule(name), record, rule)], compares: [] };
}

/** What the change leaves of the rule; what does not belong to its strength goes. */
export function changedSpec(records: RecordMirror, name: string, change: api.RuleChange): RuleSpec {
  const { spec } = requireRule(records, name).value;
  const { strength = spec.strength } = change;
  const { weight, bendsForDrain, ...rest } = spec;
  const known = (spec.vms.ids ?? []).filter((id) => records.vmIntents.has(id));
  const vms = { ...spec.vms, ...(known.length === 0 ? {} : { ids: known }) };
  const kept =
    strength === 'soft'
      ? weight === undefined
        ? {}
        : { weight }
      : bendsForDrain === undefined
        ? {}
        : { bendsForDrain };
  return { ...rest, vms, ...kept, ...change };
}

export function deleteRule(records: RecordMirror, name: string): Write {
  const rule = requireRule(records, name);
  return { puts: [dropRecord(keys.rule(name), rule)], compares: [] };
}

/** Of two who ask at the same time, one finds the rule written. */
export function enforceRule(
  records: RecordMirror,
  name: string,
  { plan }: api.RuleEnforce,
  { id, by, atMs }: Ask,
): Write {
  const rule = requireRule(records, name);
  const open = allOperations(records).find(
    (one) => one.type === 'enforce' && one.rule === name && isOpen(one),
  );
  if (open !== undefined) {
    throw new DroverError('rule-busy', `rule ${name} is being enforced by operation ${open.id}`);
  }
  refuseWhenFull(records);
  const request: RequestRecord = {
    v: 1,
    id,
    type: 'enforce',
    rule: name,
    ...(plan === undefined ? {} : { plan }),
    by,
    createdAtMs: atMs,
  };
  return {
    puts: [
      putRecord(keys.request(id), request, undefined),
      putRecord(keys.rule(name), rule.value, rule),
    ],
    compares: [],
  };
}
