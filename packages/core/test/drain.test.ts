/** The drain plan: every VM leaves or is named with a remedy, and no prefix of it overloads a host. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allocatable,
  type Cluster,
  defaultWaveLimits,
  planDrain,
  promisedOn,
} from '../src/index.ts';
import { aCluster, aHost, aVm, reversed, someCluster } from './builders.ts';
import { perform } from './perform.ts';

const on = (hostId: string, id: string, memoryMib = 512, more = {}) =>
  aVm(id, { hostId, request: { cpuMilli: 100, memoryMib }, ...more });

describe('a drain plan', () => {
  it('moves each VM to where it leaves the cluster evenest, the largest first', () => {
    const vms = [on('h1', 'a', 512), on('h1', 'b', 2048), on('h1', 'c', 1024), on('h2', 'd')];
    const plan = planDrain(aCluster([aHost('h1'), aHost('h2'), aHost('h3')], vms), 'h1');
    expect(plan.moves.map(({ vmId, target }) => [vmId, target])).toEqual([
      ['b', 'h3'],
      ['c', 'h2'],
      ['a', 'h3'],
    ]);
    expect(plan).toMatchObject({ hostId: 'h1', revision: 7, blockers: [] });
    expect(plan.moves[0]?.reason).toBe('leaves the cluster evenest on h3');
  });

  it('says how each VM moves, and how long it takes from its memory', () => {
    const vms = [on('h1', 'a', 1000, { migrationMode: 'paused' })];
    const plan = planDrain(aCluster([aHost('h1'), aHost('h2')], vms), 'h1');
    expect(plan.moves).toMatchObject([
      {
        vmId: 'a',
        vmName: 'vm-a',
        source: 'h1',
        target: 'h2',
        mode: 'paused',
        memoryMib: 1000,
        unevenBefore: 0,
        unevenAfter: 0,
        reason: 'leaves the cluster evenest on h2',
      },
    ]);
    expect(plan.estimatedSeconds).toBe(2 + 10);
  });

  it('takes as long as is said of each VM, where somebody knows more than its memory', () => {
    const vms = [on('h1', 'a', 1000), on('h1', 'b', 1000)];
    const cluster = aCluster([aHost('h1'), aHost('h2'), aHost('h3')], vms);
    const transferOf = ({ id }: { id: string }) =>
      id === 'a' ? { mib: 500, mibPerSecond: 50 } : { mib: 3000 };
    const after = (more: object) => planDrain(cluster, 'h1', { transferOf, ...more });
    expect(after({}).estimatedSeconds).toBe(2 + 10 + 2 + 30);
    expect(after({ overheadSeconds: 5 }).estimatedSeconds).toBe(5 + 10 + 5 + 30);
    // Side by side the capped one leaves half of the link to the other.
    const waveLimits = { outPerHost: 2, inPerHost: 2, perCluster: 2 };
    expect(after({ waveLimits }).estimatedSeconds).toBe(2 + 35);
  });

  it('of an empty host has nothing to do', () => {
    const plan = planDrain(aCluster([aHost('h1')]), 'h1');
    expect(plan).toMatchObject({ moves: [], waves: [], blockers: [], estimatedSeconds: 0 });
  });

  const blocked = [
    ['starting', 'vm-busy'],
    ['stopping', 'vm-busy'],
    ['migrating', 'vm-busy'],
    ['unknown', 'vm-unknown'],
    ['crashed', 'vm-not-running'],
    ['stopped', 'vm-not-running'],
  ] as const;
  for (const [state, reason] of blocked) {
    it(`names a VM that is ${state} as a blocker: ${reason}`, () => {
      const cluster = aCluster([aHost('h1'), aHost('h2')], [on('h1', 'a', 512, { state })]);
      const [blocker] = planDrain(cluster, 'h1').blockers;
      expect(blocker).toMatchObject({ vmId: 'a', vmName: 'vm-a', reason, rejections: [] });
      expect(blocker?.remedy).not.toBe('');
    });
  }

  it('names a VM that fits nowhere, with each host’s reason', () => {
    const cluster = aCluster(
      [aHost('h1'), aHost('h2', { intent: 'cordoned' }), aHost('h3', { health: 'down' })],
      [on('h1', 'a')],
    );
    expect(planDrain(cluster, 'h1').blockers).toEqual([
      {
        vmId: 'a',
        vmName: 'vm-a',
        reason: 'no-host-fits',
        remedy: 'uncordon h2',
        rejections: [
          { hostId: 'h1', reason: 'host-excluded' },
          { hostId: 'h2', reason: 'host-cordoned' },
          { hostId: 'h3', reason: 'host-not-up', required: 'up', available: 'down' },
        ],
      },
    ]);
  });

  it('counts what it has planned: the second VM is not promised the same room', () => {
    const small = aHost('h2', { capacity: { cpuMilli: 4000, memoryMib: 1500 } });
    const vms = [on('h1', 'a', 1024), on('h1', 'b', 1000)];
    const plan = planDrain(aCluster([aHost('h1'), small], vms), 'h1');
    expect(plan.moves.map(({ vmId }) => vmId)).toEqual(['a']);
    expect(plan.blockers[0]?.rejections).toContainEqual({
      hostId: 'h2',
      reason: 'not-enough-memory',
      required: 1000,
      available: 476,
      unit: 'MiB',
    });
  });
});

describe('on any cluster, a drain plan', () => {
  const drained = fc.record({
    cluster: someCluster,
    waveLimits: fc.record({
      outPerHost: fc.integer({ min: 1, max: 3 }),
      inPerHost: fc.integer({ min: 1, max: 3 }),
      perCluster: fc.integer({ min: 1, max: 4 }),
    }),
  });

  it('is the same again, and in whatever order the maps were filled', () => {
    fc.assert(
      fc.property(drained, ({ cluster, waveLimits }) => {
        const plan = planDrain(cluster, 'h1', { waveLimits });
        expect(planDrain(reversed(cluster), 'h1', { waveLimits })).toEqual(plan);
      }),
    );
  });

  it('has every VM of the host in its moves or in its blockers, once, with a remedy', () => {
    fc.assert(
      fc.property(someCluster, (cluster) => {
        const { moves, blockers } = planDrain(cluster, 'h1');
        const here = [...cluster.vms.values()].filter((vm) => vm.hostId === 'h1');
        const named = [...moves, ...blockers].map(({ vmId }) => vmId);
        expect(named.toSorted()).toEqual(here.map(({ id }) => id).toSorted());
        for (const { remedy } of blockers) expect(remedy).not.toBe('');
      }),
    );
  });

  it('has each move in one wave, and no wave beyond the limits', () => {
    fc.assert(
      fc.property(drained, ({ cluster, waveLimits }) => {
        const { moves, waves } = planDrain(cluster, 'h1', { waveLimits });
        expect(waves.flat().toSorted((a, b) => a - b)).toEqual([...moves.keys()]);
        for (const wave of waves) {
          const targets = wave.map((index) => moves[index]?.target);
          expect(wave.length).toBeGreaterThan(0);
          expect(wave.length).toBeLessThanOrEqual(
            Math.min(waveLimits.perCluster, waveLimits.outPerHost),
          );
          for (const target of targets) {
            const same = targets.filter((other) => other === target).length;
            expect(same).toBeLessThanOrEqual(waveLimits.inPerHost);
          }
        }
      }),
    );
  });

  it('keeps every target within its limits at every step, wave by wave, whatever ends first', () => {
    fc.assert(
      fc.property(drained, fc.infiniteStream(fc.boolean()), ({ cluster, waveLimits }, coin) => {
        const now = perform(cluster, planDrain(cluster, 'h1', { waveLimits }), {
          look: (state) => expectWithinLimits(state, cluster),
          ends: (flying) => (coin.next().value ? flying : flying.toReversed()),
        });
        expect(now.reservations).toEqual(cluster.reservations);
        expect(now.migrations).toEqual(cluster.migrations);
      }),
    );
  });
});

/** A host that was overfull before may not get worse; every other stays within what it may promise. */
function expectWithinLimits(now: Cluster, before: Cluster): void {
  for (const host of now.hosts.values()) {
    const total = allocatable(host);
    const was = promisedOn(before, host.id);
    const is = promisedOn(now, host.id);
    expect(is.memoryMib).toBeLessThanOrEqual(Math.max(total.memoryMib, was.memoryMib));
    expect(is.cpuMilli).toBeLessThanOrEqual(Math.max(total.cpuMilli, was.cpuMilli));
  }
}

describe('the default limits of waves', () => {
  it('let one out of a host at a time: two would share its link', () => {
    expect(defaultWaveLimits).toEqual({ outPerHost: 1, inPerHost: 1, perCluster: 8 });
    const vms = ['a', 'b', 'c', 'd', 'e'].map((id) => on('h1', id, 256));
    const plan = planDrain(aCluster([aHost('h1'), aHost('h2')], vms), 'h1');
    expect(plan.waves).toEqual([[0], [1], [2], [3], [4]]);
  });
});
