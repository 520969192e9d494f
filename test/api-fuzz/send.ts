/** Sends a request over loopback and takes the answer whole; a stream is left once it has begun. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import type { Drawn } from './draw.ts';

export interface Answered {
  readonly type: 'answered';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly ms: number;
}

/** `left`: by who asked. `broken`: the connection ended without an answer. */
export type Fate =
  | Answered
  | { readonly type: 'left' | 'broken'; readonly why: string; readonly ms: number };

export class Sender implements Disposable {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  constructor(port: number) {
    this.#port = port;
  }

  async send({ method, url, headers, body, leavesAfterMs }: Drawn): Promise<Fate> {
    const begunMs = performance.now();
    const sinceMs = () => performance.now() - begunMs;
    const { promise, resolve } = Promise.withResolvers<Fate>();
    const sent = request({
      host: '127.0.0.1',
      port: this.#port,
      method,
      path: url,
      headers: { ...headers, 'content-length': Buffer.byteLength(body ?? '') },
      agent: this.#agent,
      // What an answer may have in its headers is not what is looked at.
      maxHeaderSize: 65_536,
    });
    sent.on('response', (response) => {
      const { statusCode: status = 0, headers: heard } = response;
      const isStream = String(heard['content-type']).startsWith('text/event-stream');
      const done = (text: string) =>
        resolve({ type: 'answered', status, headers: heard, text, ms: sinceMs() });
      if (isStream) {
        done('');
        return void sent.destroy();
      }
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => done(Buffer.concat(pieces).toString('utf8')));
      response.on('error', ({ message: why }) => resolve({ type: 'broken', why, ms: sinceMs() }));
    });
    let hasLeft = false;
    sent.on('error', (error) => {
      resolve({ type: hasLeft ? 'left' : 'broken', why: error.message, ms: sinceMs() });
    });
    sent.end(body);
    const leaving =
      leavesAfterMs === undefined
        ? undefined
        : setTimeout(() => {
            hasLeft = true;
            sent.destroy(new Error('who asked went away'));
          }, leavesAfterMs);
    const fate = await promise;
    clearTimeout(leaving);
    return fate;
  }

  /** Bytes as they are, and all that comes until the connection ends. */
  async sendBytes(bytes: Buffer): Promise<string> {
    const socket = connect(this.#port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(bytes);
    const heard: Buffer[] = [];
    socket.on('data', (piece) => {
      heard.push(piece);
      // It may keep the connection, as it does for others.
      socket.end();
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.on('close', () => resolve());
    const timer = setTimeout(() => socket.destroy(), 2_000);
    await promise;
    clearTimeout(timer);
    return Buffer.concat(heard).toString('latin1');
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
