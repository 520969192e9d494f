import type { AddressInfo } from 'node:net';
import { keys, subjects } from '@drover/protocol';
import { afterEach, expect, it } from 'vitest';
import { defaultEventLimits } from '../src/shell/event-hub.ts';
import { operation, spec, until, vmId, World } from './support/world.ts';

let world: World;
afterEach(async () => world[Symbol.asyncDispose]());

/** A client on a real socket that collects what it is sent. */
async function listen(lastId?: string) {
  const { port } = await address();
  const ending = new AbortController();
  const response = await fetch(`http://127.0.0.1:${port}/v1/events`, {
    headers: {
      authorization: 'Bearer viewer-token',
      ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
    },
    signal: ending.signal,
  });
  let text = '';
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk);
  })().catch(() => undefined);
  const says = (what: string) =>
    until(`the stream says ${what}`, async () => (text.includes(what) ? text : undefined));
  return { response, says, reading, end: () => ending.abort(), text: () => text };
}

async function address(): Promise<AddressInfo> {
  if (!world.app.server.listening) await world.app.listen({ host: '127.0.0.1', port: 0 });
  return world.app.server.address() as AddressInfo;
}

it('the stream tells changes with their revision, and resumes after the last that was seen', async () => {
  world = await World.start();
  const client = await listen();
  expect(client.response.headers.get('content-type')).toContain('text/event-stream');
  await world.send('POST', '/v1/vms', { name: 'a', spec });
  const seen = await client.says('event: operation');
  expect(seen).toContain('event: vm');
  const id = /^id: (\d+)$/m.exec(seen)?.[1];
  expect(Number(id)).toBe(world.store.revision);
  client.end();
  await world.send('POST', '/v1/vms', { name: 'b', spec });
  const again = await listen(id);
  const resumed = await again.says('"name":"b"');
  expect(resumed).not.toContain('"name":"a"');
  again.end();
});

it('a host that is forgotten is told once, and what was wanted of it goes in silence', async () => {
  world = await World.start();
  const client = await listen();
  await world.send('POST', '/v1/hosts/h2/cordon');
  await client.says('{"id":"h2","cordoned":true}');
  await world.put({ [keys.host('h2')]: undefined });
  await client.says('{"id":"h2","cordoned":false,"isForgotten":true}');
  await world.put({ [keys.hostIntent('h2')]: undefined });
  await world.send('POST', '/v1/hosts/h1/cordon');
  const text = await client.says('{"id":"h1","cordoned":true}');
  expect(text.match(/"id":"h2"/g)).toHaveLength(2);
  client.end();
});

it('progress with files is told without a revision, and the way to the bytes never', async () => {
  world = await World.start();
  const client = await listen();
  await client.says('connected');
  const news = { type: 'storage-progress', operationId: 'i', phase: 'fetch', doneBytes: 42 };
  world.leaderBus.publish(subjects.announcement(), JSON.stringify(news));
  expect(await client.says('"doneBytes":42')).not.toContain('id: ');
  const transfer = { host: 'h1', port: 7001, secret: 'cd'.repeat(32) };
  await world.put({ [keys.operation('i')]: operation('i', { type: 'image-import', transfer }) });
  expect(await client.says('event: operation')).not.toContain(transfer.secret);
  client.end();
});

it('progress of migrations is told without a revision', async () => {
  world = await World.start();
  const client = await listen();
  await client.says('connected');
  const news = { type: 'migration-progress', operationId: 'm', vmId, percent: 42 };
  world.leaderBus.publish(subjects.announcement(), JSON.stringify(news));
  expect(await client.says('"percent":42')).not.toContain('id: ');
  client.end();
});

it('a revision that is no longer kept is gone, and so is one that etcd never had', async () => {
  world = await World.start({ eventLimits: { ...defaultEventLimits, kept: 2 } });
  const from = String(world.store.revision);
  for (const name of ['a', 'b', 'c']) await world.send('POST', '/v1/vms', { name, spec });
  await world.put({});
  for (const lastId of [from, '999999']) {
    const client = await listen(lastId);
    expect(client.response.status).toBe(410);
    await client.reading;
    expect(JSON.parse(client.text())).toMatchObject({ code: 'gone' });
  }
});

it('streams end when the process is told to', async () => {
  world = await World.start();
  const client = await listen();
  await client.says('connected');
  await world.app.close();
  await expect(client.reading).resolves.toBeUndefined();
});
