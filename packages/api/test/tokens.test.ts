/** Tokens that are kept: told once, never more than their owner, gone when they are revoked. */
import { keys } from '@drover/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Answer, type Method, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(async () => world[Symbol.asyncDispose]());

/** As somebody who has a token that was made here. */
function sendAs(secret: string, method: Method, url: string, body?: unknown): Promise<Answer> {
  return world.send(method, url, body, { role: 'nobody', authorization: `Bearer ${secret}` });
}

async function make(body: object, by = 'admin-token'): Promise<{ secret: string; id: string }> {
  const made = await sendAs(by, 'POST', '/v1/tokens', body);
  expect(made.status).toBe(201);
  const { id } = made.body['token'] as { readonly id: string };
  return { secret: String(made.body['secret']), id };
}

it('one is told once, kept as its SHA-256, and does what its role does until it is revoked', async () => {
  const { secret, id } = await make({ name: 'ci', role: 'operator' });
  expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(JSON.stringify(world.store.entries())).not.toContain(secret);
  expect((await sendAs(secret, 'POST', '/v1/hosts/h1/cordon')).status).toBe(200);
  expect(world.read(keys.hostIntent('h1'))?.['by']).toBe('ci');
  expect((await sendAs(secret, 'GET', '/v1/tokens')).status).toBe(403);
  const shown = await world.send('GET', '/v1/tokens/ci');
  const expected = { id, name: 'ci', owner: 'the-admin', effectiveRole: 'operator' };
  expect(shown.body).toMatchObject(expected);
  expect(shown.body).not.toHaveProperty('sha256');
  expect((await world.send('DELETE', '/v1/tokens/ci')).status).toBe(200);
  expect((await sendAs(secret, 'GET', '/v1/hosts')).status).toBe(401);
});

it('one ends at its time', async () => {
  const { secret, id } = await make({ name: 'short', role: 'viewer', expiresInSeconds: 60 });
  expect((await sendAs(secret, 'GET', '/v1')).status).toBe(200);
  await world.put({ [keys.token(id)]: { ...world.read(keys.token(id)), expiresAtMs: 1 } });
  expect((await sendAs(secret, 'GET', '/v1')).status).toBe(401);
  const { body } = await world.send('GET', '/v1/tokens/short');
  expect(body).not.toHaveProperty('effectiveRole');
});

/** As somebody whose browser is signed in with that token. */
async function signedIn(secret: string) {
  const { headers, body } = await sendAs(secret, 'POST', '/v1/session');
  const cookie = String(headers['set-cookie']).split(';')[0] ?? '';
  const own = { role: 'nobody', cookie, 'x-drover-csrf': String(body['csrf']) };
  return (token: object) => world.send('POST', '/v1/tokens', token, own);
}

it('one that is made in a session is its owner’s, and does not end with the session', async () => {
  const made = await (await signedIn('admin-token'))({ name: 'ci', role: 'operator' });
  expect(made.body['token']).toMatchObject({ owner: 'the-admin', effectiveRole: 'operator' });
  expect(made.body['token']).not.toHaveProperty('expiresAtMs');
});

it('one that is made in a session has never more than whose session that is', async () => {
  const boss = await make({ name: 'boss', role: 'admin', expiresInSeconds: 100_000 });
  const makeInSession = await signedIn(boss.secret);
  const { body } = await makeInSession({ name: 'child', role: 'admin', expiresInSeconds: 200_000 });
  const secret = String(body['secret']);
  const { expiresAtMs } = body['token'] as { readonly expiresAtMs: number };
  expect(expiresAtMs).toBe(world.read(keys.token(boss.id))?.['expiresAtMs']);
  expect((await sendAs(secret, 'GET', '/v1/tokens')).status).toBe(200);
  await world.send('DELETE', '/v1/tokens/boss');
  expect((await sendAs(secret, 'GET', '/v1/hosts')).status).toBe(401);
});

it('one never has more than its owner, whatever becomes of that one', async () => {
  const boss = await make({ name: 'boss', role: 'admin' });
  const { secret } = await make({ name: 'child', role: 'admin' }, boss.secret);
  expect((await sendAs(secret, 'GET', '/v1/tokens')).status).toBe(200);
  await world.put({
    [keys.token(boss.id)]: { ...world.read(keys.token(boss.id)), role: 'viewer' },
  });
  expect((await sendAs(secret, 'GET', '/v1/tokens')).status).toBe(403);
  expect((await sendAs(secret, 'GET', '/v1/hosts')).status).toBe(200);
  await world.send('DELETE', '/v1/tokens/boss');
  expect((await sendAs(secret, 'GET', '/v1/hosts')).status).toBe(401);
});

it('one with scopes does what they name, and makes no token that does more', async () => {
  const { secret } = await make({ name: 'narrow', role: 'admin', scopes: ['vms:read', 'tokens'] });
  expect((await sendAs(secret, 'GET', '/v1/vms')).status).toBe(200);
  expect((await sendAs(secret, 'GET', '/v1/hosts')).status).toBe(403);
  expect((await sendAs(secret, 'POST', '/v1/vms/x/start')).status).toBe(403);
  const wider = (body: object) =>
    sendAs(secret, 'POST', '/v1/tokens', { name: 'w', role: 'admin', ...body });
  expect((await wider({})).status).toBe(403);
  expect((await wider({ scopes: ['vms'] })).status).toBe(403);
  expect((await wider({ scopes: ['vms:read'] })).status).toBe(201);
});

it('each has a name of its own, also beside those of the configuration', async () => {
  await make({ name: 'ci', role: 'viewer' });
  for (const name of ['ci', 'the-admin']) {
    const again = await world.send('POST', '/v1/tokens', { name, role: 'viewer' });
    expect(again).toMatchObject({ status: 409, body: { code: 'name-taken' } });
  }
});

it('one asked for again with the same key is the same, and its secret is not told twice', async () => {
  const body = { name: 'ci', role: 'viewer' };
  const ask = () => world.send('POST', '/v1/tokens', body, { 'idempotency-key': 'k' });
  const [first, again] = [await ask(), await ask()];
  expect(again.body['token']).toEqual(first.body['token']);
  expect([first.body['secret'] !== undefined, again.body['secret']]).toEqual([true, undefined]);
});

it('each says by the hour when it was used', async () => {
  const { secret, id } = await make({ name: 'ci', role: 'viewer' });
  const used = () => world.read(keys.token(id))?.['lastUsedAtMs'];
  await sendAs(secret, 'GET', '/v1');
  await expect.poll(used).toBeGreaterThan(0);
  const noted = used();
  await sendAs(secret, 'GET', '/v1');
  expect(used()).toBe(noted);
});
