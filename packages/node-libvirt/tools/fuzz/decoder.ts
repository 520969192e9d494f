/**
 * What a connection does with bytes, without the connection: cut into packets, decoded by what their
 * headers say they are. Only a `ProtocolError` is a fair answer to garbage.
 */
import { ProtocolError } from '../../src/errors.ts';
import { eventNames, eventRowOf } from '../../src/protocol/events.ts';
import { FrameParser } from '../../src/protocol/framing.ts';
import { messageStatus, messageType, type Packet } from '../../src/protocol/header.ts';
import { procedureOf, procedures, type ProcedureName } from '../../src/protocol/procedures.ts';
import { program } from '../../src/protocol/programs.ts';
import { remoteError, streamHole } from '../../src/protocol/types.ts';
import { decode, encode, type Codec } from '../../src/xdr/codec.ts';
import type { Random } from './random.ts';

export interface Fate {
  readonly accepted: number;
  readonly refused: boolean;
}

const rows = new Map(
  (Object.keys(procedures) as ProcedureName[]).map((name) => {
    const row = procedureOf(name);
    return [`${program[row.program]}/${row.number}`, row];
  }),
);
const messages = new Map(
  eventNames.map((name) => {
    const row = eventRowOf(name);
    return [`${program[row.program]}/${row.message}`, row];
  }),
);

/** Throws whatever is not a fair answer. */
export function feed(bytes: Buffer, random: Random): Fate {
  const parser = new FrameParser();
  let accepted = 0;
  try {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + 1 + random.below(bytes.length));
      at += piece.length;
      for (const packet of parser.push(piece)) {
        judge(packet);
        accepted += 1;
      }
    }
    return { accepted, refused: false };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { accepted, refused: true };
  }
}

/** What was read can be written again, and names can be found for its numbers. */
function judge({ header, payload }: Packet): void {
  const key = `${header.program}/${header.procedure}`;
  const event = messages.get(key);
  if (header.type === messageType.message && event !== undefined) {
    event.value(there(event.wire, payload));
    return;
  }
  const codec = codecOf(header.type, header.status, key);
  if (codec !== undefined) there(codec, payload);
}

function codecOf(type: number, status: number, key: string): Codec<unknown> | undefined {
  if (status === messageStatus.error) return remoteError as Codec<unknown>;
  if (type === messageType.streamHole) return streamHole as Codec<unknown>;
  if (type === messageType.reply) return rows.get(key)?.ret;
  return type === messageType.call ? rows.get(key)?.args : undefined;
}

function there(codec: Codec<unknown>, payload: Buffer): unknown {
  const value = decode(codec, payload);
  encode(codec, value);
  return value;
}
