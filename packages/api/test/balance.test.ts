/** Balance over the API: what the leader knows is shown, and what a person says about it is in etcd when the answer comes. */
import {
  api,
  keys,
  type OperationRecord,
  parseValue,
  type QueryReply,
  RequestRecord,
} from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operation, vmId, World } from './support/world.ts';

let world: World;
let recommendations: readonly api.RecommendationBody[];
let withdrawn: NonNullable<api.BalanceStatus['withdrawn']>;
const id = '0123456789';
const recommendation: api.RecommendationBody = {
  id,
  priority: 2,
  vmId,
  vmName: 'web-1',
  source: 'h1',
  target: 'h2',
  mode: 'live',
  reason: 'h1 has 190 % of its CPU asked for, h2 0 %',
  unevenBefore: 2_000_000,
  unevenAfter: 100_000,
  terms: [{ name: 'contention', before: 2_000_000, after: 100_000 }],
  cost: { bytes: 1_000, elapsedMs: 2_000, downtimeMs: 50 },
  after: [],
  along: [],
  others: [{ hostId: 'h3', text: 'h3: would gain 0.100 by itself', gain: 100_000 }],
  checked: true,
  sinceMs: 1,
};
const balance: api.BalanceStatus = {
  ranAtMs: 1,
  unevenBefore: 2_000_000,
  unevenAfter: 100_000,
  terms: [{ name: 'contention', millionths: 2_000_000 }],
  movesLeft: 30,
  recommendations: [recommendation],
};

beforeEach(async () => {
  world = await World.start();
  withdrawn = [];
  recommendations = balance.recommendations;
  await world.vm();
  const before = world.answer;
  world.answer = (query): QueryReply =>
    query.type === 'balance'
      ? {
          type: 'balance',
          balance: { ...balance, recommendations: [...recommendations], withdrawn },
        }
      : before(query);
});
afterEach(async () => world[Symbol.asyncDispose]());

const path = `/v1/recommendations/${id}`;

describe('recommendations', () => {
  it('are what the leader holds', async () => {
    expect((await world.send('GET', '/v1/recommendations')).body['items']).toEqual([
      recommendation,
    ]);
    expect((await world.send('GET', path)).body).toEqual(recommendation);
    const { body } = await world.send('GET', '/v1/balance');
    expect(parseValue(api.BalanceBody, body).ok).toBe(true);
    expect(body).toMatchObject({ mode: 'recommend', recommendations: 1, dismissed: [] });
  });

  it('that are none any more are not found', async () => {
    const { status, body } = await world.send('GET', '/v1/recommendations/abcdefabcd');
    expect({ status, code: body['code'] }).toEqual({
      status: 404,
      code: 'recommendation-not-found',
    });
  });

  it('are applied as a migration off that host, and by an operator', async () => {
    expect((await world.send('POST', `${path}/apply`, undefined, { role: 'viewer' })).status).toBe(
      403,
    );
    const { status, body } = await world.send('POST', `${path}/apply`, undefined, {
      role: 'operator',
    });
    expect(status).toBe(202);
    expect(body).toMatchObject({
      type: 'migrate',
      source: 'h1',
      target: 'h2',
      recommendationId: id,
      cancellable: true,
    });
    const [key = ''] = world.keysUnder('intent/requests');
    const written = world.read(key);
    expect(parseValue(RequestRecord, written).ok).toBe(true);
    expect(written).toMatchObject({ recommendation: { id, source: 'h1' } });
  });

  describe('of VMs that a rule keeps together', () => {
    const otherId = 'a9b8c7d6e5';
    const other = '00000000-0000-4000-8000-0000000000bb';
    beforeEach(() => {
      recommendations = [
        { ...recommendation, along: [other] },
        { ...recommendation, id: otherId, vmId: other, vmName: 'web-2', along: [vmId] },
      ];
    });

    it('are applied as one, whichever is named', async () => {
      const { status, body } = await world.send('POST', `/v1/recommendations/${otherId}/apply`);
      expect({ status, vmId: body['vmId'] }).toEqual({ status: 202, vmId: other });
      const written = world.keysUnder('intent/requests').map((key) => world.read(key));
      expect(written.every((one) => parseValue(RequestRecord, one).ok)).toBe(true);
      expect(written).toMatchObject([
        { vmId: other, recommendation: { id: otherId, along: [vmId] } },
        { vmId, recommendation: { id, along: [other] } },
      ]);
      expect(new Set(written.map((one) => one?.['createdAtMs'])).size).toBe(1);
    });

    it('are not applied where one may not move any more', async () => {
      recommendations = recommendations.slice(0, 1);
      const { status, body } = await world.send('POST', `${path}/apply`);
      expect({ status, code: body['code'] }).toEqual({
        status: 404,
        code: 'recommendation-not-found',
      });
      expect(world.keysUnder('intent/requests')).toEqual([]);
    });
  });

  it('are not applied while something else is done with the VM', async () => {
    await world.put({ [keys.operation('op')]: operation('op') });
    const { status, body } = await world.send('POST', `${path}/apply`);
    expect({ status, code: body['code'] }).toEqual({ status: 409, code: 'vm-busy' });
  });

  it('are dismissed for a while, which is in etcd with the reason; of what is over the newest hundred stay', async () => {
    const old = { v: 1, vmId, source: 'h1', target: 'h2', untilMs: 500, by: 'anna' };
    const over = Array.from({ length: 102 }, (_, at) => {
      const ofOne = `${9_999_999_000 + at}`;
      return [keys.dismissal(ofOne), { ...old, id: ofOne, atMs: at + 1 }] as const;
    });
    for (let from = 0; from < over.length; from += 60)
      await world.put(Object.fromEntries(over.slice(from, from + 60)));
    const { status, body } = await world.send('POST', `${path}/dismiss`, { minutes: 60 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ recommendations: 0, dismissed: [{ id, vmName: 'web-1' }] });
    const written = world.read(keys.dismissal(id));
    expect(Number(written?.['untilMs']) - Number(written?.['atMs'])).toBe(3_600_000);
    expect(written?.['reason']).toBe(recommendation.reason);
    const left = world.keysUnder('intent/dismissals');
    expect(left).toHaveLength(101);
    expect(left).not.toContain(keys.dismissal('9999999000'));
    expect(left).toContain(keys.dismissal('9999999002'));
  });
});

