/** Tokens and the audit, as an admin sees them. */
import type { api } from '@drover/protocol';
import { expect, it } from 'vitest';
import { drover } from './support/drover.ts';
import { ok, problem } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();

const token: api.TokenBody = {
  id: '11111111-1111-4111-8111-111111111111',
  name: 'ci',
  role: 'admin',
  effectiveRole: 'viewer',
  owner: 'anna',
  scopes: ['vms:read'],
  createdAtMs: 1,
  expiresAtMs: 2,
};

it('a token is made with what was asked for, and its secret alone is on stdout', async () => {
  const server = await serve({
    'POST /v1/tokens': () => ({ status: 201, body: { token, secret: 'abc' } }),
  });
  const made = await drover([
    '--api',
    server.url,
    'token',
    'create',
    'ci',
    '--role',
    'viewer',
    '--scope',
    'vms:read',
    '--expires',
    '12h',
  ]);
  expect(made).toMatchObject({ code: 0, stdout: 'abc\n' });
  expect(made.stderr).toContain('this once');
  expect(server.requests[0]?.body).toEqual({
    name: 'ci',
    role: 'viewer',
    scopes: ['vms:read'],
    expiresInSeconds: 43_200,
  });
  const endless = await drover([
    '--api',
    server.url,
    'token',
    'create',
    'ci',
    '--role',
    'viewer',
    '--expires',
    'never',
    '-o',
    'name',
  ]);
  expect(endless.stdout).toBe('abc\n');
  expect(server.requests[1]?.body).toEqual({ name: 'ci', role: 'viewer' });
  const wrong = await drover([
    '--api',
    server.url,
    'token',
    'create',
    'ci',
    '--role',
    'viewer',
    '--expires',
    'soon',
  ]);
  expect(wrong).toMatchObject({ code: 64 });
});

it('the list says what a token comes to now, and of what it is for', async () => {
  const { url } = await serve({ 'GET /v1/tokens': () => ok({ items: [token] }) });
  const { stdout } = await drover(['--api', url, 'token', 'list']);
  expect(stdout).toMatch(/^ci +admin \(now viewer\) +vms:read +anna +ended +never$/m);
});

it('a long list is read page by page', async () => {
  const { url } = await serve({
    'GET /v1/tokens': ({ query }) =>
      query.get('continue') === '["ci"]'
        ? ok({ items: [{ ...token, name: 'last' }] })
        : ok({ items: [token], continue: '["ci"]' }),
  });
  const { stdout } = await drover(['--api', url, 'token', 'list', '-o', 'name']);
  expect(stdout).toBe('ci\nlast\n');
});

it('one is revoked by its name; who may not hears so', async () => {
  const { url } = await serve({
    'DELETE /v1/tokens/ci': () => ok(token),
    'DELETE /v1/tokens/x': () => problem('forbidden', 403, 'ci is viewer'),
  });
  expect((await drover(['--api', url, 'token', 'revoke', 'ci'])).stdout).toBe(
    'token ci is revoked\n',
  );
  expect((await drover(['--api', url, 'token', 'revoke', 'x'])).code).toBe(6);
});

it('the audit tells who, from where, how it ended, and what', async () => {
  const entry: api.AuditEntry = {
    id: 1,
    atMs: 1_700_000_000_000,
    by: 'anna',
    role: 'viewer',
    via: 'token',
    from: '10.0.0.7',
    method: 'POST',
    path: '/v1/hosts/h1/cordon',
    outcome: 'denied',
    status: 403,
    code: 'forbidden',
    requestId: 'r1',
  };
  const server = await serve({ 'GET /v1/audit': () => ok({ items: [entry], api: 'a1' }) });
  const { stdout } = await drover([
    '--api',
    server.url,
    'audit',
    '--by',
    'anna',
    '--outcome',
    'denied',
  ]);
  expect(stdout).toMatch(
    /^2023-11-14T22:13:20.000Z +anna +10.0.0.7 +denied \(forbidden\) +POST \/v1\/hosts\/h1\/cordon$/m,
  );
  expect(server.requests[0]?.query.toString()).toBe('limit=50&by=anna&outcome=denied');
});
