/** A user's cluster and script become a timeline and a picture. */
import { readFileSync } from 'node:fs';
import { dumpCluster } from '@drover/core';
import { describe, expect, it } from 'vitest';
import { Lanes } from '../src/lanes.ts';
import { faultNames, simulate } from '../src/index.ts';
import { hostOf, vmOf } from './standing.ts';

const dump = dumpCluster({
  revision: 1,
  hosts: new Map(['h1', 'h2'].map((id) => [id, hostOf(id)])),
  vms: new Map([vmOf(1, 'h1', { name: 'web' })].map((vm) => [vm.id, vm])),
  reservations: [],
  migrations: [],
});
const script = `claim: h1 & <h2>
script:
  - { at: 10, do: drain, host: h1 }
until: 60
`;

describe('a simulation', () => {
  const { timeline, html, broken } = simulate(dump, 'drain.yaml', script);

  it('tells line by line what would happen, and that every promise holds', () => {
    expect(broken).toBeUndefined();
    expect(timeline).toMatch(/^ +10\.000 {2}people +drain h1/m);
    expect(timeline).toMatch(/migrate web from h1 to h2 \(live\)/);
    expect(timeline).toMatch(/end +r001 drain h1 is succeeded/);
  });

  it('shows each VM in the lane of its host, in both while it moves', () => {
    const titles = [...html.matchAll(/<title>(web on [^<]+)<\/title>/g)].map(([, about]) => about);
    expect(titles.map((about) => about?.split(',')[0])).toEqual([
      'web on h1: running',
      'web on h1: paused-migrating',
      'web on h2: incoming',
      'web on h2: running',
    ]);
    expect(titles.at(-1)).toMatch(/to 60 s$/);
  });

  it('is a page that asks nothing of anybody, and in which names are text', () => {
    expect(html).toContain('<title>h1 &amp; &lt;h2&gt;</title>');
    expect(html).not.toMatch(/<h2>(?!What happened)|src=|href=|url\(|@import|<script/);
  });

  it('says where a script or a dump is wrong', () => {
    expect(() => simulate(dump, 'x.yaml', 'script: 7\nuntil: 1\n')).toThrow(
      /^x\.yaml: script must be/,
    );
    expect(() => simulate(dump, 'x.yaml', 'script: [{ at: 1, do: dance }]\nuntil: 1')).toThrow(
      /script 1: nobody knows how to do dance/,
    );
    expect(() => simulate('{', 'x.yaml', script)).toThrow(/not JSON/);
  });
});

describe('lanes', () => {
  const copy = { vmId: 'v', name: 'v', memoryMib: 1, vcpus: 1, generation: 1, startedBy: '' };

  it('are stays, one for each state, without those that took no time', () => {
    const lanes = new Lanes();
    lanes.note(0, 'h1', { ...copy, state: 'starting' }, true);
    lanes.note(5, 'h1', { ...copy, state: 'running' }, true);
    lanes.note(7, 'h1', { ...copy, state: 'running', job: 'out' }, true);
    lanes.note(9, 'h1', { ...copy, state: 'paused' }, true);
    lanes.note(9, 'h1', { ...copy, state: 'running' }, true);
    lanes.note(12, 'h1', { ...copy, state: 'running' }, false);
    lanes.note(20, 'h2', { ...copy, state: 'starting', job: 'in' }, true);
    const stays = lanes
      .until(30)
      .map(({ hostId, state, fromMs, toMs }) => [hostId, state, fromMs, toMs]);
    expect(stays).toEqual([
      ['h1', 'starting', 0, 5],
      ['h1', 'running', 5, 9],
      ['h1', 'running', 9, 12],
      ['h2', 'incoming', 20, 30],
    ]);
  });
});

it('docs/simulate.md has every fault', () => {
  const text = readFileSync(new URL('../../../docs/simulate.md', import.meta.url), 'utf8');
  expect(faultNames.filter((name) => !text.includes(`| \`${name}\` |`))).toEqual([]);
});
