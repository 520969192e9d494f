/** The bytes themselves: in with resuming, out with ranges, through the API and never kept in it. */
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { keys, type TransferEnd } from '@drover/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { AgentEnd, plainTransfer } from './support/agent-end.ts';
import { image, imageId, pools, volume, volumeId } from './support/storage.ts';
import { operation, until, World } from './support/world.ts';

let world: World;
let agent: AgentEnd;
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  await agent[Symbol.asyncDispose]();
});

const path = '/v1/images/debian-13/content';
const volumePath = '/v1/volumes/data/content';

/** An import of so many bytes is under way; `end` is where they go, once there is one. */
const importing = (bytes: number, end?: TransferEnd) => ({
  ...image({ source: { type: 'upload', bytes } }, { state: 'importing', operationId: 'op-1' }),
  [keys.operation('op-1')]: operation('op-1', {
    type: 'image-import',
    vmId: undefined,
    imageId,
    ...(end === undefined ? {} : { transfer: end }),
  }),
});

async function begin(options: ConstructorParameters<typeof AgentEnd>[0], more = {}): Promise<void> {
  agent = await new AgentEnd(options).start();
  world = await World.start({ transfer: plainTransfer, ...more });
  await world.put(pools);
  await world.app.listen({ host: '127.0.0.1', port: 0 });
}

const portOf = () => (world.app.server.address() as AddressInfo).port;

