/**
 * Values for any codec, drawn from its own shape: small enough to be quick, and with the ends of each range.
 */
import fc from 'fast-check';
import type { Codec } from '../src/xdr/codec.ts';

const int = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const uint = fc.integer({ min: 0, max: 0xffff_ffff });
const hyper = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const unsignedHyper = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

function textOf(maxBytes: number): fc.Arbitrary<string> {
  return fc
    .string({ unit: 'binary', maxLength: 12 })
    .filter((text) => !text.includes('\0') && Buffer.byteLength(text) <= maxBytes);
}

const typedParam = fc.tuple(textOf(79), fc.nat({ max: 6 })).chain(([field, kind]) => {
  const [type, value] = (
    [
      ['int', int],
      ['uint', uint],
      ['llong', hyper],
      ['ullong', unsignedHyper],
      ['double', fc.double()],
      ['boolean', fc.boolean()],
      ['string', textOf(1000)],
    ] as const
  )[kind] ?? ['int', int];
  return fc.record({ field: fc.constant(field), type: fc.constant(type), value });
});

/** Any value that the codec can write. */
export function valuesOf({ shape }: Codec<unknown>): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'none':
      return fc.constant(undefined);
    case 'i32':
      return int;
    case 'u32':
      return uint;
    case 'i64':
      return hyper;
    case 'u64':
      return unsignedHyper;
    case 'double':
      return fc.double();
    case 'bool':
      return fc.boolean();
    case 'typedParam':
      return typedParam;
    case 'string':
      return textOf(shape.max);
    case 'opaqueVar':
      return fc.uint8Array({ maxLength: Math.min(shape.max, 40) });
    case 'opaqueFixed':
      return fc.uint8Array({ minLength: shape.length, maxLength: shape.length });
    case 'charArray':
      return fc
        .array(fc.integer({ min: 1, max: 255 }), { maxLength: shape.length - 1 })
        .map((codes) => String.fromCodePoint(...codes));
    case 'array':
      return fc.array(valuesOf(shape.item), { maxLength: Math.min(shape.max, 4) });
    case 'optional':
      return fc.option(valuesOf(shape.item), { nil: undefined });
    case 'struct':
      return fc.record(
        Object.fromEntries(
          Object.entries(shape.fields).map(([name, codec]) => [name, valuesOf(codec)]),
        ),
      );
    case 'mapped':
      return valuesOf(shape.wire).map(shape.from);
  }
}
