/** Rules: what they forbid, what they cost, and how a drain keeps to them. */
import { describe, expect, it } from 'vitest';
import {
  applyMoves,
  type Cluster,
  type Host,
  place,
  planDrain,
  type Rule,
  type Vm,
} from '../src/index.ts';
import { aCluster, aHost, aVm } from './builders.ts';

const small = (id: string, hostId: string, more: Partial<Vm> = {}) =>
  aVm(id, { hostId, request: { cpuMilli: 100, memoryMib: 256 }, ...more });

function under(
  rules: readonly Partial<Rule>[],
  hosts: readonly Host[],
  vms: readonly Vm[],
): Cluster {
  const whole = rules.map(
    (rule, at) => ({ id: `r${at + 1}`, strength: 'hard', over: 'host', ...rule }) as Rule,
  );
  return aCluster(hosts, vms, { rules: whole });
}

const three = [aHost('h1'), aHost('h2'), aHost('h3')];
const ab = { ids: ['a', 'b'] };

/** By host: why it would not take `a`, or `yes`. */
function takers(cluster: Cluster, shape: Vm): readonly string[] {
  const source = shape.hostId === undefined ? {} : { source: shape.hostId };
  const answer = place(cluster, { shape, ...source });
  const yes = answer.type === 'placed' ? answer.candidates.map(({ hostId }) => hostId) : [];
  return [...cluster.hosts.keys()].map((id) =>
    yes.includes(id)
      ? 'yes'
      : (answer.rejections.find(({ hostId }) => hostId === id)?.reason ?? 'missing'),
  );
}

describe('a hard rule', () => {
  const no = 'rule-broken';
  it.each<[string, Partial<Rule>, readonly Vm[], readonly string[]]>([
    [
      'apart: not where another is',
      { type: 'apart', vms: ab },
      [small('b', 'h2')],
      ['yes', no, 'yes'],
    ],
    [
      'together: only where the others are',
      { type: 'together', vms: ab },
      [small('b', 'h2')],
      [no, 'yes', no],
    ],
    [
      'together: nowhere while the others are on a host that nobody has heard yet',
      { type: 'together', vms: ab },
      [small('b', 'h9')],
      [no, no, no],
    ],
    [
      'together: anywhere while it is alone',
      { type: 'together', vms: ab },
      [],
      ['yes', 'yes', 'yes'],
    ],
    [
      'pinned: only there',
      { type: 'pinned', vms: ab, hosts: { ids: ['h3'] } },
      [],
      [no, no, 'yes'],
    ],
    [
      'away: anywhere else',
      { type: 'away', vms: ab, hosts: { ids: ['h3'] } },
      [],
      ['yes', 'yes', no],
    ],
    [
      'that is about other VMs does not matter',
      { type: 'apart', vms: { ids: ['x', 'y'] } },
      [small('b', 'h2')],
      ['yes', 'yes', 'yes'],
    ],
  ])('%s', (_, rule, vms, expected) => {
    expect(takers(under([rule], three, vms), aVm('a'))).toEqual(expected);
  });

  it('is about VMs that have its labels, also those that are still to be made', () => {
    const labels = { tier: 'db' };
    const cluster = under([{ type: 'apart', vms: { labels } }], three, [
      small('b', 'h2', { labels }),
    ]);
    const { id: _, ...shape } = aVm('a', { labels });
    const answer = place(cluster, { shape });
    expect(answer.rejections).toEqual([
      { hostId: 'h2', reason: 'rule-broken', required: 'r1', available: 'apart' },
    ]);
  });

  it('apart over zones rules the whole zone out', () => {
    const hosts = [
      aHost('h1', { zone: 'z1' }),
      aHost('h2', { zone: 'z1' }),
      aHost('h3', { zone: 'z2' }),
    ];
    const cluster = under([{ type: 'apart', over: 'zone', vms: ab }], hosts, [small('b', 'h1')]);
    expect(takers(cluster, aVm('a'))).toEqual([no, no, 'yes']);
  });

  it('of an even spread lets no place get ahead', () => {
    const vms = { ids: ['a', 'b', 'c', 'd'] };
    const cluster = under([{ type: 'spread', over: 'host', maxSkew: 1, vms }], three, [
      small('b', 'h1'),
      small('c', 'h2'),
    ]);
    expect(takers(cluster, aVm('a'))).toEqual([no, no, 'yes']);
  });

  it('that is broken already may be broken less, and never more', () => {
    const there = [small('a', 'h1'), small('b', 'h1'), small('c', 'h2')];
    const cluster = under([{ type: 'apart', vms: { ids: ['a', 'b', 'c'] } }], three, there);
    expect(takers(cluster, small('a', 'h1'))).toEqual(['host-excluded', no, 'yes']);
  });

  it('counts a VM on its way in both places', () => {
    const cluster: Cluster = {
      ...under([{ type: 'apart', vms: ab }], three, [small('b', 'h2', { state: 'migrating' })]),
      reservations: [
        { operationId: 'o', vmId: 'b', hostId: 'h3', request: { cpuMilli: 100, memoryMib: 256 } },
      ],
    };
    expect(takers(cluster, aVm('a'))).toEqual(['yes', no, no]);
  });
});

