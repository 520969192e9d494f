/**
 * The daemon's end of one connection of the fake: parses calls, runs handlers, keeps to the daemon's
 * rule of reading nothing while too many calls are in progress, and records what it saw.
 */
import type { Duplex } from 'node:stream';
import { LibvirtError } from '../errors.ts';
import { eventNames, eventRowOf, type EventName, type EventWireOf } from '../protocol/events.ts';
import type { EventScope } from '../protocol/events/row.ts';
import { errorCode } from '../protocol/error-codes.ts';
import { FrameParser } from '../protocol/framing.ts';
import {
  encodePacket,
  messageStatus,
  messageType,
  type Header,
  type Packet,
} from '../protocol/header.ts';
import type { Procedure } from '../protocol/procedure.ts';
import { procedures, type ProcedureName } from '../protocol/procedures.ts';
import { keepaliveProcedure, program, programVersion } from '../protocol/programs.ts';
import { remoteError, streamHole } from '../protocol/types.ts';
import { decode, encode } from '../xdr/codec.ts';
import type { Handlers } from './fake-daemon.ts';

export interface SeenCall {
  readonly name: string;
  readonly args: unknown;
  readonly serial: number;
}

const byNumber: ReadonlyMap<string, readonly [ProcedureName, Procedure]> = new Map(
  Object.entries(procedures as Readonly<Record<string, Procedure>>).map(([name, row]) => [
    `${program[row.program]}/${row.number}`,
    [name as ProcedureName, row] as const,
  ]),
);

export class FakeConnection {
  /** Every call, in the order it was read. */
  readonly calls: SeenCall[] = [];
  /** Stream packets by serial: what the client uploaded, its end, its aborts. */
  readonly streamPackets: Packet[] = [];
  pingsSeen = 0;
  pongsSeen = 0;
  /** The most calls that were in progress at once. */
  mostInProgress = 0;
  readonly #transport: Duplex;
  readonly #handlers: Handlers;
  readonly #options: { readonly maxRequests: number; readonly answersPings: boolean };
  readonly #parser = new FrameParser();
  #registrations: Registration[] = [];
  #inProgress = 0;
  #waiting: Packet[] = [];

  constructor(
    transport: Duplex,
    handlers: Handlers,
    options: { readonly maxRequests: number; readonly answersPings: boolean },
  ) {
    this.#transport = transport;
    this.#handlers = handlers;
    this.#options = options;
    transport.on('error', () => undefined);
    transport.on('end', () => transport.destroy());
    transport.on('data', (bytes: Buffer) => {
      this.#waiting.push(...this.#parser.push(bytes));
      this.#readOn();
    });
  }

  /** Bytes as they are: for garbage. */
  sendRaw(bytes: Uint8Array): void {
    if (!this.#transport.destroyed) this.#transport.write(bytes);
  }

  send(header: Partial<Header>, payload: Uint8Array = new Uint8Array()): void {
    const whole = {
      program: program.remote,
      version: programVersion,
      procedure: 0,
      type: messageType.message,
      serial: 0,
      status: messageStatus.ok,
      ...header,
    };
    this.sendRaw(encodePacket(whole, payload));
  }

  ping(): void {
    this.send({ program: program.keepalive, procedure: keepaliveProcedure.ping });
  }

  /** A packet of the stream that the call of this serial opened. */
  sendStream(serial: number, status: number, payload: Uint8Array = new Uint8Array()): void {
    const call = this.calls.find((seen) => seen.serial === serial);
    const row = procedures[call?.name as ProcedureName] as Procedure;
    this.send({ procedure: row.number, type: messageType.stream, serial, status }, payload);
  }

  /** So many bytes of zero in the stream that the call of this serial opened. */
  sendHole(serial: number, bytes: number): void {
    const call = this.calls.find((seen) => seen.serial === serial);
    const row = procedures[call?.name as ProcedureName] as Procedure;
    const { continue: status } = messageStatus;
    const payload = encode(streamHole, { length: BigInt(bytes), flags: 0 });
    this.send({ procedure: row.number, type: messageType.streamHole, serial, status }, payload);
  }

  /** False when the client did not register the event. */
  emit<N extends EventName>(name: N, wire: EventWireOf<N>): boolean {
    const row = eventRowOf(name);
    const uuid = (wire as { readonly dom?: { readonly uuid: string } }).dom?.uuid;
    const asked = this.#registrations.filter(
      (one) => one.name === name && (one.uuid === undefined || one.uuid === uuid),
    );
    for (const { callbackId } of asked) {
      const payload = encode(row.wire, wire);
      if (row.scope !== 'connection') payload.writeInt32BE(callbackId, 0);
      this.send({ program: program[row.program], procedure: row.message }, payload);
    }
    return asked.length > 0;
  }

  /** Calls that were read and have no reply yet. */
  get inProgress(): number {
    return this.#inProgress;
  }

  /** What the client has not taken yet. */
  get unsentBytes(): number {
    return this.#transport.writableLength;
  }

