/**
 * Reads plain JSON into typed values, strictly: a field that is missing, of another type or not known is an
 * error with its place. Small parts that are put together; what they describe is left to `schema.ts`.
 */
import { DumpError } from './error.ts';

export type Reader<T> = (value: unknown, at: string) => T;

export const text: Reader<string> = (value, at) => {
  if (typeof value !== 'string') throw new DumpError(at, `not a text: ${shown(value)}`);
  return value;
};

export const flag: Reader<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw new DumpError(at, `not true or false: ${shown(value)}`);
  return value;
};

/** As measured: 0 or more. */
export const amount: Reader<number> = (value, at) => {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new DumpError(at, `not a number of 0 or more: ${shown(value)}`);
  }
  return value;
};

/** An integer that is exact, 0 or more. */
export const count: Reader<number> = (value, at) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new DumpError(at, `not a whole number of 0 or more: ${shown(value)}`);
  }
  return value;
};

export function oneOf<const T extends string>(...words: readonly T[]): Reader<T> {
  return (value, at) => {
    const found = words.find((word) => word === value);
    if (found === undefined)
      throw new DumpError(at, `${shown(value)} is none of ${words.join(', ')}`);
    return found;
  };
}

export function list<T>(reader: Reader<T>): Reader<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw new DumpError(at, `not a list: ${shown(value)}`);
    return value.map((item, index) => reader(item, `${at}[${index}]`));
  };
}

export const texts: Reader<Readonly<Record<string, string>>> = (value, at) =>
  Object.fromEntries(entriesOf(value, at).map(([key, item]) => [key, text(item, `${at}.${key}`)]));

type Fields<T> = { readonly [K in keyof T]: Reader<T[K]> };

/** `given` has to be there, `optional` may be; nothing else. */
export function object<T extends object, O extends object = object>(
  given: Fields<T>,
  optional: Fields<O> = {} as Fields<O>,
): Reader<T & Partial<O>> {
  const required = Object.entries<Reader<unknown>>(given);
  const others = new Map(Object.entries<Reader<unknown>>(optional));
  return (value, at) => {
    const fields = new Map(entriesOf(value, at));
    const read: [string, unknown][] = required.map(([name, reader]) => {
      if (!fields.has(name)) throw new DumpError(at, `${name} is missing`);
      return [name, reader(fields.get(name), `${at}.${name}`)];
    });
    for (const [name, item] of fields) {
      if (Object.hasOwn(given, name)) continue;
      const reader = others.get(name);
      if (reader === undefined) throw new DumpError(at, `${name} is not known`);
      read.push([name, reader(item, `${at}.${name}`)]);
    }
    return Object.fromEntries(read) as T & Partial<O>;
  };
}

function entriesOf(value: unknown, at: string): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DumpError(at, `not an object: ${shown(value)}`);
  }
  return Object.entries(value);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 60);
}
