/**
 * Parse at the edge, trust inside: unknown bytes become a typed value or a reason why not. Total; never
 * throws for bad input.
 */
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

interface Checker {
  Check(value: unknown): boolean;
  Errors(value: unknown): readonly { readonly instancePath: string; readonly message: string }[];
}

const compiled = new WeakMap<TSchema, Checker>();

function checker(schema: TSchema): Checker {
  const known = compiled.get(schema);
  if (known) return known;
  const made = Compile(schema) as unknown as Checker;
  compiled.set(schema, made);
  return made;
}

/** Checks a value against a schema. */
export function parseValue<S extends TSchema>(schema: S, value: unknown): Parsed<Static<S>> {
  const check = checker(schema);
  if (check.Check(value)) return { ok: true, value: value as Static<S> };
  const first = check.Errors(value)[0];
  return {
    ok: false,
    reason: first ? `${first.instancePath || '/'}: ${first.message}` : 'invalid',
  };
}

/** Parses JSON text, then checks it. */
export function parseJson<S extends TSchema>(schema: S, text: string): Parsed<Static<S>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'not JSON' };
  }
  return parseValue(schema, value);
}
