/**
 * Every row of both tables there and back: what is written is read as the same value, and a packet cut
 * short or drawn out is refused.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../src/errors.ts';
import { eventRowOf, events, type EventName } from '../src/protocol/events.ts';
import type { Procedure } from '../src/protocol/procedure.ts';
import { procedures } from '../src/protocol/procedures.ts';
import { decode, encode, type Codec } from '../src/xdr/codec.ts';
import { valuesOf } from '../tools/values.ts';

const rows = Object.entries<Procedure>(procedures as Readonly<Record<string, Procedure>>);
const codecs: readonly (readonly [string, Codec<unknown>])[] = [
  ...rows.flatMap(([name, row]) => [
    [`${name}, arguments`, row.args] as const,
    [`${name}, results`, row.ret] as const,
  ]),
  ...(Object.keys(events) as EventName[]).map(
    (name) => [`event ${name}`, eventRowOf(name).wire] as const,
  ),
];

describe.each(codecs)('%s', (_, codec) => {
  const values = valuesOf(codec);

  it('comes back as it was written, and only from all of its bytes', () => {
    fc.assert(
      fc.property(values, fc.nat(), (value, at) => {
        const bytes = encode(codec, value);
        expect(bytes.length).toBeGreaterThanOrEqual(codec.minBytes);
        expect(decode(codec, bytes)).toEqual(value);
        const longer = Buffer.concat([bytes, Buffer.alloc(4)]);
        expect(() => decode(codec, longer)).toThrow(ProtocolError);
        if (bytes.length === 0) return;
        const cut = bytes.subarray(0, at % bytes.length);
        expect(() => decode(codec, cut)).toThrow(ProtocolError);
      }),
      { numRuns: 25 },
    );
  });
});

describe('one packet of each row', () => {
  it('is refused cut at any byte', () => {
    for (const [name, codec] of codecs) {
      const value = fc.sample(valuesOf(codec), { numRuns: 1, seed: 7 })[0];
      const bytes = encode(codec, value);
      for (let length = 0; length < bytes.length; length++) {
        const cut = bytes.subarray(0, length);
        expect(() => decode(codec, cut), `${name} cut at ${length}`).toThrow(ProtocolError);
      }
    }
  });
});
