/** A host that is gone for good is forgotten: who may, when not, what is written, and what goes with it. */
import { type HostView, keys, type Query, RecordMirror } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dropHostIntents } from '../src/logic/decide-forget.ts';
import { host, hostUuid, leader, operation, otherVmId, vmId, World } from './support/world.ts';

const path = '/v1/hosts/h2';
const joined = {
  v: 1,
  host: 'h2',
  publicKey: `U${'A'.repeat(55)}`,
  tokenId: vmId,
  by: 'x',
  atMs: 1,
};

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(async () => world[Symbol.asyncDispose]());

/** h1 runs; h2 is as is said. */
function seen(health: HostView['health'] | undefined, settled = true): void {
  const before = world.answer;
  world.answer = (query: Query) => {
    if (query.type === 'leader') return { type: 'leader', leader: { ...leader, settled } };
    if (query.type !== 'hosts' || query.hostId !== 'h2') return before(query);
    const views = health === undefined ? [] : [{ ...host, id: 'h2', health, reportAgeMs: 9_400 }];
    return { type: 'hosts', hosts: views };
  };
}

async function refusal(): Promise<readonly unknown[]> {
  const { status, body } = await world.send('DELETE', path);
  expect(world.keysUnder('intent/requests')).toEqual([]);
  return [status, body['code'], body['detail']];
}

const assigned = (id: string, state = 'running') => ({
  [keys.assignment(id)]: { v: 1, vmId: id, hostId: 'h2', generation: 1, state },
});

describe('forgetting a host', () => {
  it('asks the scheduler for it, and drops its key in the same step', async () => {
    seen('down');
    await world.put({ [keys.hostKey('h2')]: joined });
    const revision = (await world.store.range('/drover/')).revision;
    const { status, body, headers } = await world.send('DELETE', path);
    expect(status).toBe(202);
    expect(body).toMatchObject({ type: 'forget-host', hostId: 'h2', done: false });
    expect(body).toMatchObject({ state: 'pending', cancellable: false, by: 'the-admin' });
    const id = String(body['id']);
    expect(headers['location']).toBe(`/v1/operations/${id}`);
    expect(world.read(keys.request(id))).toMatchObject({ type: 'forget-host', hostId: 'h2' });
    expect(world.read(keys.hostKey('h2'))).toBeUndefined();
    expect((await world.store.range('/drover/')).revision).toBe(revision + 1);
    // What is the scheduler's to write stays.
    expect(world.read(keys.host('h2'))).toBeDefined();
  });

  it('works for one that has no key of its own, and that the leader has never heard', async () => {
    seen(undefined);
    expect((await world.send('DELETE', path)).status).toBe(202);
  });

  it('is once at a time', async () => {
    seen('down');
    const first = await world.send('DELETE', path);
    const { status, body } = await world.send('DELETE', path);
    expect([status, body['code']]).toEqual([409, 'host-in-use']);
    expect(body['detail']).toContain(String(first.body['id']));
  });

  it('with dryRun=true says what would be written, and writes nothing', async () => {
    seen('down');
    await world.put({ [keys.hostKey('h2')]: joined });
    const { status, body } = await world.send('DELETE', `${path}?dryRun=true`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      dryRun: true,
      changes: [
        { change: 'made', what: 'request' },
        { change: 'removed', what: 'host-key', id: 'h2' },
      ],
    });
    expect(world.read(keys.hostKey('h2'))).toBeDefined();
    expect(world.keysUnder('intent/requests')).toEqual([]);
    seen('up');
    expect((await world.send('DELETE', `${path}?dryRun=true`)).status).toBe(409);
  });

  it('is refused where the host was changed since it was looked at', async () => {
    seen('down');
    const etag = String((await world.send('GET', path)).headers['etag']);
    await world.send('PATCH', path, { labels: { rack: 'r1' } });
    const stale = await world.send('DELETE', path, undefined, { 'if-match': etag });
    expect([stale.status, stale.body['code']]).toEqual([412, 'precondition-failed']);
    const now = String((await world.send('GET', path)).headers['etag']);
    expect((await world.send('DELETE', path, undefined, { 'if-match': now })).status).toBe(202);
  });

  it('takes an admin, and a host that is known', async () => {
    seen('down');
    const code = async (address: string, role: string) =>
      (await world.send('DELETE', address, undefined, { role })).body['code'];
    expect(await code(path, 'operator')).toBe('forbidden');
    expect(await code(`${path}?dryRun=true`, 'operator')).toBe('forbidden');
    expect(await code('/v1/hosts/h9', 'admin')).toBe('host-not-found');
  });
});

