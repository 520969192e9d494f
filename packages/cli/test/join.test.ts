/** What lets hosts into a cluster: tokens that they join with, and what NATS is set up with. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issuerFrom, nkeyFrom } from '@drover/join';
import type { api } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drover } from './support/drover.ts';
import { ok, problem } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();

const joinToken: api.JoinTokenBody = {
  id: '11111111-1111-4111-8111-111111111111',
  state: 'open',
  by: 'anna',
  createdAtMs: Date.now() - 60_000,
  expiresAtMs: Date.now() + 3_540_500,
};

describe('join-token', () => {
  it('create asks for what was said, and puts the token alone on stdout', async () => {
    const token = 'drover-join-abc';
    const server = await serve({
      'POST /v1/join/tokens': () => ({ status: 201, body: { joinToken, token } }),
    });
    const flags = ['--host', 'h4', '--expires', '2d', '--address', 'https://10.0.0.2:8440'];
    const made = await drover(['--api', server.url, 'join-token', 'create', ...flags]);
    expect(made).toMatchObject({ code: 0, stdout: `${token}\n` });
    expect(made.stderr).toContain('for h4, good once, for 2d');
    expect(made.stderr).toContain('drover-agent join TOKEN');
    expect(server.requests[0]?.body).toEqual({
      host: 'h4',
      expiresInSeconds: 172_800,
      addresses: ['https://10.0.0.2:8440'],
    });
    await drover(['--api', server.url, 'join-token', 'create']);
    expect(server.requests[1]?.body).toEqual({ expiresInSeconds: 3_600 });
  });

  it('create says that one that never ends is not to be had', async () => {
    const server = await serve({});
    const end = await drover(['--api', server.url, 'join-token', 'create', '--expires', 'never']);
    expect(end).toMatchObject({ code: 64 });
    expect(end.stderr).toContain('1h or 2d');
    expect(server.requests).toEqual([]);
  });

  it('list says what became of each', async () => {
    const items: readonly api.JoinTokenBody[] = [
      joinToken,
      { ...joinToken, host: 'h4', state: 'used', usedBy: 'h4', usedAtMs: Date.now() - 5_000 },
      { ...joinToken, state: 'expired' },
    ];
    const { url } = await serve({ 'GET /v1/join/tokens': () => ok({ items }) });
    const { stdout } = await drover(['--api', url, 'join-token', 'list']);
    expect(stdout).toMatch(/any new host +open, for 5[0-9]m?/);
    expect(stdout).toMatch(/h4 +h4 joined [0-9]+s ago/);
    expect(stdout).toMatch(/any new host +expired/);
  });

  it('revoke says which is gone, or that there is none', async () => {
    const { url } = await serve({
      [`DELETE /v1/join/tokens/${joinToken.id}`]: () => ok(joinToken),
      'DELETE /v1/join/tokens/x': () => problem('token-not-found', 404, 'there is none'),
    });
    const gone = await drover(['--api', url, 'join-token', 'revoke', joinToken.id]);
    expect(gone.stdout).toBe(`join token ${joinToken.id} is revoked\n`);
    expect((await drover(['--api', url, 'join-token', 'revoke', 'x'])).code).toBe(3);
  });
});

describe('nats create', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drover-nats-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const read = (name: string) => readFileSync(join(folder, name), 'utf8').trim();

  it('makes keys that only their owner reads, and a configuration that names them', async () => {
    const end = await drover(['nats', 'create', '--folder', folder, '--schedulers', '3']);
    expect(end).toMatchObject({ code: 0 });
    const files = readdirSync(folder).toSorted();
    expect(files).toEqual([
      'api1.nk',
      'join-issuer.nk',
      'nats.conf',
      'scheduler1.nk',
      'scheduler2.nk',
      'scheduler3.nk',
    ]);
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    const { authorization } = JSON.parse(read('nats.conf')) as {
      readonly authorization: {
        readonly users: readonly { readonly nkey: string }[];
        readonly auth_callout: { readonly issuer: string; readonly auth_users: readonly string[] };
      };
    };
    const named = ['scheduler1', 'scheduler2', 'scheduler3', 'api1'].map(
      (name) => nkeyFrom(read(`${name}.nk`)).publicKey,
    );
    expect(authorization.users.map(({ nkey }) => nkey)).toEqual(named);
    expect(authorization.auth_callout).toEqual({
      issuer: issuerFrom(read('join-issuer.nk')).publicKey,
      auth_users: named,
    });
    expect(end.stdout).toContain('issuerSeedFile');
  });

  it('makes nothing where one of them is there already', async () => {
    await drover(['nats', 'create', '--folder', folder]);
    const before = read('join-issuer.nk');
    rmSync(join(folder, 'nats.conf'));
    const again = await drover(['nats', 'create', '--folder', folder]);
    expect(again.code).toBe(64);
    expect(again.stderr).toContain('is there already');
    expect(read('join-issuer.nk')).toBe(before);
    expect(readdirSync(folder)).not.toContain('nats.conf');
  });

  it('takes no count that is none', async () => {
    const end = await drover(['nats', 'create', '--folder', folder, '--apis', 'many']);
    expect(end.code).toBe(64);
    expect(readdirSync(folder)).toEqual([]);
  });
});
