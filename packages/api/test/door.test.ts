/** Noise at the door: too many connections, heads and bodies that do not end, strangers who ask and ask. */
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { neighbourhoodOf } from '../src/logic/neighbourhood.ts';
import { until, World } from './support/world.ts';

let world: World;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await world[Symbol.asyncDispose]();
});

async function listen(options: Parameters<typeof World.start>[0]): Promise<void> {
  world = await World.start(options);
  await world.app.listen({ host: '127.0.0.1', port: 0 });
}

/** A connection that says this; `text` is all that has come of it, and `isOpen` whether it lasts. */
async function say(text: string, localAddress = '127.0.0.1') {
  const { port } = world.app.server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  sockets.push(socket);
  const heard = { socket, text: '', isOpen: true };
  socket.on('error', () => undefined);
  socket.on('data', (piece) => {
    heard.text += piece.toString('latin1');
  });
  socket.on('close', () => {
    heard.isOpen = false;
  });
  await once(socket, 'connect');
  socket.write(text);
  return heard;
}

const get = (path: string, token = '') =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\n${token === '' ? '' : `Authorization: Bearer ${token}\r\n`}\r\n`;
const when = (what: string, ask: () => boolean) =>
  until(what, () => Promise.resolve(ask() ? true : undefined));

it('of one address so many connections are let in, and others are as before', async () => {
  await listen({ door: { each: 3, all: 100, headersMs: 60_000 } });
  const held = await Promise.all([say(''), say(''), say('')]);
  const fourth = await say(get('/healthz'));
  await when('the fourth is closed', () => !fourth.isOpen);
  expect(fourth.text).toBe('');
  const other = await say(get('/healthz'), '127.0.0.2');
  await when('another address is answered', () => other.text.startsWith('HTTP/1.1 200'));
  held[0]?.socket.destroy();
  let next = await say(get('/healthz'));
  await until('one that goes makes room', async () => {
    if (!next.isOpen) next = await say(get('/healthz'));
    return next.text.startsWith('HTTP/1.1 200') ? true : undefined;
  });
  const { body } = await world.send('GET', '/metrics');
  expect(body['text']).toMatch(/^drover_api_connections_refused_total [1-9]/m);
});

it('a head that takes too long to come ends its connection, as does one that never begins', async () => {
  await listen({ door: { each: 10, all: 100, headersMs: 100 } });
  const slow = await say('GET /v1/vms HTTP/1.1\r\nHost: x\r\nX-Sl');
  const silent = await say('');
  expect(await when('both are closed', () => !slow.isOpen && !silent.isOpen)).toBe(true);
});

it('a body that goes on after the answer is cut off', async () => {
  await listen({ bodyPatience: { wholeMs: 60_000, idleMs: 60_000, lateMs: 50 } });
  const head = 'POST /v1/vms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  const endless = await say(`${head}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`);
  await when('it is answered', () => endless.text.startsWith('HTTP/1.1 401'));
  expect(await when('it is closed', () => !endless.isOpen)).toBe(true);
});

it('strangers who ask too often are told when to go on, and who is known is not held up by them', async () => {
  await listen({ strangersPer10Seconds: 10 });
  const statuses: string[] = [];
  const one = await say('');
  while (one.isOpen) {
    const before = one.text;
    one.socket.write(get('/v1/vms'));
    await when('it is answered', () => one.text.length > before.length || !one.isOpen);
    statuses.push(/^HTTP\/1.1 ([0-9]{3})/.exec(one.text.slice(before.length))?.[1] ?? '');
    await when('that was the last', () => !statuses.includes('429') || !one.isOpen);
  }
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => '401'), '429']);
  expect(one.text).toMatch(/^retry-after: [1-9]/im);
  expect(one.text).toContain('"code":"too-many-requests"');
  const known = await say(get('/v1/vms', 'viewer-token').repeat(12));
  await when('all of them are answered', () => known.text.split('HTTP/1.1 200').length === 13);
});

it('an IPv6 address counts with all that its owner has besides, an IPv4 address for itself', () => {
  expect(
    [
      '::ffff:10.0.0.1',
      '10.0.0.1',
      '::1',
      '2001:DB8:0:1::7',
      '2001:db8::1:0:0:0:8',
      '2001:db8:1:2:3:4:5:6',
      'fe80::1%eth0',
      '',
    ].map(neighbourhoodOf),
  ).toEqual([
    '10.0.0.1',
    '10.0.0.1',
    '0:0:0:0::/64',
    '2001:db8:0:1::/64',
    '2001:db8:0:1::/64',
    '2001:db8:1:2::/64',
    'fe80:0:0:0::/64',
    '',
  ]);
});