describe('a host is not forgotten', () => {
  it('while it is heard: its agent is to be stopped first', async () => {
    for (const health of ['up', 'suspect'] as const) {
      seen(health);
      expect(await refusal()).toEqual([
        409,
        'host-not-down',
        expect.stringMatching(/^h2 was heard 9 s ago: .*systemctl disable --now drover-agent/),
      ]);
    }
  });

  it('while nobody can say whether it is heard', async () => {
    seen(undefined, false);
    expect((await refusal()).slice(0, 2)).toEqual([503, 'no-leader']);
    world.answer = () => ({ type: 'error', code: 'no-leader', message: 'nobody leads' });
    expect((await refusal()).slice(0, 2)).toEqual([503, 'no-leader']);
  });

  it('while VMs are placed on it, in whatever state', async () => {
    seen('down');
    await world.vm('stopped');
    await world.put(assigned(vmId, 'unknown'));
    const next = 'start its VMs elsewhere (drover host recover h2), or delete them';
    expect(await refusal()).toEqual([409, 'host-in-use', `web-1 is on h2: ${next}`]);
    await world.put(assigned(otherVmId));
    const both = `${otherVmId}, web-1 are on h2: ${next}`;
    expect(await refusal()).toEqual([409, 'host-in-use', both]);
    for (const digit of ['4', '5']) await world.put(assigned(vmId.replaceAll('1', digit)));
    expect((await refusal())[2]).toMatch(/ and 1 more are on h2: /);
  });

  it('while an operation on it has not ended', async () => {
    seen('down');
    for (const about of [{ hostId: 'h2' }, { source: 'h2' }, { target: 'h2' }]) {
      await world.put({ [keys.operation('op1')]: operation('op1', about) });
      expect((await refusal()).slice(0, 2)).toEqual([409, 'host-in-use']);
    }
    await world.put({ [keys.operation('op1')]: operation('op1', { state: 'succeeded' }) });
    expect((await world.send('DELETE', path)).status).toBe(202);
  });
});

describe('what people wanted of a host', () => {
  const intent = (id: string) => ({ v: 1, id, cordoned: true, by: 'x', atMs: 1 });
  const entry = (key: string, value: object) => ({
    key,
    value: JSON.stringify(value),
    modRevision: 7,
  });

  it('goes once no record names the host, and only then', () => {
    const records = new RecordMirror();
    records.load(7, [
      entry(keys.hostIntent('h1'), intent('h1')),
      entry(keys.hostIntent('h2'), intent('h2')),
      entry(keys.hostIntent('h3'), intent('h3')),
      entry(keys.host('h1'), { v: 1, id: 'h1', hostUuid, firstSeenMs: 1 }),
      entry(keys.host('h3'), { v: 2 }),
    ]);
    expect(dropHostIntents(records)).toEqual({
      puts: [{ key: keys.hostIntent('h2'), expectedModRevision: 7 }],
      compares: [{ key: keys.host('h2'), modRevision: 0 }],
    });
    records.change(8, [{ key: keys.hostIntent('h2'), modRevision: 8 }]);
    expect(dropHostIntents(records)).toBeUndefined();
  });
});
