/** What monitoring is told over HTTP. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Metrics, serveMetrics } from '../../src/shell/metrics.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(missing: readonly string[] = []) {
  const metrics = new Metrics();
  const server = await serveMetrics({ host: '127.0.0.1', port: 0 }, metrics, () => missing);
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: response.status, text: await response.text() };
  };
  return { metrics, get, port };
}

describe('the endpoint', () => {
  it('tells who leads, and counts what was dropped', async () => {
    const { metrics, get } = await serve();
    expect((await get('/metrics')).text).toContain('drover_scheduler_is_leader 0');
    metrics.elected('42');
    metrics.heardHosts(3);
    metrics.malformed();
    const { status, text } = await get('/metrics?x=1');
    expect(status).toBe(200);
    for (const line of [
      'drover_scheduler_is_leader 1',
      'drover_scheduler_epoch 42',
      'drover_hosts 3',
      'drover_scheduler_malformed_messages_total 1',
    ]) {
      expect(text).toContain(line);
    }
    expect(text).toContain('drover_scheduler_event_loop_p99_seconds');
  });

  it('is alive while it answers, ready while nothing is missing', async () => {
    const { get } = await serve();
    expect(await get('/healthz')).toEqual({ status: 200, text: 'ok\n' });
    expect(await get('/readyz')).toEqual({ status: 200, text: 'ready\n' });
    const lacking = await serve(['NATS']);
    expect(await lacking.get('/readyz')).toEqual({ status: 503, text: 'NATS\n' });
    expect((await lacking.get('/healthz')).status).toBe(200);
  });

  it('says what there is where asked for something else', async () => {
    const { get } = await serve();
    expect((await get('/')).status).toBe(404);
  });

  it('rejects an address that is taken', async () => {
    const { port } = await serve();
    await expect(
      serveMetrics({ host: '127.0.0.1', port }, new Metrics(), () => []),
    ).rejects.toThrow('EADDRINUSE');
  });
});
