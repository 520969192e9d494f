/** Each filter with its reason and numbers, and their order. */
import { describe, expect, it } from 'vitest';
import { place, type Cluster, type Host, type Rejection, type Vm } from '../src/index.ts';
import type { PlacementRequest } from '../src/index.ts';
import { aCluster, aHost, aVm } from './builders.ts';

const vm = aVm('a');

function rejectionOf(
  host: Partial<Host>,
  request: Partial<PlacementRequest> = {},
  more: Partial<Cluster> = {},
): Rejection | undefined {
  const source = aHost('h0', { intent: 'cordoned' });
  const cluster = aCluster([source, aHost('h1', host)], [], more);
  const answer = place(cluster, { shape: vm, ...request });
  return answer.rejections.find((one) => one.hostId === 'h1');
}

const one = { cpuMilli: 1000, memoryMib: 1024 };
const memoryOf = { accelerator: 'kvm', qemuVersion: 10_000_000 } as const;

describe('a host is ruled out', () => {
  const table: (readonly [string, Parameters<typeof rejectionOf>, Omit<Rejection, 'hostId'>])[] = [
    [
      'where another was asked for',
      [{}, { only: 'h9' }],
      { reason: 'not-asked-for', required: 'h9', available: 'h1' },
    ],
    ['that is the source of the move', [{}, { source: 'h1' }], { reason: 'host-excluded' }],
    ['that was tried before', [{}, { exclude: ['h1'] }], { reason: 'host-excluded' }],
    [
      'that is suspect',
      [{ health: 'suspect' }],
      { reason: 'host-not-up', required: 'up', available: 'suspect' },
    ],
    [
      'that is down',
      [{ health: 'down' }],
      { reason: 'host-not-up', required: 'up', available: 'down' },
    ],
    ['that is being drained', [{ intent: 'draining' }], { reason: 'host-draining' }],
    ['that is cordoned', [{ intent: 'cordoned' }], { reason: 'host-cordoned' }],
    [
      'of another architecture',
      [{ arch: 'aarch64' }],
      { reason: 'wrong-architecture', required: 'x86_64', available: 'aarch64' },
    ],
    [
      'with another accelerator than the source',
      [{ accelerator: 'tcg' }, { source: 'h0' }],
      { reason: 'accelerator-differs', required: 'kvm', available: 'tcg' },
    ],
    [
      'that lacks the machine type',
      [{ machineTypes: ['a', 'b'] }, { shape: { ...vm, machine: 'pc-q35-10.0' } }],
      {
        reason: 'machine-type-missing',
        required: 'pc-q35-10.0',
        available: '2 other machine types',
      },
    ],
    [
      'with another accelerator than what saved its memory',
      [{ accelerator: 'tcg' }, { shape: { ...vm, memoryOf } }],
      { reason: 'accelerator-differs', required: 'kvm', available: 'tcg' },
    ],
    [
      'with an older QEMU than what saved its memory',
      [{ qemuVersion: 9_002_000 }, { shape: { ...vm, memoryOf } }],
      { reason: 'qemu-older', required: 10_000_000, available: 9_002_000, unit: 'version' },
    ],
    [
      'with an older QEMU than the source',
      [{ qemuVersion: 9_002_000 }, { source: 'h0' }],
      { reason: 'qemu-older', required: 10_000_000, available: 9_002_000, unit: 'version' },
    ],
    [
      'that lacks a bridge, and has others',
      [{ bridges: ['x', 'y'] }],
      { reason: 'bridge-missing', required: 'br0', available: 'x y' },
    ],
    [
      'that has no bridge at all',
      [{ bridges: [] }],
      { reason: 'bridge-missing', required: 'br0', available: 'none' },
    ],
    [
      'that does not know the pool',
      [{ pools: [] }],
      { reason: 'pool-not-reachable', required: 'p', available: 'not there' },
    ],
    [
      'where the pool is not active',
      [{ pools: [{ name: 'p', state: 'error', capacityMib: 0, freeMib: 0 }] }],
      { reason: 'pool-not-reachable', required: 'p', available: 'error' },
    ],
    [
      'with too little memory, its own share taken off',
      [{ reserved: { cpuMilli: 0, memoryMib: 3073 } }],
      { reason: 'not-enough-memory', required: 1024, available: 1023, unit: 'MiB' },
    ],
    [
      'with too little CPU',
      [{ capacity: { cpuMilli: 999, memoryMib: 4096 } }],
      { reason: 'not-enough-cpu', required: 1000, available: 999, unit: 'mCPU' },
    ],
  ];
  const hugeVm = { ...vm, hugePageKib: 2048 };
  const pages = { hugePages: [{ sizeKib: 2048, totalMib: 2000 }] };
  const gpuVm = { ...vm, devices: ['gpu', 'gpu'] };
  const disks = [
    { pool: 'p', sizeMib: 300 },
    { pool: 'p', sizeMib: 150 },
  ];
  const thin = disks.map((disk) => ({ ...disk, isThin: true }));
  const pool = { name: 'p', state: 'active', capacityMib: 1000, freeMib: 500 } as const;
  const holding = (id: string, more: Partial<Vm>): Partial<Cluster> => ({
    vms: new Map([[id, aVm(id, { hostId: 'h1', ...more })]]),
  });
  table.push(
    [
      'with another CPU, for a VM that was given all of its host’s',
      [{ cpuModel: 'b' }, { source: 'h0', shape: { ...vm, cpu: { mode: 'host-passthrough' } } }],
      { reason: 'cpu-differs', required: 'test', available: 'b' },
    ],
    [
      'whose CPU lacks a feature that the VM was started with',
      [
        { cpuFeatures: ['sse4'] },
        { shape: { ...vm, cpu: { mode: 'custom', features: ['sse4', 'avx2', 'aes'] } } },
      ],
      { reason: 'cpu-feature-missing', required: 'avx2 aes', available: 'test' },
    ],
    [
      'from which a pool of one host’s own is not reached',
      [{}, { source: 'h0' }, { pools: new Map([['p', { name: 'p', type: 'local' }]]) }],
      { reason: 'pool-local', required: 'a shared pool', available: 'p' },
    ],
    [
      'where the pool has too little room for its disks together',
      [
        {},
        { shape: { ...vm, disks } },
        { pools: new Map([['p', { name: 'p', type: 'nfs', reservedMib: 51 }]]) },
      ],
      { reason: 'pool-full', required: 450, available: 449, unit: 'MiB' },
    ],
    [
      'where the disks of a VM that is being started need that room, from whichever host',
      [
        {},
        { shape: { ...vm, disks } },
        {
          vms: new Map([
            [
              'x',
              aVm('x', { hostId: 'h2', state: 'starting', disks: [{ pool: 'p', sizeMib: 60 }] }),
            ],
          ]),
        },
      ],
      { reason: 'pool-full', required: 450, available: 440, unit: 'MiB' },
    ],
    [
      'whose pool is full, also for a thin disk of a size that nobody knows',
      [
        { pools: [{ ...pool, isFull: true }] },
        { shape: { ...vm, disks: [{ pool: 'p', sizeMib: 0, isThin: true }] } },
      ],
      { reason: 'pool-full', required: 1, available: 0, unit: 'MiB' },
    ],
    [
      'where less may still be promised of the pool than its thin disks may grow to',
      [{ pools: [{ ...pool, promisableMib: 449 }] }, { shape: { ...vm, disks: thin } }],
      { reason: 'pool-promised', required: 450, available: 449, unit: 'MiB' },
    ],
    [
      'where that is promised to a VM that is being started on another host',
      [
        { pools: [{ ...pool, promisableMib: 450 }] },
        { shape: { ...vm, disks: thin } },
        holding('x', { hostId: 'h2', state: 'starting', disks: thin.slice(0, 1) }),
      ],
      { reason: 'pool-promised', required: 450, available: 150, unit: 'MiB' },
    ],
    [
      'that has not the files of a VM in a pool of each host’s own',
      [
        {},
        { shape: { ...vm, filesHostId: 'h7' } },
        { pools: new Map([['p', { name: 'p', type: 'local' }]]) },
      ],
      { reason: 'pool-local', required: 'h7', available: 'p' },
    ],
    [
      'without one NUMA cell that holds it',
      [
        { numaCells: [{ id: 0, cpuCount: 4, memoryMib: 1023 }] },
        { shape: { ...vm, oneNumaCell: true } },
      ],
      { reason: 'numa-cell-too-small', required: 1024, available: 1023, unit: 'MiB' },
    ],
    [
      'without huge pages of its size',
      [{}, { shape: hugeVm }],
      { reason: 'not-enough-huge-pages', required: 1024, available: 0, unit: 'MiB' },
    ],
    [
      'whose huge pages are promised to others',
      [pages, { shape: hugeVm }, holding('b', { hugePageKib: 2048 })],
      { reason: 'not-enough-huge-pages', required: 1024, available: 976, unit: 'MiB' },
    ],
    [
      'for a VM that holds a device where it is',
      [{}, { source: 'h0', shape: gpuVm }],
      { reason: 'held-by-device', required: 'no device of its host', available: 'gpu' },
    ],
    [
      'with too few devices left',
      [
        { devices: [{ kind: 'gpu', count: 2 }] },
        { shape: gpuVm },
        holding('b', { devices: ['gpu'] }),
      ],
      { reason: 'device-missing', required: 2, available: 1, unit: 'gpu' },
    ],
  );
  for (const [what, args, expected] of table) {
    it(`${what}`, () => {
      expect(rejectionOf(...args)).toEqual({ hostId: 'h1', ...expected });
    });
  }

  it('without a free slot, where the move is to begin now', () => {
    const migrations = ['x'].map((vmId) => ({
      operationId: vmId,
      vmId,
      source: 'h0',
      target: 'h1',
    }));
    expect(rejectionOf({}, { source: 'h0', needsSlot: true }, { migrations })).toEqual({
      hostId: 'h1',
      reason: 'no-migration-slot',
      required: 1,
      available: 0,
      unit: 'migrations',
    });
    expect(rejectionOf({}, { source: 'h0' }, { migrations })).toBeUndefined();
    expect(rejectionOf({}, { needsSlot: true }, { migrations })).toBeUndefined();
  });
});

