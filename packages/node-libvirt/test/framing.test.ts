/**
 * Packets out of a byte stream, however it is cut.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../src/errors.ts';
import { FrameParser } from '../src/protocol/framing.ts';
import { encodePacket, maxPacketBytes } from '../src/protocol/header.ts';
import { thrownBy } from './support.ts';

const header = { program: 1, version: 1, procedure: 2, type: 1, serial: 3, status: 0 };

describe('the frame parser', () => {
  it('finds the same packets wherever the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 }),
        fc.array(fc.nat({ max: 40 }), { maxLength: 60 }),
        (payloads, cuts) => {
          const stream = Buffer.concat(payloads.map((payload) => encodePacket(header, payload)));
          const parser = new FrameParser();
          const found = [];
          let at = 0;
          for (const size of [...cuts, stream.length]) {
            found.push(...parser.push(stream.subarray(at, at + size)));
            at = Math.min(stream.length, at + size);
          }
          expect(found.map((packet) => Uint8Array.from(packet.payload))).toEqual(payloads);
          expect(found.every((packet) => packet.header.serial === 3)).toBe(true);
        },
      ),
    );
  });

  it('refuses a length outside the limits as soon as it is read', () => {
    for (const length of [0, 27, maxPacketBytes + 1, 0xffff_ffff]) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(length);
      expect(() => new FrameParser().push(bytes)).toThrow(ProtocolError);
    }
  });

  it('meets garbage with packets or a ProtocolError, never with anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 80 }), (bytes, length) => {
        const stream = Buffer.concat([Buffer.from([0, 0, 0, length]), bytes]);
        const error = thrownBy(() => new FrameParser().push(stream));
        expect(error === undefined || error instanceof ProtocolError).toBe(true);
      }),
    );
  });

  it('reads a packet that arrives byte by byte', () => {
    const payload = Buffer.alloc(20_000, 7);
    const parser = new FrameParser();
    const found = [...encodePacket(header, payload)].flatMap((byte) =>
      parser.push(Buffer.from([byte])),
    );
    expect(found.map((packet) => packet.payload.equals(payload))).toEqual([true]);
  });

  it('refuses packets that announce file descriptors', () => {
    const bytes = encodePacket({ ...header, type: 5 }, new Uint8Array());
    expect(() => new FrameParser().push(bytes)).toThrow(/file descriptors/);
  });
});
