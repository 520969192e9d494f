/**
 * Stands between a client and a daemon, passes every byte on, and writes down what both said. What belongs
 * to the making of a connection, secrets among it, is left out; so are streams.
 */
import { duplexPair, type Duplex } from 'node:stream';
import { eventNames, eventRowOf, type EventName } from '../protocol/events.ts';
import { FrameParser } from '../protocol/framing.ts';
import { messageStatus, messageType, type Packet } from '../protocol/header.ts';
import { procedureOf, procedures, type ProcedureName } from '../protocol/procedures.ts';
import { program } from '../protocol/programs.ts';
import { remoteError } from '../protocol/types.ts';
import { decode } from '../xdr/codec.ts';
import type { RecordedEntry, Recording } from './recording.ts';

interface Pending {
  readonly name: ProcedureName;
  readonly args: unknown;
}

const nameByNumber: ReadonlyMap<string, ProcedureName> = new Map(
  (Object.keys(procedures) as ProcedureName[]).map((name) => {
    const { program: of, number } = procedureOf(name);
    return [`${program[of]}/${number}`, name];
  }),
);
const eventByMessage: ReadonlyMap<string, EventName> = new Map(
  eventNames.map((name) => {
    const row = eventRowOf(name);
    return [`${program[row.program]}/${row.message}`, name];
  }),
);

/** Done anew by each client that is played to; and no password may end up in a file. */
const leftOut = /^auth|^connect(Open|Close|SupportsFeature)$|^secret(Get|Set)Value$/;

export class Recorder {
  readonly #entries: RecordedEntry[] = [];

  /** So far; replies that have not come are not in it. */
  get recording(): Recording {
    return [...this.#entries];
  }

  /** A stream for `connect({ transport })` that is recorded on its way to `daemon`. */
  through(daemon: Duplex): Duplex {
    const [client, middle] = duplexPair();
    const pending = new Map<number, Pending>();
    this.#follow(middle, daemon, (packet) => this.#onCall(packet, pending));
    this.#follow(daemon, middle, (packet) => this.#onAnswer(packet, pending));
    return client;
  }

  #follow(from: Duplex, to: Duplex, onPacket: (packet: Packet) => void): void {
    const parser = new FrameParser();
    from.on('data', (bytes: Buffer) => {
      // Written down before it is passed on: the answer may come at once.
      for (const packet of parser.push(bytes)) onPacket(packet);
      to.write(bytes);
    });
    from.on('end', () => to.end());
    from.on('close', () => to.destroy());
    from.on('error', () => to.destroy());
  }

  #onCall({ header, payload }: Packet, pending: Map<number, Pending>): void {
    if (header.type !== messageType.call) return;
    const name = nameByNumber.get(`${header.program}/${header.procedure}`);
    if (name === undefined || leftOut.test(name)) return;
    pending.set(header.serial, { name, args: decode(procedureOf(name).args, payload) });
  }

  #onAnswer({ header, payload }: Packet, pending: Map<number, Pending>): void {
    if (header.type === messageType.message) this.#onEvent(header, payload);
    if (header.type !== messageType.reply) return;
    const call = pending.get(header.serial);
    if (call === undefined) return;
    pending.delete(header.serial);
    const { name, args } = call;
    if (header.status === messageStatus.error) {
      const { code, domain, level, message = '' } = decode(remoteError, payload);
      this.#entries.push({ call: name, args, error: { code, domain, level, message } });
    } else {
      this.#entries.push({ call: name, args, reply: decode(procedureOf(name).ret, payload) });
    }
  }

  #onEvent(header: Packet['header'], payload: Buffer): void {
    const event = eventByMessage.get(`${header.program}/${header.procedure}`);
    if (event === undefined) return;
    this.#entries.push({ event, wire: decode(eventRowOf(event).wire, payload) });
  }
}