describe('a host passes', () => {
  it('that has exactly what is needed', () => {
    expect(rejectionOf({ capacity: one })).toBeUndefined();
  });

  it('by overcommitted CPU, less what it keeps', () => {
    const more = { cpuOvercommitPermille: 2000, capacity: { cpuMilli: 600, memoryMib: 4096 } };
    expect(rejectionOf({ ...more, reserved: { cpuMilli: 200, memoryMib: 0 } })).toBeUndefined();
    expect(rejectionOf({ ...more, reserved: { cpuMilli: 201, memoryMib: 0 } })).toMatchObject({
      reason: 'not-enough-cpu',
      available: 999,
    });
  });

  it('with another accelerator or an older QEMU, where nothing is moved', () => {
    expect(rejectionOf({ accelerator: 'tcg', qemuVersion: 1 })).toBeUndefined();
  });

  it('with memory overcommitted, where that is allowed', () => {
    const small = { capacity: { cpuMilli: 4000, memoryMib: 1000 } };
    expect(rejectionOf({ ...small, memoryOvercommitPermille: 1024 })).toBeUndefined();
    expect(rejectionOf({ ...small, memoryOvercommitPermille: 1023 })).toMatchObject({
      reason: 'not-enough-memory',
      available: 1023,
    });
  });

  it.each<[string, Partial<Host>, Partial<PlacementRequest>]>([
    [
      'with every feature that is wanted',
      { cpuFeatures: ['avx2', 'more'] },
      { shape: { ...vm, cpu: { mode: 'custom', features: ['avx2'] } } },
    ],
    [
      'whose features nobody looked at: the agents compare before they move',
      {},
      { source: 'h0', shape: { ...vm, cpu: { mode: 'custom', features: ['avx2'] } } },
    ],
    [
      'with a NUMA cell that holds it exactly',
      { numaCells: [{ id: 0, cpuCount: 1, memoryMib: 1024 }] },
      { shape: { ...vm, oneNumaCell: true } },
    ],
    [
      'with huge pages enough',
      { hugePages: [{ sizeKib: 2048, totalMib: 1024 }] },
      { shape: { ...vm, hugePageKib: 2048 } },
    ],
    [
      'with a device of the kind',
      { devices: [{ kind: 'gpu', count: 1 }] },
      { shape: { ...vm, devices: ['gpu'] } },
    ],
    [
      'where thin disks need less room than they may grow to',
      {},
      { shape: { ...vm, disks: [{ pool: 'p', sizeMib: 5000, isThin: true }] } },
    ],
    [
      'where the disks just fit the pool',
      {},
      { shape: { ...vm, disks: [{ pool: 'p', sizeMib: 500 }] } },
    ],
  ])('%s', (_, host, request) => {
    expect(rejectionOf(host, request)).toBeUndefined();
  });

  it('with a newer QEMU than the source', () => {
    expect(rejectionOf({ qemuVersion: 10_001_000 }, { source: 'h0' })).toBeUndefined();
  });
});