async function send(
  method: string,
  at: string,
  headers: Readonly<Record<string, string>> = {},
  body?: Buffer,
) {
  const response = await fetch(`http://127.0.0.1:${portOf()}${at}`, {
    method,
    headers: { authorization: 'Bearer operator-token', ...headers },
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const problem = isJson && bytes.length > 0 ? (JSON.parse(bytes.toString()) as object) : {};
  return {
    status: response.status,
    offset: response.headers.get('upload-offset'),
    headers: response.headers,
    bytes,
    problem,
  };
}

const offsetAt = (offset: number) => ({ 'upload-offset': String(offset) });

describe('an upload', () => {
  it('goes through to the host, piece by piece, and HEAD says how far it is', async () => {
    await begin({ expected: 6 });
    await world.put(importing(6, agent.end));
    const first = await send('PUT', path, offsetAt(0), Buffer.from('abc'));
    expect({ status: first.status, offset: first.offset }).toEqual({ status: 204, offset: '3' });
    const head = await send('HEAD', path);
    expect([head.status, head.offset, head.headers.get('upload-length')]).toEqual([200, '3', '6']);
    expect((await send('PUT', path, offsetAt(3), Buffer.from('def'))).offset).toBe('6');
    expect(agent.received.toString()).toBe('abcdef');
    expect(agent.asked).toContain('PUT /op-1');
  });

  it('that goes on at another byte is told at which', async () => {
    await begin({ expected: 6 });
    await world.put(importing(6, agent.end));
    await send('PUT', path, offsetAt(0), Buffer.from('abc'));
    const wrong = await send('PUT', path, offsetAt(1), Buffer.from('x'));
    expect(wrong).toMatchObject({ status: 409, offset: '3', problem: { code: 'wrong-offset' } });
    expect(agent.received.toString()).toBe('abc');
    // Heard, too, by who has not sent everything yet.
    const outgoing = request({
      port: portOf(),
      host: '127.0.0.1',
      path,
      method: 'PUT',
      headers: { authorization: 'Bearer operator-token', ...offsetAt(1) },
    });
    outgoing.on('error', () => undefined);
    outgoing.write(Buffer.alloc(100_000));
    const [early] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect([early.statusCode, early.headers['upload-offset']]).toEqual([409, '3']);
    outgoing.destroy();
  });

  it('waits until the host has opened a way', async () => {
    await begin({ expected: 3 });
    await world.put(importing(3));
    const sent = send('PUT', path, offsetAt(0), Buffer.from('abc'));
    await until('the request is there', async () => ((await connections()) > 0 ? true : undefined));
    await world.put(importing(3, agent.end));
    expect((await sent).status).toBe(204);
  });

  it('that has ended says so, with what it failed of', async () => {
    await begin({ expected: 3 });
    const error = { code: 'job-failed', message: 'nobody sent anything for 10 minutes' };
    await world.put({
      ...importing(3, agent.end),
      [keys.operation('op-1')]: operation('op-1', {
        type: 'image-import',
        imageId,
        state: 'failed',
        error,
      }),
    });
    const { status, problem } = await send('PUT', path, offsetAt(0), Buffer.from('abc'));
    expect({ status, problem }).toMatchObject({
      status: 409,
      problem: { code: 'transfer-ended', detail: expect.stringContaining('nobody sent') },
    });
    expect(agent.received).toHaveLength(0);
  });

  it('of more than was announced, without an offset, or to an image of another source is refused', async () => {
    await begin({ expected: 3 });
    await world.put(importing(3, agent.end));
    const problem = async (headers: Readonly<Record<string, string>>, text: string) =>
      (await send('PUT', path, headers, Buffer.from(text))).problem;
    expect(await problem(offsetAt(0), 'abcd')).toMatchObject({ code: 'too-large' });
    expect(await problem(offsetAt(3), 'a')).toMatchObject({ code: 'too-large' });
    expect(await problem({}, 'abc')).toMatchObject({ code: 'bad-request' });
    expect(await problem({ 'upload-offset': '-1' }, 'abc')).toMatchObject({ code: 'bad-request' });
    await world.put(image());
    expect(await problem(offsetAt(0), 'abc')).toMatchObject({ code: 'bad-request' });
    expect(agent.received).toHaveLength(0);
  });

  it('is an operator’s, whatever its bytes are called', async () => {
    await begin({ expected: 2 });
    await world.put(importing(2, agent.end));
    const viewer = { authorization: 'Bearer viewer-token', ...offsetAt(0) };
    expect((await send('PUT', path, viewer, Buffer.from('{}'))).status).toBe(403);
    const json = { 'content-type': 'application/json', ...offsetAt(0) };
    expect((await send('PUT', path, json, Buffer.from('{}'))).status).toBe(204);
    expect(agent.received.toString()).toBe('{}');
  });

  it('is longer than any body of JSON may be, and keeps what came when the client goes away', async () => {
    await begin({ expected: 8 * 1024 * 1024 });
    await world.put(importing(8 * 1024 * 1024, agent.end));
    const piece = Buffer.alloc(1024 * 1024, 7);
    const outgoing = request({
      port: portOf(),
      host: '127.0.0.1',
      path,
      method: 'PUT',
      headers: { authorization: 'Bearer operator-token', ...offsetAt(0) },
    });
    outgoing.on('error', () => undefined);
    for (let n = 0; n < 3; n += 1) outgoing.write(piece);
    await until('it is with the host', async () =>
      agent.received.length === 3 * piece.length ? true : undefined,
    );
    outgoing.destroy();
    await closed(outgoing);
    const head = await until('the host has noticed', async () => {
      const answer = await send('HEAD', path);
      return answer.offset === String(3 * piece.length) ? answer : undefined;
    });
    expect(head.status).toBe(200);
    const rest = Buffer.alloc(5 * 1024 * 1024, 8);
    expect((await send('PUT', path, offsetAt(3 * piece.length), rest)).status).toBe(204);
    expect(agent.received.subarray(3 * piece.length).equals(rest)).toBe(true);
  });

  it('to a host that is gone may be tried again', async () => {
    await begin({ expected: 3 });
    await world.put(importing(3, { ...agent.end, port: 1 }));
    const gone = await send('PUT', path, offsetAt(0), Buffer.from('abc'));
    expect(gone).toMatchObject({ status: 503, problem: { code: 'host-silent' } });
    agent.isOver = true;
    await world.put(importing(3, agent.end));
    const over = await send('PUT', path, offsetAt(0), Buffer.from('abc'));
    expect(over.problem).toMatchObject({ code: 'transfer-ended' });
  });

  it('into a volume is asked for first', async () => {
    await begin({ expected: 3 });
    await world.put(volume());
    const early = await send('PUT', volumePath, offsetAt(0), Buffer.from('abc'));
    expect(early.problem).toMatchObject({ code: 'transfer-ended' });
    const asked = await world.send('POST', '/v1/volumes/data/upload', { bytes: 3 });
    const id = String(asked.body['id']);
    const about = { type: 'volume-upload', vmId: undefined, volumeId, transfer: agent.end };
    await world.put({ [keys.operation(id)]: operation(id, about) });
    expect((await send('PUT', volumePath, offsetAt(0), Buffer.from('abcd'))).status).toBe(413);
    expect((await send('PUT', volumePath, offsetAt(0), Buffer.from('abc'))).status).toBe(204);
    expect((await send('HEAD', volumePath)).offset).toBe('3');
    expect((await send('GET', volumePath)).problem).toMatchObject({ code: 'transfer-ended' });
  });
});

describe('a download', () => {
  const giving = (end: TransferEnd) => ({
    ...volume(),
    [keys.operation('op-2')]: operation('op-2', {
      type: 'volume-download',
      vmId: undefined,
      volumeId,
      transfer: end,
    }),
  });

  it('gives all of it, or what is left from a byte on', async () => {
    const file = Buffer.alloc(3 * 1024 * 1024, 'drover');
    await begin({ file });
    await world.put(giving(agent.end));
    const all = await send('GET', volumePath);
    expect(all.status).toBe(200);
    expect(all.headers.get('content-length')).toBe(String(file.length));
    expect(all.bytes.equals(file)).toBe(true);
    const rest = await send('GET', volumePath, { range: 'bytes=1000-' });
    expect(rest.status).toBe(206);
    expect(rest.headers.get('content-range')).toBe(`bytes 1000-${file.length - 1}/${file.length}`);
    expect(rest.bytes.equals(file.subarray(1000))).toBe(true);
    const beyond = await send('GET', volumePath, { range: `bytes=${file.length + 1}-` });
    expect(beyond.problem).toMatchObject({ code: 'bad-request' });
  });

  it('has to be asked for first, and is no viewer’s', async () => {
    await begin({ file: Buffer.from('abc') });
    await world.put(volume());
    expect((await send('GET', volumePath)).problem).toMatchObject({ code: 'transfer-ended' });
    await world.put(giving(agent.end));
    const viewer = { authorization: 'Bearer viewer-token' };
    expect((await send('GET', volumePath, viewer)).status).toBe(403);
  });
});

describe('a body that is slow', () => {
  it('is cut off where it is JSON, and carried on where it is bytes that come', async () => {
    await begin({ expected: 3 }, { bodyPatience: { wholeMs: 50, idleMs: 60_000, lateMs: 60_000 } });
    await world.put(importing(3, agent.end));
    const slow = (method: string, at: string, headers: Readonly<Record<string, string>>) => {
      const outgoing = request({
        port: portOf(),
        host: '127.0.0.1',
        path: at,
        method,
        headers: { authorization: 'Bearer operator-token', 'content-length': '3', ...headers },
      });
      outgoing.on('error', () => undefined);
      outgoing.write('{');
      return outgoing;
    };
    const upload = slow('PUT', path, offsetAt(0));
    const json = slow('POST', '/v1/vms', { 'content-type': 'application/json' });
    await closed(json);
    upload.end('ab');
    const [answer] = (await once(upload, 'response')) as [{ statusCode?: number }];
    expect(answer.statusCode).toBe(204);
    expect(agent.received.toString()).toBe('{ab');
  });

  it('of bytes is cut off once none come for long', async () => {
    await begin({ expected: 3 }, { bodyPatience: { wholeMs: 60_000, idleMs: 50, lateMs: 60_000 } });
    await world.put(importing(3, agent.end));
    const outgoing = request({
      port: portOf(),
      host: '127.0.0.1',
      path,
      method: 'PUT',
      headers: { authorization: 'Bearer operator-token', 'content-length': '3', ...offsetAt(0) },
    });
    outgoing.on('error', () => undefined);
    outgoing.write('a');
    await closed(outgoing);
    expect(agent.received.length).toBeLessThan(2);
  });
});

/** However it ends: `once` would take an error for its answer. */
function closed(outgoing: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    outgoing.once('close', () => resolve());
  });
}

function connections(): Promise<number> {
  return new Promise((resolve) => {
    world.app.server.getConnections((_error, count) => resolve(count));
  });
}
