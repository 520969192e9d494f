/** Samples of what is said of rules, and of the labels that they go by. */
import * as protocol from '../../src/index.ts';
import type { Sample } from './samples.ts';

const vmId = '6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b01';
const labels = { 'rack.example/name': 'r1', zone: '' };
const ruled = [{ id: vmId, name: 'db1', hostId: 'h1' }];

const apart = {
  type: 'apart',
  strength: 'hard',
  bendsForDrain: true,
  over: 'rack',
  vms: { ids: [vmId], labels },
};
const pinned = {
  type: 'pinned',
  strength: 'soft',
  weight: 50,
  vms: { ids: [vmId] },
  hosts: { ids: ['h1'], labels },
};
const spread = { type: 'spread', strength: 'soft', over: 'zone', maxSkew: 2, vms: { labels } };

export const ruleInputs: readonly Sample[] = [
  ...[apart, pinned, spread].map((spec) => ({
    name: `the rule ${spec.type}`,
    schema: protocol.RuleRecord,
    value: { v: 1, name: 'db-apart', uuid: vmId, spec, by: 'anna', createdAtMs: 1, atMs: 2 },
  })),
  { name: 'RuleCreate', schema: protocol.api.RuleCreate, value: { name: 'r', spec: pinned } },
  { name: 'RuleSet', schema: protocol.api.RuleSet, value: { spec: spread } },
  {
    name: 'RuleChange',
    schema: protocol.api.RuleChange,
    value: { strength: 'soft', weight: 50, bendsForDrain: false },
  },
  {
    name: 'RuleEnforce',
    schema: protocol.api.RuleEnforce,
    value: { plan: [{ vmId, target: 'h2' }] },
  },
  { name: 'HostChange', schema: protocol.api.HostChange, value: { labels } },
  { name: 'query rules', schema: protocol.Query, value: { type: 'rules', name: 'r' } },
  {
    name: 'query rule-plan',
    schema: protocol.Query,
    value: { type: 'rule-plan', name: 'r', spec: apart },
  },
];

export const ruleOutputs: readonly Sample[] = [
  {
    name: 'Rule',
    schema: protocol.api.RuleBody,
    value: {
      name: 'db-apart',
      spec: apart,
      vmNames: { [vmId]: 'db1' },
      status: { state: 'broken', broken: 1, vms: ruled, brokenBy: ruled },
      createdAtMs: 1,
      changedAtMs: 2,
      by: 'anna',
    },
  },
  {
    name: 'RulePlan',
    schema: protocol.api.RulePlanBody,
    value: {
      rule: 'db-apart',
      revision: 4,
      broken: 1,
      brokenBy: ruled,
      feasible: 'yes',
      conflicts: [{ rule: 'pair', why: 'they exclude each other' }],
      moves: [],
      waves: [[0]],
      breaksWithout: ['h1'],
      estimatedSeconds: 60,
    },
  },
];
