/** A store whose packets to a real etcd are dropped for a while, and nobody is told. */
import { dropPackets, passPackets } from '@drover/deploy/lab';
import { connectStore } from '@drover/store';
import { expect, it } from 'vitest';
import { docker } from './support/docker.ts';
import { startEtcd } from './support/real-servers.ts';
import { until } from './support/until.ts';

it('finds etcd again soon after its packets go through, however long they did not', async () => {
  await using etcd = await startEtcd();
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  const address = await docker('inspect', '--format', format, etcd.id);
  // Past docker's own proxy, which would take the connection in etcd's place.
  const endpoints = [`http://${address.trim()}:2379`];
  await using store = connectStore({ endpoints, requestTimeoutMs: 2_000 });
  const answers = () =>
    store.get('/x').then(
      () => true,
      () => false,
    );
  expect(await answers()).toBe(true);

  await dropPackets(etcd.id, 2379, 'all');
  // TCP by itself waits twice as long each time before it tries to connect again.
  const end = performance.now() + 14_000;
  await until('a while has passed', async () => !(await answers()) && performance.now() > end);
  await passPackets(etcd.id);
  const passed = performance.now();
  await until('etcd answers', answers);
  expect(performance.now() - passed).toBeLessThan(4_000);
}, 60_000);
