/**
 * One byte stream as packets in both directions, kept alive: answers the peer's pings at once, sends our
 * own when the peer is silent, and ends on the first byte that makes no sense. Calls, streams and events
 * are left to the connection.
 */
import type { Duplex } from 'node:stream';
import { ProtocolError, type CloseReason } from '../errors.ts';
import { FrameParser } from '../protocol/framing.ts';
import {
  encodeHeader,
  encodePacket,
  messageStatus,
  messageType,
  type Header,
  type Packet,
} from '../protocol/header.ts';
import { keepaliveProcedure, program, programVersion } from '../protocol/programs.ts';

export interface KeepaliveOptions {
  /** Silence before a ping is sent, and between pings. */
  readonly intervalMs: number;
  /** Pings without any answer before the connection is given up. */
  readonly count: number;
}

export interface LinkHandlers {
  packet(packet: Packet): void;
  closed(reason: CloseReason, error: Error | undefined): void;
}

/** A peer that pings but reads nothing gets no more answers than this many waiting bytes. */
const maxPongBacklogBytes = 65_536;

export class Link {
  readonly #transport: Duplex;
  readonly #handlers: LinkHandlers;
  readonly #parser = new FrameParser();
  #open = true;
  #timer: NodeJS.Timeout | undefined;
  #heard = true;
  #unanswered = 0;
  #drainWaiters: (() => void)[] = [];

  constructor(transport: Duplex, handlers: LinkHandlers) {
    this.#transport = transport;
    this.#handlers = handlers;
    transport.on('data', (bytes: Buffer) => this.#onData(bytes));
    transport.on('drain', () => this.#releaseDrainWaiters());
    transport.on('error', (error: Error) => this.close('socket-error', error));
    transport.on('end', () => this.close('ended'));
    transport.on('close', () => this.close('ended'));
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /**
   * False when the bytes wait in memory; `drained` tells when they no longer do, and until then they must
   * not change.
   */
  send(header: Header, payload: Uint8Array): boolean {
    if (!this.#open) return true;
    const transport = this.#transport;
    if (payload.length < transport.writableHighWaterMark) {
      return transport.write(encodePacket(header, payload));
    }
    // Too much to copy: both parts go out together, and whoever may change the bytes waits for the drain.
    transport.cork();
    transport.write(encodeHeader(header, payload.length));
    const more = transport.write(payload);
    transport.uncork();
    return more;
  }

  /** Do bytes wait in memory? */
  get needsDrain(): boolean {
    return this.#open && this.#transport.writableNeedDrain;
  }

  /** Resolves when the socket takes more, or is gone. */
  drained(): Promise<void> {
    if (!this.#open || !this.#transport.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drainWaiters.push(resolve);
    });
  }

  /** Stops reading everything, pings included: only for as long as a slow reader needs. */
  pause(): void {
    this.#transport.pause();
  }

  resume(): void {
    if (this.#open) this.#transport.resume();
  }

  startKeepalive(options: KeepaliveOptions): void {
    this.#timer ??= setInterval(() => this.#tick(options), options.intervalMs);
  }

  close(reason: CloseReason, error?: Error): void {
    if (!this.#open) return;
    this.#open = false;
    clearInterval(this.#timer);
    this.#transport.destroy();
    this.#releaseDrainWaiters();
    this.#handlers.closed(reason, error);
  }

  #onData(bytes: Buffer): void {
    if (!this.#open) return;
    this.#heard = true;
    this.#unanswered = 0;
    try {
      for (const packet of this.#parser.push(bytes)) {
        if (!this.#open) return;
        if (packet.header.program === program.keepalive) this.#onKeepalive(packet);
        else this.#handlers.packet(packet);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.close('protocol-error', error);
    }
  }

  #onKeepalive(packet: Packet): void {
    if (packet.header.procedure !== keepaliveProcedure.ping) return;
    if (this.#transport.writableLength > maxPongBacklogBytes) return;
    this.#sendKeepalive(keepaliveProcedure.pong);
  }

  #sendKeepalive(procedure: number): void {
    const header = {
      program: program.keepalive,
      version: programVersion,
      procedure,
      type: messageType.message,
      serial: 0,
      status: messageStatus.ok,
    };
    this.send(header, new Uint8Array());
  }

  #tick(options: KeepaliveOptions): void {
    // A paused socket is our own doing, not the peer's silence. But the peer's pings are not heard then:
    // it must not take us for dead.
    if (this.#transport.isPaused()) {
      this.#sendKeepalive(keepaliveProcedure.ping);
      return;
    }
    if (this.#heard) {
      this.#heard = false;
      return;
    }
    if (this.#unanswered >= options.count) {
      this.close('keepalive', new Error(`${this.#unanswered} pings unanswered`));
      return;
    }
    this.#unanswered += 1;
    this.#sendKeepalive(keepaliveProcedure.ping);
  }

  #releaseDrainWaiters(): void {
    const waiters = this.#drainWaiters;
    this.#drainWaiters = [];
    for (const release of waiters) release();
  }
}
