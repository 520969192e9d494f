/**
 * Values that a schema allows, at its edges and within them, about things that are there where a field names one. What
 * is wrong on purpose is of hostile.ts.
 */
import type { Random } from '@drover/core';
import fc from 'fast-check';
import type { Learnt } from './learnt.ts';
import type { Schema } from './operations.ts';

export interface Source {
  readonly random: Random;
  readonly learnt: Learnt;
  /** What the address is about. */
  readonly subject?: string;
}

/** Found nowhere but in what a VM was told to be secret. */
export const secretWord = 'drover-fuzz-secret-6f1d';

/** By the name of the field: what it is likely to be about. */
const about: Readonly<Record<string, readonly string[]>> = {
  pool: ['pool'],
  image: ['image'],
  volume: ['volume'],
  snapshot: ['snapshot'],
  target: ['host'],
  host: ['host'],
  vm: ['vm'],
  vmId: ['vmId'],
  ids: ['vm', 'host'],
  operation: ['operation'],
  recommendation: ['recommendation'],
  rule: ['rule'],
  token: ['token'],
  continue: ['continue'],
  since: ['revision'],
};

/** What makes sense more often than what is merely allowed. */
const sensible: Readonly<Record<string, readonly unknown[]>> = {
  arch: ['x86_64'],
  bridge: ['br0'],
  machine: ['pc-q35-10.0'],
  memoryMib: [16, 128, 512, 2_048],
  vcpus: [1, 2, 4],
  sizeMib: [1, 64, 2_048],
  virtualBytes: [1_048_576, 2_147_483_648],
  bytes: [0, 1, 4_096],
  url: ['https://images.example/image.qcow2'],
  pool: ['vms', 'fast', 'vms', 'fast'],
  strength: ['soft', 'hard'],
  preset: ['gentle', 'balanced', 'must-finish'],
  whenStuck: ['give-up'],
  format: ['qcow2', 'raw'],
  limit: ['1', '2', '1000'],
  wait: ['0s'],
  state: ['running', 'stopped', 'ready', 'succeeded'],
  userData: [`#cloud-config\n# ${secretWord}\n`],
  networkConfig: [`# ${secretWord}\n`],
  dryRun: ['true', 'false'],
};

/** A disk has exactly one of them. */
const eitherOf = new Set(['image', 'volume']);

const perPattern = 32;
const samples = new Map<string, readonly string[]>();

export function valueOf(schema: Schema, name: string, source: Source): unknown {
  const { random } = source;
  if (random.chance(700)) {
    const likely = likelyOf(schema, name, source);
    if (likely !== undefined) return likely;
  }
  if (schema.enum !== undefined) return random.pick(schema.enum);
  if (schema.anyOf !== undefined) return valueOf(random.pick(schema.anyOf) ?? {}, name, source);
  switch (schema.type) {
    case 'boolean':
      return random.chance(500);
    case 'integer':
    case 'number':
      return numberOf(schema, random);
    case 'string':
      return textOf(schema, random);
    case 'array':
      return listOf(schema, name, source);
    case 'object':
      return objectOf(schema, source);
    case undefined:
    default:
      return null;
  }
}

function likelyOf({ type, enum: some }: Schema, name: string, source: Source): unknown {
  const { random, learnt } = source;
  if (type !== 'string' && type !== 'integer' && some === undefined) return undefined;
  if (name === 'confirm') return source.subject;
  const kind = random.pick(about[name] ?? []);
  const known = kind === undefined ? undefined : learnt.pick(kind, random);
  const isOften = sensible[name] !== undefined && random.chance(700);
  if (known !== undefined && !isOften) return known;
  if (name === 'name') return `fuzz-${random.below(2_000)}`;
  const fits = (value: unknown) => (some === undefined ? true : some.includes(value));
  return random.pick((sensible[name] ?? []).filter(fits));
}

function numberOf({ minimum = 0, maximum = 1_000_000 }: Schema, random: Random): number {
  const small = Math.min(maximum, minimum + random.below(16));
  return random.pick([minimum, maximum, small, random.within([minimum, maximum])]) ?? minimum;
}

export function textOf(schema: Schema, random: Random): string {
  const { pattern, minLength = 0, maxLength = 64 } = schema;
  if (pattern !== undefined) {
    const known = samples.get(pattern) ?? samplesOf(pattern);
    samples.set(pattern, known);
    return random.pick(known.filter(({ length }) => length <= maxLength)) ?? '';
  }
  const length = Math.min(maxLength, minLength + random.below(24));
  return `${random.hex(length)}`;
}

/** The same in every run: chance picks one of them. */
function samplesOf(pattern: string): readonly string[] {
  return fc.sample(fc.stringMatching(new RegExp(pattern)), { numRuns: perPattern, seed: 1 });
}

function listOf(schema: Schema, name: string, source: Source): readonly unknown[] {
  const { items = {}, minItems = 0, maxItems = 3 } = schema;
  const length = Math.min(maxItems, minItems + source.random.below(3));
  const made = Array.from({ length }, () => valueOf(items, name, source));
  // Rungs of a ladder; of other numbers the order means nothing.
  const isLadder = items.type === 'integer' && source.random.chance(800);
  return isLadder ? [...new Set(made as number[])].toSorted((a, b) => a - b) : made;
}

function objectOf(schema: Schema, source: Source): Readonly<Record<string, unknown>> {
  const { properties = {}, required = [], additionalProperties: more } = schema;
  const { random } = source;
  const all = Object.entries(properties);
  let own = all.filter(([name]) => required.includes(name) || random.chance(300));
  const oneOf = all.filter(([name]) => eitherOf.has(name));
  // What the API says besides its schemas, more often than not: one of these, and not nothing.
  if (oneOf.length === eitherOf.size && random.chance(800)) {
    own = [...own.filter(([name]) => !eitherOf.has(name)), random.pick(oneOf) ?? ['', {}]];
  }
  if (own.length === 0 && random.chance(800)) own = [random.pick(all) ?? ['', {}]];
  const made = Object.fromEntries(
    own.filter(([name]) => name !== '').map(([name, one]) => [name, valueOf(one, name, source)]),
  );
  if (typeof more !== 'object') return made;
  const count = (schema.minProperties ?? 0) + random.below(3);
  const labels = Array.from({ length: count }, () => [
    random.pick(['tier', 'rack', 'zone', random.hex(6)]) ?? 'tier',
    valueOf(more, '', source),
  ]);
  return { ...made, ...Object.fromEntries(labels) };
}
