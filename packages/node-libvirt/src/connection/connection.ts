/**
 * One connection to a libvirt daemon: calls matched to replies by serial, at most four at the daemon,
 * each with a deadline; streams; events. It never reconnects: after the end, registrations and streams
 * are gone and only the caller knows what to look at again.
 */
import type { Duplex } from 'node:stream';
import {
  CallAbandonedError,
  ConnectionError,
  LibvirtError,
  ProtocolError,
  QueueFullError,
  type CloseReason,
} from '../errors.ts';
import type { EventName, EventOf } from '../protocol/events.ts';
import { messageStatus, messageType, type Packet } from '../protocol/header.ts';
import type { Procedure } from '../protocol/procedure.ts';
import {
  procedureOf,
  type ArgsOf,
  type ProcedureName,
  type RetOf,
} from '../protocol/procedures.ts';
import { program, programVersion } from '../protocol/programs.ts';
import { remoteError } from '../protocol/types.ts';
import { decode, encode } from '../xdr/codec.ts';
import type { CallArguments, Caller, Listening } from './caller.ts';
import { CallQueue, type Call, type CallOutcome } from './call-queue.ts';
import { EventHub } from './event-hub.ts';
import { deregisterEvent, registerEvent, type EventFilter } from './event-registrar.ts';
import { Link } from './link.ts';
import type { KeepaliveOptions } from './link.ts';
import {
  defaults,
  type CallOptions,
  type Closed,
  type ConnectOptions,
  type StreamOptions,
} from './options.ts';
import { LibvirtStream } from './stream.ts';

/** Streams that may still be heard of after their end. */
const rememberedStreams = 64;
/** Packets of a stream before the reply that opens it. */
const mostEarly = 64;
/** The longest time a timer can be set for. */
const maxTimerMs = 0x7fff_ffff;

export class Connection implements Caller, AsyncDisposable {
  /** Resolves once, when the connection has ended, however it did. Never rejects. */
  readonly closed: Promise<Closed>;
  readonly #link: Link;
  readonly #queue: CallQueue;
  readonly #callTimeoutMs: number;
  readonly #streams = new Map<number, LibvirtStream>();
  readonly #endedStreams = new Set<number>();
  readonly #hub: EventHub;
  #state: 'open' | 'retired' | 'closed' = 'open';
  #end: Closed | undefined;
  readonly #resolveClosed: (closed: Closed) => void;
  readonly #unusable = Promise.withResolvers<Closed>();
  #idleWaiters: (() => void)[] = [];
  readonly #listenings = new Set<() => void>();

