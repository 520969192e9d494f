/** Who is known without a token: root on the machine, a certificate, a person whom an issuer vouches for. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { request as requestTls, type RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vouchedBy } from '../src/shell/oidc.ts';
import { listenOnSocket } from '../src/shell/peers.ts';
import { World } from './support/world.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-peers-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function bodyOf(sent: ReturnType<typeof request>): Promise<Record<string, unknown>> {
  sent.end();
  const [response] = (await once(sent, 'response')) as [AsyncIterable<Buffer>];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>;
}

describe('the unix socket', () => {
  it('lets in whom the file system lets in, as root; who sends a token there is that one', async () => {
    await using world = await World.start();
    const socketPath = join(folder, 'api.sock');
    const server = await listenOnSocket(world.app, socketPath);
    const path = '/v1/session';
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    expect(await bodyOf(request({ socketPath, path }))).toMatchObject({
      name: 'root',
      role: 'admin',
      via: 'socket',
    });
    const headers = { authorization: 'Bearer viewer-token' };
    expect(await bodyOf(request({ socketPath, path, headers }))).toMatchObject({ role: 'viewer' });
    const wrong = { authorization: 'Bearer wrong' };
    expect(await bodyOf(request({ socketPath, path, headers: wrong }))).toMatchObject({
      code: 'unauthenticated',
    });
    server.close();
    server.closeAllConnections();
  });
});

describe('HTTPS', () => {
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const signed = (name: string, authority: string) => {
    openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    );
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      `${authority}.crt`,
      '-CAkey',
      `${authority}.key`,
      '-CAcreateserial',
      '-out',
      `${name}.crt`,
      '-days',
      '1',
    );
  };
  const own = (name: string) =>
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
      '-subj',
      `/CN=${name}`,
      '-days',
      '1',
    );
  const file = (name: string) => readFileSync(join(folder, name));

  it('is TLS 1.3, and knows certificates of its authority by their names, and no others', async () => {
    own('authority');
    own('stranger');
    signed('localhost', 'authority');
    signed('ci', 'authority');
    signed('nobody', 'authority');
    signed('forged', 'stranger');
    const tls = {
      cert: file('localhost.crt'),
      key: file('localhost.key'),
      ca: file('authority.crt'),
    };
    const certificates = new Map([
      ['ci', 'operator'],
      ['forged', 'admin'],
    ] as const);
    await using world = await World.start({ tls, certificates });
    await world.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = world.app.server.address() as AddressInfo;
    const ask = (more: RequestOptions) => {
      const options = {
        port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca: file('authority.crt'),
      };
      return bodyOf(requestTls({ ...options, path: '/v1/session', agent: false, ...more }));
    };
    const as = (name: string) => ask({ cert: file(`${name}.crt`), key: file(`${name}.key`) });
    expect(await as('ci')).toMatchObject({ name: 'ci', role: 'operator', via: 'certificate' });
    for (const name of ['nobody', 'forged']) {
      expect(await as(name)).toMatchObject({ code: 'unauthenticated' });
    }
    expect(await ask({})).toMatchObject({ code: 'unauthenticated' });
    const headers = { authorization: 'Bearer admin-token' };
    expect(await ask({ headers })).toMatchObject({ role: 'admin', via: 'configured' });
    await expect(ask({ maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol|handshake/i);
  });
});

describe('an OIDC issuer', () => {
  const issuer = 'https://issuer.example';
  const audience = 'drover';

  it('vouches for people, and nobody else does in its name', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const other = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
    const keySet = createServer((_request, response) => {
      response.end(JSON.stringify({ keys: [jwk] }));
    });
    keySet.listen(0, '127.0.0.1');
    await once(keySet, 'listening');
    const { port } = keySet.address() as AddressInfo;
    const vouch = vouchedBy({
      issuer,
      audience,
      jwksUri: `http://127.0.0.1:${port}/keys`,
      nameClaim: 'email',
      roleClaim: 'groups',
      roles: { ops: 'operator', bosses: 'admin', all: 'viewer' },
    });
    await using world = await World.start({ vouch });
    const claims = { email: 'anna@example.org', groups: ['all', 'ops', 'constructor'] };
    const token = (
      more: { aud?: string; iss?: string; exp?: string | number; claims?: object } = {},
    ) =>
      new SignJWT({ ...claims, ...more.claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .setSubject('1')
        .setIssuer(more.iss ?? issuer)
        .setAudience(more.aud ?? audience)
        .setExpirationTime(more.exp ?? '5m');
    const who = async (text: string) => {
      const headers = { role: 'nobody', authorization: `Bearer ${text}` };
      const { status, body } = await world.send('GET', '/v1/session', undefined, headers);
      return { status, ...body };
    };
    const good = await token().sign(privateKey);
    expect(await who(good)).toMatchObject({
      status: 200,
      name: expect.stringMatching(/^oidc\/anna_example\.org-[0-9a-f]{8}$/),
      role: 'operator',
      via: 'oidc',
    });

    const unsigned = new UnsecuredJWT(claims)
      .setSubject('1')
      .setIssuer(issuer)
      .setAudience(audience)
      .setExpirationTime('5m')
      .encode();
    const shared = new TextEncoder().encode(JSON.stringify(jwk));
    const confused = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' });
    const [head = '', , signature = ''] = good.split('.');
    const payload = Buffer.from(
      JSON.stringify({
        ...claims,
        groups: ['bosses'],
        iss: issuer,
        aud: audience,
        sub: '1',
        exp: 9e9,
      }),
    );
    const wrong = {
      'signed by another key': await token().sign(other.privateKey),
      'changed after it was signed': `${head}.${payload.toString('base64url')}.${signature}`,
      'not signed (none)': unsigned,
      'signed with the public key as a secret': await confused
        .setSubject('1')
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime('5m')
        .sign(shared),
      'for another audience': await token({ aud: 'other-cluster' }).sign(privateKey),
      'of another issuer': await token({ iss: 'https://evil.example' }).sign(privateKey),
      expired: await token({ exp: Math.floor(Date.now() / 1000) - 60 }).sign(privateKey),
      'without a role': await token({ claims: { groups: ['guests'] } }).sign(privateKey),
    };
    for (const [what, text] of Object.entries(wrong)) {
      expect({ what, ...(await who(text)) }).toMatchObject({
        what,
        status: 401,
        code: 'unauthenticated',
      });
    }

    const session = await world.send('POST', '/v1/session', undefined, {
      role: 'nobody',
      authorization: `Bearer ${good}`,
    });
    expect(session).toMatchObject({ status: 201, body: { role: 'operator', via: 'session' } });
    // Never longer than what it was made with.
    expect(Number(session.body['expiresAtMs'])).toBeLessThanOrEqual(Date.now() + 301_000);
    keySet.close();
  });
});
