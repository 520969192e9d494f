/** Whether a rule holds, what it contradicts, who moves along, and what bends. */
import { describe, expect, it } from 'vitest';
import {
  bentFor,
  type Cluster,
  keptTogether,
  planRule,
  type Rule,
  ruleConflicts,
  ruleState,
  softened,
  type Vm,
} from '../src/index.ts';
import { aCluster, aHost, aVm } from './builders.ts';

const hosts = ['h1', 'h2', 'h3'].map((id) =>
  aHost(id, { labels: { kind: id === 'h3' ? 'big' : 'small' } }),
);
const small = (id: string, hostId?: string, more: Partial<Vm> = {}) =>
  aVm(id, {
    ...(hostId === undefined ? { state: 'stopped' } : { hostId }),
    request: { cpuMilli: 100, memoryMib: 256 },
    ...more,
  });
const rule = (id: string, more: Partial<Rule>): Rule =>
  ({ id, strength: 'hard', over: 'host', vms: { ids: ['a', 'b', 'c'] }, ...more }) as Rule;
const under = (rules: readonly Rule[], vms: readonly Vm[]): Cluster =>
  aCluster(hosts, vms, { rules });
const abc = [small('a', 'h1'), small('b', 'h1'), small('c', 'h2')];

describe('a rule', () => {
  it.each<[string, Partial<Rule>, readonly Vm[], number, readonly string[]]>([
    ['apart: all that share a host', { type: 'apart' }, abc, 1, ['a', 'b']],
    ['together: those that are not where most are', { type: 'together' }, abc, 1, ['c']],
    ['pinned: those elsewhere', { type: 'pinned', hosts: { ids: ['h1'] } }, abc, 1, ['c']],
    ['away: those there', { type: 'away', hosts: { ids: ['h1'] } }, abc, 2, ['a', 'b']],
    ['spread: those where too many are', { type: 'spread', maxSkew: 1 }, abc, 1, ['a', 'b']],
    ['apart, and kept', { type: 'apart' }, [small('a', 'h1'), small('b', 'h2')], 0, []],
    ['apart, of VMs that are off', { type: 'apart' }, [small('a'), small('b')], 0, []],
  ])('is broken by %s', (_, more, vms, broken, brokenBy) => {
    expect(ruleState(under([], vms), rule('r', more))).toMatchObject({ broken, brokenBy });
  });

  it('counts a VM where it is on its way to as well', () => {
    const vms = [small('a', 'h1', { state: 'migrating' }), small('b', 'h2')];
    const request = { cpuMilli: 100, memoryMib: 256 };
    const held = { operationId: 'o', vmId: 'a', hostId: 'h2', request };
    const cluster = { ...under([], vms), reservations: [held] };
    expect(ruleState(cluster, rule('r', { type: 'apart' })).brokenBy).toEqual(['a', 'b']);
  });
});

describe('conflicts', () => {
  const conflicts = (mine: Rule, others: readonly Rule[], vms = abc) => {
    const cluster = under(others, vms);
    return ruleConflicts(cluster, mine, planRule(cluster, mine)).map(({ ruleId }) => ruleId);
  };
  const apart = rule('apart', { type: 'apart' });
  const pinned = (id: string, host: string) =>
    rule(id, { type: 'pinned', hosts: { ids: [host] }, vms: { ids: ['a'] } });

  it.each<[string, Rule, readonly Rule[], readonly string[]]>([
    [
      'apart and together',
      apart,
      [rule('pair', { type: 'together', vms: { ids: ['a', 'b'] } })],
      ['pair'],
    ],
    ['two pins of one VM', pinned('p1', 'h1'), [pinned('p2', 'h2')], ['p2']],
    [
      'more VMs apart than a pin leaves hosts',
      apart,
      [rule('small-only', { type: 'pinned', hosts: { labels: { kind: 'small' } } })],
      ['small-only'],
    ],
    ['none where both can hold', apart, [pinned('p1', 'h1')], []],
    ['none with a soft one', apart, [rule('pair', { type: 'together', strength: 'soft' })], []],
    [
      'none of a soft one',
      { ...apart, strength: 'soft' },
      [rule('pair', { type: 'together' })],
      [],
    ],
    [
      'together in one zone, and apart over hosts',
      apart,
      [rule('zone', { type: 'together', over: 'zone' })],
      [],
    ],
  ])('are found: %s', (_, mine, others, found) => {
    expect(conflicts(mine, others)).toEqual(found);
  });

  it('are found: three of which any two go together', () => {
    const mine = rule('pair', { type: 'together', vms: { ids: ['a', 'b'] } });
    const away = rule('p2', { type: 'away', hosts: { ids: ['h1'] }, vms: { ids: ['b'] } });
    const vms = [small('a', 'h1'), small('b', 'h2')];
    expect(conflicts(mine, [pinned('p1', 'h1'), away], vms)).toEqual(['p1', 'p2']);
  });

  it('are found among VMs that are off: they may be started', () => {
    const off = [small('a'), small('b'), small('c')];
    expect(conflicts(apart, [rule('pair', { type: 'together' })], off)).toEqual(['pair']);
  });
});

describe('VMs kept together', () => {
  const ids = (cluster: Cluster, id: string) => {
    const vm = cluster.vms.get(id);
    return vm === undefined ? [] : keptTogether(cluster, vm).map((one) => one.id);
  };
  const pair = rule('pair', { type: 'together', vms: { ids: ['a', 'b'] } });

  it('are those of a hard rule on the same host, with all that further rules tie to them', () => {
    const vms = [small('a', 'h1'), small('b', 'h1'), small('c', 'h1'), small('d', 'h1')];
    const more = rule('more', { type: 'together', vms: { ids: ['b', 'c'] } });
    expect(ids(under([pair], vms), 'a')).toEqual(['a', 'b']);
    expect(ids(under([pair, more], vms), 'a')).toEqual(['a', 'b', 'c']);
    expect(ids(under([pair, more], vms), 'd')).toEqual(['d']);
  });

  it('are not those elsewhere, nor of a soft rule or a wider one', () => {
    expect(ids(under([pair], [small('a', 'h1'), small('b', 'h2')]), 'a')).toEqual(['a']);
    const both = [small('a', 'h1'), small('b', 'h1')];
    expect(ids(under([{ ...pair, strength: 'soft' }], both), 'a')).toEqual(['a']);
    expect(ids(under([{ ...pair, over: 'rack' } as Rule], both), 'a')).toEqual(['a']);
  });
});

it('a rule that may bend is soft for a drain; others stay as they are', () => {
  const bends = rule('bends', { type: 'apart', bendsForDrain: true });
  const stays = rule('stays', { type: 'apart' });
  const cluster = under([bends, stays], abc);
  expect(bentFor(cluster).rules?.map(({ strength }) => strength)).toEqual(['soft', 'hard']);
  expect(bentFor(cluster)).toBe(bentFor(cluster));
  const strict = under([stays], abc);
  expect(bentFor(strict)).toBe(strict);
  expect(softened(strict, 'stays').rules?.map(({ strength }) => strength)).toEqual(['soft']);
});
