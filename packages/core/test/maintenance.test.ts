/** Emptying many hosts: consolidation, rolling maintenance, and VMs brought home again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyMoves,
  headroomOf,
  planConsolidation,
  planDrain,
  planRestore,
  planRolling,
  promisedOn,
  type Rule,
} from '../src/index.ts';
import { aCluster, aHost, reversed, sized, someCluster } from './builders.ts';
import { perform } from './perform.ts';

const numRuns = 1000;
const fourHosts = ['h1', 'h2', 'h3', 'h4'].map((id) => aHost(id));

describe('consolidation', () => {
  it('empties as many hosts as can be, the emptiest of them', () => {
    const vms = [
      sized('a', 'h1', 1024),
      sized('b', 'h2', 1024),
      sized('c', 'h3', 3072),
      sized('d', 'h4', 2048),
    ];
    const plan = planConsolidation(aCluster(fourHosts, vms));
    expect(plan.emptyHostIds).toEqual(['h1', 'h2']);
    expect(plan.copiedMib).toBe(2048);
  });

  it('keeps spare hosts at work, and the loss of one borne, where that is asked for', () => {
    const vms = [sized('a', 'h1', 1024), sized('b', 'h2', 1024)];
    const cluster = aCluster(fourHosts, vms);
    expect(planConsolidation(cluster).emptyHostIds).toHaveLength(3);
    expect(planConsolidation(cluster, { spareHosts: 2 }).emptyHostIds).toHaveLength(1);
    const guarded = planConsolidation(cluster, { keepsHeadroom: true });
    expect(guarded.emptyHostIds).toHaveLength(2);
  });

  it.each(['none', 'drain'] as const)(
    'leaves a host alone whose VM may not leave for it: automation %s',
    (automation) => {
      const vms = [sized('a', 'h1', 256, { automation }), sized('b', 'h2', 1024)];
      expect(planConsolidation(aCluster(fourHosts, vms)).emptyHostIds).not.toContain('h1');
    },
  );

  it('leaves hosts empty as it says, safe at every wave: on any cluster', () => {
    fc.assert(
      fc.property(someCluster, (cluster) => {
        const plan = planConsolidation(cluster, { steps: 2000 });
        const after = perform(cluster, plan);
        for (const id of plan.emptyHostIds) expect(promisedOn(after, id).memoryMib).toBe(0);
        expect(planConsolidation(reversed(cluster), { steps: 2000 })).toEqual(plan);
      }),
      { numRuns },
    );
  });
});

describe('rolling maintenance', () => {
  it('empties every host once, in few rounds, and moves most VMs once', () => {
    const vms = ['h1', 'h2', 'h3', 'h4'].map((id) => sized(`on ${id}`, id, 2048));
    const plan = planRolling(aCluster(fourHosts, vms), { keepsHeadroom: false });
    expect(plan.rounds.flatMap(({ hostIds }) => hostIds).toSorted()).toEqual([
      'h1',
      'h2',
      'h3',
      'h4',
    ]);
    expect(plan.rounds).toHaveLength(2);
    // There and back would be 16 GiB.
    expect(plan.copiedMib).toBeLessThanOrEqual(12 * 1024);
  });

  it('takes as many at once as is said', () => {
    const plan = planRolling(aCluster(fourHosts), { mostAtOnce: 1 });
    expect(plan.rounds.map(({ hostIds }) => hostIds.length)).toEqual([1, 1, 1, 1]);
  });

  it('takes only the hosts that are asked for', () => {
    const plan = planRolling(aCluster(fourHosts), { hostIds: ['h3', 'h2'] });
    expect(plan.rounds.flatMap(({ hostIds }) => hostIds)).toEqual(['h2', 'h3']);
  });

  it('keeps the loss of one host borne in every round, where it is borne now', () => {
    const vms = ['h1', 'h2', 'h3', 'h4'].map((id) => sized(`on ${id}`, id, 1536));
    const cluster = aCluster(fourHosts, vms);
    const plan = planRolling(cluster);
    expect(plan.rounds.length).toBeGreaterThan(
      planRolling(cluster, { keepsHeadroom: false }).rounds.length,
    );
    let now = cluster;
    for (const { hostIds, moves } of plan.rounds) {
      now = applyMoves(now, moves);
      const out = new Map(
        [...now.hosts].map(([id, host]) => [
          id,
          hostIds.includes(id) ? { ...host, health: 'down' as const } : host,
        ]),
      );
      expect(headroomOf({ ...now, hosts: out }).bears).toBeGreaterThan(0);
    }
  });

  it('puts two hosts that cannot be emptied at once into two rounds, and others beside them', () => {
    const gpus: Rule = {
      id: 'gpu hosts',
      type: 'pinned',
      strength: 'hard',
      vms: { labels: { app: 'render' } },
      hosts: { ids: ['h1', 'h2'] },
    };
    const vms = [sized('r', 'h1', 256, { labels: { app: 'render' } })];
    const cluster = aCluster(fourHosts, vms, { rules: [gpus] });
    const plan = planRolling(cluster, { keepsHeadroom: false });
    const roundOf = (id: string) => plan.rounds.findIndex(({ hostIds }) => hostIds.includes(id));
    expect(roundOf('h1')).not.toBe(roundOf('h2'));
    expect(plan.rounds).toHaveLength(2);
  });

  it('names hosts that cannot be emptied at all', () => {
    const vms = [sized('a', 'h1', 256, { automation: 'none' })];
    const plan = planRolling(aCluster(fourHosts, vms));
    expect(plan.left).toMatchObject([
      { hostId: 'h1', reason: 'vms-cannot-leave', blockers: [{ reason: 'vm-not-to-move' }] },
    ]);
    expect(plan.rounds.flatMap(({ hostIds }) => hostIds).toSorted()).toEqual(['h2', 'h3', 'h4']);
  });

  it('names hosts that are not up, and hosts that nobody knows', () => {
    const hosts = [aHost('h1', { health: 'down' }), aHost('h2'), aHost('h3')];
    const plan = planRolling(aCluster(hosts), { hostIds: ['h1', 'h2', 'typo'] });
    expect(plan.rounds.map(({ hostIds }) => hostIds)).toEqual([['h2']]);
    expect(plan.left.map(({ hostId, reason }) => [hostId, reason])).toEqual([
      ['h1', 'host-not-up'],
      ['typo', 'no-such-host'],
    ]);
  });

  it('leaves hosts whose emptying would take the room that another’s loss needs, and says so', () => {
    const small = aHost('h1', { capacity: { cpuMilli: 4000, memoryMib: 1024 } });
    const vms = [sized('a', 'h1', 256), sized('b', 'h3', 2048), sized('c', 'h4', 2048)];
    const { rounds, left } = planRolling(aCluster([small, ...fourHosts.slice(1)], vms));
    expect(rounds.map(({ hostIds }) => hostIds)).toEqual([['h2'], ['h1']]);
    expect(left.map(({ hostId, reason }) => [hostId, reason])).toEqual([
      ['h3', 'headroom-lost'],
      ['h4', 'headroom-lost'],
    ]);
  });

  it('does each host in one round or says why not, safe at every wave: on any cluster', () => {
    fc.assert(
      fc.property(someCluster, (cluster) => {
        const plan = planRolling(cluster, { steps: 500 });
        const up = [...cluster.hosts.values()].filter(({ health }) => health === 'up');
        const done = plan.rounds.flatMap(({ hostIds }) => hostIds);
        const named = [...done, ...plan.left.map(({ hostId }) => hostId)];
        expect(named.toSorted()).toEqual([...cluster.hosts.keys()].toSorted());
        expect(up.map(({ id }) => id)).toEqual(expect.arrayContaining(done));
        let now = cluster;
        for (const round of plan.rounds) {
          now = perform(now, round);
          for (const id of round.hostIds) expect(promisedOn(now, id).memoryMib).toBe(0);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('restore', () => {
  it('brings home what a drain took away', () => {
    const vms = [sized('a', 'h1', 1024), sized('b', 'h1', 512), sized('c', 'h2', 1024)];
    const cluster = aCluster(fourHosts, vms);
    const drain = planDrain(cluster, 'h1');
    const away = applyMoves(cluster, drain.moves);
    const homes = new Map(drain.moves.map(({ vmId, source }) => [vmId, source]));
    const back = planRestore(away, homes);
    expect(back.stay).toEqual([]);
    expect(back.moves.map(({ reason }) => reason)).toEqual([
      'goes back to h1, where it was before',
      'goes back to h1, where it was before',
    ]);
    const home = perform(away, back);
    expect([...home.vms.values()].map(({ hostId }) => hostId)).toEqual(['h1', 'h1', 'h2']);
  });

  it('says why a VM stays', () => {
    const cluster = aCluster(
      [aHost('h1', { intent: 'cordoned' }), aHost('h2'), aHost('h3', { health: 'down' })],
      [sized('a', 'h2', 256), sized('b', 'h2', 256), sized('c', 'h2', 256, { state: 'stopping' })],
    );
    const homes = new Map([
      ['a', 'h1'],
      ['b', 'h3'],
      ['c', 'h1'],
      ['gone', 'h1'],
    ]);
    const plan = planRestore(cluster, homes);
    expect(plan.moves).toEqual([]);
    expect(plan.stay.map(({ vmId, reason }) => [vmId, reason])).toEqual([
      ['a', 'host-cordoned'],
      ['b', 'host-not-up'],
      ['c', 'vm-busy'],
    ]);
  });

  it('is safe at every wave, and every VM is home or named: on any cluster', () => {
    fc.assert(
      fc.property(someCluster, fc.nat(), (cluster, seed) => {
        const ids = [...cluster.hosts.keys()];
        const homes = new Map(
          [...cluster.vms.values()]
            .filter(({ state }) => state === 'running')
            .map(({ id }, at) => [id, ids[(at * 7 + seed) % ids.length] ?? 'h1']),
        );
        const plan = planRestore(cluster, homes);
        const after = perform(cluster, plan);
        const stay = new Set(plan.stay.map(({ vmId }) => vmId));
        for (const [vmId, home] of homes) {
          expect(after.vms.get(vmId)?.hostId === home).toBe(!stay.has(vmId));
        }
      }),
      { numRuns },
    );
  });
});
