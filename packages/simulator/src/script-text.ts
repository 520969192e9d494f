/** Steps as mappings of a file, in both directions. Times are seconds there and milliseconds here. */
import { parseValue, RuleSpec } from '@drover/protocol';
import { isFaultName } from './faults.ts';
import type { Fields } from './scenario-fields.ts';
import type { PoolName, Step, TimedStep } from './script.ts';

/** Throws with the place that is wrong. */
export function readStep(fields: Fields): TimedStep {
  const timed = { atMs: fields.milliseconds('at'), step: stepOf(fields) };
  fields.refuseOthers();
  return timed;
}

function stepOf(fields: Fields): Step {
  const what = fields.text('do');
  const vm = () => fields.text('vm');
  const host = () => fields.text('host');
  switch (what) {
    case 'create':
      return {
        do: what,
        vm: vm(),
        memoryMib: fields.count('memoryMib'),
        vcpus: fields.count('vcpus', 1),
        ...counted(fields, 'maxMemoryMib'),
        ...counted(fields, 'maxVcpus'),
        pool: poolOf(fields),
        deaf: fields.flag('deaf'),
        dirtyMibPerSecond: fields.count('dirtyMibPerSecond', 0),
        ...(fields.has('cpuMilli') ? { cpuMilli: fields.count('cpuMilli') } : {}),
        ...(fields.has('snapshots') ? { snapshots: fields.count('snapshots') } : {}),
        ...named(fields, 'medium'),
        ...named(fields, 'label'),
      };
    case 'start': {
      const discard = fields.has('discardSaved')
        ? { discardSaved: fields.flag('discardSaved') }
        : {};
      return { do: what, vm: vm(), ...discard, ...named(fields, 'as') };
    }
    case 'save':
    case 'delete':
    case 'pause':
    case 'unpause':
      return { do: what, vm: vm(), ...named(fields, 'as') };
    case 'stop':
    case 'reboot':
      return { do: what, vm: vm(), force: fields.flag('force'), ...named(fields, 'as') };
    case 'resize':
      return {
        do: what,
        vm: vm(),
        ...counted(fields, 'memoryMib'),
        ...counted(fields, 'vcpus'),
        ...(fields.has('atNextStart') ? { atNextStart: fields.flag('atNextStart') } : {}),
        ...named(fields, 'as'),
      };
    case 'migrate':
      return {
        do: what,
        vm: vm(),
        ...named(fields, 'to'),
        ...(fields.has('cold') ? { cold: fields.flag('cold') } : {}),
        ...named(fields, 'as'),
      };
    case 'drain': {
      const plan = fields.has('plan') ? { plan: fields.list('plan').map(readMove) } : {};
      return { do: what, host: host(), ...plan, ...named(fields, 'as') };
    }
    case 'recover': {
      const despiteMassLoss = fields.flag('despiteMassLoss');
      return { do: what, host: host(), despiteMassLoss, ...named(fields, 'as') };
    }
    case 'forget-host':
      return { do: what, host: host(), ...named(fields, 'as') };
    case 'rule': {
      const spec = fields.parsed('spec', (value) => parseValue(RuleSpec, value));
      return { do: what, rule: fields.text('rule'), spec };
    }
    case 'unrule':
      return { do: what, rule: fields.text('rule') };
    case 'enforce':
      return { do: what, rule: fields.text('rule'), ...named(fields, 'as') };
    case 'leave':
      return { do: what, pool: poolOf(fields), file: fields.text('file') };
    case 'orphans':
      return { do: what, pool: poolOf(fields) };
    case 'delete-orphan': {
      const at = { pool: poolOf(fields), file: fields.text('file') };
      return { do: what, ...at, ...named(fields, 'as') };
    }
    case 'cordon':
    case 'uncordon':
    case 'plan':
      return { do: what, host: host() };
    case 'load':
      return { do: what, vm: vm(), cpuMilli: fields.count('cpuMilli') };
    case 'apply':
      return { do: what, vm: vm() };
    case 'dismiss':
      return { do: what, vm: vm(), minutes: fields.count('minutes') };
    case 'recommended':
      return { do: what };
    case 'cancel':
      return { do: what, what: fields.text('what') };
    default: {
      if (!isFaultName(what)) throw fields.wrong(`nobody knows how to do ${what}`);
      const forMs = fields.milliseconds('for', 0);
      const dice = fields.has('dice') ? { dice: fields.count('dice') } : {};
      const where = { ...named(fields, 'host'), ...named(fields, 'to'), ...named(fields, 'pool') };
      return { do: what, ...where, forMs, ...dice };
    }
  }
}

function readMove(fields: Fields): { readonly vm: string; readonly to: string } {
  const move = { vm: fields.text('vm'), to: fields.text('to') };
  fields.refuseOthers();
  return move;
}

function poolOf(fields: Fields): PoolName {
  const pool = fields.text('pool', 'shared');
  if (pool !== 'shared' && pool !== 'direct') throw fields.wrong('pool must be shared or direct');
  return pool;
}

function named<N extends string>(fields: Fields, name: N): { readonly [K in N]?: string } {
  return (fields.has(name) ? { [name]: fields.text(name) } : {}) as { readonly [K in N]?: string };
}

function counted<N extends string>(fields: Fields, name: N): { readonly [K in N]?: number } {
  return (fields.has(name) ? { [name]: fields.count(name) } : {}) as { readonly [K in N]?: number };
}

/** What `readStep` reads as the same step. */
export function writeStep({ atMs, step }: TimedStep): Readonly<Record<string, unknown>> {
  const at = atMs / 1_000;
  if (!('forMs' in step)) return { at, ...step };
  const { forMs, ...rest } = step;
  return { at, ...rest, ...(forMs === 0 ? {} : { for: forMs / 1_000 }) };
}
