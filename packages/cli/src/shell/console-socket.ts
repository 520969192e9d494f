/**
 * A console of a VM over a WebSocket: a ticket, the connection, its bytes and what is said beside them. One that breaks is
 * opened again with a new ticket, until it is said to be over, or who looks at it leaves.
 */
import { addressOf, ApiProblem } from '@drover/client';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ConsoleNews,
  consoleProtocol,
  type ConsoleType,
  parseJson,
  ticketProtocol,
} from '@drover/protocol';
import { WebSocket } from 'ws';
import { type ConsoleEnd, consoleEnd } from '../logic/console-text.ts';
import { Unreachable } from './client.ts';
import type { Session } from './session.ts';

export interface ConsoleWatch {
  /** `false`: there is no room for more until `resume()`. */
  readonly onBytes: (bytes: Buffer) => boolean;
  readonly onNews: (news: ConsoleNews) => void;
  /** The connection is gone, and is opened anew. */
  readonly onBroken: (why: string) => void;
}

const route = '/v1/vms/{vm}/console';
const againMs = 500;
const handshakeMs = 10_000;
const patienceMs = 120_000;
const waitingBytes = 256 * 1024;

export class ConsoleSocket {
  readonly #session: Session;
  readonly #vm: string;
  readonly #type: ConsoleType;
  readonly #watch: ConsoleWatch;
  readonly #left = new AbortController();
  #socket: WebSocket | undefined;
  #unsent: Uint8Array[] = [];
  #onRoom: (() => void) | undefined;

  constructor(session: Session, vm: string, type: ConsoleType, watch: ConsoleWatch) {
    this.#session = session;
    this.#vm = vm;
    this.#type = type;
    this.#watch = watch;
  }

  /** Nothing: who looked left. Throws what the API said where it gives no ticket. */
  async run(): Promise<Extract<ConsoleEnd, { type: 'over' }> | undefined> {
    let brokenMs: number | undefined;
    while (!this.#left.signal.aborted) {
      try {
        const end = await this.#once(() => (brokenMs = undefined));
        if (this.#left.signal.aborted) return undefined;
        if (end.type === 'over') return end;
        this.#watch.onBroken('the connection to the API broke');
      } catch (error) {
        if (this.#left.signal.aborted) return undefined;
        if (!mayWork(error)) throw error;
        brokenMs ??= performance.now();
        if (performance.now() - brokenMs > patienceMs) throw error;
        this.#watch.onBroken((error as Error).message);
      }
      await pause(againMs, undefined, { signal: this.#left.signal }).catch(() => undefined);
    }
    return undefined;
  }

  /** `false`: wait for `onRoom` before there is more. What comes while nothing is connected is sent once something is. */
  send(bytes: Uint8Array, onRoom: () => void): boolean {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) {
      this.#unsent.push(bytes);
      this.#onRoom = onRoom;
      return false;
    }
    socket.send(bytes, { binary: true }, () => {
      if (socket.bufferedAmount < waitingBytes) onRoom();
    });
    return socket.bufferedAmount < waitingBytes;
  }

  resume(): void {
    this.#socket?.resume();
  }

  leave(): void {
    this.#left.abort();
    this.#socket?.close();
    setTimeout(() => this.#socket?.terminate(), 1_000).unref();
  }

  async #once(onOpen: () => void): Promise<ConsoleEnd> {
    const { client, address, token } = this.#session;
    const path = { vm: this.#vm };
    const { ticket = '' } = await client.post(route, { path, body: { type: this.#type } });
    const url = `${address.url.replace(/^http/, 'ws')}${addressOf(route, { path })}`;
    const own = token();
    const socket = new WebSocket(url, [consoleProtocol, `${ticketProtocol}${ticket}`], {
      ...(own === undefined ? {} : { headers: { authorization: `Bearer ${own}` } }),
      handshakeTimeout: handshakeMs,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<ConsoleEnd>();
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) => resolve(consoleEnd(code, String(reason))));
    socket.on('open', () => {
      onOpen();
      for (const bytes of this.#unsent.splice(0)) socket.send(bytes, { binary: true });
      const tell = this.#onRoom;
      this.#onRoom = undefined;
      tell?.();
    });
    socket.on('message', (data, isBinary) => this.#take(socket, data as Buffer, isBinary));
    try {
      return await promise;
    } finally {
      this.#socket = undefined;
    }
  }

  #take(socket: WebSocket, data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      if (!this.#watch.onBytes(data)) socket.pause();
      return;
    }
    const news = parseJson(ConsoleNews, String(data));
    if (!news.ok) return;
    if (news.value.state === 'connected') {
      socket.send(JSON.stringify({ stream: news.value.stream }));
    }
    this.#watch.onNews(news.value);
  }
}

function mayWork(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  return error instanceof ApiProblem && [502, 503, 504].includes(error.problem.status);
}