describe('what was recommended before', () => {
  const history = '/v1/balance/history';
  const made = (opId: string, change: Partial<OperationRecord>) => ({
    [keys.operation(opId)]: operation(opId, {
      recommendationId: id,
      source: 'h1',
      target: 'h2',
      reason: `balance: ${recommendation.reason}`,
      ...change,
    }),
  });
  const failed = { state: 'failed', step: 'ended', endedAtMs: 9_000 } as const;
  const stuck = { code: 'migration-stuck', message: 'it did not converge' };
  const blocked = { code: 'preflight-failed', message: 'it has a device of its host' };

  it('is told with what was said to it, by whom, and how it ended, the newest first', async () => {
    await world.put({
      ...made('op-1', { by: 'anna', state: 'succeeded', createdAtMs: 1_000, endedAtMs: 3_000 }),
      ...made('op-2', {
        by: 'balance',
        ...failed,
        startedAtMs: 2_001,
        error: stuck,
        createdAtMs: 2_000,
      }),
      ...made('op-3', { by: 'anna', ...failed, error: blocked, createdAtMs: 3_000 }),
      ...made('op-4', { by: 'balance', state: 'running', createdAtMs: 4_000 }),
      [keys.operation('op-5')]: operation('op-5', { by: 'anna', createdAtMs: 5_000 }),
      [keys.dismissal('9999999999')]: {
        v: 1,
        vmId,
        source: 'h1',
        target: 'h3',
        by: 'bert',
        id: '9999999999',
        untilMs: 6_500,
        atMs: 6_000,
      },
    });
    withdrawn = [
      {
        id: '8888888888',
        vmId,
        vmName: 'web-1',
        source: 'h1',
        target: 'h3',
        reason: 'it was full',
        sinceMs: 1,
        atMs: 7_000,
        why: 'h3 is cordoned',
      },
    ];
    const { status, body } = await world.send('GET', history, undefined, { role: 'viewer' });
    expect(status).toBe(200);
    const items = body['items'] as readonly api.PastRecommendationBody[];
    expect(items.every((one) => parseValue(api.PastRecommendationBody, one).ok)).toBe(true);
    expect(items.map(({ answer, by, outcome }) => [answer, by, outcome])).toEqual([
      ['withdrawn', undefined, undefined],
      ['dismissed', 'bert', 'over'],
      ['by-itself', 'balance', 'under-way'],
      ['applied', 'anna', 'refused'],
      ['by-itself', 'balance', 'given-up'],
      ['applied', 'anna', 'moved'],
    ]);
    expect(items[0]).toMatchObject({ why: 'h3 is cordoned', reason: 'it was full', atMs: 7_000 });
    expect(items[3]).toMatchObject({ operationId: 'op-3', why: blocked.message });
    expect(items[5]).toMatchObject({ reason: recommendation.reason, endedAtMs: 3_000 });
  });

  it('comes in pages', async () => {
    for (const at of [1, 2, 3]) await world.put(made(`op-${at}`, { createdAtMs: at * 1_000 }));
    const first = await world.send('GET', `${history}?limit=2`);
    expect(first.body['items']).toHaveLength(2);
    const next = encodeURIComponent(String(first.body['continue']));
    const rest = await world.send('GET', `${history}?limit=2&continue=${next}`);
    expect(rest.body['items']).toMatchObject([{ operationId: 'op-1' }]);
  });
});

