/** Sentences for people: one for every reason, with the numbers of the value itself. */
import { describe, expect, it } from 'vitest';
import {
  explainMove,
  explainPlacement,
  explainPlan,
  explainRejection,
  explainStay,
  place,
  planBalance,
  type RefusalReason,
  type Rejection,
  remedyFor,
  whyItStays,
} from '../src/index.ts';
import { aCluster, aHost, aVm, using } from './builders.ts';

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
  'cpu-baseline-missing': 'its CPU (AVA) cannot give REQ',
  'machine-type-missing': 'its QEMU lacks machine type REQ',
  'qemu-older': "its QEMU is older (AVA) than the VM's (REQ)",
  'bridge-missing': 'it lacks bridge REQ (has AVA)',
  'pool-not-reachable': 'pool REQ is AVA',
  'not-enough-memory': 'needs REQ MiB, has AVA MiB free',
  'not-enough-cpu': 'needs REQ mCPU, has AVA mCPU free',
  'not-enough-huge-pages': 'needs REQ MiB of huge pages, has AVA MiB left',
  'numa-cell-too-small':
    'the VM needs REQ MiB and its CPUs in one NUMA cell, the largest has AVA MiB',
  'pool-local': 'its disks are in pool AVA of REQ',
  'pool-full': 'its disks need REQ MiB in the pool, AVA MiB are free',
  'pool-promised': 'its disks may grow to REQ MiB, AVA MiB of the pool may still be promised',
  'held-by-device': 'the VM holds a device of its host (AVA)',
  'preflight-failed': 'AVA',
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
    ['pool-full', 'free space in its pools'],
    ['pool-promised', 'enlarge its pools, or raise their thin limit'],
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

const two = [aHost('h1'), aHost('h2')];
/** h1 is asked for more than it has. */
const crowded = aCluster(
  two,
  ['a', 'b', 'c', 'd'].map((id) => using(id, 'h1', 1000)),
);

describe('a move is told', () => {
  it('with its reason, and with each term that it changes; the terms add up', () => {
    const plan = planBalance(crowded);
    const [move] = plan.moves;
    if (move === undefined) throw new Error('no move');
    const sum = (of: 'before' | 'after') =>
      (move.terms ?? []).reduce((all, term) => all + term[of], 0);
    expect(sum('before')).toBe(move.unevenBefore);
    expect(sum('after')).toBe(move.unevenAfter);
    expect(explainMove(move)).toEqual([
      `${move.vmName}, h1 to h2: contention is less uneven, 1.600 to 0.000`,
      'contention: 1.600 to 0.000',
      'CPU in use: 1.000 to 0.500',
      'memory: 0.250 to 0.125',
      'promised CPU: 0.500 to 0.250',
      'in all: 3.350 to 0.875',
    ]);
  });

  it('as part of its plan, wave by wave', () => {
    const lines = explainPlan(planBalance(crowded));
    expect(lines[0]).toMatch(/^2 moves in 2 waves, about \d+ s$/);
    expect(lines.slice(1)).toEqual([
      'wave 1',
      expect.stringMatching(/^ {2}vm-\w, h1 to h2: contention is less uneven/),
      'wave 2',
      expect.stringMatching(/^ {2}vm-\w, h1 to h2: /),
    ]);
    expect(explainPlan({ revision: 0, moves: [], waves: [], estimatedSeconds: 0 })).toEqual([
      'nothing moves',
    ]);
  });
});

describe('why a VM stays is told', () => {
  const told = (cluster: Parameters<typeof whyItStays>[0], id: string, options = {}) =>
    explainStay(whyItStays(cluster, id, options));
  const even = aCluster(two, [using('a', 'h1', 500), using('b', 'h2', 500)]);
  const crowdedWith = (more: object) =>
    aCluster(two, [
      ...['a', 'b', 'c'].map((id) => using(id, 'h1', 1000)),
      using('d', 'h1', 1000, more),
    ]);

  it('that is the plan’s to move', () => {
    const [move] = planBalance(crowded).moves;
    expect(told(crowded, move?.vmId ?? '')).toEqual(['it does not stay: it moves to h2']);
  });

  it.each([
    ['runs no more', { state: 'stopping' }, {}, 'it is not running'],
    [
      'is a person’s to move',
      { automation: 'drain' },
      {},
      'it is not to be moved without a person’s word',
    ],
    ['is left out', { balance: 'never' }, {}, 'it is set never to be moved for balance'],
    ['cools down', {}, { recent: [{ vmId: 'd', atMs: 0, mib: 1 }] }, 'it was moved not long ago'],
  ])('that %s', (_, more, options, sentence) => {
    expect(told(crowdedWith(more), 'd', options)).toEqual([sentence]);
  });

  it('where all is calm', () => {
    expect(told(even, 'a')).toEqual(['the cluster is even enough (uneven by 0.000)']);
    const spent = { movesPerHour: 0 };
    expect(told(crowded, 'a', spent)).toEqual([
      expect.stringMatching(/^this hour’s moves are spent \(uneven by /),
    ]);
  });

  it('where no host takes it', () => {
    const full = aCluster(
      [aHost('h1'), aHost('h2', { intent: 'cordoned' })],
      ['a', 'b', 'c', 'd'].map((id) => using(id, 'h1', 1000)),
    );
    expect(told(full, 'a')).toEqual([
      'no other host takes it',
      'h1: the VM is there already, or the host was tried before',
      'h2: it is cordoned',
    ]);
  });

  it('where another place is not worth the move, or other moves are', () => {
    const lopsided = aCluster(two, [using('a', 'h1', 3000)]);
    expect(told(lopsided, 'a', { aggressiveness: 5 })).toEqual([
      expect.stringMatching(
        /^the best for it is h2: that would gain 0\.000 and cost 0\.\d+, and nothing moves for less than 0\.\d+$/,
      ),
    ]);
    const left = ['a', 'b', 'c', 'd'].filter(
      (id) => !planBalance(crowded).moves.some(({ vmId }) => vmId === id),
    );
    expect(told(crowded, left[0] ?? '')).toEqual([
      expect.stringMatching(/^it would gain \d\.\d+ on h2, for .*, but other moves gain more$/),
    ]);
  });

  it('where there is no such VM', () => {
    expect(told(even, 'z')).toEqual(['there is no such VM']);
  });
});
