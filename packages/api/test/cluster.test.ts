/** An etcd that was restored from a backup: it is told, and a person can say so. */
import { keys, type Query } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leader, until, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(async () => world[Symbol.asyncDispose]());

const reason = 'it went back from revision 90 to 40';
const hold = () => world.put({ [keys.restored()]: { v: 1, era: 0, reason, atMs: 1 } });

function leading(changes: Partial<typeof leader> & { readonly problem?: string }): void {
  const other = world.answer;
  world.answer = (query: Query) =>
    query.type === 'leader' ? { type: 'leader', leader: { ...leader, ...changes } } : other(query);
}

describe('a cluster', () => {
  it('in which all is as ever says so', async () => {
    const { status, body } = await world.send('GET', '/v1/cluster', undefined, { role: 'viewer' });
    expect(status).toBe(200);
    expect(body).toEqual({ era: 0, nextEra: 1, held: false, leader: 's1', unreadable: [] });
  });

  it('that is held says why, what helps, and that it is not ready', async () => {
    await hold();
    leading({ problem: reason });
    expect((await world.send('GET', '/v1/cluster')).body).toMatchObject({
      held: true,
      problem: {
        message: expect.stringContaining(reason),
        remedy: expect.stringContaining('drover cluster era raise'),
      },
    });
    const unready = await until('it is not ready', async () => {
      const answer = await world.send('GET', '/readyz');
      return answer.status === 503 ? answer : undefined;
    });
    expect(String(unready.body['missing'])).toContain(reason);
  });

  it('that is held takes requests up later, and they say what they wait for', async () => {
    await world.vm();
    await hold();
    const { status, body } = await world.send('POST', '/v1/vms/web-1/stop');
    expect(status).toBe(202);
    expect(body['reason']).toContain('before its era is raised');
  });

  it('whose hosts have yet to show what they run names them', async () => {
    leading({ problem: 'these hosts have to show what they run: h2' });
    expect((await world.send('GET', '/v1/cluster')).body).toMatchObject({
      held: false,
      problem: {
        message: expect.stringContaining('h2'),
        remedy: expect.stringContaining('drover host recover'),
      },
    });
  });

  it('names records that cannot be read', async () => {
    await world.put({ [keys.request('r')]: { v: 1 } });
    const { unreadable } = (await world.send('GET', '/v1/cluster')).body;
    expect(unreadable).toEqual([{ key: keys.request('r'), reason: expect.any(String) }]);
  });

  it('without a leader is still told of what etcd knows', async () => {
    await hold();
    await world.leaderBus[Symbol.asyncDispose]();
    const { body } = await world.send('GET', '/v1/cluster');
    expect(body).toMatchObject({ held: true, nextEra: 1 });
    expect(body).not.toHaveProperty('leader');
  });
});

describe('the era', () => {
  const raise = (era: number, role = 'admin') =>
    world.send('POST', '/v1/cluster/era', { era }, { role });

  it('is raised by a person, whose word stands with it, and the cluster is held no longer', async () => {
    await hold();
    const { status, body } = await raise(1);
    expect(status).toBe(200);
    expect(body).toMatchObject({ era: 1, eraBy: 'the-admin', held: false, nextEra: 2 });
    expect(world.read(keys.era())).toMatchObject({ v: 1, era: 1, by: 'the-admin' });
  });

  it('is for admins to raise', async () => {
    expect((await raise(1, 'operator')).body['code']).toBe('forbidden');
    expect(world.read(keys.era())).toBeUndefined();
  });

  it.each([0, 1, 3])('is never one that etcd or a host knows: %d', async (era) => {
    await world.put({ [keys.era()]: { v: 1, era: 1, by: 'x', atMs: 1 } });
    leading({ highestEra: 3 });
    expect((await raise(era)).status).toBe(400);
    expect(world.read(keys.era())).toMatchObject({ era: 1 });
  });

  it('may be one that somebody noted down, which is higher than all that is known', async () => {
    leading({ highestEra: 3 });
    expect((await raise(9)).body).toMatchObject({ era: 9 });
  });
});

describe('headroom', () => {
  const headroom = {
    revision: 7,
    bears: 0,
    exact: true,
    upTo: 1,
    atRisk: [{ hostId: 'h1', vms: 1 }],
    untried: [],
    worst: { hostIds: ['h1'], vms: 1, left: [] },
  };
  const asked: Query[] = [];

  beforeEach(() => {
    asked.length = 0;
    const other = world.answer;
    world.answer = (query: Query) => {
      if (query.type !== 'headroom') return other(query);
      asked.push(query);
      return { type: 'headroom', headroom };
    };
  });

  it('is what the leader says', async () => {
    const { status, body } = await world.send('GET', '/v1/cluster/headroom', undefined, {
      role: 'viewer',
    });
    expect({ status, body }).toEqual({ status: 200, body: headroom });
    expect(asked).toEqual([{ type: 'headroom' }]);
  });

  it('is asked with the shape of a VM, as numbers', async () => {
    await world.send('GET', '/v1/cluster/headroom?vcpus=2&memoryMib=2048');
    expect(asked).toEqual([{ type: 'headroom', shape: { vcpus: 2, memoryMib: 2048 } }]);
  });

  it.each(['vcpus=2', 'memoryMib=512', 'vcpus=0&memoryMib=512', 'vcpus=2&memoryMib=9999999999'])(
    'is not asked with “%s”',
    async (query) => {
      const { status } = await world.send('GET', `/v1/cluster/headroom?${query}`);
      expect(status).toBe(400);
      expect(asked).toEqual([]);
    },
  );
});
