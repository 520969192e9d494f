/** `drover cluster`: is anything decided, the word that etcd was restored from a backup, and what loss is borne. */
import type { api } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { cluster, host, idOf } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { ok, problem } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();

const held: Partial<api.ClusterBody> = {
  held: true,
  problem: { message: 'etcd was restored', remedy: 'drover cluster era raise' },
};
const noLeader = problem('no-leader', 503, 'no scheduler leads');
const clusterOf = (changes: Partial<api.ClusterBody>, more: Parameters<typeof serve>[0] = {}) =>
  serve({
    'GET /v1/cluster': () => ok(cluster(changes)),
    'POST /v1/cluster/era': ({ body }) => ok(cluster({ era: (body as api.EraRaise).era })),
    'GET /v1/hosts': () => ok({ items: [host('h1')] }),
    'GET /v1/vms': () => ok({ items: [] }),
    'GET /v1/migrations': () => ok({ items: [] }),
    'GET /v1/operations': () => ok({ items: [] }),
    'GET /v1/pools': () => ok({ items: [] }),
    'GET /v1/cluster/headroom': () => noLeader,
    ...more,
  });

describe('a cluster that is held', () => {
  it('is the first that the overview tells, with what helps', async () => {
    const { url } = await clusterOf(held);
    const { stdout } = await drover(['--api', url, 'status']);
    expect(stdout).toMatch(/Needs attention\n {2}etcd was restored\n +remedy: drover cluster era/);
  });

  it('says that it decides nothing, and why', async () => {
    const { url } = await clusterOf(held);
    const { code, stdout } = await drover(['--api', url, 'cluster', 'show']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Decides: +nothing$/m);
    expect(stdout).toMatch(/^Why: +etcd was restored$/m);
    expect(stdout).toMatch(/^Remedy: +drover cluster era raise$/m);
  });
});

it('a cluster in which all is as ever says so, and names records that cannot be read', async () => {
  const { url } = await clusterOf({ unreadable: [{ key: '/drover/x', reason: '/id: missing' }] });
  const { stdout } = await drover(['--api', url, 'cluster', 'show']);
  expect(stdout).toMatch(/^Decides: +yes$/m);
  expect(stdout).toContain('/drover/x: /id: missing');
  expect((await drover(['--api', url, 'status'])).stdout).toContain('/drover/x cannot be read');
});

describe('cluster era raise', () => {
  it('raises it to the next one, and says to note that down', async () => {
    const api = await clusterOf({ ...held, nextEra: 3 });
    const end = await drover(['--api', api.url, 'cluster', 'era', 'raise', '--yes']);
    expect(end.code).toBe(0);
    expect(api.sent('POST', '/v1/cluster/era')[0]?.body).toEqual({ era: 3 });
    expect(end.stdout).toContain('The era is 3: note it down');
  });

  it('is never done without a yes', async () => {
    const api = await clusterOf(held);
    const end = await drover(['--api', api.url, 'cluster', 'era', 'raise']);
    expect(end.code).toBe(64);
    expect(end.stderr).toContain('Was etcd restored from a backup?');
    expect(api.sent('POST', '/v1/cluster/era')).toEqual([]);
  });

  it('says when only a backup can tell what it was, and takes the one that was noted', async () => {
    const { leader: _, ...unled } = cluster();
    const api = await serve({
      'GET /v1/cluster': () => ok(unled),
      'POST /v1/cluster/era': () => ok(cluster({ era: 7 })),
    });
    const args = ['cluster', 'era', 'raise', '--to', '7', '--yes'];
    const end = await drover(['--api', api.url, ...args]);
    expect(end.stdout).toContain('if you noted a higher one down, use --to');
    expect(api.sent('POST', '/v1/cluster/era')[0]?.body).toEqual({ era: 7 });
  });

  it('that has been is refused in the words of the API', async () => {
    const { url } = await serve({
      'GET /v1/cluster': () => ok(cluster()),
      'POST /v1/cluster/era': () =>
        problem('bad-request', 400, 'era 1 has been: the next one is 3'),
    });
    const args = ['cluster', 'era', 'raise', '--to', '1', '--yes'];
    const end = await drover(['--api', url, ...args]);
    expect(end.code).toBe(64);
    expect(end.stderr).toContain('the next one is 3');
  });
});

