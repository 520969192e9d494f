/**
 * A small language for XDR types: each combinator makes a codec that writes, reads and carries its static
 * type. Reading is bounded by declared maxima and by the packet; writing refuses what would not survive
 * the trip. What libvirt's messages look like is left to `protocol/`.
 */
import { ProtocolError } from '../errors.ts';
import { XdrReader } from './reader.ts';
import type { Shape } from './shape.ts';
import { XdrWriter } from './writer.ts';

export interface Codec<T> {
  /** The fewest bytes that any value takes; bounds how many can be in a packet. */
  readonly minBytes: number;
  readonly shape: Shape;
  write(writer: XdrWriter, value: T): void;
  read(reader: XdrReader): T;
}

/** The static type of a codec's values. */
export type TypeOf<C> = C extends Codec<infer T> ? T : never;

/** libvirt's limit on one packet's payload. */
export const maxPayloadBytes = 33_554_408;
/** libvirt's limit on one string. */
export const maxStringBytes = 4_194_304;

export function encode<T>(codec: Codec<T>, value: T, maxBytes = maxPayloadBytes): Buffer {
  const writer = new XdrWriter(maxBytes);
  codec.write(writer, value);
  return writer.finish();
}

/** Throws `ProtocolError` unless the bytes are one whole value and nothing else. */
export function decode<T>(codec: Codec<T>, bytes: Buffer): T {
  const reader = new XdrReader(bytes);
  const value = codec.read(reader);
  reader.end();
  return value;
}

export const i32: Codec<number> = {
  minBytes: 4,
  shape: { kind: 'i32' },
  write: (writer, value) => writer.i32(value),
  read: (reader) => reader.i32(),
};

export const u32: Codec<number> = {
  minBytes: 4,
  shape: { kind: 'u32' },
  write: (writer, value) => writer.u32(value),
  read: (reader) => reader.u32(),
};

export const i64: Codec<bigint> = {
  minBytes: 8,
  shape: { kind: 'i64' },
  write: (writer, value) => writer.i64(value),
  read: (reader) => reader.i64(),
};

export const u64: Codec<bigint> = {
  minBytes: 8,
  shape: { kind: 'u64' },
  write: (writer, value) => writer.u64(value),
  read: (reader) => reader.u64(),
};

export const double: Codec<number> = {
  minBytes: 8,
  shape: { kind: 'double' },
  write: (writer, value) => writer.double(value),
  read: (reader) => reader.double(),
};

/** libvirt's truth values are ints: anything but 0 is true. */
export const bool: Codec<boolean> = {
  minBytes: 4,
  shape: { kind: 'bool' },
  write: (writer, value) => writer.i32(value ? 1 : 0),
  read: (reader) => reader.i32() !== 0,
};

/** No bytes at all: the arguments or results of a procedure that has none. */
export const none: Codec<undefined> = {
  minBytes: 0,
  shape: { kind: 'none' },
  write: () => undefined,
  read: () => undefined,
};

/** UTF-8. A zero byte is refused: the other side would silently cut the string there. */
export function string(max: number = maxStringBytes): Codec<string> {
  return {
    minBytes: 4,
    shape: { kind: 'string', max },
    write: (writer, value) => {
      if (typeof value !== 'string' || value.includes('\0') || !value.isWellFormed()) {
        throw new ProtocolError('cannot-encode', 'not a string, or one with a zero character');
      }
      const bytes = Buffer.from(value, 'utf8');
      if (bytes.length > max) {
        throw new ProtocolError('cannot-encode', `string of ${bytes.length} bytes, at most ${max}`);
      }
      writer.u32(bytes.length);
      writer.opaque(bytes);
    },
    read: (reader) => {
      const text = reader.opaque(reader.length(max)).toString('utf8');
      if (text.includes('\0')) throw new ProtocolError('bad-value', 'zero character in a string');
      return text;
    },
  };
}

export function opaqueFixed(length: number): Codec<Uint8Array> {
  return {
    minBytes: length,
    shape: { kind: 'opaqueFixed', length },
    write: (writer, value) => {
      if (value.length !== length) {
        throw new ProtocolError('cannot-encode', `${value.length} bytes, exactly ${length} wanted`);
      }
      writer.opaque(value);
    },
    read: (reader) => Uint8Array.from(reader.opaque(length)),
  };
}