describe('what is promised on a host', () => {
  const full = { capacity: { cpuMilli: 1000, memoryMib: 1024 } };
  const owned = (state: Parameters<typeof aVm>[1]) =>
    aCluster([aHost('h1', full)], [aVm('b', { hostId: 'h1', ...state })]);
  const place1 = (cluster: Cluster) => place(cluster, { shape: vm }).type;

  for (const state of ['starting', 'running', 'migrating', 'stopping', 'unknown'] as const) {
    it(`counts a VM that is ${state}`, () => expect(place1(owned({ state }))).toBe('refused'));
  }
  for (const state of ['pending', 'stopped', 'crashed'] as const) {
    it(`does not count a VM that is ${state}`, () => {
      expect(place1(owned({ state }))).toBe('placed');
    });
  }

  it('counts a reservation of a VM that is not there yet', () => {
    const held = { operationId: 'o', vmId: 'b', hostId: 'h1', request: one };
    expect(place1(aCluster([aHost('h1', full)], [], { reservations: [held] }))).toBe('refused');
  });

  it('counts a VM and the reservation for it on the same host once', () => {
    const held = { operationId: 'o', vmId: 'b', hostId: 'h1', request: one };
    const host = aHost('h1', { capacity: { cpuMilli: 2000, memoryMib: 2048 } });
    const cluster = aCluster([host], [aVm('b', { hostId: 'h1', state: 'starting' })]);
    expect(place1({ ...cluster, reservations: [held] })).toBe('placed');
  });

  it('counts a VM that is being moved on both hosts', () => {
    const moving = aVm('b', { hostId: 'h1', state: 'migrating' });
    const held = { operationId: 'o', vmId: 'b', hostId: 'h2', request: one };
    const hosts = [aHost('h1', full), aHost('h2', full)];
    const answer = place(aCluster(hosts, [moving], { reservations: [held] }), { shape: vm });
    expect(answer.rejections.map(({ reason }) => reason)).toEqual([
      'not-enough-memory',
      'not-enough-memory',
    ]);
  });
});

