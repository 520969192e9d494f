/** Balance that is made by itself, where moves of some VMs are only recommended; and VMs that are left out of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyMoves,
  type BalancePlan,
  type Cluster,
  planBalance,
  planDrain,
  steadyBalance,
  unattendedBalance,
  type Vm,
  type VmBalance,
} from '../src/index.ts';
import { aCluster, aHost, aVm, someCluster, using } from './builders.ts';

const short = { steps: 3000 } as const;
const unattended = (cluster: Cluster, options = {}) =>
  unattendedBalance(cluster, new Map(), options);
const movedBy = ({ moves }: Pick<BalancePlan, 'moves'>) => moves.map(({ vmId }) => vmId);

/** h1 is asked for more than it has; h2 and h3 have nothing to do. */
const crowdedWith = (balance: Readonly<Record<string, VmBalance>>) =>
  aCluster(
    [aHost('h1'), aHost('h2'), aHost('h3')],
    ['a', 'b', 'c', 'd'].map((id) => {
      const set = balance[id];
      return using(id, 'h1', 1000, set === undefined ? {} : { balance: set });
    }),
  );

/** Each host is full, one of CPU and one of memory: only an exchange helps, and half of one makes it worse. */
const exchange = (more: Partial<Vm>) => {
  const cpu = (id: string, hostId: string, cpuMilli: number, memoryMib: number, of = {}) =>
    aVm(id, {
      hostId,
      request: { cpuMilli: 100, memoryMib },
      usage: { cpuMilli, memoryMib },
      ...of,
    });
  return aCluster(
    [aHost('h1'), aHost('h2')],
    [
      cpu('hot', 'h1', 1900, 100, more),
      cpu('hot-2', 'h1', 1900, 100, { automation: 'drain' }),
      cpu('large', 'h2', 50, 1700),
      cpu('large-2', 'h2', 50, 1700, { automation: 'drain' }),
    ],
  );
};

describe('balance that is made by itself', () => {
  it('first makes what gets better without the VMs whose moves are only recommended', () => {
    const cluster = crowdedWith({ a: 'recommend', b: 'recommend' });
    const plan = unattended(cluster);
    expect(plan.moves.length).toBeGreaterThan(0);
    expect(['a', 'b']).not.toContain(movedBy(plan)[0]);
    expect(movedBy(plan).filter((id) => id === 'a' || id === 'b')).toEqual([]);
    expect(plan.unevenAfter).toBeLessThan(plan.unevenBefore);
  });

  it('where nothing does says what a person could move', () => {
    const all = { a: 'recommend', b: 'recommend', c: 'recommend', d: 'recommend' } as const;
    const cluster = crowdedWith(all);
    expect(unattended(cluster)).toEqual(planBalance(cluster));
    expect(movedBy(unattended(cluster)).length).toBeGreaterThan(0);
  });

  it('makes no half of an exchange whose other half is only recommended', () => {
    const moved = movedBy(planBalance(exchange({})));
    expect(moved.toSorted()).toEqual(['hot', 'large']);
    // As a whole it is a person’s: what moves “large” moves “hot” as well.
    const plan = unattended(exchange({ balance: 'recommend' }));
    expect(movedBy(plan).toSorted()).toEqual(['hot', 'large']);
  });

  it('looks no further where nothing is to be moved at all', () => {
    const even = aCluster(
      [aHost('h1'), aHost('h2')],
      [using('a', 'h1', 500, { balance: 'recommend' }), using('b', 'h2', 500)],
    );
    expect(unattended(even)).toMatchObject({ moves: [], calm: 'even-enough' });
    const spent = { movesPerHour: 0 };
    expect(unattended(crowdedWith({ a: 'recommend' }), spent)).toMatchObject({
      moves: [],
      calm: 'budget-spent',
    });
  });
});

describe('a VM that is never moved for balance', () => {
  it('counts as load all the same', () => {
    const cluster = crowdedWith({ a: 'never', b: 'never' });
    const plan = planBalance(cluster);
    expect(plan.unevenBefore).toBe(planBalance(crowdedWith({})).unevenBefore);
    expect(movedBy(plan).toSorted()).toEqual(['c', 'd']);
  });

  it('is moved by a drain', () => {
    const plan = planDrain(crowdedWith({ a: 'never', b: 'recommend' }), ['h1']);
    expect(plan.blockers).toEqual([]);
    expect(plan.moves.map(({ vmId }) => vmId).toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is not moved either where that was planned before', () => {
    const former = new Map([['a', 'h2']]);
    expect(movedBy(steadyBalance(crowdedWith({ a: 'never' }), former))).not.toContain('a');
  });
});

/** Any cluster, its VMs set to anything. */
const someSet: fc.Arbitrary<Cluster> = fc
  .tuple(
    someCluster,
    fc.array(fc.constantFrom('recommend', 'recommend', 'never', undefined), {
      minLength: 24,
      maxLength: 24,
    }),
  )
  .map(([cluster, sets]) => {
    const vms = [...cluster.vms.values()].map((vm, at): Vm => {
      const balance = sets[at];
      return balance === undefined ? vm : { ...vm, balance };
    });
    return { ...cluster, vms: new Map(vms.map((vm) => [vm.id, vm])) };
  });

describe('on any cluster', () => {
  const numRuns = 500;
  const setOf = ({ vms }: Cluster, plan: BalancePlan) =>
    plan.moves.map(({ vmId }) => vms.get(vmId)?.balance);

  it('no plan moves a VM that is never to be moved for balance', () => {
    fc.assert(
      fc.property(someSet, (cluster) => {
        expect(setOf(cluster, planBalance(cluster, short))).not.toContain('never');
        expect(setOf(cluster, unattended(cluster, short))).not.toContain('never');
      }),
      { numRuns },
    );
  });

  it('a plan has moves that are only recommended where none is worth it without them', () => {
    fc.assert(
      fc.property(someSet, (cluster) => {
        if (!setOf(cluster, unattended(cluster, short)).includes('recommend')) return;
        const vms = new Map(
          [...cluster.vms].map(([id, vm]) => [
            id,
            vm.balance === 'recommend' ? { ...vm, balance: 'never' as const } : vm,
          ]),
        );
        const own = planBalance({ ...cluster, vms }, short);
        expect(own.moves).toEqual([]);
      }),
      { numRuns },
    );
  });

  it('what was made by itself leaves nothing to be made by itself', () => {
    fc.assert(
      fc.property(someSet, (cluster) => {
        const plan = unattended(cluster, short);
        if (setOf(cluster, plan).includes('recommend')) return;
        const next = unattended(applyMoves(cluster, plan.moves), short);
        const isForPerson = setOf(cluster, next).includes('recommend');
        expect(next.moves.length === 0 || isForPerson).toBe(true);
      }),
      { numRuns },
    );
  });
});
