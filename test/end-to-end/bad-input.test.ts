/** What no client should send, sent to the real API: a clear 4xx each time, and nothing changed. */
import type { api } from '@drover/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from './support/cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.attach();
  await cluster.clear();
});
afterAll(() => cluster.clear());

const good = { vcpus: 1, memoryMib: 128, disks: [], networks: [] };
const hostileNames = [
  '../etc/passwd',
  'a/b',
  '..',
  "o'brien",
  'quo"te',
  '<name>x</name>',
  '</name><devices>',
  '&amp;',
  'new\nline',
  'nul\u0000',
  '\u001b[31m',
  'ünïcode',
  'UPPER',
  '-x',
  'x'.repeat(64),
  '',
  'a b',
  '%2e%2e',
  '$(reboot)',
];

async function fingerprint(): Promise<string> {
  const [vms, hosts, pools, operations] = await Promise.all([
    cluster.api.send('GET', '/v1/vms'),
    cluster.api.hosts(),
    cluster.api.send<{ items: readonly api.PoolBody[] }>('GET', '/v1/pools'),
    cluster.api.send('GET', '/v1/operations?limit=200'),
  ]);
  const states = hosts.map((host) => [host.id, host.state, host.schedulable]);
  // What is measured of them changes by itself.
  const declared = pools.body.items.map(({ name, uuid, spec }) => [name, uuid, spec]);
  return JSON.stringify([vms.body, states, declared, operations.body]);
}

function expectProblem(answer: { status: number; type: string; body: unknown }, what: string) {
  const problem = answer.body as api.Problem;
  expect({ what, status: answer.status, code: problem.code }).toSatisfy(
    (seen: { status: number; code: unknown }) => seen.status >= 400 && seen.status < 500,
  );
  expect(answer.type).toContain('application/problem+json');
  expect(problem).toMatchObject({
    status: answer.status,
    type: `urn:drover:error:${problem.code}`,
  });
  expect(problem.detail).not.toBe('');
}

describe('bad input is refused with a problem document, and changes nothing', () => {
  it('hostile names, in bodies and in paths', async () => {
    const before = await fingerprint();
    for (const name of hostileNames) {
      expectProblem(await cluster.api.send('POST', '/v1/vms', { name, spec: good }), name);
      expectProblem(
        await cluster.api.send('POST', `/v1/hosts/${encodeURIComponent(name)}/drain`, {}),
        `host ${name}`,
      );
      expectProblem(
        await cluster.api.send('POST', '/v1/pools', { name, spec: { type: 'shared', path: '/x' } }),
        `pool ${name}`,
      );
    }
    expect(await fingerprint()).toBe(before);
  });

  it('unknown fields, wrong types, numbers out of range, files with separators', async () => {
    const before = await fingerprint();
    const disk = (file: unknown) => ({ ...good, disks: [{ pool: 'vms', image: file }] });
    const bodies: readonly unknown[] = [
      { name: 'x', spec: good, extra: 1 },
      { name: 'x', spec: { ...good, owner: 'h1' } },
      { name: 'x', spec: { ...good, vcpus: '1' } },
      { name: 'x', spec: { ...good, vcpus: 1.5 } },
      { name: 'x', spec: { ...good, vcpus: -1 } },
      { name: 'x', spec: { ...good, memoryMib: 1e308 } },
      { name: 'x', spec: disk('../tiny.qcow2') },
      { name: 'x', spec: disk('/etc/shadow') },
      { name: 'x', spec: disk({ $ne: 1 }) },
      { name: 'x', spec: { ...good, networks: [{ bridge: 'br0', mac: 'ff:ff:ff:ff:ff:ff' }] } },
      { name: 'x', spec: null },
      { name: 7, spec: good },
      [],
      null,
      'text',
      42,
    ];
    for (const body of bodies) {
      expectProblem(await cluster.api.send('POST', '/v1/vms', body), JSON.stringify(body));
    }
    expect(await fingerprint()).toBe(before);
  });

  it('what is not JSON, too large, of the wrong type, or poisoned', async () => {
    const before = await fingerprint();
    const authorization = `Bearer ${cluster.api.token}`;
    const json = 'application/json';
    const cases: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
      ['not JSON', { authorization, 'content-type': json, text: '{"name": ' }],
      ['empty', { authorization, 'content-type': json, text: '' }],
      ['huge', { authorization, 'content-type': json, text: `"${'x'.repeat(300 * 1024)}"` }],
      ['xml', { authorization, 'content-type': 'text/xml', text: '<domain/>' }],
      ['deep', { authorization, 'content-type': json, text: '['.repeat(50_000) }],
      [
        'poisoned',
        { authorization, 'content-type': json, text: '{"name":"x","__proto__":{"a":1}}' },
      ],
    ];
    for (const [what, request] of cases) {
      expectProblem(await cluster.api.raw('POST', '/v1/vms', request), what);
    }
    expect(await fingerprint()).toBe(before);
  });

  it('a missing, wrong or malformed token', async () => {
    const headers: readonly Readonly<Record<string, string>>[] = [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: 'Bearer ' },
      { authorization: `Basic ${cluster.api.token}` },
      { authorization: cluster.api.token },
    ];
    for (const header of headers) {
      const answer = await cluster.api.raw<api.Problem>('GET', '/v1/vms', header);
      expect(answer.status).toBe(401);
      expect(answer.body.code).toBe('unauthenticated');
    }
  });
});
