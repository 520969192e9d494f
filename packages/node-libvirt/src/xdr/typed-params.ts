/**
 * libvirt's typed parameters: a list of named values that each carry their own type. On the wire and here
 * they are a list, because a name may repeat (`migrate_disks`); `paramsRecord` folds one into a record
 * for reading. Which names exist is left to the procedures.
 */
import { ProtocolError } from '../errors.ts';
import { array, bool, double, i32, i64, string, u32, u64, type Codec } from './codec.ts';

export type TypedParam =
  | { readonly field: string; readonly type: 'int' | 'uint' | 'double'; readonly value: number }
  | { readonly field: string; readonly type: 'llong' | 'ullong'; readonly value: bigint }
  | { readonly field: string; readonly type: 'boolean'; readonly value: boolean }
  | { readonly field: string; readonly type: 'string'; readonly value: string };

export type TypedParamType = TypedParam['type'];
export type TypedParamValue = TypedParam['value'];

/** Parameters by name; of a repeated name the last one wins. */
export type ParamsRecord = Readonly<Record<string, TypedParamValue>>;

/** The server's limit on a name, without its closing zero. */
const maxFieldBytes = 79;
const fieldCodec = string(maxFieldBytes);

const kinds: readonly (readonly [TypedParamType, number, Codec<unknown>])[] = [
  ['int', 1, i32],
  ['uint', 2, u32],
  ['llong', 3, i64],
  ['ullong', 4, u64],
  ['double', 5, double],
  ['boolean', 6, bool],
  ['string', 7, string()],
];

export const typedParam: Codec<TypedParam> = {
  minBytes: 12,
  shape: { kind: 'typedParam' },
  write: (writer, param) => {
    const kind = kinds.find(([type]) => type === param.type);
    if (kind === undefined) throw new ProtocolError('cannot-encode', `type of ${param.field}`);
    fieldCodec.write(writer, param.field);
    writer.i32(kind[1]);
    kind[2].write(writer, param.value);
  },
  read: (reader) => {
    const field = fieldCodec.read(reader);
    const code = reader.i32();
    const kind = kinds[code - 1];
    if (kind === undefined) throw new ProtocolError('bad-value', `typed parameter type ${code}`);
    return { field, type: kind[0], value: kind[2].read(reader) } as TypedParam;
  },
};

export function typedParams(max: number): Codec<readonly TypedParam[]> {
  return array(typedParam, max);
}

export function paramsRecord(params: readonly TypedParam[]): ParamsRecord {
  // No prototype: a field may have any name, `__proto__` included.
  const record: Record<string, TypedParamValue> = Object.create(null) as Record<
    string,
    TypedParamValue
  >;
  for (const param of params) record[param.field] = param.value;
  return record;
}

/** As the nearest double: exact up to 2^53, as counts of bytes are; nanoseconds soon are not. */
export function numberOf(params: ParamsRecord, field: string): number | undefined {
  const value = params[field];
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

export function bigintOf(params: ParamsRecord, field: string): bigint | undefined {
  const value = params[field];
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : undefined;
}

export function booleanOf(params: ParamsRecord, field: string): boolean | undefined {
  const value = params[field];
  return typeof value === 'boolean' ? value : undefined;
}

export function stringOf(params: ParamsRecord, field: string): string | undefined {
  const value = params[field];
  return typeof value === 'string' ? value : undefined;
}
