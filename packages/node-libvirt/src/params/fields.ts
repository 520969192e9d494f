/**
 * Typed parameters as fields of one's own: a table says which of libvirt's keys is which field, and what
 * it is on the wire. One table reads and writes. A key that was not sent is an absent field, and the other
 * way round.
 */
import {
  bigintOf,
  booleanOf,
  numberOf,
  stringOf,
  type ParamsRecord,
  type TypedParam,
} from '../xdr/typed-params.ts';

/**
 * What a field is here, and on the wire when it is written. `number`, `int`, `uint` and `llong`: exact up to 2^53, as
 * counts and bytes are. `bigint`: passes that, as nanoseconds do. `strings`: the same key once for each.
 */
export type FieldKind =
  | 'number'
  | 'int'
  | 'uint'
  | 'llong'
  | 'bigint'
  | 'boolean'
  | 'string'
  | 'strings';
/** libvirt's key, and what it is. */
export type Field = readonly [key: string, kind: FieldKind];
export type FieldTable = Readonly<Record<string, Field>>;

interface KindTypes {
  readonly number: number;
  readonly int: number;
  readonly uint: number;
  readonly llong: number;
  readonly bigint: bigint;
  readonly boolean: boolean;
  readonly string: string;
  readonly strings: readonly string[];
}

export type FieldsOf<T extends FieldTable> = {
  readonly [K in keyof T]?: KindTypes[T[K][1]];
};

type Reader = (params: ParamsRecord, key: string) => unknown;
const readers: Readonly<Record<FieldKind, Reader>> = {
  number: numberOf,
  int: numberOf,
  uint: numberOf,
  llong: numberOf,
  bigint: bigintOf,
  boolean: booleanOf,
  string: stringOf,
  strings: (params, key) => {
    const value = stringOf(params, key);
    return value === undefined ? undefined : [value];
  },
};

/** `prefix` stands before each key, such as `net.0.`. */
export function readFields<T extends FieldTable>(
  table: T,
  params: ParamsRecord,
  prefix = '',
): FieldsOf<T> {
  const fields = Object.entries(table).flatMap(([name, [key, kind]]) => {
    const value = readers[kind](params, prefix + key);
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(fields) as FieldsOf<T>;
}

/** libvirt counts its lists itself; a daemon that counts beyond all reason is not followed. */
const longestList = 16_384;

/** One entry for each number that libvirt counts up to in `countKey`, under `prefix` such as `net.`. */
export function readList<T extends FieldTable>(
  table: T,
  params: ParamsRecord,
  prefix: string,
  countKey = `${prefix}count`,
): readonly FieldsOf<T>[] {
  return Array.from({ length: countOf(params, countKey) }, (_, index) =>
    readFields(table, params, `${prefix}${index}.`),
  );
}

export function countOf(params: ParamsRecord, key: string): number {
  return Math.max(0, Math.min(numberOf(params, key) ?? 0, longestList));
}

/** In the table's order; what is not given is not sent, and what the table does not know is left out. */
export function writeFields<T extends FieldTable>(
  table: T,
  values: FieldsOf<T>,
): readonly TypedParam[] {
  return Object.entries(table).flatMap(([name, [field, kind]]) => {
    const value = values[name];
    return value === undefined ? [] : written(field, kind, value);
  });
}

function written(
  field: string,
  kind: FieldKind,
  value: KindTypes[FieldKind],
): readonly TypedParam[] {
  switch (kind) {
    case 'number':
    case 'bigint':
      return [{ field, type: 'ullong', value: BigInt(value as number | bigint) }];
    case 'llong':
      return [{ field, type: 'llong', value: BigInt(value as number) }];
    case 'int':
    case 'uint':
      return [{ field, type: kind, value: value as number }];
    case 'boolean':
      return [{ field, type: 'boolean', value: value as boolean }];
    case 'string':
      return [{ field, type: 'string', value: value as string }];
    case 'strings':
      return (value as readonly string[]).map((each) => ({ field, type: 'string', value: each }));
  }
}
