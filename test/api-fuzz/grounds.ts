/** What most requests need before they get anywhere: pools that take files, an image and a volume in them. */
import { tokens } from './cluster.ts';
import type { Drawn } from './draw.ts';
import type { Operation } from './operations.ts';

const wanted: readonly (readonly [string, object])[] = [
  ['/v1/pools', { name: 'vms', spec: { type: 'shared', path: '/srv/vms' } }],
  ['/v1/pools', { name: 'fast', spec: { type: 'shared', path: '/srv/fast' } }],
  [
    '/v1/images',
    {
      name: 'base',
      pool: 'vms',
      source: { type: 'file', file: 'base.qcow2' },
      format: 'qcow2',
    },
  ],
  ['/v1/volumes', { name: 'data', pool: 'vms', source: { type: 'empty' }, sizeMib: 64 }],
  [
    '/v1/vms',
    { name: 'web', spec: { vcpus: 1, memoryMib: 128, disks: [], networks: [] }, start: true },
  ],
];

export function grounds(operations: readonly Operation[]): readonly Drawn[] {
  return wanted.flatMap(([path, body]) => {
    const operation = operations.find((one) => one.method === 'POST' && one.path === path);
    if (operation === undefined) return [];
    return {
      number: -1,
      kind: 'meant',
      operation,
      method: 'POST',
      url: path,
      headers: { authorization: `Bearer ${tokens.admin}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      isAdmin: true,
      mayWait: false,
      passMs: 2_000,
    } satisfies Drawn;
  });
}