describe('headroom', () => {
  const lost = {
    vmId: idOf(1),
    vmName: 'web',
    reason: 'no-host-fits',
    rejections: [
      { hostId: 'h1', reason: 'not-enough-memory', required: 4096, available: 1024, unit: 'MiB' },
    ],
    remedy: 'free memory on h1',
  };
  const headroom = (changes: Partial<api.HeadroomBody> = {}): api.HeadroomBody => ({
    revision: 7,
    bears: 0,
    exact: true,
    upTo: 1,
    atRisk: [
      { hostId: 'h2', vms: 3 },
      { hostId: 'h3', vms: 1 },
    ],
    untried: [],
    worst: { hostIds: ['h2'], vms: 3, left: [lost] },
    ...changes,
  });
  const borne = { atRisk: [], bears: 1, upTo: 2 };
  const route = (body: api.HeadroomBody) => ({ 'GET /v1/cluster/headroom': () => ok(body) });
  const show = async (body: api.HeadroomBody, ...flags: readonly string[]) => {
    const { url } = await serve(route(body));
    return await drover(['--api', url, 'cluster', 'headroom', ...flags]);
  };

  it('that is none names the host, its VMs that have no place, and each host’s reason', async () => {
    const { code, stdout } = await show(headroom());
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'Losing h2 leaves 3 VMs without a place, and so it is with 1 other.',
        '',
        'Without a place if h2 is lost:',
        '  web: no other host can take it',
        '    h1: needs 4GiB of memory, has 1GiB free',
        '    remedy: free memory on h1',
        '  and 2 more',
        '',
        'Also at risk:',
        '  h3: 1 VM',
        '',
      ].join('\n'),
    );
  });

  it('of one host says which two are too many', async () => {
    const worst = { hostIds: ['h1', 'h2'], vms: 1, left: [lost] };
    const { stdout } = await show(headroom({ ...borne, worst }));
    expect(stdout).toContain('Any one host may be lost.\nBut losing h1 and h2 leaves 1 VM without');
  });

  it('tells VMs with the same reasons together, and not of each that the lost host is lost', async () => {
    const down = { hostId: 'h2', reason: 'host-not-up', available: 'down' };
    const gone = { ...lost, rejections: [...lost.rejections, down] };
    const left = [gone, { ...gone, vmId: idOf(2), vmName: 'db' }];
    const { stdout } = await show(headroom({ worst: { hostIds: ['h2'], vms: 2, left } }));
    expect(stdout).toContain(
      'lost:\n  web, db: no other host can take it\n    h1: needs 4GiB of memory, has 1GiB free\n    remedy',
    );
  });

  it('that is an estimate is told as one', async () => {
    const { worst: _, ...rest } = headroom({ ...borne, exact: false, untried: ['h8', 'h9'] });
    const { stdout } = await show(rest);
    expect(stdout).toContain('Any one host may be lost, as far as was looked at.');
    expect(stdout).toContain('too much work: the loss of h8, h9.');
  });

  it('counts how many more VMs of a shape fit', async () => {
    const fits = { count: 10_000, atLeast: true, byHost: [{ hostId: 'h1', count: 10_000 }] };
    const room = { fits, keeping: { count: 4, atLeast: false, byHost: [] } };
    const asked = await serve({
      'GET /v1/cluster/headroom': ({ query }) => {
        expect(Object.fromEntries(query)).toEqual({ vcpus: '2', memoryMib: '2048' });
        return ok(headroom({ room }));
      },
    });
    const flags = ['--vcpus', '2', '--memory', '2GiB'];
    const { stdout } = await drover(['--api', asked.url, 'cluster', 'headroom', ...flags]);
    expect(stdout).toContain(
      'More VMs with 2 vcpus and 2GiB that fit: 10000 or more\n  h1 10000\n',
    );
    expect(stdout).toContain('With each loss borne that is borne now: 4\n');
  });

  it('is not counted of half a shape', async () => {
    const { code, stderr } = await show(headroom(), '--vcpus', '2');
    expect(code).toBe(64);
    expect(stderr).toContain('give both --vcpus and --memory');
  });

  it('is a line of the overview, which goes without where nobody leads', async () => {
    const { url } = await clusterOf({}, route(headroom()));
    expect((await drover(['--api', url, 'status'])).stdout).toContain(
      'Headroom: losing h2 leaves 3 VMs without a place',
    );
    const leaderless = await clusterOf({});
    const { code, stdout } = await drover(['--api', leaderless.url, 'status']);
    expect(code).toBe(0);
    expect(stdout).not.toContain('Headroom');
  });
});