describe('a move that balancing ordered by itself', () => {
  it('is taken back by a person as any migration is', async () => {
    const ordered = operation('balance-5-0', { recommendationId: id, by: 'balance' });
    await world.put({ [keys.operation('balance-5-0')]: ordered });
    const shown = await world.send('GET', '/v1/operations/balance-5-0');
    expect(shown.body['cancellable']).toBe(true);
    expect((await world.send('DELETE', '/v1/migrations/balance-5-0')).status).toBe(202);
    const written = world.read(keys.request('balance-5-0'));
    expect(parseValue(RequestRecord, written).ok).toBe(true);
    expect(written).toMatchObject({ cancelled: { by: 'the-admin' } });
  });
});

describe('how the cluster is balanced', () => {
  it('is set as a whole by an admin', async () => {
    const settings = { mode: 'automatic', hours: { from: '22:00', to: '06:00' } };
    const { status, body } = await world.send('PUT', '/v1/settings/balance', settings);
    expect(status).toBe(200);
    expect(body).toMatchObject({ settings, inForce: { ...settings, aggressiveness: 3 } });
    expect((await world.send('GET', '/v1/balance')).body['mode']).toBe('automatic');
    const asOperator = { role: 'operator' };
    expect((await world.send('PUT', '/v1/settings/balance', {}, asOperator)).status).toBe(403);
  });

  it.each([{ mode: 'always' }, { aggressiveness: 6 }, { hours: { from: '24:00', to: '1:00' } }])(
    '%j is refused',
    async (settings) => {
      expect((await world.send('PUT', '/v1/settings/balance', settings)).status).toBe(400);
    },
  );
});

describe('a restore', () => {
  const restore = '/v1/hosts/h1/restore';
  const cordoned = { v: 1, id: 'h1', cordoned: true, by: 'anna', atMs: 1 };

  it('uncordons the host and asks for its VMs in one transaction', async () => {
    await world.put({ [keys.hostIntent('h1')]: cordoned });
    const before = world.store.revision;
    const { status, body } = await world.send('POST', restore);
    expect(status).toBe(202);
    expect(body).toMatchObject({ type: 'restore', hostId: 'h1', cancellable: true });
    expect(world.read(keys.hostIntent('h1'))).toMatchObject({ cordoned: false });
    expect(world.store.revision).toBe(before + 1);
    expect((await world.send('POST', restore)).body['code']).toBe('restore-under-way');
    expect((await world.send('DELETE', `/v1/operations/${String(body['id'])}`)).status).toBe(202);
  });

  it('is not asked for while the host is being drained', async () => {
    const drain = operation('d', { type: 'drain', hostId: 'h1', vmId: undefined });
    await world.put({ [keys.operation('d')]: drain });
    expect((await world.send('POST', restore)).body['code']).toBe('drain-under-way');
  });
});
