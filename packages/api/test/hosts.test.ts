/** What the leader says of a host stands in its body, as far as it is said. */
import type { Query } from '@drover/protocol';
import { expect, it } from 'vitest';
import { host, World } from './support/world.ts';

it('a host says whether memory is encrypted on its way, and what its tunnels have refused', async () => {
  await using world = await World.start();
  const before = await world.send('GET', '/v1/hosts/h1');
  expect(before.body).not.toHaveProperty('migrationTls');
  const about = {
    migrationTls: { able: false, reason: 'set migrate_tls_x509_cert_dir' },
    tunnelRefusals: [{ opId: 'm', reason: 'procedure', message: 'domainDestroy' }],
  };
  const other = world.answer;
  world.answer = (query: Query) =>
    query.type === 'hosts' ? { type: 'hosts', hosts: [{ ...host, ...about }] } : other(query);
  expect((await world.send('GET', '/v1/hosts/h1')).body).toMatchObject(about);
});
