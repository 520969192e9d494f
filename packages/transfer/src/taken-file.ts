/**
 * A file that is sent here in pieces, in order, each going on where the file ends: after a connection that broke, and after a
 * process that died, too. Never more than was announced, and never all of it while more might follow.
 */
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatheredWrites } from './gathered-writes.ts';
import { countOf, lengthHeader, offsetHeader } from './headers.ts';
import type { TransferHandler } from './server.ts';

interface Sending {
  readonly request: IncomingMessage;
  readonly ended: Promise<void>;
}

export class TakenFile implements TransferHandler {
  readonly #file: FileHandle;
  readonly #bytes: number;
  #sending: Sending | undefined;
  #isWhole = false;

  /** Open to write; `bytes` is how long it will be. */
  constructor(file: FileHandle, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    onByte: () => void,
  ): Promise<void> {
    try {
      if (request.method === 'HEAD') return await this.#answer(response, 200);
      if (request.method !== 'PUT') {
        response.setHeader('allow', 'HEAD, PUT');
        return await this.#answer(response, 405);
      }
      await this.#put(request, response, onByte);
    } catch (error) {
      // Its sender went away, or the pool is full: what came before stays.
      const code = (error as NodeJS.ErrnoException).code ?? '';
      const status = ['ENOSPC', 'EDQUOT'].includes(code) ? 507 : 500;
      if (request.destroyed && !request.complete) response.destroy();
      else await this.#answer(response, status).catch(() => response.destroy());
    }
  }

  /** Of two senders the one that came last goes on: the other's connection is most likely dead. */
  async #put(
    request: IncomingMessage,
    response: ServerResponse,
    onByte: () => void,
  ): Promise<void> {
    const former = this.#sending;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const sending = { request, ended };
    this.#sending = sending;
    former?.request.destroy();
    await former?.ended;
    try {
      await this.#take(request, response, onByte);
    } finally {
      resolve();
      if (this.#sending === sending) this.#sending = undefined;
    }
  }

  async #take(
    request: IncomingMessage,
    response: ServerResponse,
    onByte: () => void,
  ): Promise<void> {
    const { size } = await this.#file.stat();
    const offset = countOf(request.headers[offsetHeader] as string | undefined);
    if (offset === undefined) return this.#answer(response, 400);
    if (offset !== size) return this.#answer(response, 409);
    const announced = countOf(request.headers['content-length']) ?? 0;
    if (offset + announced > this.#bytes) return this.#answer(response, 413);
    const writes = new GatheredWrites(this.#file, offset);
    let last: Buffer | undefined;
    let isTooMuch = false;
    try {
      // One that is refused half way still has to hear why.
      const pieces: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
      for await (const piece of pieces) {
        onByte();
        const end = writes.end + piece.length;
        isTooMuch = last !== undefined || end > this.#bytes;
        if (isTooMuch) break;
        // The file is as long as it should be only once nothing else can follow.
        if (end === this.#bytes) last = piece;
        else await writes.add(piece);
      }
    } finally {
      // Who comes back goes on behind it.
      await writes.flush();
    }
    if (isTooMuch) return this.#answer(response, 413);
    if (last !== undefined) await writes.add(last);
    await writes.sync();
    onByte();
    return this.#answer(response, 204);
  }

  async #answer(response: ServerResponse, status: number): Promise<void> {
    const { size } = await this.#file.stat();
    this.#isWhole = size === this.#bytes;
    response.setHeader(offsetHeader, size);
    response.setHeader(lengthHeader, this.#bytes);
    response.writeHead(status).end();
  }
}
