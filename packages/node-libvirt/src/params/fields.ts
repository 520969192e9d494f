/**
 * Typed parameters into fields of one's own: a table says which of libvirt's keys is which field, and what
 * kind of number it is. A key that was not sent is an absent field.
 */
import { bigintOf, numberOf, stringOf, type ParamsRecord } from '../xdr/typed-params.ts';

/** `number`: exact up to 2^53, as counts and bytes are. `bigint`: passes that, as nanoseconds do. */
export type FieldKind = 'number' | 'bigint' | 'string';
/** libvirt's key, and what it is. */
export type Field = readonly [key: string, kind: FieldKind];
export type FieldTable = Readonly<Record<string, Field>>;

interface KindTypes {
  readonly number: number;
  readonly bigint: bigint;
  readonly string: string;
}

export type FieldsOf<T extends FieldTable> = {
  readonly [K in keyof T]?: KindTypes[T[K][1]];
};

const readers = { number: numberOf, bigint: bigintOf, string: stringOf };

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

/** `prefix` is such as `net.`: one entry for each number that libvirt counts up to. */
export function readList<T extends FieldTable>(
  table: T,
  params: ParamsRecord,
  prefix: string,
  count: number,
): readonly FieldsOf<T>[] {
  return Array.from({ length: count }, (_, index) =>
    readFields(table, params, `${prefix}${index}.`),
  );
}