  /** Over a transport that is connected; `openConnection` does the sequence that a daemon expects. */
  constructor(
    transport: Duplex,
    options: Pick<ConnectOptions, 'maxInFlight' | 'maxQueued' | 'callTimeoutMs'> = {},
  ) {
    const { promise, resolve } = Promise.withResolvers<Closed>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    this.#queue = new CallQueue(
      options.maxInFlight ?? defaults.maxInFlight,
      options.maxQueued ?? defaults.maxQueued,
    );
    this.#callTimeoutMs = options.callTimeoutMs ?? defaults.callTimeoutMs;
    this.#hub = new EventHub({
      register: (row, filter) => registerEvent(this, row, filter),
      deregister: async (row, callbackId) => {
        if (this.#state === 'open') await deregisterEvent(this, row, callbackId);
      },
    });
    this.#link = new Link(transport, {
      packet: (packet) => this.#onPacket(packet),
      closed: (reason, error) => this.#onClosed(reason, error),
    });
  }

  /** False from the moment that new calls are refused, though running ones may still end well. */
  get isUsable(): boolean {
    return this.#state === 'open';
  }

  /** Resolves when `isUsable` has become false, with why. Never rejects. */
  get unusable(): Promise<Closed> {
    return this.#unusable.promise;
  }

  /** Resolves when no call and no stream occupies the daemon, abandoned calls included. */
  async whenIdle(): Promise<void> {
    if (this.#isIdle()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idleWaiters.push(resolve);
    await promise;
  }

  call<P extends ProcedureName>(
    name: P,
    ...[args, options]: CallArguments<P, CallOptions>
  ): Promise<RetOf<P>> {
    return this.#start(name, args, options ?? {}).then((done) => done.value as RetOf<P>);
  }

  async openStream<P extends ProcedureName>(
    name: P,
    args: ArgsOf<P>,
    options: StreamOptions = {},
  ): Promise<LibvirtStream> {
    if (procedureOf(name).stream === undefined) throw new TypeError(`${name} has no stream`);
    const done = await this.#start(name, args, options);
    if (done.stream === undefined) throw new ConnectionError(this.#closeReason(), true);
    return done.stream;
  }

  async listen<N extends EventName>(
    names: readonly N[],
    listener: (event: EventOf<N>) => void,
    filter: EventFilter = {},
  ): Promise<Listening> {
    const own = (event: EventOf<EventName>) => listener(event as unknown as EventOf<N>);
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const remove = async () => {
      this.#listenings.delete(end);
      end();
      if (this.#state === 'closed') return;
      await Promise.allSettled(names.map((name) => this.#hub.remove(name, filter, own)));
    };
    this.#listenings.add(end);
    try {
      await Promise.all(names.map((name) => this.#hub.add(name, filter, own)));
    } catch (error) {
      await remove();
      throw error;
    }
    return { ended, [Symbol.asyncDispose]: remove };
  }

  startKeepalive(options: KeepaliveOptions): void {
    this.#link.startKeepalive(options);
  }

  /** Says goodbye if the daemon has ears for it, then ends. Running calls reject. */
  async close(): Promise<void> {
    if (this.#state === 'open' && this.#queue.inFlight === 0) {
      const goodbye = this.call('connectClose', undefined, { timeoutMs: defaults.closeTimeoutMs });
      await goodbye.catch(() => undefined);
    }
    this.#link.close('closed');
    await this.closed;
  }

  /** Ends at once. */
  destroy(reason: CloseReason, error?: Error): void {
    this.#link.close(reason, error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #start(name: ProcedureName, args: unknown, options: StreamOptions): Promise<Done> {
    return new Promise((resolve, reject) => {
      if (this.#state !== 'open') throw new ConnectionError(this.#closeReason(), false);
      const row = procedureOf(name);
      let cleanUp = () => {};
      const settle = (outcome: CallOutcome) => {
        cleanUp();
        if (outcome.ok) resolve({ ...outcome, stream: this.#streams.get(outcome.serial) });
        else reject(outcome.error);
      };
      const call: Call = {
        name,
        row,
        payload: encode(row.args, args),
        settle,
        serial: 0,
        abandoned: false,
        early: [],
        options,
      };
      if (options.signal?.aborted === true) {
        throw new CallAbandonedError('aborted', name, false, options.signal.reason);
      }
      if (!this.#queue.enqueue(call)) throw new QueueFullError(`${name}: queue is full`);
      cleanUp = this.#watch(call, options);
      this.#pump();
    });
  }

  /** Abandons the call at its deadline or signal; returns what switches both off. */
  #watch(call: Call, options: CallOptions): () => void {
    const timeoutMs = options.timeoutMs ?? this.#callTimeoutMs;
    const timer =
      timeoutMs > maxTimerMs
        ? undefined
        : setTimeout(() => this.#abandon(call, 'deadline'), timeoutMs);
    const onAbort = () => this.#abandon(call, 'aborted', options.signal?.reason);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    return () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
    };
  }

  #abandon(call: Call, reason: 'deadline' | 'aborted', cause?: unknown): void {
    const sent = this.#queue.abandon(call);
    call.settle({ ok: false, error: new CallAbandonedError(reason, call.name, sent, cause) });
    if (this.#queue.abandoned >= defaults.maxAbandoned) this.#retire();
  }

  /** No new calls; the ones that someone still waits for may end. */
  #retire(): void {
    if (this.#state !== 'open') return;
    this.#state = 'retired';
    this.#unusable.resolve({ reason: 'retired', error: undefined });
    for (const call of this.#queue.takeQueued()) {
      call.settle({ ok: false, error: new ConnectionError('retired', false) });
    }
    this.#onFewer();
  }

  /** A call or a stream has ended. */
  #onFewer(): void {
    const waitedFor = this.#streams.size + this.#queue.inFlight - this.#queue.abandoned;
    if (this.#state === 'retired' && waitedFor === 0) this.#link.close('retired');
    if (this.#isIdle()) this.#releaseIdleWaiters();
  }

  #isIdle(): boolean {
    if (this.#state === 'closed') return true;
    return this.#streams.size + this.#queue.inFlight + this.#queue.queued === 0;
  }

  #releaseIdleWaiters(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const release of waiters) release();
  }

  #pump(): void {
    for (;;) {
      const call = this.#queue.next();
      if (call === undefined) return;
      this.#link.send(this.#header(call.row, call.serial, messageType.call, 0), call.payload);
    }
  }

  #header(row: Procedure, serial: number, type: number, status: number) {
    return {
      program: program[row.program],
      version: programVersion,
      procedure: row.number,
      type,
      serial,
      status,
    };
  }

  #onPacket(packet: Packet): void {
    const { header } = packet;
    if (header.type === messageType.message) this.#hub.dispatch(packet);
    else if (header.type === messageType.reply) this.#onReply(packet);
    else if (isStream(header.type)) this.#onStream(packet);
    else throw new ProtocolError('bad-header', `message type ${header.type} from a daemon`);
  }

  #onReply(packet: Packet): void {
    const { header } = packet;
    const call = this.#queue.get(header.serial);
    if (call === undefined || !isFor(packet, call.row)) {
      throw new ProtocolError('unknown-serial', `reply to serial ${header.serial}`);
    }
    this.#queue.complete(header.serial);
    try {
      this.#finishCall(call, packet);
    } finally {
      this.#pump();
      this.#onFewer();
    }
  }

  #finishCall(call: Call, packet: Packet): void {
    const { status } = packet.header;
    if (status === messageStatus.continue) {
      const error = new ProtocolError('bad-header', 'a reply cannot continue');
      call.settle({ ok: false, error });
      throw error;
    }
    try {
      if (status === messageStatus.error) {
        if (call.row.stream !== undefined) this.#rememberEnded(call.serial);
        call.settle({ ok: false, error: toLibvirtError(packet.payload, call.name) });
        return;
      }
      const value = call.abandoned ? undefined : decode(call.row.ret, packet.payload);
      if (call.row.stream !== undefined) this.#addStream(call);
      call.settle({ ok: true, value, serial: call.serial });
      for (const early of call.early) this.#onStream(early);
    } catch (error) {
      call.settle({ ok: false, error: error as Error });
      throw error;
    }
  }

  #addStream(call: Call): void {
    const { serial, row, options } = call;
    const stream = new LibvirtStream({
      procedure: call.name,
      kind: row.stream ?? 'read',
      sparse: options.sparse ?? false,
      idleMs: options.idleMs ?? defaults.streamIdleMs,
      signal: options.signal,
      send: (type, status, payload) =>
        void this.#link.send(this.#header(row, serial, type, status), payload),
      drained: () => this.#link.drained(),
      needsDrain: () => this.#link.needsDrain,
      pause: () => this.#link.pause(),
      resume: () => this.#link.resume(),
      released: () => {
        this.#streams.delete(serial);
        this.#rememberEnded(serial);
        this.#onFewer();
      },
      toError: (payload) => toLibvirtError(payload, call.name),
    });
    this.#streams.set(serial, stream);
    // Nobody waits for it any more, but the daemon opened it.
    if (call.abandoned) void stream.abort();
  }

  #onStream(packet: Packet): void {
    const { serial } = packet.header;
    const stream = this.#streams.get(serial);
    if (stream !== undefined) return stream.receive(packet);
    // The daemon sends a stream's data and the reply that opens it from different threads.
    const call = this.#queue.get(serial);
    if (call?.row.stream !== undefined && call.early.length < mostEarly) {
      call.early.push(packet);
      return;
    }
    // What the daemon had on its way when it heard of the end.
    if (!this.#endedStreams.has(serial)) {
      throw new ProtocolError('unknown-serial', `stream of serial ${serial}`);
    }
  }

  #rememberEnded(serial: number): void {
    this.#endedStreams.add(serial);
    if (this.#endedStreams.size <= rememberedStreams) return;
    const [oldest] = this.#endedStreams;
    if (oldest !== undefined) this.#endedStreams.delete(oldest);
  }

  #onClosed(reason: CloseReason, error: Error | undefined): void {
    this.#state = 'closed';
    this.#end = { reason, error };
    for (const call of this.#queue.takeQueued()) {
      call.settle({ ok: false, error: new ConnectionError(reason, false, error) });
    }
    for (const call of this.#queue.takeInFlight()) {
      call.settle({ ok: false, error: new ConnectionError(reason, true, error) });
    }
    for (const stream of this.#streams.values()) {
      stream.fail(new ConnectionError(reason, true, error));
    }
    this.#streams.clear();
    this.#releaseIdleWaiters();
    for (const end of this.#listenings) end();
    this.#listenings.clear();
    this.#unusable.resolve(this.#end);
    this.#resolveClosed(this.#end);
  }

  #closeReason(): CloseReason {
    return this.#end?.reason ?? 'retired';
  }
}

function isStream(type: number): boolean {
  return type === messageType.stream || type === messageType.streamHole;
}

interface Done {
  readonly value: unknown;
  readonly serial: number;
  readonly stream: LibvirtStream | undefined;
}

function isFor(packet: Packet, row: Procedure): boolean {
  const { header } = packet;
  return (
    header.program === program[row.program] &&
    header.version === programVersion &&
    header.procedure === row.number
  );
}

function toLibvirtError(payload: Buffer, procedure: ProcedureName): LibvirtError {
  const fields = decode(remoteError, payload);
  return new LibvirtError({
    code: fields.code,
    domain: fields.domain,
    level: fields.level,
    message: fields.message ?? `libvirt error ${fields.code}`,
    procedure,
    ...(fields.dom === undefined ? {} : { dom: fields.dom }),
    ...(fields.net === undefined ? {} : { net: fields.net }),
  });
}
