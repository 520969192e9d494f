/** The balance plan: it evens out what contends, leaves alone what is well, and stays within its bounds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allocatable,
  applyMoves,
  type Cluster,
  otherTargets,
  planBalance,
  promisedOn,
  steadyBalance,
} from '../src/index.ts';
import { Arrangement } from '../src/search/arrangement.ts';
import { weighedCostsOf } from '../src/search/costs.ts';
import { aCluster, aHost, reversed, someCluster, using } from './builders.ts';
import { perform } from './perform.ts';

/** h1 is asked for more than it has; h2 and h3 have nothing to do. */
const crowded = aCluster(
  [aHost('h1'), aHost('h2'), aHost('h3')],
  ['a', 'b', 'c', 'd'].map((id) => using(id, 'h1', 1000)),
);

const short = { steps: 3000 } as const;

interface Held {
  readonly recent?: readonly string[];
  readonly automation?: 'full' | 'drain';
  readonly balance?: 'recommend' | 'never';
}

describe('a balance plan', () => {
  it('takes VMs off a host where they wait for each other', () => {
    const plan = planBalance(crowded);
    expect(plan.moves.length).toBeGreaterThan(0);
    expect(new Set(plan.moves.map(({ source }) => source))).toEqual(new Set(['h1']));
    expect(plan.unevenAfter).toBeLessThan(plan.unevenBefore / 2);
  });

  it('of a cluster that is even enough moves nothing, and says so', () => {
    const even = aCluster(
      [aHost('h1'), aHost('h2')],
      [using('a', 'h1', 500), using('b', 'h2', 500)],
    );
    expect(planBalance(even)).toMatchObject({ moves: [], calm: 'even-enough' });
  });

  it.each<[string, Held]>([
    ['in their cooldown', { recent: ['a', 'b', 'c', 'd'] }],
    ['that may not be moved by themselves', { automation: 'drain' }],
    ['that are set never to be moved for it', { balance: 'never' }],
  ])('leaves VMs alone %s', (_, { recent = [], ...more }: Held) => {
    const vms = [...crowded.vms.values()].map((vm) => ({ ...vm, ...more }));
    const cluster = { ...crowded, vms: new Map(vms.map((vm) => [vm.id, vm])) };
    const moved = recent.map((vmId) => ({ vmId, atMs: 0, mib: 0 }));
    expect(planBalance(cluster, { nowMs: 3_600_001, recent: moved })).toMatchObject({
      moves: [],
      calm: 'nothing-movable',
    });
  });

  it('keeps what it said before while that is nearly as good, and drops it when it is not', () => {
    const former = new Map([
      ['a', 'h3'],
      ['b', 'h2'],
    ]);
    const where = (moves: readonly { vmId: string; target: string }[]) =>
      new Map(moves.map(({ vmId, target }) => [vmId, target]));
    expect(where(steadyBalance(crowded, former).moves)).toEqual(former);
    // All of it to one host is far from what can be reached.
    const poor = new Map(['a', 'b', 'c', 'd'].map((id) => [id, 'h2']));
    expect(where(steadyBalance(crowded, poor).moves)).not.toEqual(poor);
    const even = aCluster(
      [aHost('h1'), aHost('h2')],
      [using('a', 'h1', 500), using('b', 'h2', 500)],
    );
    expect(steadyBalance(even, new Map([['a', 'h2']]))).toMatchObject({
      moves: [],
      calm: 'even-enough',
    });
  });

  it('says of every other host why not, the best first', () => {
    const full = aHost('h2', { intent: 'cordoned' });
    const cluster = aCluster([aHost('h1'), full, aHost('h3')], [...crowded.vms.values()]);
    const others = otherTargets(cluster, 'a');
    expect(others.map(({ hostId }) => hostId)).toEqual(['h3', 'h2']);
    expect(others[0]?.gain).toBeGreaterThan(0);
    expect(others[1]?.rejection).toMatchObject({ hostId: 'h2', reason: 'host-cordoned' });
  });

  it('spends no budget of balance for a move of another cause, and leaves that VM alone', () => {
    const recent = [{ vmId: 'a', atMs: 0, mib: 10, isBalance: false }];
    const plan = planBalance(crowded, { nowMs: 1000, recent, movesPerHour: 1 });
    expect(plan.moves).toHaveLength(1);
    expect(plan.moves[0]?.vmId).not.toBe('a');
  });

  it('stops where this hour’s moves are spent', () => {
    const recent = [{ vmId: 'x', atMs: 0, mib: 10 }];
    const plan = planBalance(crowded, { nowMs: 1000, recent, movesPerHour: 1 });
    expect(plan).toMatchObject({ moves: [], calm: 'budget-spent' });
    expect(planBalance(crowded, { movesPerHour: 1 }).moves).toHaveLength(1);
    // Searched by chance it is no other.
    expect(planBalance(crowded, { ...short, movesPerHour: 1 }).moves).toHaveLength(1);
  });

  it('moves nothing for a load that is not trusted to last', () => {
    const lopsided = aCluster(
      [aHost('h1'), aHost('h2')],
      ['a', 'b', 'c', 'd'].map((id) => using(id, 'h1', 500)),
    );
    expect(planBalance(lopsided, { horizonSeconds: 1 })).toMatchObject({
      moves: [],
      calm: 'no-gain',
    });
    expect(planBalance(lopsided, { horizonSeconds: 3600 }).moves).not.toEqual([]);
  });

  it('waits until the cluster has been uneven for a while', () => {
    const since = { nowMs: 100_000, unevenSinceMs: 50_000 };
    expect(planBalance(crowded, since)).toMatchObject({ moves: [], calm: 'not-for-long' });
    expect(planBalance(crowded, { ...since, holdMs: 50_000 }).moves).not.toEqual([]);
    expect(planBalance(crowded, { nowMs: 100_000 }).moves).not.toEqual([]);
  });

  it('pays twice for a move off a host under pressure, and copies as much', () => {
    const lopsided = (cpuPressurePermille: number) =>
      aCluster(
        [
          aHost('h1', {
            usage: {
              cpuMilli: 0,
              memoryMib: 0,
              cpuPressurePermille: 0,
              memoryPressurePermille: cpuPressurePermille,
            },
          }),
          aHost('h2'),
        ],
        [using('a', 'h1', 100), using('b', 'h1', 100)],
      );
    const asked = { aggressiveness: 5, regardless: true } as const;
    expect(planBalance(lopsided(500), asked).copiedMib).toBe(
      planBalance(lopsided(0), asked).copiedMib,
    );
    const weighed = (pressure: number) => weighedCostsOf(new Arrangement(lopsided(pressure)));
    expect([...weighed(0)]).toEqual([512, 512]);
    expect([...weighed(100)]).toEqual([1024, 1024]);
  });

  it('moves no more than the hour’s memory', () => {
    const plan = planBalance(crowded, { mibPerHour: 600 });
    expect(plan.copiedMib).toBeLessThanOrEqual(600);
    expect(plan.moves).toHaveLength(1);
  });
});

