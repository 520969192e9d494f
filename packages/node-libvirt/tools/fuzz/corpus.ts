/**
 * Valid packets to begin with: replies and calls of every procedure, every event, errors, stream data and
 * holes, with values drawn from the shapes of their own codecs.
 */
import fc from 'fast-check';
import { eventNames, eventRowOf } from '../../src/protocol/events.ts';
import { encodePacket, messageStatus, messageType } from '../../src/protocol/header.ts';
import { procedureOf, procedures, type ProcedureName } from '../../src/protocol/procedures.ts';
import { program, programVersion } from '../../src/protocol/programs.ts';
import { remoteError, streamHole } from '../../src/protocol/types.ts';
import { encode, type Codec } from '../../src/xdr/codec.ts';
import { valuesOf } from '../values.ts';

const perCodec = 3;

/** The same again from the same seed. */
export function corpus(seed: number): readonly Buffer[] {
  const samples = (codec: Codec<unknown>): readonly Buffer[] =>
    fc.sample(valuesOf(codec), { numRuns: perCodec, seed }).map((value) => encode(codec, value));
  const packets: Buffer[] = [];
  const add = (of: { readonly program: number; readonly procedure: number }) => ({
    as: (type: number, status: number, payloads: readonly Buffer[], serial = 1) => {
      const header = { version: programVersion, type, status, serial, ...of };
      packets.push(...payloads.map((payload) => encodePacket(header, payload)));
    },
  });
  const errors = samples(remoteError);
  for (const name of Object.keys(procedures) as ProcedureName[]) {
    const row = procedureOf(name);
    const own = add({ program: program[row.program], procedure: row.number });
    own.as(messageType.reply, messageStatus.ok, samples(row.ret));
    own.as(messageType.call, messageStatus.ok, samples(row.args));
    own.as(messageType.reply, messageStatus.error, errors);
    if (row.stream === undefined) continue;
    own.as(messageType.stream, messageStatus.continue, [Buffer.alloc(64, 7), Buffer.alloc(0)]);
    own.as(messageType.stream, messageStatus.error, errors);
    own.as(messageType.streamHole, messageStatus.continue, samples(streamHole));
  }
  for (const name of eventNames) {
    const row = eventRowOf(name);
    const own = add({ program: program[row.program], procedure: row.message });
    own.as(messageType.message, messageStatus.ok, samples(row.wire), 0);
  }
  const keepalive = add({ program: program.keepalive, procedure: 1 });
  keepalive.as(messageType.message, messageStatus.ok, [Buffer.alloc(0)], 0);
  return packets;
}
