/**
 * The codec: what is written comes back, and bytes from anywhere can do no harm.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../src/errors.ts';
import type { Procedure } from '../src/protocol/procedure.ts';
import { procedures } from '../src/protocol/procedures.ts';
import { domainStatsRecord, remoteError, uuid } from '../src/protocol/types.ts';
import {
  array,
  bool,
  charArray,
  decode,
  double,
  encode,
  i32,
  i64,
  opaqueFixed,
  opaqueVar,
  optional,
  string,
  struct,
  u32,
  u64,
  type Codec,
} from '../src/xdr/codec.ts';
import { thrownBy } from './support.ts';
import { paramsRecord, typedParams, type TypedParam } from '../src/xdr/typed-params.ts';

const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
const int = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const uint = fc.integer({ min: 0, max: 0xffff_ffff });
const hyper = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const unsignedHyper = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const field = fc.string({ minLength: 1, maxLength: 20 }).filter((value) => !value.includes('\0'));

const param: fc.Arbitrary<TypedParam> = fc.oneof(
  fc.record({ field, type: fc.constant('int' as const), value: int }),
  fc.record({ field, type: fc.constant('uint' as const), value: uint }),
  fc.record({ field, type: fc.constant('llong' as const), value: hyper }),
  fc.record({ field, type: fc.constant('ullong' as const), value: unsignedHyper }),
  fc.record({ field, type: fc.constant('double' as const), value: fc.double() }),
  fc.record({ field, type: fc.constant('boolean' as const), value: fc.boolean() }),
  fc.record({ field, type: fc.constant('string' as const), value: text }),
);

const everything = struct({
  int: i32,
  uint: u32,
  hyper: i64,
  unsignedHyper: u64,
  double,
  bool,
  text: string(),
  fixed: opaqueFixed(5),
  opaque: opaqueVar(100),
  list: array(string(), 10),
  maybe: optional(string()),
  params: typedParams(20),
  characters: charArray(12),
});

const anything = fc.record({
  int,
  uint,
  hyper,
  unsignedHyper,
  double: fc.double(),
  bool: fc.boolean(),
  text,
  fixed: fc.uint8Array({ minLength: 5, maxLength: 5 }),
  opaque: fc.uint8Array({ maxLength: 100 }),
  list: fc.array(text, { maxLength: 10 }),
  maybe: fc.option(text, { nil: undefined }),
  params: fc.array(param, { maxLength: 20 }),
  characters: fc.stringMatching(/^[a-zA-Z0-9 ]{0,11}$/),
});

/** Reading gives a value or the typed error. */
function isTame(codec: Codec<unknown>, bytes: Buffer): boolean {
  const error = thrownBy(() => decode(codec, bytes));
  return error === undefined || error instanceof ProtocolError;
}

describe('the codec', () => {
  it('gives back what was written, in whole four-byte steps', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const bytes = encode(everything, value);
        expect(bytes.length % 4).toBe(0);
        expect(decode(everything, bytes)).toEqual(value);
      }),
    );
  });

  it('writes what the protocol asks for', () => {
    expect(encode(string(), 'abcde').toString('hex')).toBe('000000056162636465000000');
    expect(encode(i64, -2n).toString('hex')).toBe('fffffffffffffffe');
    expect(encode(optional(u32), undefined).toString('hex')).toBe('00000000');
    expect(encode(charArray(3), 'ab').toString('hex')).toBe('000000610000006200000000');
    expect(
      encode(typedParams(2), [{ field: 'bandwidth', type: 'ullong', value: 3n }]).toString('hex'),
    ).toBe('00000001' + '0000000962616e64776964746800000000000004' + '0000000000000003');
  });

  it('refuses a packet cut short anywhere, and one with bytes to spare', () => {
    fc.assert(
      fc.property(anything, fc.nat(), (value, at) => {
        const bytes = encode(everything, value);
        const cut = bytes.subarray(0, at % bytes.length);
        expect(() => decode(everything, cut)).toThrow(ProtocolError);
        const longer = Buffer.concat([bytes, Buffer.alloc(4)]);
        expect(() => decode(everything, longer)).toThrow(/after the value/);
      }),
    );
  });

  it('meets changed bytes with a value or a ProtocolError, never with anything else', () => {
    fc.assert(
      fc.property(
        anything,
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 5 }),
        (value, changes) => {
          const bytes = encode(everything, value);
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          expect(isTame(everything, bytes)).toBe(true);
        },
      ),
    );
  });

  it('survives any bytes in every reply and every argument of the table', () => {
    const word = fc.oneof(fc.nat({ max: 8 }), fc.nat({ max: 20_000 }), uint);
    const rows = Object.values<Procedure>(procedures as Readonly<Record<string, Procedure>>);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        const bytes = Buffer.alloc(words.length * 4);
        for (const [index, value] of words.entries()) bytes.writeUInt32BE(value, index * 4);
        const codecs = [remoteError, ...rows.flatMap((row) => [row.ret, row.args])];
        expect(codecs.every((codec) => isTame(codec, bytes))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('believes no length that the packet cannot hold', () => {
    const lying = Buffer.alloc(8);
    lying.writeUInt32BE(16_384, 0);
    expect(() => decode(array(domainStatsRecord, 16_384), lying)).toThrow(/16384 items in 4/);
    lying.writeUInt32BE(0xffff_ffff, 0);
    expect(() => decode(array(u32, 16_384), lying)).toThrow(/at most 16384/);
    expect(() => decode(string(), lying)).toThrow(/at most/);
    expect(() => decode(opaqueVar(16), lying)).toThrow(/at most 16/);
  });

  it('refuses to write what would not arrive as it is', () => {
    const refused: readonly (() => unknown)[] = [
      () => encode(string(), 'a\0b'),
      () => encode(string(), '\ud800'),
      () => encode(string(3), 'abcd'),
      () => encode(u32, -1),
      () => encode(i32, 1.5),
      () => encode(u64, -1n),
      () => encode(u64, 2n ** 64n),
      () => encode(i64, 1 as unknown as bigint),
      () => encode(opaqueFixed(4), new Uint8Array(3)),
      () => encode(array(u32, 1), [1, 2]),
      () => encode(uuid, 'no uuid'),
      () => encode(opaqueVar(100), new Uint8Array(50), 20),
      () => encode(typedParams(1), [{ field: 'x'.repeat(80), type: 'int', value: 1 }]),
    ];
    for (const attempt of refused) expect(attempt).toThrow(ProtocolError);
  });

  it('keeps repeated parameters apart, and folds them only when asked', () => {
    const list: readonly TypedParam[] = [
      { field: 'migrate_disks', type: 'string', value: 'vda' },
      { field: 'migrate_disks', type: 'string', value: 'vdb' },
      { field: '__proto__', type: 'int', value: 1 },
    ];
    expect(decode(typedParams(3), encode(typedParams(3), list))).toEqual(list);
    const record = paramsRecord(list);
    expect(record['migrate_disks']).toBe('vdb');
    expect(Object.keys(record)).toEqual(['migrate_disks', '__proto__']);
  });
});

describe('the procedure table', () => {
  it('uses no number twice in a program', () => {
    const keys = Object.values<Procedure>(procedures as Readonly<Record<string, Procedure>>).map(
      (row) => `${row.program}/${row.number}`,
    );
    expect(new Set(keys).size).toBe(keys.length);
  });
});