describe('on any cluster, a balance plan', () => {
  const numRuns = 1000;

  it('is the same again, and in whatever order the maps were filled', () => {
    fc.assert(
      fc.property(someCluster, (cluster) => {
        expect(planBalance(reversed(cluster), short)).toEqual(planBalance(cluster, short));
      }),
      { numRuns },
    );
  });

  it('leaves nothing to do for a second run', () => {
    fc.assert(
      fc.property(someCluster, (cluster) => {
        const plan = planBalance(cluster, short);
        expect(planBalance(applyMoves(cluster, plan.moves), short).moves).toEqual([]);
      }),
      { numRuns },
    );
  });

  it('comes out as it says', () => {
    fc.assert(
      fc.property(someCluster, (cluster) => {
        const plan = planBalance(cluster, short);
        const after = planBalance(applyMoves(cluster, plan.moves), short);
        expect(after.unevenBefore).toBe(plan.unevenAfter);
        expect(plan.unevenAfter).toBeLessThanOrEqual(plan.unevenBefore);
      }),
      { numRuns },
    );
  });

  it('keeps every host within its limits at every step, wave by wave', () => {
    fc.assert(
      fc.property(someCluster, (cluster) => {
        perform(cluster, planBalance(cluster, short), {
          look: (now) => expect(beyondLimits(now, cluster)).toEqual([]),
        });
      }),
      { numRuns },
    );
  });
});

/** Hosts that are promised more than they may be, and more than before. */
function beyondLimits(now: Cluster, before: Cluster): readonly string[] {
  return [...now.hosts.values()]
    .filter((host) => {
      const total = allocatable(host);
      const was = promisedOn(before, host.id);
      const is = promisedOn(now, host.id);
      return (
        is.memoryMib > Math.max(total.memoryMib, was.memoryMib) ||
        is.cpuMilli > Math.max(total.cpuMilli, was.cpuMilli)
      );
    })
    .map(({ id }) => id);
}
