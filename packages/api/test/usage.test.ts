/** What was used over the last day: the hosts that know it are asked, and their answers are one. */
import { keys, type Query, type QueryReply, type UsageColumns } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { usageBody, usageGrid } from '../src/logic/usage.ts';
import { operation, otherVmId, vmId, World } from './support/world.ts';

const hourMs = 3_600_000;

describe('the steps', () => {
  const now = 100 * hourMs + 90_000;

  it('are of the clock, the last of them the one that is not over', () => {
    expect(usageGrid({ since: '10m' }, now)).toEqual({
      fromMs: 100 * hourMs - 8 * 60_000,
      stepMs: 60_000,
      points: 10,
    });
  });

  it.each([
    ['1m', 1, 1],
    ['5h', 1, 300],
    ['301m', 2, 151],
    ['24h', 5, 288],
  ])('of %s are the shortest that give at most 300 points', (since, minutes, points) => {
    expect(usageGrid({ since }, now)).toMatchObject({ stepMs: minutes * 60_000, points });
  });

  it.each([{ since: '25h' }, { since: '24h', step: '4m' }, { since: '9999h' }])(
    'are refused where hosts have no more, or nobody could read them: %o',
    (asked) => {
      expect(() => usageGrid(asked, now)).toThrow(/24h|300/);
    },
  );
});

describe('the answers of several hosts', () => {
  const column = (...mean: (number | null)[]) => ({
    mean,
    most: mean.map((one) => (one === null ? null : one + 1)),
  });
  /** It moved from h1 to h2 in the second step. */
  const h1: UsageColumns = {
    looks: [15, 5, 0, 0],
    cpuMilli: column(100, 400, null, null),
    memoryMib: column(64, null, null, null),
  };
  const h2: UsageColumns = {
    looks: [0, 15, 0, 15],
    cpuMilli: column(null, 200, null, 300),
    memoryMib: column(null, 70, null, 80),
  };
  const grid = { fromMs: 0, stepMs: 60_000, points: 4 };
  const silent = [{ hostId: 'h3', code: 'host-silent', message: 'h3 is not heard' }];

  it('are one, by time; a gap stays a gap, and who was silent is named', () => {
    expect(usageBody(grid, { answered: { h2, h1 }, silent })).toEqual({
      fromMs: 0,
      untilMs: 240_000,
      stepMs: 60_000,
      points: [
        {
          atMs: 0,
          hosts: ['h1'],
          cpuMilli: 100,
          mostCpuMilli: 101,
          memoryMib: 64,
          mostMemoryMib: 65,
        },
        {
          atMs: 60_000,
          hosts: ['h1', 'h2'],
          cpuMilli: 250,
          mostCpuMilli: 401,
          memoryMib: 70,
          mostMemoryMib: 71,
        },
        {
          atMs: 180_000,
          hosts: ['h2'],
          cpuMilli: 300,
          mostCpuMilli: 301,
          memoryMib: 80,
          mostMemoryMib: 81,
        },
      ],
      hosts: ['h1', 'h2'],
      silent: [{ host: 'h3', code: 'host-silent', message: 'h3 is not heard' }],
    });
  });
});

describe('over HTTP', () => {
  let world: World;
  let queries: Query[] = [];
  beforeEach(async () => {
    world = await World.start();
    await world.vm();
    queries = [];
    const other = world.answer;
    world.answer = (query) => {
      if (query.type !== 'usage') return other(query);
      queries.push(query);
      return answerTo(query);
    };
  });
  afterEach(async () => world[Symbol.asyncDispose]());

  const answerTo = ({ hostIds, grid }: Extract<Query, { type: 'usage' }>): QueryReply => {
    const looks = Array.from({ length: grid.points }, () => 1);
    const mean = looks.map(() => 250);
    const [first = '', ...rest] = hostIds;
    const why = { code: 'host-silent', message: 'it is off' };
    return {
      type: 'usage',
      answered: { [first]: { looks, cpuMilli: { mean, most: mean } } },
      silent: rest.map((hostId) => ({ hostId, ...why })),
    };
  };

  it('a host is asked about itself', async () => {
    const { status, body } = await world.send('GET', '/v1/hosts/h1/usage?since=10m');
    expect(status).toBe(200);
    expect(body).toMatchObject({ stepMs: 60_000, hosts: ['h1'], silent: [] });
    expect(body['points']).toHaveLength(10);
    expect(queries).toMatchObject([{ hostIds: ['h1'], grid: { points: 10 } }]);
    expect(queries[0]).not.toHaveProperty('vmId');
  });

  it('of a VM the hosts are asked that had it in this time, its own first', async () => {
    const endedAtMs = Date.now() - 60_000;
    const moved = { state: 'succeeded', source: 'h2', target: 'h1', endedAtMs };
    const before = { ...moved, source: 'h3', target: 'h2', endedAtMs: 1 };
    await world.put({
      [keys.operation('m1')]: operation('m1', moved),
      [keys.operation('m0')]: operation('m0', before),
      [keys.operation('m2')]: operation('m2', { ...moved, source: 'h9', vmId: otherVmId }),
    });
    const { body } = await world.send('GET', '/v1/vms/web-1/usage?since=2h');
    expect(queries).toMatchObject([{ hostIds: ['h1', 'h2'], vmId }]);
    expect(body).toMatchObject({
      hosts: ['h1'],
      silent: [{ host: 'h2', code: 'host-silent', message: 'it is off' }],
    });
  });

  it('of a VM that was nowhere there is nothing, and nobody is asked', async () => {
    await world.vm('stopped');
    const { status, body } = await world.send('GET', '/v1/vms/web-1/usage');
    expect(status).toBe(200);
    expect(body).toMatchObject({ points: [], hosts: [], silent: [] });
    expect(queries).toEqual([]);
  });

  it.each([
    ['/v1/hosts/h9/usage', 404, 'host-not-found'],
    ['/v1/vms/none/usage', 404, 'vm-not-found'],
    ['/v1/hosts/h1/usage?since=2', 400, 'bad-request'],
    ['/v1/hosts/h1/usage?since=24h&step=1m', 400, 'bad-request'],
    ['/v1/hosts/h1/usage?until=1h', 400, 'bad-request'],
  ])('%s is refused', async (path, status, code) => {
    const answer = await world.send('GET', path);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });
});
