/** The dump: a cluster as text, and the same cluster again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DumpError, dumpCluster, loadCluster, planDrain } from '../src/index.ts';
import { aCluster, aHost, aVm, reversed, someCluster } from './builders.ts';

const everything = aCluster(
  [
    aHost('h1', {
      memoryOvercommitPermille: 1200,
      cpuFeatures: ['avx2'],
      hugePages: [{ sizeKib: 2048, totalMib: 1024 }],
      devices: [{ kind: 'gpu', count: 1 }],
      zone: 'z1',
      rack: 'r1',
      linkMibPerSecond: 1000,
      numaCells: [{ id: 0, cpuCount: 4, memoryMib: 4096 }],
      usage: { cpuMilli: 1, memoryMib: 2, cpuPressurePermille: 3, memoryPressurePermille: 4 },
      labels: { b: '2', a: '1', 7: 'x' },
    }),
  ],
  [
    aVm('a', {
      hostId: 'h1',
      machine: 'pc-q35-10.0',
      cpu: { mode: 'custom', model: 'EPYC', features: ['avx2'] },
      disks: [{ pool: 'p', sizeMib: 10 }],
      hugePageKib: 2048,
      oneNumaCell: true,
      devices: ['gpu'],
      automation: 'drain',
      balance: 'recommend',
      policy: 'pack',
      priority: 5,
      remainingHours: 9,
      usage: {
        cpuMilli: 1,
        memoryMib: 2,
        cpuWaitMilli: 3,
        dirtyMibPerSecond: 0.25,
        writtenSetMib: 5,
        touchedMib: 6,
      },
    }),
  ],
  {
    policy: { memoryLeft: 3, stays: 1 },
    pools: new Map([['p', { name: 'p', type: 'nfs', reservedMib: 7 }]]),
    rules: [
      { id: 'r2', type: 'apart', strength: 'soft', weight: 3, over: 'zone', vms: { ids: ['a'] } },
      {
        id: 'r1',
        type: 'pinned',
        strength: 'hard',
        bendsForDrain: true,
        vms: { labels: { x: 'y' } },
        hosts: { ids: ['h1'] },
      },
      { id: 'r3', type: 'spread', strength: 'hard', over: 'rack', maxSkew: 1, vms: {} },
    ],
    reservations: [
      { operationId: 'o', vmId: 'a', hostId: 'h1', request: { cpuMilli: 1, memoryMib: 2 } },
    ],
    migrations: [{ operationId: 'o', vmId: 'a', source: 'h1', target: 'h1' }],
  },
);

describe('a dump', () => {
  it('has every field there is, and is the same after it was loaded', () => {
    const text = dumpCluster(everything);
    expect(dumpCluster(loadCluster(text))).toBe(text);
    const loaded = loadCluster(text);
    expect(loaded.hosts).toEqual(everything.hosts);
    expect(loaded.vms).toEqual(everything.vms);
    expect(loaded.pools).toEqual(everything.pools);
    expect(loaded.rules?.map(({ id }) => id)).toEqual(['r1', 'r2', 'r3']);
  });

  it('of any cluster loads as it was, in whatever order its maps were filled', () => {
    fc.assert(
      fc.property(someCluster, (cluster) => {
        const text = dumpCluster(cluster);
        expect(dumpCluster(loadCluster(text))).toBe(text);
        expect(dumpCluster(reversed(cluster))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it('is planned on as the cluster itself is', () => {
    fc.assert(
      fc.property(someCluster, (cluster) => {
        const again = loadCluster(dumpCluster(cluster));
        expect(planDrain(again, 'h1')).toEqual(planDrain(cluster, 'h1'));
      }),
    );
  });

  it('has a line for each thing in it', () => {
    const lines = dumpCluster(everything).trimEnd().split('\n');
    expect(lines[0]).toBe(
      '{"format":"drover-cluster","version":1,"revision":7,"policy":{"memoryLeft":3,"stays":1},',
    );
    expect(lines.filter((line) => line.includes('"id":"r'))).toHaveLength(3);
  });
});

describe('what is no dump', () => {
  const text = dumpCluster(everything);
  it.each([
    ['is not JSON', '{', 'the file: not JSON'],
    [
      'is something else',
      '{"format":"other"}',
      'cluster.format: "other" is none of drover-cluster',
    ],
    ['is newer', text.replace('"version":1', '"version":2'), 'version: 2 is newer than 1'],
    ['lacks a field', text.replace('"arch":"x86_64",', ''), 'cluster.hosts[0]: arch is missing'],
    [
      'has one too many',
      text.replace('"arch":', '"extra":1,"arch":'),
      'cluster.hosts[0]: extra is not known',
    ],
    [
      'has a number that is none',
      text.replace('"priority":5', '"priority":-5'),
      'cluster.vms[0].priority: not a whole number of 0 or more: -5',
    ],
    [
      'has weights of scores that there are not',
      text.replace('"stays":1', '"stay":1'),
      'cluster.policy: there is no score stay: ',
    ],
    [
      'has no policy where there should be one',
      text.replace('"policy":"pack"', '"policy":"dense"'),
      'cluster.vms[0].policy: no policy: one of spread, pack, balanced, or weights',
    ],
    [
      'has a rule of no type',
      text.replace('"type":"spread"', '"type":"near"'),
      'cluster.rules[2]: no type of rule: near',
    ],
    [
      'has a VM on a host that is not there',
      text.replace('"hostId":"h1","hugePageKib"', '"hostId":"h9","hugePageKib"'),
      'cluster.vms[0].hostId: there is no host h9',
    ],
  ])('because it %s, is refused with its place', (_, wrong, message) => {
    expect(() => loadCluster(wrong)).toThrow(DumpError);
    expect(() => loadCluster(wrong)).toThrow(message);
  });
});
