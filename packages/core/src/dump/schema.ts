/** What stands in a dump, part by part. */
import type { MigrationInFlight, Reservation } from '../cluster/cluster.ts';
import type { Host } from '../cluster/host.ts';
import type { Pool } from '../cluster/pool.ts';
import type { Rule } from '../cluster/rule.ts';
import type { Vm } from '../cluster/vm.ts';
import { policyNames, problemWithWeights, type ScorePolicy } from '../cluster/policy.ts';
import { DumpError } from './error.ts';
import { amount, count, flag, list, object, oneOf, type Reader, text, texts } from './readers.ts';

/** A policy's name, or weights by the names of scores. */
export const policy: Reader<ScorePolicy> = (value, at) => {
  const named = policyNames.find((name) => name === value);
  if (named !== undefined) return named;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DumpError(at, `no policy: one of ${policyNames.join(', ')}, or weights`);
  }
  const problem = problemWithWeights({ ...value });
  if (problem !== undefined) throw new DumpError(at, problem);
  return value;
};

const resources = object({ cpuMilli: count, memoryMib: count });

export const host: Reader<Host> = object(
  {
    id: text,
    intent: oneOf('active', 'cordoned', 'draining'),
    health: oneOf('up', 'suspect', 'down'),
    arch: oneOf('x86_64', 'aarch64'),
    accelerator: oneOf('kvm', 'tcg'),
    capacity: resources,
    reserved: resources,
    cpuOvercommitPermille: count,
    cpuModel: text,
    machineTypes: list(text),
    qemuVersion: count,
    libvirtVersion: count,
    numaCells: list(object({ id: count, cpuCount: count, memoryMib: count })),
    labels: texts,
    pools: list(
      object(
        {
          name: text,
          state: oneOf('active', 'inactive', 'error'),
          capacityMib: count,
          freeMib: count,
        },
        { reason: text, isFull: flag, promisableMib: count },
      ),
    ),
    bridges: list(text),
  },
  {
    foreign: resources,
    memoryOvercommitPermille: count,
    cpuFeatures: list(text),
    lacksCpuBaseline: flag,
    hugePages: list(object({ sizeKib: count, totalMib: count })),
    devices: list(object({ kind: text, count })),
    zone: text,
    rack: text,
    linkMibPerSecond: count,
    usage: object({
      cpuMilli: count,
      memoryMib: count,
      cpuPressurePermille: count,
      memoryPressurePermille: count,
    }),
  },
);

export const vm: Reader<Vm> = object(
  {
    id: text,
    name: text,
    state: oneOf(
      'pending',
      'starting',
      'running',
      'paused',
      'migrating',
      'stopping',
      'saving',
      'stopped',
      'saved',
      'crashed',
      'unknown',
    ),
    generation: count,
    migrationMode: oneOf('live', 'paused'),
    request: resources,
    arch: oneOf('x86_64', 'aarch64'),
    pools: list(text),
    bridges: list(text),
    labels: texts,
  },
  {
    hostId: text,
    machine: text,
    cpu: object(
      { mode: oneOf('host-passthrough', 'host-model', 'custom') },
      { model: text, features: list(text) },
    ),
    disks: list(object({ pool: text, sizeMib: count }, { isThin: flag })),
    filesHostId: text,
    memoryOf: object({ accelerator: oneOf('kvm', 'tcg'), qemuVersion: count }),
    hugePageKib: count,
    oneNumaCell: flag,
    devices: list(text),
    automation: oneOf('full', 'drain', 'none'),
    balance: oneOf('recommend', 'never'),
    policy,
    priority: count,
    remainingHours: count,
    usage: object(
      { cpuMilli: count, memoryMib: count },
      {
        cpuWaitMilli: count,
        dirtyMibPerSecond: amount,
        writtenSetMib: count,
        touchedMib: count,
      },
    ),
  },
);

export const pool: Reader<Pool> = object(
  { name: text, type: oneOf('nfs', 'nfs-direct', 'shared', 'local') },
  { reservedMib: count },
);

const selector = object({}, { ids: list(text), labels: texts });
const ruleBase = { id: text, strength: oneOf('hard', 'soft'), vms: selector };
const ruleOptions = { weight: count, bendsForDrain: flag };
const over = oneOf('host', 'zone', 'rack');
const rules: readonly Reader<Rule>[] = [
  object({ ...ruleBase, type: oneOf('together', 'apart'), over }, ruleOptions),
  object({ ...ruleBase, type: oneOf('pinned', 'away'), hosts: selector }, ruleOptions),
  object({ ...ruleBase, type: oneOf('spread'), over, maxSkew: count }, ruleOptions),
];

export const rule: Reader<Rule> = (value, at) => {
  const type = (value as { readonly type?: unknown } | null)?.type;
  const index = [['together', 'apart'], ['pinned', 'away'], ['spread']].findIndex((types) =>
    types.includes(String(type)),
  );
  const reader = rules[index];
  if (reader === undefined) throw new DumpError(at, `no type of rule: ${String(type)}`);
  return reader(value, at);
};

export const reservation: Reader<Reservation> = object({
  operationId: text,
  vmId: text,
  hostId: text,
  request: resources,
});

export const migration: Reader<MigrationInFlight> = object({
  operationId: text,
  vmId: text,
  source: text,
  target: text,
});
