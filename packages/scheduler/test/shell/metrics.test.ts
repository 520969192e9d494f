import { type api, keys } from '@drover/protocol';
import type { Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Metrics, serveMetrics } from '../../src/shell/metrics.ts';

function portOf(server: Server | undefined): number {
  const address = server?.address();
  if (typeof address !== 'object' || !address) throw new Error('it does not listen');
  return address.port;
}

describe('the metrics endpoint', () => {
  const metrics = new Metrics();
  let missing: readonly string[] = [];
  let server: Server | undefined;

  beforeEach(async () => {
    missing = [];
    server = await serveMetrics({ host: '127.0.0.1', port: 0 }, metrics, () => missing);
  });
  afterEach(() => {
    server?.close();
    server?.closeAllConnections();
  });

  const get = async (path: string) => {
    const port = portOf(server);
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: response.status, text: await response.text() };
  };

  it('is healthy, and ready when nothing is missing', async () => {
    expect(await get('/healthz')).toMatchObject({ status: 200 });
    expect(await get('/readyz')).toMatchObject({ status: 200 });
    missing = ['NATS'];
    expect(await get('/readyz')).toEqual({ status: 503, text: 'NATS\n' });
    expect(await get('/healthz')).toMatchObject({ status: 200 });
  });

  it('answers what it does not have with what it has', async () => {
    expect(await get('/')).toMatchObject({ status: 404 });
    expect((await get('/?x=/metrics')).text).toContain('/metrics');
  });

  it('says who leads, how many hosts were heard, how operations ended', async () => {
    metrics.elected('12');
    metrics.heardHosts(3);
    metrics.malformed();
    const operation = (id: string, more: object) => ({
      key: keys.operation(id),
      expectedModRevision: 0,
      value: JSON.stringify({
        v: 1,
        id,
        type: 'start',
        state: 'running',
        step: 'start',
        stepIndex: 1,
        generation: 1,
        epoch: '12',
        by: 'test',
        createdAtMs: 1,
        ...more,
      }),
    });
    const puts = [
      operation('a', { state: 'failed', step: 'ended', endedAtMs: 2 }),
      operation('b', {}),
      { key: keys.operation('c'), expectedModRevision: 4 },
    ];
    metrics.committed({ type: 'commit', commitId: '12-1', puts }, 'done');
    metrics.committed({ type: 'commit', commitId: '12-2', puts }, 'conflict');
    const { text } = await get('/metrics');
    const lines = text.split('\n').filter((line) => line.startsWith('drover_'));
    expect(lines).toEqual(
      expect.arrayContaining([
        'drover_scheduler_is_leader 1',
        'drover_scheduler_epoch 12',
        'drover_hosts 3',
        'drover_scheduler_malformed_messages_total 1',
        'drover_operations_total{type="start",result="failed"} 1',
        'drover_scheduler_commits_total{outcome="done"} 1',
        'drover_scheduler_commits_total{outcome="conflict"} 1',
      ]),
    );
    expect(lines.filter((line) => line.startsWith('drover_operations_total'))).toHaveLength(1);
    expect(text).toContain('drover_scheduler_event_loop_p99_seconds');
  });

  it('tell how uneven the cluster is and what is recommended, once that was looked at', async () => {
    const one = (priority: number) => ({ priority }) as api.RecommendationBody;
    const about = { terms: [], movesLeft: 1, recommendations: [one(2), one(2)] };
    metrics.readBalance(() => Promise.resolve(about));
    expect((await get('/metrics')).text).not.toMatch(/^drover_cluster_imbalance \d/m);
    metrics.readBalance(() => Promise.resolve({ ...about, unevenBefore: 1_500_000 }));
    const { text } = await get('/metrics');
    expect(text).toContain('drover_cluster_imbalance 1.5');
    expect(text).toContain('drover_recommendations{priority="2"} 2');
    expect(text).toContain('drover_recommendations{priority="1"} 0');
  });

  it('whose address is taken says so', async () => {
    const port = portOf(server);
    const second = serveMetrics({ host: '127.0.0.1', port }, metrics, () => []);
    await expect(second).rejects.toThrow(/EADDRINUSE/);
  });
});
