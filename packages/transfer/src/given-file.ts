/**
 * A file that is fetched from here: all of it, or the part that is still missing after a connection that broke.
 */
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { countOf } from './headers.ts';
import type { TransferHandler } from './server.ts';

export interface Part {
  readonly start: number;
  /** The last byte of it. */
  readonly end: number;
}

const pieceBytes = 256 * 1024;

export class GivenFile implements TransferHandler {
  readonly #file: FileHandle;
  readonly #bytes: number;
  #isWhole = false;

  /** Open to read, so many bytes long, and not changed as long as it is given. */
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
    const bytes = this.#bytes;
    response.setHeader('accept-ranges', 'bytes');
    if (request.method !== 'HEAD' && request.method !== 'GET') {
      response.writeHead(405, { allow: 'GET, HEAD', connection: 'close' }).end();
      return;
    }
    const part = request.method === 'GET' ? partOf(request.headers.range, bytes) : undefined;
    if (part === 'none') {
      response.writeHead(416, { 'content-range': `bytes */${bytes}` }).end();
      return;
    }
    const { start, end } = part ?? { start: 0, end: bytes - 1 };
    response.writeHead(part === undefined ? 200 : 206, {
      'content-type': 'application/octet-stream',
      'content-length': end + 1 - start,
      ...(part ? { 'content-range': `bytes ${start}-${end}/${bytes}` } : {}),
    });
    if (request.method === 'HEAD' || bytes === 0) {
      response.end();
      this.#isWhole ||= bytes === 0 && request.method === 'GET';
      return;
    }
    const source = this.#file.createReadStream({
      start,
      end,
      autoClose: false,
      highWaterMark: pieceBytes,
    });
    source.on('data', onByte);
    try {
      await pipeline(source, response);
      this.#isWhole ||= end === bytes - 1;
    } catch {
      // Who fetched it went away, and may come again for the rest.
      response.destroy();
    }
  }
}

/** Nothing: all of it, also for ranges that nobody who resumes asks for. `none`: it lies behind the end. */
export function partOf(range: string | undefined, bytes: number): Part | 'none' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(range ?? '');
  if (!match) return undefined;
  const [first, last] = [countOf(match[1]), countOf(match[2])];
  if (first === undefined) {
    if (last === undefined) return undefined;
    return last === 0 || bytes === 0
      ? 'none'
      : { start: Math.max(0, bytes - last), end: bytes - 1 };
  }
  if (first >= bytes) return 'none';
  if (last !== undefined && last < first) return undefined;
  return { start: first, end: Math.min(last ?? bytes - 1, bytes - 1) };
}
