/** Tokens with which hosts join: who may make them, what they carry, and what they are good for, once. */
import { createHash } from 'node:crypto';
import { decodeJoinToken, proofOf, keyOf } from '@drover/join';
import { type api, joinAnswerText, joinRequestText, type JoinToken, keys } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vmId, World } from './support/world.ts';

const key = (letter: string) => `U${letter.repeat(55)}`;
const servers = ['nats://nats.example:4222'];
const addresses = ['https://api.example:8440'];

let world: World;
beforeEach(async () => {
  world = await World.start({ join: { addresses, requireServers: () => servers } });
});
afterEach(async () => world[Symbol.asyncDispose]());

interface Created {
  readonly joinToken: api.JoinTokenBody;
  readonly token: string;
}

async function make(body: api.JoinTokenCreate = {}): Promise<Created> {
  const answer = await world.send('POST', '/v1/join/tokens', body);
  expect(answer.status).toBe(201);
  return answer.body as unknown as Created;
}

const nonce = 'n'.repeat(22);
function ask(token: JoinToken, host: string, publicKey = key('A')): api.Join {
  const said = { tokenId: token.id, host, publicKey, nonce };
  return { ...said, proof: proofOf(keyOf(token.secret), joinRequestText(said)) };
}

const join = (body: api.Join) => world.send('POST', '/v1/join', body, { role: 'nobody' });

async function refusal(body: api.Join): Promise<unknown> {
  const { status, body: problem } = await join(body);
  return [status, problem['code'], problem['detail']];
}

const refusedSomehow = [403, 'join-refused', expect.any(String)];

describe('a join token', () => {
  it('carries addresses and a secret that is nowhere else', async () => {
    const { token, joinToken } = await make();
    const decoded = decodeJoinToken(token);
    expect(decoded).toEqual({ v: 1, id: joinToken.id, addresses, secret: decoded.secret });
    const kept = await world.store.range('/drover/');
    const text = JSON.stringify([kept, world.log]);
    expect(text).not.toContain(decoded.secret);
    expect(text).toContain(createHash('sha256').update(decoded.secret).digest('hex'));
  });

  it('carries the fingerprint of who signed the API’s certificate', async () => {
    await world[Symbol.asyncDispose]();
    const caSha256 = 'c'.repeat(64);
    world = await World.start({ join: { addresses, caSha256, requireServers: () => servers } });
    expect(decodeJoinToken((await make()).token).caSha256).toBe(caSha256);
  });

  it('lasts an hour, unless said, and no more than a week', async () => {
    const { joinToken } = await make();
    expect(joinToken.expiresAtMs - joinToken.createdAtMs).toBe(3_600_000);
    const long = await world.send('POST', '/v1/join/tokens', { expiresInSeconds: 604_801 });
    expect(long.status).toBe(400);
  });

  it('is not made where nobody can say where the API is found', async () => {
    await world[Symbol.asyncDispose]();
    world = await World.start({ join: { requireServers: () => servers } });
    const answer = await world.send('POST', '/v1/join/tokens', {}, { host: '127.0.0.1:8440' });
    expect([answer.status, answer.body['code']]).toEqual([400, 'bad-request']);
    expect(String(answer.body['detail'])).toContain('join.addresses');
    const asked = await world.send('POST', '/v1/join/tokens', {}, { host: 'api.example:8440' });
    const { token } = asked.body as unknown as Created;
    expect(decodeJoinToken(token).addresses).toEqual(['http://api.example:8440']);
  });

  it('is listed with what became of it, and gone once it is revoked', async () => {
    const first = decodeJoinToken((await make({ host: 'h4' })).token);
    const second = decodeJoinToken((await make()).token);
    await join(ask(first, 'h4'));
    const list = await world.send('GET', '/v1/join/tokens');
    const items = list.body['items'] as readonly api.JoinTokenBody[];
    const states = Object.fromEntries(items.map(({ id, state, usedBy }) => [id, [state, usedBy]]));
    expect(states).toEqual({ [first.id]: ['used', 'h4'], [second.id]: ['open', undefined] });
    expect((await world.send('DELETE', `/v1/join/tokens/${second.id}`)).status).toBe(200);
    expect(await refusal(ask(second, 'h5'))).toEqual([
      403,
      'join-refused',
      expect.stringContaining('not known here'),
    ]);
  });
});

