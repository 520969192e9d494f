/**
 * The numbers that a search works on mean what filters and rules mean: what fits in an arrangement is what no
 * filter rejects, and every prefix of a plan keeps to limits and hard rules.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allocatable,
  type Cluster,
  planBalance,
  planDrain,
  promisedOn,
  type Rule,
} from '../src/index.ts';
import { reject } from '../src/placement/filters.ts';
import { newRuleBook } from '../src/rules/book-of.ts';
import { Arrangement } from '../src/search/arrangement.ts';
import { changesFrom } from '../src/search/changes.ts';
import { Loads } from '../src/search/loads.ts';
import { someCluster } from './builders.ts';
import { perform } from './perform.ts';

const someIds = fc.uniqueArray(
  fc.integer({ min: 0, max: 11 }).map((at) => `v${String(at).padStart(2, '0')}`),
  { minLength: 1, maxLength: 4 },
);

const someRule = (id: string): fc.Arbitrary<Rule> =>
  fc
    .record({
      type: fc.constantFrom('together', 'apart', 'pinned', 'away', 'spread'),
      strength: fc.constantFrom('hard', 'hard', 'soft'),
      over: fc.constantFrom('host', 'host', 'zone'),
      ids: someIds,
      hosts: fc.subarray(['h1', 'h2', 'h3'], { minLength: 1 }),
    })
    .map(
      ({ type, strength, over, ids, hosts }) =>
        ({
          id,
          type,
          strength,
          vms: { ids },
          ...(type === 'pinned' || type === 'away' ? { hosts: { ids: hosts } } : { over }),
          ...(type === 'spread' ? { maxSkew: 1 } : {}),
        }) as Rule,
    );

/** Under up to three rules; every other host in another zone. */
const ruledCluster: fc.Arbitrary<Cluster> = fc
  .record({
    cluster: someCluster,
    rules: fc.tuple(someRule('r1'), someRule('r2'), someRule('r3')),
    kept: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ cluster, rules, kept }) => ({
    ...cluster,
    hosts: new Map(
      [...cluster.hosts.values()].map((host, at) => [host.id, { ...host, zone: `z${at % 2}` }]),
    ),
    rules: rules.slice(0, kept),
  }));

describe('an arrangement', () => {
  it('lets a VM be where no filter rejects it, and nowhere else', () => {
    fc.assert(
      fc.property(ruledCluster, (cluster) => {
        const arrangement = new Arrangement(cluster);
        for (const [unit, { vms, hostId }] of arrangement.units.entries()) {
          const [shape] = vms;
          if (shape === undefined || vms.length > 1) continue;
          for (const [to, host] of arrangement.hosts.entries()) {
            if (host.id === hostId) continue;
            const request = { shape, source: hostId };
            const rejection = reject({ cluster, request, host });
            expect([host.id, arrangement.fits(unit, to)]).toEqual([
              host.id,
              rejection === undefined,
            ]);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('knows what a move will do to its load before it is made', () => {
    fc.assert(
      fc.property(ruledCluster, fc.nat(), fc.nat(), (cluster, first, second) => {
        const arrangement = new Arrangement(cluster);
        if (arrangement.units.length === 0) return;
        const loads = new Loads(arrangement);
        const unit = first % arrangement.units.length;
        const to = second % arrangement.hosts.length;
        if (to === arrangement.hostOf[unit]) return;
        const told = loads.after(unit, to);
        loads.follow(unit, to);
        arrangement.put(unit, to);
        expect(loads.total()).toBeCloseTo(told, 9);
        expect([...changesFrom(arrangement.origin, arrangement.hostOf)]).toEqual([[unit, to]]);
      }),
      { numRuns: 1000 },
    );
  });
});

/** Hard rules, with how many VMs too many each has. */
function broken(cluster: Cluster): ReadonlyMap<string, number> {
  const violations = newRuleBook(cluster).violations();
  return new Map(
    violations.flatMap(({ rule, count }) =>
      rule.strength === 'hard' ? [[rule.id, count] as const] : [],
    ),
  );
}

/** What is worse than at first: hosts that are promised too much, rules that are broken more. */
function worse(now: Cluster, before: Cluster): readonly string[] {
  const hosts = [...now.hosts.values()].filter((host) => {
    const total = allocatable(host);
    const was = promisedOn(before, host.id);
    const is = promisedOn(now, host.id);
    return (
      is.memoryMib > Math.max(total.memoryMib, was.memoryMib) ||
      is.cpuMilli > Math.max(total.cpuMilli, was.cpuMilli)
    );
  });
  const was = broken(before);
  const rules = [...broken(now)].filter(([id, count]) => count > (was.get(id) ?? 0));
  return [...hosts.map(({ id }) => id), ...rules.map(([id]) => id)];
}

describe.each<
  [string, (cluster: Cluster) => ReturnType<typeof planDrain> | ReturnType<typeof planBalance>]
>([
  ['a drain', (cluster) => planDrain(cluster, 'h1')],
  [
    'a drain that makes room',
    (cluster) => planDrain(cluster, 'h1', { makesRoom: true, steps: 2000 }),
  ],
  ['a balance', (cluster) => planBalance(cluster, { steps: 2000, regardless: true })],
])('every prefix of %s', (_, plan) => {
  it('keeps to limits and hard rules, and each move is right when it begins', () => {
    fc.assert(
      fc.property(ruledCluster, (cluster) => {
        const planned = plan(cluster);
        perform(cluster, planned, { look: (now) => expect(worse(now, cluster)).toEqual([]) });
        for (const { reason } of planned.moves) expect(reason).not.toBe('');
      }),
      { numRuns: 1000 },
    );
  });
});
