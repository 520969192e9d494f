import { type AddressInfo, connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assert, asyncProperty, json } from 'fast-check';
import { type Answer, spec, World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(async () => world[Symbol.asyncDispose]());

function expectProblem(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, body: answer.body }).toMatchObject({
    status,
    body: { status, code, type: `urn:drover:error:${code}` },
  });
  expect(answer.type).toContain('application/problem+json');
  expect(answer.body['detail']).not.toBe('');
}

/** Bytes as they are; all that comes until the connection ends. */
async function overTheWire(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  return (await buffer(socket)).toString('utf8');
}

describe('a request that is not understood is refused with a problem document', () => {
  const text = (body: string, type = 'application/json') =>
    world.send('POST', '/v1/vms', body, { 'content-type': type });

  it('since its body is no JSON, empty, poisoned, too large, or no JSON type', async () => {
    expectProblem(await text('{"name": '), 400, 'invalid-json');
    expectProblem(await text(''), 400, 'invalid-json');
    expectProblem(await text('['.repeat(50_000)), 400, 'invalid-json');
    expectProblem(await text('{"name":"x","__proto__":{"a":1}}'), 400, 'invalid-json');
    expectProblem(await text(`"${'x'.repeat(300 * 1024)}"`), 413, 'body-too-large');
    expectProblem(await text('<vm/>', 'text/xml'), 415, 'unsupported-media-type');
    expectProblem(await text('vm', 'text/plain'), 415, 'unsupported-media-type');
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    expectProblem(await text(deep), 400, 'invalid-body');
    expect(world.keysUnder('intent')).toEqual([]);
  });

  it('since its body is not of the schema; the place is named', async () => {
    const disks = [{ pool: 'vms', image: 'a', volume: 'b' }];
    const bodies: readonly (readonly [unknown, string])[] = [
      [{ name: 'x', spec, extra: 1 }, '/'],
      [{ name: 'x', spec: { ...spec, owner: 'h1' } }, '/spec'],
      [{ name: 'x', spec: { ...spec, vcpus: '1' } }, '/spec/vcpus'],
      [{ name: 'UPPER', spec }, '/name'],
      [{ name: 'x', spec: { ...spec, disks } }, '/spec/disks/0'],
      [null, '/'],
    ];
    for (const [body, path] of bodies) {
      const answer = await world.send('POST', '/v1/vms', body);
      expectProblem(answer, 400, 'invalid-body');
      expect(answer.body['errors']).toMatchObject([{ path }]);
    }
  });

  it('since its address, its method, its query or its name is none', async () => {
    expectProblem(await world.send('GET', '/v1/nothing'), 404, 'route-not-found');
    expectProblem(await world.send('GET', '/v1/vms/%zz'), 400, 'bad-request');
    expectProblem(await world.send('GET', '/v1/hosts/UPPER'), 400, 'bad-request');
    expectProblem(await world.send('GET', '/v1/hosts/a%2Fb'), 400, 'bad-request');
    expectProblem(await world.send('DELETE', '/v1/vms/x?force=true'), 400, 'bad-request');
    const patched = await world.send('PATCH', '/v1/vms');
    expectProblem(patched, 405, 'method-not-allowed');
    expect(patched.headers['allow']).toBe('GET, HEAD, POST');
    expectProblem(await world.send('POST', '/v1/vms/x/start', { force: 1 }), 400, 'invalid-body');
  });

  it('since its headers are none of HTTP; on the wire, as Node would not', async () => {
    await world.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = world.app.server.address() as AddressInfo;
    const host = 'Host: drover\r\n';
    for (const [line, headers] of [
      ['GET /v1/vms HTTP/1.1', ''],
      ['GET /v1/vms HTTP/1.1', `${host}Expect: the-moon\r\n`],
      ['GET /v1/vms HTTP/1.1', `${host}No colon\r\n`],
      ['GET /v1/vms/%zz HTTP/1.1', host],
    ] as const) {
      const heard = await overTheWire(port, `${line}\r\n${headers}Connection: close\r\n\r\n`);
      const [head = '', body = ''] = heard.split('\r\n\r\n');
      expect([headers, head]).toEqual([headers, expect.stringMatching(/^HTTP\/1.1 400 /)]);
      expect(head).toMatch(/^content-type: application\/problem\+json/im);
      expect(head).toMatch(/^x-content-type-options: nosniff/im);
      expect(JSON.parse(body)).toMatchObject({ code: 'bad-request', status: 400 });
    }
    // Who asks for HEAD is told no more than that, also where its address is too long to be read.
    const long = `/v1/vms?label=${'x'.repeat(20_000)}`;
    const heard = await overTheWire(port, `HEAD ${long} HTTP/1.1\r\n${host}\r\n`);
    expect(heard).toMatch(/^HTTP\/1.1 400 [^]*\r\n\r\n$/);
  });

  it('whatever JSON it carries; never with a 500', async () => {
    const paths = ['/v1/vms', '/v1/pools', '/v1/placements', '/v1/hosts/h1/drain?dryRun=true'];
    await assert(
      asyncProperty(json(), async (body) => {
        for (const path of paths) {
          expect((await world.send('POST', path, body)).status).toBeLessThan(500);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('who may do what', () => {
  it('is nothing without a known token', async () => {
    for (const authorization of [
      '',
      'Bearer wrong',
      'Bearer ',
      'Basic admin-token',
      'admin-token',
    ]) {
      const answer = await world.send('GET', '/v1/vms', undefined, {
        role: 'nobody',
        ...(authorization === '' ? {} : { authorization }),
      });
      expectProblem(answer, 401, 'unauthenticated');
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  });

  it('is by role: viewers look, operators act, admins declare pools', async () => {
    const pool = { name: 'p', spec: { type: 'shared', path: '/p' } };
    const as = (role: string) => ({ role });
    expect((await world.send('GET', '/v1/vms', undefined, as('viewer'))).status).toBe(200);
    const dry = '/v1/hosts/h1/drain?dryRun=true';
    expect((await world.send('POST', dry, {}, as('viewer'))).status).toBe(200);
    const drain = '/v1/hosts/h1/drain';
    expectProblem(await world.send('POST', drain, {}, as('viewer')), 403, 'forbidden');
    expectProblem(await world.send('POST', '/v1/pools', pool, as('operator')), 403, 'forbidden');
    expect((await world.send('POST', '/v1/pools', pool)).status).toBe(201);
    expectProblem(await world.send('POST', '/v1/pools', pool), 409, 'name-taken');
  });

  it('is written down: each change and each denial', async () => {
    await world.send('POST', '/v1/hosts/h1/cordon', undefined, { role: 'viewer' });
    const allowed = await world.send('POST', '/v1/hosts/h1/cordon', undefined, {
      role: 'operator',
    });
    const lines = world.log.filter((line) => line['path'] === '/v1/hosts/h1/cordon');
    expect(lines).toMatchObject([
      { by: 'the-viewer', audit: 'forbidden', msg: 'denied' },
      { by: 'the-operator', audit: 'done', msg: 'change', reqId: allowed.headers['x-request-id'] },
    ]);
  });
});

it('a client that asks too often is told when to go on', async () => {
  await using busy = await World.start({ requestsPer10Seconds: 20 });
  let last = await busy.send('GET', '/v1/pools');
  for (let n = 0; n < 20; n += 1) last = await busy.send('GET', '/v1/pools');
  expectProblem(last, 429, 'too-many-requests');
  expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
});