describe('joining', () => {
  it('makes the host’s key known, and answers with NATS and a proof', async () => {
    const token = decodeJoinToken((await make()).token);
    const asked = ask(token, 'h4');
    const { status, body } = await join(asked);
    expect([status, body]).toEqual([
      200,
      {
        host: 'h4',
        natsServers: servers,
        proof: proofOf(keyOf(token.secret), joinAnswerText(asked, servers)),
      },
    ]);
    const { entry } = await world.store.get(keys.hostKey('h4'));
    expect(JSON.parse(entry?.value ?? '{}')).toMatchObject({
      host: 'h4',
      publicKey: key('A'),
      tokenId: token.id,
      by: 'the-admin',
    });
  });

  it('is done once with each token, also by two hosts at the same moment', async () => {
    const token = decodeJoinToken((await make()).token);
    const both = await Promise.all([join(ask(token, 'h4')), join(ask(token, 'h5', key('B')))]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 403]));
  });

  it('is answered again for the host that joined and heard nothing', async () => {
    const token = decodeJoinToken((await make()).token);
    const first = await join(ask(token, 'h4'));
    const again = await join(ask(token, 'h4'));
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(await refusal(ask(token, 'h4', key('B')))).toEqual(refusedSomehow);
  });

  it('needs a proof that the secret is known', async () => {
    const token = decodeJoinToken((await make()).token);
    const forged = { ...token, secret: 'x'.repeat(43) };
    expect(await refusal(ask(forged, 'h4'))).toEqual(refusedSomehow);
    // What was proved is this host, and no other.
    expect(await refusal({ ...ask(token, 'h4'), host: 'h5' })).toEqual(refusedSomehow);
    expect((await join(ask(token, 'h4'))).status).toBe(200);
  });

  it('is refused with a token that nobody made', async () => {
    const token = decodeJoinToken((await make()).token);
    expect(await refusal(ask({ ...token, id: vmId }, 'h4'))).toEqual(refusedSomehow);
  });

  it('is refused once the token has expired, and says how long ago', async () => {
    const { token, joinToken } = await make();
    const decoded = decodeJoinToken(token);
    const record = JSON.parse(
      (await world.store.get(keys.joinToken(joinToken.id))).entry?.value ?? '{}',
    ) as object;
    await world.put({
      [keys.joinToken(joinToken.id)]: { ...record, expiresAtMs: Date.now() - 90_000 },
    });
    expect(await refusal(ask(decoded, 'h4'))).toEqual([
      403,
      'join-refused',
      expect.stringContaining('expired 2 min ago'),
    ]);
  });

  it('takes nobody’s place with a token that does not name the host', async () => {
    const token = decodeJoinToken((await make()).token);
    expect(await refusal(ask(token, 'h1'))).toEqual([
      403,
      'join-refused',
      expect.stringContaining('create --host h1'),
    ]);
    const named = decodeJoinToken((await make({ host: 'h1' })).token);
    expect((await join(ask(named, 'h1'))).status).toBe(200);
    const later = decodeJoinToken((await make({ host: 'h1' })).token);
    expect((await join(ask(later, 'h1', key('B')))).status).toBe(200);
    const { entry } = await world.store.get(keys.hostKey('h1'));
    expect(JSON.parse(entry?.value ?? '{}')).toMatchObject({ publicKey: key('B') });
    // The former key does not come back by asking again.
    expect(await refusal(ask(named, 'h1'))).toEqual(refusedSomehow);
  });

  it('is refused to another host than the token names', async () => {
    const token = decodeJoinToken((await make({ host: 'h4' })).token);
    expect(await refusal(ask(token, 'h5'))).toEqual([
      403,
      'join-refused',
      expect.stringContaining('--host h4'),
    ]);
  });

  it('is tried without being done, with ?dryRun=true', async () => {
    const token = decodeJoinToken((await make()).token);
    const body = ask(token, 'h4');
    const dry = await world.send('POST', '/v1/join?dryRun=true', body, { role: 'nobody' });
    expect([dry.status, dry.body['dryRun']]).toEqual([200, true]);
    expect((await world.store.get(keys.hostKey('h4'))).entry).toBeUndefined();
    expect((await join(body)).status).toBe(200);
  });

  it('is in the audit, whether it was taken or not', async () => {
    const token = decodeJoinToken((await make()).token);
    await join(ask(token, 'h1'));
    await join(ask(token, 'h4'));
    const { body } = await world.send('GET', '/v1/audit');
    const entries = body['items'] as readonly api.AuditEntry[];
    const joins = entries.filter(({ path }) => path === '/v1/join');
    expect(joins.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['done', undefined],
      ['denied', 'join-refused'],
    ]);
  });
});
