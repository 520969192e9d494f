/** A host's end of consoles, as agents have it: real doors on loopback, behind each a VM that a test speaks for. */
import { ConsoleDoor } from '@drover/transfer';
import type { Query, QueryReply } from '@drover/protocol';
import { type RawData, WebSocket } from 'ws';
import { until } from './world.ts';

type Asked = Extract<Query, { type: 'open-console' }>;

/** One that somebody came for. */
export interface Visited {
  readonly hostId: string;
  readonly asked: Asked;
  readonly socket: WebSocket;
  /** What was typed. */
  readonly heard: () => string;
}

export class ConsoleEnd implements Disposable {
  readonly visits: Visited[] = [];
  readonly asked: Asked[] = [];
  /** What the leader says instead, while there is something. */
  refusal: { readonly code: string; readonly message: string } | undefined;
  hostId = 'h1';
  readonly #door: ConsoleDoor;

  private constructor(door: ConsoleDoor) {
    this.#door = door;
  }

  static async start(): Promise<ConsoleEnd> {
    return new ConsoleEnd(await ConsoleDoor.listen({ host: '127.0.0.1', port: 0 }));
  }

  answer(query: Asked): QueryReply {
    this.asked.push(query);
    if (this.refusal !== undefined) return { type: 'error', ...this.refusal };
    const { hostId } = this;
    const secret = 'cd'.repeat(32);
    const take = (socket: WebSocket) => {
      let heard = '';
      socket.on('message', (data: RawData) => (heard += String(data as Buffer)));
      this.visits.push({ hostId, asked: query, socket, heard: () => heard });
    };
    this.#door.await(query.consoleId, secret, take, () => undefined);
    const end = { host: '127.0.0.1', port: this.#door.port, secret };
    return { type: 'open-console', hostId, end };
  }

  /** The so manieth that somebody came for, from 0. */
  visit(index: number): Promise<Visited> {
    return until(`visit ${index}`, () => Promise.resolve(this.visits[index]));
  }

  [Symbol.dispose](): void {
    this.#door[Symbol.dispose]();
  }
}

/** A client's end: what it was told, and the VM's bytes. */
export class Viewer {
  readonly socket: WebSocket;
  readonly news: Readonly<Record<string, unknown>>[] = [];
  shown = '';
  closed: { readonly code: number; readonly reason: string } | undefined;
  /** Instead of a WebSocket. */
  refused: { readonly status: number; readonly code: string } | undefined;

  constructor(
    url: string,
    protocols: readonly string[],
    headers: Readonly<Record<string, string>>,
  ) {
    this.socket = new WebSocket(url, [...protocols], { headers });
    this.socket.on('message', (data, isBinary) => {
      if (isBinary) this.shown += String(data as Buffer);
      else this.news.push(JSON.parse(String(data as Buffer)) as Viewer['news'][number]);
    });
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    this.socket.on('error', () => undefined);
    this.socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (piece: Buffer) => (text += String(piece)));
      response.on('end', () => {
        const { code } = JSON.parse(text) as { readonly code: string };
        this.refused = { status: response.statusCode ?? 0, code };
      });
    });
  }

  /** Until something was told that says so. */
  told(state: string, more: Readonly<Record<string, unknown>> = {}): Promise<true> {
    const wanted = Object.entries({ state, ...more });
    return until(`it is told ${state} ${JSON.stringify(more)}`, () => {
      const has = this.news.some((one) => wanted.every(([key, value]) => one[key] === value));
      return Promise.resolve(has ? true : undefined);
    });
  }

  shows(text: string): Promise<true> {
    const shown = () => Promise.resolve(this.shown.includes(text) ? true : undefined);
    return until(`it shows ${text}`, shown as () => Promise<true | undefined>);
  }

  ended() {
    return until('it is closed', () => Promise.resolve(this.closed));
  }

  denied() {
    return until('it is refused', () => Promise.resolve(this.refused));
  }

  type(text: string): void {
    this.socket.send(Buffer.from(text));
  }
}