  /** Takes no more bytes, as a daemon that is frozen; it can still send. */
  stopReading(): void {
    this.#transport.pause();
  }

  /** Ends the connection as a dying daemon does. */
  destroy(): void {
    this.#transport.destroy();
  }

  #readOn(): void {
    // With so many calls in progress a daemon reads nothing more, pings included.
    while (this.#inProgress < this.#options.maxRequests) {
      const packet = this.#waiting.shift();
      if (packet === undefined) return;
      this.#onPacket(packet);
    }
  }

  #onPacket(packet: Packet): void {
    const { header } = packet;
    if (header.program === program.keepalive) {
      this.#onKeepalive(header.procedure);
    } else if (header.type === messageType.stream || header.type === messageType.streamHole) {
      this.streamPackets.push(packet);
    } else if (header.type === messageType.call) {
      this.#inProgress += 1;
      this.mostInProgress = Math.max(this.mostInProgress, this.#inProgress);
      void this.#serve(packet);
    }
  }

  #onKeepalive(procedure: number): void {
    if (procedure === keepaliveProcedure.pong) this.pongsSeen += 1;
    if (procedure !== keepaliveProcedure.ping) return;
    this.pingsSeen += 1;
    if (!this.#options.answersPings) return;
    this.send({ program: program.keepalive, procedure: keepaliveProcedure.pong });
  }

  async #serve(packet: Packet): Promise<void> {
    const { header } = packet;
    const reply = { ...header, type: messageType.reply };
    const known = byNumber.get(`${header.program}/${header.procedure}`);
    let answer: { readonly status: number; readonly payload: Buffer };
    try {
      if (known === undefined) throw rpcError(`unknown procedure: ${header.procedure}`);
      const [name, row] = known;
      const args = decode(row.args, packet.payload);
      this.calls.push({ name, args, serial: header.serial });
      const handler = this.#handlers[name] as
        | ((args: unknown, connection: FakeConnection) => unknown)
        | undefined;
      if (handler === undefined) throw rpcError(`unknown procedure: ${header.procedure}`);
      const value = await handler(args, this);
      this.#rememberRegistration(name, args, value);
      answer = { status: messageStatus.ok, payload: encode(row.ret, value) };
    } catch (error) {
      answer = { status: messageStatus.error, payload: encode(remoteError, toWire(error)) };
    }
    this.#inProgress -= 1;
    this.send({ ...reply, status: answer.status }, answer.payload);
    this.#readOn();
  }

  #rememberRegistration(name: ProcedureName, args: unknown, value: unknown): void {
    const scope = registerCalls[name];
    const { eventId = 0, dom } = (args ?? {}) as Asked;
    const { callbackId = -1 } = (value ?? {}) as { readonly callbackId?: number };
    if (scope !== undefined) {
      const event = eventNames.find((one) => {
        const row = eventRowOf(one);
        return row.scope === scope && row.eventId === eventId;
      });
      if (event !== undefined) {
        this.#registrations.push({ name: event, scope, callbackId, uuid: dom?.uuid });
      }
    }
    const over = deregisterCalls[name];
    if (over === undefined) return;
    const { callbackId: id = -1 } = (args ?? {}) as { readonly callbackId?: number };
    this.#registrations = this.#registrations.filter(
      (one) => one.scope !== over || one.callbackId !== id,
    );
  }
}

interface Registration {
  readonly name: EventName;
  readonly scope: EventScope;
  readonly callbackId: number;
  /** Of a registration for one domain alone. */
  readonly uuid: string | undefined;
}

interface Asked {
  readonly eventId?: number;
  readonly dom?: { readonly uuid: string };
}

type Calls = { readonly [P in ProcedureName]?: EventScope };

const registerCalls: Calls = {
  connectDomainEventCallbackRegisterAny: 'domain',
  connectStoragePoolEventRegisterAny: 'storagePool',
  connectNetworkEventRegisterAny: 'network',
  connectSecretEventRegisterAny: 'secret',
  connectNodeDeviceEventRegisterAny: 'nodeDevice',
  connectRegisterCloseCallback: 'connection',
  qemuConnectDomainMonitorEventRegister: 'monitor',
};
const deregisterCalls: Calls = {
  connectDomainEventCallbackDeregisterAny: 'domain',
  connectStoragePoolEventDeregisterAny: 'storagePool',
  connectNetworkEventDeregisterAny: 'network',
  connectSecretEventDeregisterAny: 'secret',
  connectNodeDeviceEventDeregisterAny: 'nodeDevice',
  connectUnregisterCloseCallback: 'connection',
  qemuConnectDomainMonitorEventDeregister: 'monitor',
};

function rpcError(message: string): LibvirtError {
  return new LibvirtError({ code: errorCode.internal, domain: 7, level: 2, message });
}

function toWire(error: unknown) {
  const known = error instanceof LibvirtError ? error : rpcError(String(error));
  return {
    code: known.message.startsWith('unknown procedure') ? errorCode.rpc : known.code,
    domain: known.domain,
    message: known.message,
    level: known.level,
    number1: -1,
    number2: -1,
  };
}
