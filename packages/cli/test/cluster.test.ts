/** `drover cluster`: is anything decided, and the word that etcd was restored from a backup. */
import type { api } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { cluster, host } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { ok, problem } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();

const held: Partial<api.ClusterBody> = {
  held: true,
  problem: { message: 'etcd was restored', remedy: 'drover cluster era raise' },
};
const clusterOf = (changes: Partial<api.ClusterBody>) =>
  serve({
    'GET /v1/cluster': () => ok(cluster(changes)),
    'POST /v1/cluster/era': ({ body }) => ok(cluster({ era: (body as api.EraRaise).era })),
    'GET /v1/hosts': () => ok({ items: [host('h1')] }),
    'GET /v1/vms': () => ok({ items: [] }),
    'GET /v1/migrations': () => ok({ items: [] }),
    'GET /v1/operations': () => ok({ items: [] }),
    'GET /v1/pools': () => ok({ items: [] }),
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
