import { describe, expect, it } from 'vitest';
import { arc } from '../src/logic/arc.ts';
import { applyEvents } from '../src/logic/cluster-state.ts';
import { clusterView } from '../src/logic/cluster-view.ts';
import { flightsOf } from '../src/logic/flights.ts';
import { groupings, MapPainter } from '../src/logic/map-view.ts';
import { tileHeight } from '../src/logic/tile-size.ts';
import { host, migration, state, vm } from './support/made-up.ts';

const paint = (painter: MapPainter, of: Parameters<MapPainter['paint']>[0], groupBy = '') =>
  painter.paint(of, flightsOf(of), { groupBy });
const tiles = (view: ReturnType<typeof paint>) =>
  view.groups[0]?.columns.map(({ host: { id }, tiles: own }) => [id, ...own.map((t) => t.name)]);

const two = [host('h2'), host('h1'), host('h10')];

describe('the map', () => {
  it('has a column per host in the order of their numbers, and in it its VMs, largest first', () => {
    const big = vm('big', 'h1', { spec: { ...vm('x').spec, memoryMib: 4096 } });
    const of = state({ hosts: two, vms: [vm('b', 'h1'), vm('a', 'h1'), big, vm('c', 'h2')] });
    expect(tiles(paint(new MapPainter(), of))).toEqual([
      ['h1', 'big', 'a', 'b'],
      ['h2', 'c'],
      ['h10'],
    ]);
  });

  it('keeps VMs that no host has beside it', () => {
    const view = paint(new MapPainter(), state({ hosts: two, vms: [vm('off')] }));
    expect(view.homeless.map(({ name }) => name)).toEqual(['off']);
  });

  it('draws a VM that moves on both hosts, with its percent, and on one once it has landed', () => {
    const painter = new MapPainter();
    const before = state({ hosts: two, vms: [vm('a', 'h1')], operations: [migration('o', 'a')] });
    const { state: flying } = applyEvents(before, [
      { type: 'migration-progress', operationId: 'o', vmId: 'id-a', percent: 40 },
    ]);
    const [left, right] = paint(painter, flying).groups[0]?.columns ?? [];
    expect(left?.tiles[0]?.flight).toEqual({ side: 'leaving', other: 'h2', percent: 40 });
    expect(right?.tiles[0]?.flight).toEqual({ side: 'arriving', other: 'h1', percent: 40 });
    const { state: landed } = applyEvents(flying, [
      { type: 'vm', vm: { id: 'id-a', name: 'a', state: 'running', hostId: 'h2' } },
    ]);
    expect(tiles(paint(painter, landed))).toEqual([['h1'], ['h2', 'a'], ['h10']]);
  });

  it('draws a cold move as what it is: no flight', () => {
    const cold = migration('o', 'a', { mode: 'cold' });
    expect(flightsOf(state({ vms: [vm('a', 'h1')], operations: [cold] }))).toEqual([]);
  });

  it('gives the same objects for what did not change, and new ones for what did', () => {
    const painter = new MapPainter();
    const before = state({ hosts: two, vms: [vm('a', 'h1'), vm('b', 'h2')] });
    const [first, second] = paint(painter, before).groups[0]?.columns ?? [];
    const { state: after } = applyEvents(before, [
      { type: 'vm', vm: { id: 'id-b', name: 'b', state: 'stopping', hostId: 'h2' } },
    ]);
    const [same, changed] = paint(painter, after).groups[0]?.columns ?? [];
    expect(same).toBe(first);
    expect(changed).not.toBe(second);
  });

  it('groups by a label that says something', () => {
    const racks = ['r2', 'r1', 'r1'].map((rack, index) =>
      host(`h${index}`, { labels: { rack, lab: 'true' } }),
    );
    expect(groupings(racks)).toEqual(['rack']);
    const view = paint(new MapPainter(), state({ hosts: racks }), 'rack');
    expect(view.groups.map(({ name, columns }) => [name, columns.length])).toEqual([
      ['r1', 2],
      ['r2', 1],
    ]);
  });

  it('draws a VM as high as its share, and never lower than its name', () => {
    expect(tileHeight(8000, 16_000, 20)).toBe(10);
    expect(tileHeight(16, 16_000, 20)).toBe(1.625);
    expect(tileHeight(1024, 0, 20)).toBe(1.625);
  });

  it('leads its lines out of the side that faces the other host', () => {
    const frame = { left: 0, right: 900, top: 0, bottom: 600 };
    const left = { left: 10, right: 110, top: 0, bottom: 20 };
    const right = { left: 300, right: 400, top: 100, bottom: 120 };
    expect(arc(left, right, frame)).toBe('M110 10 C205 10 205 110 300 110');
    expect(arc(right, left, frame)).toBe('M300 110 C205 110 205 10 110 10');
    expect(arc(left, { ...left, top: 50, bottom: 70 }, frame)).toBe(
      'M110 10 C138 10 138 60 110 60',
    );
  });
});

describe('the head of the map', () => {
  it('counts what takes VMs, and says how uneven that is', () => {
    const hosts = [
      host('h1', { promised: { cpuMilli: 1000, memoryMib: 8000 } }),
      host('h2', { promised: { cpuMilli: 0, memoryMib: 1600 } }),
      host('h3', { state: 'cordoned', schedulable: false }),
    ];
    expect(clusterView(state({ hosts, vms: [vm('a', 'h1'), vm('off')] }))).toMatchObject({
      hosts: 3,
      readyHosts: 2,
      vms: 2,
      runningVms: 1,
      memory: { promised: 9600, of: 32_000 },
      spreadPercent: 40,
    });
  });

  it('raises what needs a look, each with where to look', () => {
    const of = state({
      hosts: [host('h1', { state: 'down', schedulable: false }), host('h2', { state: 'suspect' })],
      vms: [vm('a', 'h2', { state: 'crashed' })],
    });
    const leaderless = { ...of, cluster: { era: 0, nextEra: 1, held: false, unreadable: [] } };
    expect(clusterView(leaderless).alarms.map(({ tone, href }) => `${tone} ${href}`)).toEqual([
      'bad /settings',
      'bad /hosts/h1',
      'warn /hosts/h2',
      'bad /vms/a',
    ]);
  });
});
