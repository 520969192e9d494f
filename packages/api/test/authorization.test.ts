/** Who may what: every route, for every role, with every kind of token that is good and every kind that is not. */
import { createHash } from 'node:crypto';
import { api, keys } from '@drover/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dryRunRoles, openRoutes, requiredRoles } from './support/routes.ts';
import { vmId, World } from './support/world.ts';

const roles = api.Role.anyOf.map((one) => one.const);
const rank = (role: api.Role) => roles.indexOf(role);
/** Whatever is there: a name that is nobody's. Who may act is told that; who may not is not even told that. */
const addressOf = (path: string) =>
  path
    .replace('{id}', vmId)
    .replaceAll(/\{[a-z]+\}/g, 'nobody')
    .replace('/operations/nobody', '/operations/op-0');

let world: World;
let cookies: Readonly<Record<string, { readonly cookie: string; readonly csrf: string }>>;
beforeAll(async () => {
  world = await World.start({ requestsPer10Seconds: 1_000_000, strangersPer10Seconds: 1_000_000 });
  const sha256 = (secret: string) => createHash('sha256').update(secret).digest('hex');
  const token = (id: string, secret: string, more: object) => ({
    [keys.token(id)]: {
      v: 1,
      id,
      name: secret,
      role: 'admin',
      owner: 'the-admin',
      ownerRole: 'admin',
      ownerIsToken: true,
      sha256: sha256(secret),
      createdAtMs: 1,
      lastUsedAtMs: Date.now(),
      ...more,
    },
  });
  const idOf = (index: number) => `${index}`.padStart(8, '0') + vmId.slice(8);
  await world.put({
    ...Object.fromEntries(
      roles.flatMap((role, index) =>
        Object.entries(token(idOf(index + 1), `kept-${role}`, { role, owner: 'the-admin' })),
      ),
    ),
    ...token(idOf(11), 'expired', { expiresAtMs: Date.now() - 1 }),
    ...token(idOf(12), 'orphan', { owner: 'nobody-any-more' }),
    ...token(idOf(13), 'of-a-viewer', { owner: 'the-viewer', ownerRole: 'admin' }),
    ...token(idOf(14), 'scoped', { scopes: ['nothing'] }),
  });
  const made = roles.map(async (role) => {
    const { headers, body } = await world.send('POST', '/v1/session', undefined, { role });
    const cookie = String(headers['set-cookie']).split(';')[0] ?? '';
    return [role, { cookie, csrf: String(body['csrf']) }] as const;
  });
  cookies = Object.fromEntries(await Promise.all(made));
});
afterAll(async () => world[Symbol.asyncDispose]());

/** Not carried out: what matters is the door, and a stream would not end. */
async function knock(route: string, headers: Readonly<Record<string, string>>, query = '') {
  const [method = '', path = ''] = route.split(' ');
  const isStream = route === 'get /v1/events';
  const { statusCode, payload } = await world.app.inject({
    method: method.toUpperCase() as 'GET',
    url: `${addressOf(path)}${query}${isStream ? '?since=999999999999999' : ''}`,
    headers,
  });
  const code = payload.startsWith('{"type"') ? (JSON.parse(payload) as api.Problem).code : '';
  return { status: statusCode, code };
}

const isLetIn = ({ status }: { readonly status: number }) => status !== 401 && status !== 403;

