/** Both ends of real transfers over loopback, a file at one of them. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { TransferEnd } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  GivenFile,
  lengthHeader,
  offsetHeader,
  TakenFile,
  type TransferHandler,
  TransferServer,
  transferRequest,
} from '../src/index.ts';
import { partOf } from '../src/given-file.ts';

const secret = 'ab'.repeat(32);
const opId = 'op-1';
const content = randomBytes(3_000_000);
let folder = '';
let path = '';
let stack: AsyncDisposableStack;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  folder = await mkdtemp(join(tmpdir(), 'drover-transfer-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  path = join(folder, 'file');
});

afterEach(() => stack.disposeAsync());

async function serve(handler: TransferHandler, idleMs = 20_000) {
  const server = stack.use(
    await TransferServer.listen({ opId, secret, host: '127.0.0.1', ports: [0], idleMs, handler }),
  );
  const end: TransferEnd = { host: '127.0.0.1', port: server.port, secret };
  return { server, end };
}

async function take(bytes = content.length, idleMs?: number) {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT);
  stack.defer(() => file.close());
  return serve(new TakenFile(file, bytes), idleMs);
}

async function give(bytes: Uint8Array = content, idleMs?: number) {
  await writeFile(path, bytes);
  const file = await open(path);
  stack.defer(() => file.close());
  return serve(new GivenFile(file, bytes.length), idleMs);
}

async function put(end: TransferEnd, offset: number, body: Readable | Uint8Array) {
  const headers = { [offsetHeader]: String(offset) };
  const response = await transferRequest(end, opId, { method: 'PUT', headers, body });
  response.resume();
  return { status: response.statusCode, offset: Number(response.headers[offsetHeader]) };
}

async function head(end: TransferEnd) {
  const response = await transferRequest(end, opId, { method: 'HEAD' });
  response.resume();
  return response.headers;
}

async function get(end: TransferEnd, range?: string) {
  const headers: Record<string, string> = range === undefined ? {} : { range };
  const response = await transferRequest(end, opId, { method: 'GET', headers });
  return { response, status: response.statusCode };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('it did not come true in 10 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const size = async () => (await stat(path)).size;

describe('a file that is taken', () => {
  it('comes as it was sent, and the transfer ends', async () => {
    const { server, end } = await take(content.length, 1_000);
    expect(await put(end, 0, content)).toEqual({ status: 204, offset: content.length });
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(await server.ended).toBe('whole');
  });

  it('goes on after a connection that broke, where the file ends', async () => {
    const { end } = await take();
    const body = new PassThrough();
    const broken = put(end, 0, body);
    body.write(content.subarray(0, 1_000_000));
    await until(async () => (await size()) > 500_000);
    body.destroy(new Error('the sender dies'));
    await expect(broken).rejects.toMatchObject({ code: 'host-silent' });
    await until(async () => Number((await head(end))[offsetHeader]) === (await size()));
    const at = await size();
    expect(await put(end, at, Readable.from([content.subarray(at)]))).toMatchObject({
      status: 204,
    });
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  it('goes on in another process, where the file ends', async () => {
    await writeFile(path, content.subarray(0, 1_234_567));
    const { end } = await take();
    expect(await head(end)).toMatchObject({
      [offsetHeader]: '1234567',
      [lengthHeader]: String(content.length),
    });
    expect(await put(end, 1_234_567, content.subarray(1_234_567))).toMatchObject({ status: 204 });
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  it('is told where it goes on, and takes nothing that begins elsewhere', async () => {
    await writeFile(path, content.subarray(0, 1_000));
    const { end } = await take();
    expect(await put(end, 0, content)).toEqual({ status: 409, offset: 1_000 });
    expect(await put(end, 2_000, content.subarray(2_000))).toEqual({ status: 409, offset: 1_000 });
    expect(await size()).toBe(1_000);
  });

  it('is never longer than was announced, and never whole with more to come', async () => {
    const { end } = await take(1_000_000);
    expect(await put(end, 0, content)).toEqual({ status: 413, offset: 0 });
    const unannounced = Readable.from([content.subarray(0, 1_000_000), content.subarray(0, 1)]);
    expect(await put(end, 0, unannounced)).toMatchObject({ status: 413 });
    expect(await size()).toBeLessThan(1_000_000);
  });

  it('goes on with the sender that came last', async () => {
    const { end } = await take();
    const forgotten = new PassThrough();
    const first = put(end, 0, forgotten).catch((error: unknown) => error);
    forgotten.write(content.subarray(0, 500_000));
    await until(async () => (await size()) === 500_000);
    expect(await put(end, 500_000, content.subarray(500_000))).toMatchObject({ status: 204 });
    expect(await first).toMatchObject({ code: 'host-silent' });
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  it('takes no other method, and no offset that is no number', async () => {
    const { end } = await take();
    const got = await get(end);
    got.response.resume();
    expect(got.status).toBe(405);
    const headers = { [offsetHeader]: '1e3' };
    const response = await transferRequest(end, opId, { method: 'PUT', headers, body: content });
    response.resume();
    expect(response.statusCode).toBe(400);
  });
});

describe('a file that is given', () => {
  it('comes whole, and the transfer ends', async () => {
    const { server, end } = await give(content, 300);
    const { response, status } = await get(end);
    expect(status).toBe(200);
    expect((await buffer(response)).equals(content)).toBe(true);
    expect(await server.ended).toBe('whole');
  });

  it('comes from the byte on that is still missing', async () => {
    const { end } = await give();
    const { response, status } = await get(end, 'bytes=2000000-');
    expect(status).toBe(206);
    expect(response.headers['content-range']).toBe('bytes 2000000-2999999/3000000');
    expect((await buffer(response)).equals(content.subarray(2_000_000))).toBe(true);
  });

  it('may be empty', async () => {
    const { end } = await give(new Uint8Array());
    const { response, status } = await get(end);
    expect(status).toBe(200);
    expect(await buffer(response)).toHaveLength(0);
  });

  it.each([
    ['bytes=0-9', { start: 0, end: 9 }],
    ['bytes=90-', { start: 90, end: 99 }],
    ['bytes=90-1000', { start: 90, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-1000', { start: 0, end: 99 }],
    ['bytes=100-', 'none'],
    ['bytes=-0', 'none'],
    ['bytes=9-3', undefined],
    ['bytes=0-1,5-6', undefined],
    ['lines=1-2', undefined],
    [undefined, undefined],
  ])('of 100 bytes, %s is %o', (range, part) => {
    expect(partOf(range, 100)).toEqual(part);
  });
});

describe('the end of a transfer', () => {
  it('lets in nobody with another key, or of another operation', async () => {
    const { end } = await take();
    const other = { ...end, secret: 'cd'.repeat(32) };
    const ended = { code: 'transfer-ended' };
    await expect(transferRequest(other, opId, { method: 'HEAD' })).rejects.toMatchObject(ended);
    await expect(transferRequest(end, 'op-2', { method: 'HEAD' })).rejects.toMatchObject(ended);
    expect((await head(end))[offsetHeader]).toBe('0');
  });

  it('comes when there is no byte for too long', async () => {
    const { server, end } = await take(content.length, 100);
    expect(await server.ended).toBe('idle');
    await expect(head(end)).rejects.toMatchObject({ code: 'transfer-ended' });
    expect(await size()).toBe(0);
  });

  it('comes though a sender is connected, when it sends nothing', async () => {
    const { server, end } = await take(content.length, 300);
    const body = new PassThrough();
    const stalled = put(end, 0, body);
    body.write(content.subarray(0, 1_000));
    await expect(stalled).rejects.toMatchObject({ code: 'host-silent' });
    expect(await server.ended).toBe('idle');
    expect(await size()).toBe(1_000);
  });

  it('takes the next port where one is in use, and says so where all are', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    stack.defer(() => void other.close());
    const address = other.address();
    const used = typeof address === 'object' && address ? address.port : 0;
    const file = await open(path, 'w');
    stack.defer(() => file.close());
    const handler = new TakenFile(file, 1);
    const options = { opId, secret, host: '127.0.0.1', idleMs: 10_000, handler };
    const server = stack.use(await TransferServer.listen({ ...options, ports: [used, 0] }));
    expect(server.port).not.toBe(used);
    await expect(TransferServer.listen({ ...options, ports: [used] })).rejects.toThrow(/in use/);
  });
});