describe('the first filter that says no gives the reason', () => {
  it('cheap ones before those that count', () => {
    const fixes: readonly (readonly [Rejection['reason'], Partial<Host>])[] = [
      ['host-not-up', { health: 'up' }],
      ['host-draining', { intent: 'cordoned' }],
      ['host-cordoned', { intent: 'active' }],
      ['wrong-architecture', { arch: 'x86_64' }],
      ['accelerator-differs', { accelerator: 'kvm' }],
      ['machine-type-missing', { machineTypes: ['m'] }],
      ['qemu-older', { qemuVersion: 10_000_000 }],
      ['bridge-missing', { bridges: ['br0'] }],
      ['pool-not-reachable', { pools: aHost('x').pools }],
      ['not-enough-memory', { capacity: { cpuMilli: 1, memoryMib: 4096 } }],
      ['not-enough-cpu', { capacity: { cpuMilli: 4000, memoryMib: 4096 } }],
    ];
    let host: Partial<Host> = {
      health: 'down',
      intent: 'draining',
      arch: 'aarch64',
      accelerator: 'tcg',
      machineTypes: [],
      qemuVersion: 1,
      bridges: [],
      pools: [],
      capacity: { cpuMilli: 1, memoryMib: 1 },
    };
    const request = { source: 'h0', shape: { ...vm, machine: 'm' } };
    for (const [reason, fix] of fixes) {
      expect(rejectionOf(host, request)?.reason).toBe(reason);
      host = { ...host, ...fix };
    }
    expect(rejectionOf(host, request)).toBeUndefined();
  });
});