describe('the table of required roles', () => {
  it('has every route of the OpenAPI file, and no other', async () => {
    const { body } = await world.send('GET', '/openapi.json');
    const paths = body['paths'] as Readonly<Record<string, object>>;
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    // HEAD is not in the file.
    const described = Object.keys(requiredRoles).filter((route) => !route.startsWith('head '));
    expect(routes.toSorted()).toEqual([...described, ...openRoutes].toSorted());
  });

  it.each(openRoutes)('%s is open, also to who is known wrongly', async (route) => {
    for (const headers of [{}, { authorization: 'Bearer unknown' }]) {
      const answer = await knock(route, { ...headers, 'content-length': '0' });
      expect([route, isLetIn(answer)]).toEqual([route, true]);
      expect(answer.status).not.toBe(500);
    }
  });

  // Also streams that are closed at once, and one session that logs itself out: last.
  const routes = Object.entries(requiredRoles).filter(([route]) => route !== 'delete /v1/session');

  it.each(routes)('%s is for %s and above, however one is known', async (route, needed) => {
    const bodyless = { 'content-length': '0' };
    for (const role of roles) {
      const { cookie = '', csrf = '' } = cookies[role] ?? {};
      const ways = {
        configured: { authorization: `Bearer ${role}-token` },
        kept: { authorization: `Bearer kept-${role}` },
        session: { cookie, 'x-drover-csrf': csrf },
      };
      for (const [way, headers] of Object.entries(ways)) {
        const answer = await knock(route, { ...headers, ...bodyless });
        const expected = rank(role) >= rank(needed);
        expect([route, role, way, isLetIn(answer)]).toEqual([route, role, way, expected]);
        expect(answer.status).not.toBe(500);
      }
    }
  });

  it.each(routes)('%s lets nobody in who is not known, or not any more', async (route, needed) => {
    const { cookie = '' } = cookies['admin'] ?? {};
    const isOwn = route.endsWith('/v1') || route.endsWith('/v1/session');
    const isRead = route.startsWith('get ') || route.startsWith('head ');
    const wrong: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      nothing: {},
      unknown: { authorization: 'Bearer unknown' },
      expired: { authorization: 'Bearer expired' },
      'without an owner': { authorization: 'Bearer orphan' },
      'a role of one that has it no more':
        needed === 'viewer' ? {} : { authorization: 'Bearer of-a-viewer' },
      'another scheme': { authorization: 'Basic YWRtaW46YWRtaW4tdG9rZW4=' },
      'no signature': { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.' },
      'a cookie made up': { cookie: `drover_session=${'A'.repeat(43)}` },
      ...(isOwn ? {} : { 'another scope': { authorization: 'Bearer scoped' } }),
      ...(isRead ? {} : { 'a cookie alone': { cookie } }),
    };
    for (const [what, headers] of Object.entries(wrong)) {
      const answer = await knock(route, headers);
      expect([route, what, isLetIn(answer)]).toEqual([route, what, false]);
    }
  });

  it.each(Object.entries(dryRunRoles))('a dry run of %s is for %s', async (route, needed) => {
    for (const role of roles) {
      const headers = { authorization: `Bearer ${role}-token` };
      const answer = await knock(route, headers, '?dryRun=true');
      expect([role, isLetIn(answer)]).toEqual([role, rank(role) >= rank(needed)]);
    }
  });
});

describe('what belongs to somebody', () => {
  it('is logged out by its own session only', async () => {
    const { cookie = '' } = cookies['viewer'] ?? {};
    const other = cookies['operator']?.csrf ?? '';
    expect(await knock('delete /v1/session', { cookie, 'x-drover-csrf': other })).toEqual({
      status: 403,
      code: 'csrf-refused',
    });
    const own = cookies['viewer']?.csrf ?? '';
    expect((await knock('delete /v1/session', { cookie, 'x-drover-csrf': own })).status).toBe(200);
    expect((await knock('get /v1/session', { cookie })).status).toBe(401);
  });

  it('is shown to an admin, and to nobody else, whoever made it', async () => {
    const show = async (role: string) => {
      const url = `/v1/tokens/${`${2}`.padStart(8, '0') + vmId.slice(8)}`;
      return (await world.send('GET', url, undefined, { role })).status;
    };
    expect([await show('viewer'), await show('operator'), await show('admin')]).toEqual([
      403, 403, 200,
    ]);
    // Of `kept-operator`, by itself.
    const own = { role: 'nobody', authorization: 'Bearer kept-operator' };
    expect((await world.send('GET', '/v1/tokens/kept-operator', undefined, own)).status).toBe(403);
  });

  it('what cloud-init says is for an admin alone', async () => {
    await world.vm('stopped');
    const ask = async (role: string) =>
      (await world.send('GET', '/v1/vms/web-1?include=cloud-init', undefined, { role })).status;
    expect([await ask('viewer'), await ask('operator'), await ask('admin')]).toEqual([
      403, 403, 200,
    ]);
  });
});
