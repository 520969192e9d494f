/** Sessions of browsers: a cookie that no other site uses, gone with what it was made of. */
import { createHash } from 'node:crypto';
import { DroverError, keys } from '@drover/protocol';
import type { FastifyRequest } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Auth } from '../src/shell/auth.ts';
import type { Mirror } from '../src/shell/mirror.ts';
import { type Method, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(async () => world[Symbol.asyncDispose]());

async function logIn(headers: Readonly<Record<string, string>> = { role: 'operator' }) {
  const made = await world.send('POST', '/v1/session', undefined, headers);
  const cookie = String(made.headers['set-cookie']);
  return { made, cookie, pair: cookie.split(';')[0] ?? '', csrf: String(made.body['csrf']) };
}

function withCookie(method: Method, url: string, headers: Readonly<Record<string, string>>) {
  return world.send(method, url, undefined, { role: 'nobody', ...headers });
}

it('one is a cookie that no script reads and no other site sends', async () => {
  const { made, cookie, pair, csrf } = await logIn();
  const who = { name: 'the-operator', role: 'operator', via: 'session' };
  expect(made).toMatchObject({ status: 201, body: who });
  expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43[0-9]{3}$/);
  const asked = await withCookie('GET', '/v1/session', { cookie: `a=b; ${pair}` });
  expect(asked.body).toMatchObject({ ...who, csrf });
  const proxied = await logIn({ role: 'viewer', 'x-forwarded-proto': 'https' });
  expect(proxied.cookie).toContain('; Secure');
});

it('one changes nothing without the word that only its own pages know', async () => {
  const { pair, csrf } = await logIn();
  const cordon = (more: Readonly<Record<string, string>>) =>
    withCookie('POST', '/v1/hosts/h1/cordon', { cookie: pair, ...more });
  expect(await cordon({})).toMatchObject({ status: 403, body: { code: 'csrf-refused' } });
  expect((await cordon({ 'x-drover-csrf': (await logIn()).csrf })).status).toBe(403);
  expect((await cordon({ 'x-drover-csrf': csrf })).status).toBe(200);
  expect(world.read(keys.hostIntent('h1'))?.['by']).toBe('the-operator');
});

it('one is over after logging out, and its cookie is no token for a header', async () => {
  const { pair, csrf } = await logIn();
  const authorization = `Bearer ${pair.split('=')[1]}`;
  expect((await withCookie('GET', '/v1', { authorization })).status).toBe(401);
  const out = await withCookie('DELETE', '/v1/session', { cookie: pair, 'x-drover-csrf': csrf });
  expect(out.status).toBe(200);
  expect(String(out.headers['set-cookie'])).toContain('Max-Age=0');
  expect((await withCookie('GET', '/v1/session', { cookie: pair })).status).toBe(401);
});

it('one ends with the token that it was made with', async () => {
  const made = await world.send('POST', '/v1/tokens', { name: 'anna', role: 'admin' });
  const authorization = `Bearer ${String(made.body['secret'])}`;
  const { pair: cookie } = await logIn({ role: 'nobody', authorization });
  const who = () => withCookie('GET', '/v1/session', { cookie });
  expect((await who()).body).toMatchObject({ name: 'anna', role: 'admin' });
  await world.send('DELETE', '/v1/tokens/anna');
  expect((await who()).status).toBe(401);
});

it('one is not said to be over by an API that has not read etcd yet; tokens of its configuration are known', async () => {
  const sha256 = createHash('sha256').update('a-token').digest('hex');
  const unread = {
    isLoaded: false,
    get records(): never {
      throw new DroverError('store-unavailable', 'etcd is not read yet');
    },
  } as unknown as Mirror;
  const auth = new Auth({ tokens: [{ name: 'anna', role: 'admin', sha256 }], mirror: unread });
  const asked = (headers: Readonly<Record<string, string>>) =>
    auth.identify({
      headers,
      raw: { url: '/v1', headers, socket: {} },
    } as unknown as FastifyRequest);
  await expect(asked({ cookie: `drover_session=${'a'.repeat(43)}` })).rejects.toThrow(
    'not read yet',
  );
  await expect(asked({ authorization: 'Bearer another' })).rejects.toThrow('not read yet');
  expect(await asked({ authorization: 'Bearer a-token' })).toMatchObject({ name: 'anna' });
  expect(await asked({ authorization: 'Bearer a.b.c' })).toBeUndefined();
});