describe('a drain', () => {
  const targets = (cluster: Cluster, more = {}) =>
    planDrain(cluster, 'h1', more).moves.map(({ vmId, target }) => `${vmId} ${target}`);

  it('keeps apart what belongs apart', () => {
    const cluster = under([{ type: 'apart', vms: { ids: ['a', 'b', 'c'] } }], three, [
      small('a', 'h1'),
      small('c', 'h2'),
    ]);
    expect(targets(cluster)).toEqual(['a h3']);
  });

  it('moves what belongs together at the same time, to the same host', () => {
    const cluster = under([{ type: 'together', vms: ab }], three, [
      small('a', 'h1'),
      small('b', 'h1'),
      small('c', 'h2'),
    ]);
    const { moves, waves } = planDrain(cluster, 'h1');
    expect(moves.map(({ vmId, target, along }) => [vmId, target, along])).toEqual([
      ['a', 'h3', ['b']],
      ['b', 'h3', ['a']],
    ]);
    expect(waves).toEqual([[0, 1]]);
  });

  it('names the rule that keeps a VM where it is', () => {
    const cluster = under([{ type: 'pinned', vms: ab, hosts: { ids: ['h1'] } }], three, [
      small('a', 'h1'),
    ]);
    expect(planDrain(cluster, 'h1').blockers).toMatchObject([
      { vmId: 'a', reason: 'no-host-fits', remedy: 'change rule r1' },
    ]);
  });

  it('breaks a rule that may bend only where there is no other way, and says so', () => {
    const rule = { type: 'apart', bendsForDrain: true, vms: { ids: ['a', 'b', 'c'] } } as const;
    const hosts = three.slice(0, 2);
    const tight = under([rule], hosts, [small('a', 'h1'), small('b', 'h2')]);
    expect(planDrain(tight, 'h1')).toMatchObject({ bent: ['r1'], blockers: [] });
    const roomy = under([rule], three, [small('a', 'h1'), small('b', 'h2')]);
    expect(planDrain(roomy, 'h1')).toMatchObject({ bent: [], moves: [{ target: 'h3' }] });
  });

  it('gives up a soft rule rather than leave a VM, and keeps it where it can', () => {
    const rule = { type: 'apart', strength: 'soft', vms: ab, weight: 100 } as const;
    const tight = under([rule], three.slice(0, 2), [small('a', 'h1'), small('b', 'h2')]);
    expect(targets(tight)).toEqual(['a h2']);
    // h2 has less on it, but its neighbour there costs more than that gains.
    const roomy = under([rule], three, [
      small('a', 'h1'),
      small('b', 'h2'),
      small('c', 'h3', { request: { cpuMilli: 100, memoryMib: 512 } }),
    ]);
    expect(targets(roomy)).toEqual(['a h3']);
  });

  it('moves others out of the way where it is asked to, and only then', () => {
    const room = { cpuMilli: 4000, memoryMib: 1024 };
    const hosts = ['h1', 'h2', 'h3'].map((id) => aHost(id, { capacity: room }));
    const sized = (id: string, hostId: string, memoryMib: number) =>
      small(id, hostId, { request: { cpuMilli: 100, memoryMib } });
    const cluster = aCluster(hosts, [
      sized('a', 'h1', 768),
      sized('b', 'h2', 512),
      sized('c', 'h3', 512),
    ]);
    expect(planDrain(cluster, 'h1').blockers).toHaveLength(1);
    const plan = planDrain(cluster, 'h1', { makesRoom: true });
    expect(plan.blockers).toEqual([]);
    expect(plan.moves).toHaveLength(2);
    expect(plan.waves).toEqual([[0], [1]]);
    expect(plan.moves[0]?.reason).toMatch(/^makes room on h[23]$/);
    expect(
      [...applyMoves(cluster, plan.moves).vms.values()].map(({ hostId }) => hostId),
    ).not.toContain('h1');
  });
});
