/** Logging in at an OIDC issuer: who comes back has a session, and nobody who did not begin it here, or is lied about. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { oidcLogin } from '../src/shell/oidc-login.ts';
import { Issuer } from './support/issuer.ts';
import { type Answer, World } from './support/world.ts';

let issuer: Issuer;
let world: World;
beforeEach(async () => {
  issuer = await Issuer.start();
  const login = oidcLogin({
    issuer: issuer.url,
    audience: 'unused',
    jwksUri: `${issuer.url}/keys`,
    nameClaim: 'email',
    roleClaim: 'groups',
    roles: { ops: 'operator' },
    login: {
      clientId: issuer.clientId,
      redirectUri: 'https://drover.example/v1/login/oidc/callback',
      label: 'the company',
    },
  });
  if (login === undefined) throw new Error('it is configured');
  world = await World.start({ oidcLogin: login });
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
});

const browser = (url: string, headers: Readonly<Record<string, string>> = {}) =>
  world.send('GET', url, undefined, { role: 'nobody', ...headers });
const cookiesOf = ({ headers }: Answer) =>
  [headers['set-cookie'] ?? []].flat().map((one) => String(one));
const pairOf = (cookie: string | undefined) => cookie?.split(';')[0] ?? '';

async function begin() {
  const answer = await browser('/v1/login/oidc');
  const [cookie] = cookiesOf(answer);
  return { answer, cookie, at: String(answer.headers['location']) };
}

async function logIn(): Promise<Answer> {
  const { cookie, at } = await begin();
  return browser(issuer.logIn(at), { cookie: pairOf(cookie) });
}

/** What the console tells who comes back without a session. */
const problemOf = (answer: Answer) => {
  const location = String(answer.headers['location']);
  expect(location).toMatch(/^\/#problem=/);
  expect(cookiesOf(answer).filter((one) => one.startsWith('drover_session='))).toEqual([]);
  return decodeURIComponent(location.replace('/#problem=', ''));
};

describe('a login', () => {
  it('sends the browser to the issuer, with what it has to bring back in a cookie of that path', async () => {
    const { answer, cookie, at } = await begin();
    expect(answer.status).toBe(303);
    expect(cookie).toMatch(
      /^drover_login=[^;]+; Path=\/v1\/login\/oidc; HttpOnly; SameSite=Lax; Max-Age=600$/,
    );
    const asked = new URL(at);
    expect(`${asked.origin}${asked.pathname}`).toBe(`${issuer.url}/authorize`);
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: issuer.clientId,
      scope: 'openid',
      code_challenge_method: 'S256',
      redirect_uri: 'https://drover.example/v1/login/oidc/callback',
    });
    const { at: again } = await begin();
    expect(new URL(again).searchParams.get('state')).not.toBe(asked.searchParams.get('state'));
  });

  it('ends with a session of who the issuer says, with the role of the table', async () => {
    const answer = await logIn();
    expect([answer.status, answer.headers['location']]).toEqual([303, '/']);
    const [session = '', login] = cookiesOf(answer);
    expect(session).toMatch(/^drover_session=[^;]+; Path=\/; HttpOnly; SameSite=Strict/);
    expect(login).toMatch(/^drover_login=; .*Max-Age=0/);
    const who = await browser('/v1/session', { cookie: pairOf(session) });
    expect(who.body).toMatchObject({ name: 'oidc/anna', role: 'operator', via: 'session' });
    // The issuer's word counts for minutes; the session as long as any other.
    const ends = Number(who.body['expiresAtMs']) - Date.now();
    expect(ends).toBeGreaterThan(11 * 3_600_000);
    const { body } = await world.send('GET', '/v1/audit');
    const entries = body['items'] as readonly { readonly path: string; readonly by?: string }[];
    const noted = entries.find(({ path }) => path.startsWith('/v1/login/oidc/callback'));
    expect(noted).toMatchObject({ by: 'oidc/anna', path: '/v1/login/oidc/callback' });
  });

  it('is offered to the console by name, and to nobody where none is configured', async () => {
    expect((await browser('/v1/login')).body).toEqual({ oidc: { label: 'the company' } });
    await using plain = await World.start();
    const ask = (url: string) => plain.send('GET', url, undefined, { role: 'nobody' });
    expect((await ask('/v1/login')).body).toEqual({});
    expect((await ask('/v1/login/oidc')).status).toBe(404);
    expect((await ask('/v1/login/oidc/callback?code=1&state=2')).status).toBe(404);
  });
});

describe('no session comes of a login', () => {
  it('that was begun in another browser', async () => {
    const { at } = await begin();
    expect(problemOf(await browser(issuer.logIn(at)))).toContain('not begun here');
    const { cookie } = await begin();
    const { at: others } = await begin();
    const answer = await browser(issuer.logIn(others), { cookie: pairOf(cookie) });
    expect(problemOf(answer)).toContain('state');
  });

  it('whose code was used before', async () => {
    const { cookie, at } = await begin();
    const back = issuer.logIn(at);
    expect((await browser(back, { cookie: pairOf(cookie) })).headers['location']).toBe('/');
    expect(problemOf(await browser(back, { cookie: pairOf(cookie) }))).toContain('not yours');
  });

  it.each([
    ['for another login', { nonce: 'x'.repeat(43) }, 'nonce'],
    ['for another client', { audience: 'somebody-else' }, 'aud'],
    ['of another issuer', { issuer: 'https://evil.example' }, 'iss'],
  ])('where the issuer’s word is %s', async (_, lies, what) => {
    issuer.lies = lies;
    expect(problemOf(await logIn())).toContain(what);
  });

  it('of somebody who has no role here, and the audit has it as a denial', async () => {
    issuer.claims = { sub: '1', email: 'eve', groups: ['others'] };
    expect(problemOf(await logIn())).toContain('oidc/eve');
    const { body } = await world.send('GET', '/v1/audit?outcome=denied');
    const [noted] = body['items'] as readonly object[];
    expect(noted).toMatchObject({ path: '/v1/login/oidc/callback', code: 'unauthenticated' });
  });

  it('that the issuer itself refused, with its own words', async () => {
    const { cookie, at } = await begin();
    const state = new URL(at).searchParams.get('state') ?? '';
    const query = `error=access_denied&error_description=not+today&state=${state}`;
    const answer = await browser(`/v1/login/oidc/callback?${query}`, { cookie: pairOf(cookie) });
    expect(problemOf(answer)).toContain('not today');
  });

  it('while the issuer is down, and does once it is back', async () => {
    issuer.isDown = true;
    const { status, body } = await browser('/v1/login/oidc');
    expect([status, body['code']]).toEqual([403, 'login-failed']);
    issuer.isDown = false;
    expect((await logIn()).headers['location']).toBe('/');
  });
});
