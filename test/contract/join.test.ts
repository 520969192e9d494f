/**
 * A machine becomes a host by one command: with a real API process' app over TLS, a real nats-server that asks the
 * scheduler's part, and the agent's own command.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '@drover/api';
import { connectBus } from '@drover/bus';
import { createFakeBus } from '@drover/bus/testing';
import {
  type AuthorityFiles,
  Authority,
  createAuthority,
  createRequest,
} from '@drover/certificates';
import { createIssuer, createNkey, decodeJoinToken, encodeJoinToken } from '@drover/join';
import { agentName, inboxPrefix, keys, natsPermissions } from '@drover/protocol';
import { createFakeStore, type FakeStore } from '@drover/store/testing';
import { pino } from 'pino';
import { parse } from 'yaml';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../packages/agent/src/shell/config.ts';
import { joinCommand } from '../../packages/agent/src/shell/join/command.ts';
import { serveAdmission } from '../../packages/scheduler/src/shell/admit.ts';
import { type RealServer, startNats } from './support/real-servers.ts';
import { until } from './support/until.ts';

const issuer = createIssuer();
const scheduler = createNkey();
const secret = 'admin-token';
const log = pino({ level: 'silent' });

let nats: RealServer;
let authority: AuthorityFiles;
let tls: { readonly cert: Buffer; readonly key: Buffer };
let open: AsyncDisposableStack;
let store: FakeStore;
let api: Awaited<ReturnType<typeof buildApp>>;
let folder: string;

beforeAll(async () => {
  const { publish, subscribe } = natsPermissions({ role: 'scheduler' });
  nats = await startNats({
    authorization: {
      timeout: 3,
      users: [{ nkey: scheduler.publicKey, permissions: { publish, subscribe } }],
      auth_callout: { issuer: issuer.publicKey, auth_users: [scheduler.publicKey] },
    },
  });
  authority = await createAuthority('of the test');
  tls = await certified(authority);
});
afterAll(async () => nats?.stop());

beforeEach(async () => {
  open = new AsyncDisposableStack();
  folder = mkdtempSync(join(tmpdir(), 'drover-join-'));
  open.defer(() => rmSync(folder, { recursive: true, force: true }));
  store = createFakeStore({ clock: 'system' });
  const bus = open.use(
    connectBus({
      servers: [nats.url],
      name: 'scheduler1',
      nkeySeed: scheduler.seed,
      inboxPrefix: inboxPrefix.scheduler,
    }),
  );
  await until('the scheduler is connected', () => bus.state === 'connected');
  open.use(serveAdmission(bus, store, { issuerSeed: issuer.seed }, log));
  api = await buildApp({
    store,
    bus: createFakeBus().connect({ role: 'api' }),
    log,
    tls,
    tokens: [{ name: 'root', role: 'admin', sha256: sha256(secret) }],
    join: { caSha256: keyOf(authority), requireServers: () => [nats.url] },
  });
  open.defer(() => api.close());
  await api.listen({ host: '127.0.0.1', port: 0 });
  await until('etcd is read', async () => (await ask('GET', '/v1/join/tokens')).statusCode === 200);
});
afterEach(async () => open.disposeAsync());

async function certified(by: AuthorityFiles) {
  const { keyPem, requestPem } = await createRequest('api');
  const wanted = { requestPem, hostId: 'api', use: 'tunnel', address: '127.0.0.1' } as const;
  const certificate = await (await Authority.open(by)).issue(wanted, 24);
  return { cert: Buffer.from(certificate + '\n' + by.certificatePem), key: Buffer.from(keyPem) };
}

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
const keyOf = ({ certificatePem }: AuthorityFiles) =>
  sha256(new X509Certificate(certificatePem).publicKey.export({ type: 'spki', format: 'der' }));
const portOf = () => (api.server.address() as AddressInfo).port;
const ask = (method: 'GET' | 'POST', url: string, payload?: object) =>
  api.inject({
    method,
    url,
    headers: { authorization: `Bearer ${secret}` },
    ...(payload === undefined ? {} : { payload }),
  });

async function makeToken(body: object = {}): Promise<string> {
  const addresses = [`https://127.0.0.1:${portOf()}`];
  const answer = await ask('POST', '/v1/join/tokens', { addresses, ...body });
  expect(answer.statusCode).toBe(201);
  return (answer.json() as { token: string }).token;
}

async function run(...args: readonly string[]) {
  let said = '';
  const config = join(folder, 'agent.yaml');
  const add = (text: string) => void (said += text);
  const status = await joinCommand([...args, '--config', config], {
    out: add,
    err: add,
    readToken: (path) => readFileSync(path, 'utf8'),
  });
  return { status, said };
}

const kept = () => readdirSync(folder).toSorted();

describe('drover-agent join', () => {
  it('makes a configuration and a key with which NATS lets the host in', async () => {
    const { status, said } = await run(await makeToken(), '--host', 'h4');
    expect({ status, said }).toMatchObject({ status: 0 });
    expect(said).toContain('joined as h4');
    expect(said).toContain('lets it in');
    expect(kept()).toEqual(['agent.yaml', 'bus.nk']);
    for (const file of kept()) expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
    const config = readConfig(join(folder, 'agent.yaml'));
    expect(config).toMatchObject({
      hostId: 'h4',
      nats: { servers: [nats.url], nkeySeedFile: join(folder, 'bus.nk') },
      addresses: { migration: '127.0.0.1' },
    });
    const agent = open.use(
      connectBus({
        servers: config.nats.servers,
        name: agentName('h4'),
        nkeySeed: readFileSync(join(folder, 'bus.nk'), 'utf8').trim(),
      }),
    );
    await until('the agent is let in', () => agent.state === 'connected');
  });

  it('takes the token from a file, which other users of the machine do not see', async () => {
    writeFileSync(join(folder, 'token'), `${await makeToken()}\n`);
    const { status } = await run('--token-file', join(folder, 'token'), '--host', 'h4');
    expect(status).toBe(0);
  });

  it('gives a host that has joined a new key, and leaves its configuration as it is', async () => {
    await run(await makeToken(), '--host', 'h4', '--migration-address', '10.0.0.4');
    const path = join(folder, 'agent.yaml');
    writeFileSync(path, `${readFileSync(path, 'utf8')}labels:\n  rack: r1\n`);
    const before = {
      config: readFileSync(path, 'utf8'),
      key: readFileSync(join(folder, 'bus.nk')),
    };
    const unnamed = await run(await makeToken());
    expect(unnamed).toMatchObject({ status: 1 });
    expect(unnamed.said).toContain('drover join-token create --host h4');
    expect(readFileSync(join(folder, 'bus.nk'))).toEqual(before.key);
    const { status, said } = await run(await makeToken({ host: 'h4' }));
    expect({ status, said }).toMatchObject({ status: 0 });
    expect(readFileSync(path, 'utf8')).toBe(before.config);
    expect(readFileSync(join(folder, 'bus.nk'))).not.toEqual(before.key);
    expect(kept()).toEqual(['agent.yaml', 'bus.nk']);
    const former = open.use(
      connectBus({
        servers: [nats.url],
        name: agentName('h4'),
        nkeySeed: before.key.toString().trim(),
      }),
    );
    await until('the former key is refused', () => former.stats.lastError !== undefined);
    expect(former.state).toBe('disconnected');
  });

  it('goes on from where an attempt ended that was not heard to its end', async () => {
    const token = await makeToken();
    // It was carried out, and the machine lost power before the answer came.
    const { status } = await run(token, '--host', 'h4');
    expect(status).toBe(0);
    const seed = readFileSync(join(folder, 'bus.nk'));
    rmSync(folder, { recursive: true });
    const again = mkdtempSync(folder);
    writeFileSync(join(again, 'bus.nk.new'), seed);
    folder = again;
    open.defer(() => rmSync(again, { recursive: true, force: true }));
    expect(await run(token, '--host', 'h4')).toMatchObject({ status: 0 });
    expect(readFileSync(join(folder, 'bus.nk'))).toEqual(seed);
  });

  it('says that a token was used, and leaves nothing behind', async () => {
    const token = await makeToken();
    await run(token, '--host', 'h4');
    for (const file of kept()) rmSync(join(folder, file));
    const { status, said } = await run(token, '--host', 'h5');
    expect(status).toBe(1);
    expect(said).toContain('h4 has joined with this token');
    expect(kept()).toEqual([]);
  });

  it('asks the next API where one does not answer', async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await until('a port is found', () => nobody.listening);
    const { port } = nobody.address() as AddressInfo;
    nobody.close();
    const addresses = [`https://127.0.0.1:${port}`, `https://127.0.0.1:${portOf()}`];
    expect(await run(await makeToken({ addresses }), '--host', 'h4')).toMatchObject({ status: 0 });
  });
});

describe('a token that leads to somebody else', () => {
  const swap = (text: string, more: object) =>
    encodeJoinToken({ ...decodeJoinToken(text), ...more });

  it('is not shown to a server with a certificate of another authority', async () => {
    const other = await createAuthority('of somebody else');
    const token = swap(await makeToken(), { caSha256: keyOf(other) });
    const { status, said } = await run(token, '--host', 'h4');
    expect(status).toBe(1);
    expect(said).toContain('not of the authority that the token names');
    expect((await store.get(keys.hostKey('h4'))).entry).toBeUndefined();
  });

  it('is not shown to a server whose certificate is for another name', async () => {
    const addresses = [`https://localhost:${portOf()}`];
    const { status, said } = await run(await makeToken({ addresses }), '--host', 'h4');
    expect(status).toBe(1);
    expect(said).toContain('not for localhost');
  });

  it('is not shown to a server of no known authority, where the token names none', async () => {
    const { caSha256: _, ...bare } = decodeJoinToken(await makeToken());
    const { status, said } = await run(encodeJoinToken(bare), '--host', 'h4');
    expect(status).toBe(1);
    expect(said).toContain('self-signed');
  });

  it('counts for nothing where the answer proves nothing', async () => {
    // It knows what to say, but not the secret.
    const impostor = await buildApp({
      store: createFakeStore({ clock: 'system' }),
      bus: createFakeBus().connect({ role: 'api' }),
      log,
      tls,
      tokens: [],
      join: { requireServers: () => ['nats://evil.example:4222'] },
    });
    open.defer(() => impostor.close());
    impostor.addHook('onSend', (request, reply, _payload, done) => {
      if (request.url !== '/v1/join') return done();
      void reply.code(200);
      done(
        null,
        JSON.stringify({
          host: 'h4',
          natsServers: ['nats://evil.example:4222'],
          proof: 'a'.repeat(64),
        }),
      );
    });
    await impostor.listen({ host: '127.0.0.1', port: 0 });
    const { port } = impostor.server.address() as AddressInfo;
    const token = swap(await makeToken(), { addresses: [`https://127.0.0.1:${port}`] });
    const { status, said } = await run(token, '--host', 'h4');
    expect(status).toBe(1);
    expect(said).toContain('does not know the token');
    expect(kept()).toEqual(['bus.nk.new']);
  });
});

describe('wrong use', () => {
  it.each([
    [['--help'], 0, 'main.ts join TOKEN'],
    [[], 2, 'main.ts join TOKEN'],
    [['one', 'two'], 2, 'main.ts join TOKEN'],
    [['--no-such-flag'], 2, 'no-such-flag'],
    [['not-a-token'], 2, 'drover-join-'],
  ] as const)('%j is told', async (args, expected, what) => {
    const { status, said } = await run(...args);
    expect(status).toBe(expected);
    expect(said).toContain(what);
    expect(kept()).toEqual([]);
  });

  it('a name that no host may have is told before anything is asked', async () => {
    const { status, said } = await run(await makeToken(), '--host', 'Not_A_Name');
    expect([status, kept()]).toEqual([2, []]);
    expect(said).toContain('--host h4');
  });

  it('a configuration of another host is told', async () => {
    await run(await makeToken(), '--host', 'h4');
    const { status, said } = await run(await makeToken(), '--host', 'h5');
    expect(status).toBe(2);
    expect(said).toContain('is of host h4');
    expect(
      (parse(readFileSync(join(folder, 'agent.yaml'), 'utf8')) as { hostId: string }).hostId,
    ).toBe('h4');
  });
});
