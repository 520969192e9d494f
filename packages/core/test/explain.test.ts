/** Sentences for people: one for every reason, with the numbers of the value itself. */
import { describe, expect, it } from 'vitest';
import {
  explainPlacement,
  explainRejection,
  place,
  type RefusalReason,
  type Rejection,
  remedyFor,
} from '../src/index.ts';
import { aCluster, aHost, aVm } from './builders.ts';

const given = { required: 'REQ', available: 'AVA', unit: 'gpu' };
const sentences: Readonly<Record<RefusalReason, string>> = {
  'not-asked-for': 'only REQ was asked for',
  'host-excluded': 'the VM is there already, or the host was tried before',
  'host-not-up': 'it is AVA',
  'host-draining': 'it is being drained',
  'host-cordoned': 'it is cordoned',
  'wrong-architecture': 'it is AVA, the VM is REQ',
  'accelerator-differs': 'it has AVA, the VM runs under REQ',
  'cpu-differs': 'its CPU is AVA, the VM was given all of a REQ',
  'cpu-feature-missing': 'its CPU (AVA) lacks REQ',
  'machine-type-missing': 'its QEMU lacks machine type REQ',
  'qemu-older': "its QEMU is older (AVA) than the VM's (REQ)",
  'bridge-missing': 'it lacks bridge REQ (has AVA)',
  'pool-not-reachable': 'pool REQ is AVA',
  'not-enough-memory': 'needs REQ MiB, has AVA MiB free',
  'not-enough-cpu': 'needs REQ mCPU, has AVA mCPU free',
  'not-enough-huge-pages': 'needs REQ MiB of huge pages, has AVA MiB left',
  'numa-cell-too-small':
    'the VM needs REQ MiB and its CPUs in one NUMA cell, the largest has AVA MiB',
  'pool-local': 'pool AVA belongs to one host: its disks would stay behind',
  'pool-full': 'its disks need REQ MiB in the pool, AVA MiB are free',
  'held-by-device': 'the VM holds a device of its host (AVA)',
  'device-missing': 'needs REQ × gpu, has AVA left',
  'rule-broken': 'rule REQ (AVA) would be broken',
  'no-migration-slot': 'all its slots for incoming migrations are taken',
  'headroom-lost':
    'it has room, but then not all VMs of REQ would find a place if that host were lost',
};

describe('a rejection is told', () => {
  for (const [reason, sentence] of Object.entries(sentences)) {
    it(`for ${reason}`, () => {
      const no: Rejection = { hostId: 'h1', reason: reason as RefusalReason, ...given };
      expect(explainRejection(no)).toBe(`h1: ${sentence}`);
    });
  }
});

describe('a placement is told', () => {
  it('with the score’s terms, who is behind, and why the others are out', () => {
    const hosts = [aHost('h1'), aHost('h2'), aHost('h3', { intent: 'cordoned' })];
    const answer = place(aCluster(hosts, [aVm('b', { hostId: 'h2' })]), { shape: aVm('a') });
    expect(explainPlacement(answer)).toEqual([
      'h1 is best with 7500 points: free memory after 4×750, free CPU after 2×750, no CPU pressure 2×1000, no memory pressure 1×1000',
      'h2: fits too, 6000 points',
      'h3: it is cordoned',
    ]);
  });

  it('with every host’s reason where none fits', () => {
    const host = aHost('h1', { capacity: { cpuMilli: 4000, memoryMib: 1000 } });
    expect(explainPlacement(place(aCluster([host]), { shape: aVm('a') }))).toEqual([
      'no host fits',
      'h1: needs 1024 MiB, has 1000 MiB free',
    ]);
  });
});

describe('a remedy', () => {
  const no = (hostId: string, reason: RefusalReason): Rejection => ({ hostId, reason });
  const table: readonly (readonly [RefusalReason, string])[] = [
    ['host-cordoned', 'uncordon h1, h2'],
    ['host-draining', 'wait for, or cancel, the drain of h1, h2'],
    ['not-enough-memory', 'free memory on h1, h2, or stop the VM'],
    ['not-enough-cpu', 'free CPU on h1, h2, or stop the VM'],
    ['pool-not-reachable', 'make its pools reachable on h1, h2'],
    ['bridge-missing', 'add its bridge on h1, h2'],
    ['host-not-up', 'bring back h1, h2'],
    ['qemu-older', 'stop the VM, or add a host that fits it'],
  ];
  for (const [reason, remedy] of table) {
    it(`for ${reason} names the hosts`, () => {
      const rejections = [no('h1', reason), no('h9', 'host-excluded'), no('h2', reason)];
      expect(remedyFor(rejections)).toBe(remedy);
    });
  }

  it('is the one that takes least effort', () => {
    const reasons = table.map(([reason]) => reason);
    while (reasons.length > 0) {
      const all = reasons.map((reason) => no('h1', reason));
      expect(remedyFor(all)).toBe(remedyFor([no('h1', reasons[0] ?? 'qemu-older')]));
      reasons.shift();
    }
  });

  it('stays short where a thousand hosts said no', () => {
    const many = Array.from({ length: 1000 }, (_, i) => no(`${'h'.repeat(50)}${i}`, 'host-not-up'));
    const remedy = remedyFor(many);
    expect(remedy.length).toBeLessThanOrEqual(1000);
    expect(remedy).toMatch(/^bring back h+0, .* and \d+ more$/);
  });

  it('nor does a rejection grow with the host’s bridges', () => {
    const bridges = Array.from({ length: 64 }, (_, i) => `${'b'.repeat(50)}${i}`);
    const [rejection] = place(aCluster([aHost('h1', { bridges })]), { shape: aVm('a') }).rejections;
    expect(String(rejection?.available).length).toBeLessThanOrEqual(1000);
    expect(rejection?.available).toMatch(/ and \d+ more$/);
  });
});
