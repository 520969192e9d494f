/** The client that is generated, against the API itself. */
import { keys } from '@drover/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { operation, World } from '../../api/test/support/world.ts';
import { ApiClient, ApiProblem } from '../src/index.ts';

let world: World;
let url: string;
let client: ApiClient;
beforeAll(async () => {
  world = await World.start();
  url = await world.app.listen({ host: '127.0.0.1', port: 0 });
  client = new ApiClient({ baseUrl: url, token: () => 'admin-token' });
});
afterAll(async () => world[Symbol.asyncDispose]());

it('drives a drain: its plan, its start, its progress, its end', async () => {
  const path = { host: 'h1' };
  const drain = '/v1/hosts/{host}/drain';
  const plan = await client.plan('post', drain, { path, body: {} });
  expect(plan).toMatchObject({ hostId: 'h1', moves: [] });

  const started = await client.post(drain, { path, body: { parallel: 2 } });
  expect(started).toMatchObject({ type: 'drain', done: false, by: 'the-admin' });
  expect((await client.get('/v1/hosts/{host}', { path })).state).toBe('draining');

  const ended = { type: 'drain', hostId: 'h1', state: 'succeeded', generation: 0, endedAtMs: 9 };
  await world.put({ [keys.operation(started.id)]: operation(started.id, ended) });
  const waited = await client.get('/v1/operations/{operation}', {
    path: { operation: started.id },
    query: { wait: '5s' },
  });
  expect(waited).toMatchObject({ done: true, state: 'succeeded' });
});

it('what the API refuses is thrown as the problem that it is, with the request to quote', async () => {
  const asked = client.get('/v1/vms/{vm}', { path: { vm: 'nobody' } });
  const problem = await asked.catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(ApiProblem);
  expect(problem).toMatchObject({
    problem: { code: 'vm-not-found', status: 404 },
    requestId: expect.stringMatching(/^[0-9A-Z]{26}$/),
    request: 'GET /v1/vms/nobody',
  });
});

it('gives a list whole, whatever its pages are, at the revision of the first', async () => {
  const names = Array.from({ length: 5 }, (_, index) => `pool-${index}`);
  const uuid = '44444444-4444-4444-8444-444444444444';
  const of = { uuid, spec: { type: 'shared', path: '/srv/p' }, by: 'x', createdAtMs: 1 };
  for (const name of names) await world.put({ [keys.pool(name)]: { v: 1, name, ...of } });
  const asked: string[] = [];
  const inPages = new ApiClient({
    baseUrl: url,
    token: () => 'admin-token',
    fetch: (address, init) => {
      asked.push(address);
      return fetch(address, init);
    },
  });
  const { items, revision } = await inPages.list('/v1/pools', { query: { limit: '2' } });
  expect(items.map(({ name }) => name)).toEqual(names);
  expect(asked).toHaveLength(3);
  const response = await client.open('get', '/v1/pools');
  expect(revision).toBe(response.headers.get('drover-revision'));
});

it('a name cannot leave its place in the path', async () => {
  const asked = client.get('/v1/vms/{vm}', { path: { vm: '../hosts?x=1' } });
  await expect(asked).rejects.toMatchObject({ problem: { code: 'bad-request' } });
});

it('without a token it says so, and what is no Drover API is told as that', async () => {
  await expect(new ApiClient({ baseUrl: url }).get('/v1')).rejects.toThrow('Bearer TOKEN');
  const page = (status: number) => () => Promise.resolve(new Response('<html>', { status }));
  const broken = new ApiClient({ baseUrl: url, fetch: page(502) });
  await expect(broken.get('/v1')).rejects.toMatchObject({
    problem: { code: 'not-explained', status: 502, retry: 'later' },
  });
  const proxy = new ApiClient({ baseUrl: url, fetch: page(200) });
  await expect(proxy.get('/v1')).rejects.toThrow('is a Drover API there?');
});

it('a path, a parameter and a field that the API has not do not compile', () => {
  const path = { vm: 'a' };
  const compiled = () => [
    // @ts-expect-error there is no such path
    client.get('/v1/nowhere'),
    // @ts-expect-error a host is to be named
    client.get('/v1/hosts/{host}'),
    // @ts-expect-error the path is right, and does not answer to this method
    client.put('/v1/hosts/{host}', { path: { host: 'h1' } }),
    // @ts-expect-error it is `true`, as a word
    client.post('/v1/vms/{vm}/migrate', { path, query: { dryRun: true }, body: {} }),
    // @ts-expect-error it answers with no list
    client.list('/v1/cluster'),
    // @ts-expect-error a move has a target, and nothing is ignored
    client.post('/v1/vms/{vm}/migrate', { path, body: { to: 'h1' } }),
  ];
  expect(compiled).toBeTypeOf('function');
});