export function opaqueVar(max: number): Codec<Uint8Array> {
  return {
    minBytes: 4,
    shape: { kind: 'opaqueVar', max },
    write: (writer, value) => {
      checkCount(value.length, max);
      writer.u32(value.length);
      writer.opaque(value);
    },
    read: (reader) => Uint8Array.from(reader.opaque(reader.length(max))),
  };
}

/** `char x[n]` in libvirt's protocol: one four-byte int per character, ended by a zero. */
export function charArray(length: number): Codec<string> {
  return {
    minBytes: 4 * length,
    shape: { kind: 'charArray', length },
    write: (writer, value) => {
      const bytes = Buffer.from(value, 'latin1');
      if (bytes.length >= length) {
        throw new ProtocolError('cannot-encode', `${bytes.length} characters in ${length}`);
      }
      for (let index = 0; index < length; index++) writer.i32(bytes[index] ?? 0);
    },
    read: (reader) => {
      const bytes: number[] = [];
      for (let index = 0; index < length; index++) bytes.push(reader.i32() & 0xff);
      const end = bytes.indexOf(0);
      return Buffer.from(end < 0 ? bytes : bytes.slice(0, end)).toString('latin1');
    },
  };
}

export function array<T>(item: Codec<T>, max: number): Codec<readonly T[]> {
  return {
    minBytes: 4,
    shape: { kind: 'array', item: item as Codec<unknown>, max },
    write: (writer, value) => {
      checkCount(value.length, max);
      writer.u32(value.length);
      for (const one of value) item.write(writer, one);
    },
    read: (reader) => {
      const count = reader.length(max);
      if (count * item.minBytes > reader.remaining) {
        throw new ProtocolError('truncated', `${count} items in ${reader.remaining} bytes`);
      }
      const items: T[] = [];
      for (let index = 0; index < count; index++) items.push(item.read(reader));
      return items;
    },
  };
}

export function optional<T>(item: Codec<T>): Codec<T | undefined> {
  return {
    minBytes: 4,
    shape: { kind: 'optional', item: item as Codec<unknown> },
    write: (writer, value) => {
      writer.u32(value === undefined ? 0 : 1);
      if (value !== undefined) item.write(writer, value);
    },
    read: (reader) => {
      const flag = reader.u32();
      if (flag > 1) throw new ProtocolError('bad-value', `${flag} where 0 or 1 was wanted`);
      return flag === 1 ? item.read(reader) : undefined;
    },
  };
}

type Fields = Readonly<Record<string, Codec<unknown>>>;
type OptionalKeys<F extends Fields> = {
  [K in keyof F]: undefined extends TypeOf<F[K]> ? K : never;
}[keyof F];

/** The value of a struct: an optional field may be left out. */
export type StructOf<F extends Fields> = {
  readonly [K in Exclude<keyof F, OptionalKeys<F>>]: TypeOf<F[K]>;
} & { readonly [K in OptionalKeys<F>]?: TypeOf<F[K]> };

/** Fields in the order they are written down. */
export function struct<F extends Fields>(fields: F): Codec<StructOf<F>> {
  const entries = Object.entries(fields);
  return {
    minBytes: entries.reduce((sum, [, codec]) => sum + codec.minBytes, 0),
    shape: { kind: 'struct', fields },
    write: (writer, value) => {
      const record: Readonly<Record<string, unknown>> = value;
      for (const [name, codec] of entries) codec.write(writer, record[name]);
    },
    read: (reader) => {
      const record: Record<string, unknown> = {};
      for (const [name, codec] of entries) record[name] = codec.read(reader);
      return record as StructOf<F>;
    },
  };
}

/** The same bytes seen as another type. */
export function mapped<A, B>(codec: Codec<A>, from: (wire: A) => B, to: (value: B) => A): Codec<B> {
  return {
    minBytes: codec.minBytes,
    shape: {
      kind: 'mapped',
      wire: codec as Codec<unknown>,
      from: from as (wire: unknown) => unknown,
    },
    write: (writer, value) => codec.write(writer, to(value)),
    read: (reader) => from(codec.read(reader)),
  };
}

function checkCount(count: number, max: number): void {
  if (count > max) throw new ProtocolError('cannot-encode', `${count} items, at most ${max}`);
}
