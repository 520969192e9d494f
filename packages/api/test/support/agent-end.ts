/**
 * The end of a transfer as an agent has it, over plain HTTP on loopback: bytes are appended where they go on, a file is
 * given from any range. What came stays when the connection breaks.
 */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TransferRequest } from '../../src/shell/transfer.ts';

export class AgentEnd implements AsyncDisposable {
  readonly #server = createServer((asked, answer) => void this.#handle(asked, answer));
  received = Buffer.alloc(0);
  readonly expected: number;
  readonly file: Buffer;
  /** It awaits nothing any more. */
  isOver = false;
  /** What it was asked. */
  readonly asked: string[] = [];

  constructor({ expected = 0, file = Buffer.alloc(0) }) {
    this.expected = expected;
    this.file = file;
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get end() {
    const { port } = this.#server.address() as AddressInfo;
    return { host: '127.0.0.1', port, secret: 'cd'.repeat(32) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    this.asked.push(`${asked.method} ${asked.url}`);
    if (this.isOver) return void answer.writeHead(410).end();
    if (asked.method === 'GET') return this.#give(asked, answer);
    const offset = asked.headers['upload-offset'];
    const wrong = asked.method === 'PUT' && Number(offset) !== this.received.length;
    if (asked.method === 'PUT' && !wrong) {
      try {
        for await (const piece of asked) {
          this.received = Buffer.concat([this.received, piece as Buffer]);
        }
      } catch {
        return;
      }
    }
    answer.setHeader('upload-offset', String(this.received.length));
    answer.writeHead(wrong ? 409 : asked.method === 'HEAD' ? 200 : 204).end();
  }

  #give(asked: IncomingMessage, answer: ServerResponse): void {
    const [, from] = /^bytes=([0-9]+)-$/.exec(asked.headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    if (start > this.file.length) return void answer.writeHead(416).end();
    const part = this.file.subarray(start);
    answer.writeHead(from === undefined ? 200 : 206, {
      'content-length': part.length,
      'accept-ranges': 'bytes',
      ...(from === undefined
        ? {}
        : { 'content-range': `bytes ${start}-${this.file.length - 1}/${this.file.length}` }),
    });
    answer.end(part);
  }
}

/** As an agent's client speaks, without the TLS around it. */
export const plainTransfer: TransferRequest = (end, operationId, { method, headers, body }) => {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { host, port } = end;
  const sent = request({ host, port, path: `/${operationId}`, method, headers, agent: false });
  sent.on('response', (response) => {
    // It may have refused what it has not been sent yet.
    body?.unpipe(sent);
    body?.destroy();
    resolve(response);
  });
  sent.on('error', reject);
  body?.on('error', (error) => sent.destroy(error));
  if (body === undefined) sent.end();
  else body.pipe(sent);
  return promise;
};
