/** Placement: scores that add up, ties that are always broken alike, never a host that a filter rules out. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocatable, freeOn, place, promisedOn } from '../src/index.ts';
import { aCluster, aHost, aVm, reversed, someCluster } from './builders.ts';

const usage = { cpuMilli: 0, memoryMib: 0, cpuPressurePermille: 0, memoryPressurePermille: 0 };

describe('the score', () => {
  it('has terms from 0 to 1000 whose points add up to it', () => {
    const host = aHost('h1', {
      usage: { ...usage, cpuPressurePermille: 250, memoryPressurePermille: 1000 },
    });
    const answer = place(aCluster([host]), { shape: aVm('a') });
    if (answer.type !== 'placed') throw new Error('refused');
    expect(answer.candidates).toEqual([
      {
        hostId: 'h1',
        score: 4 * 750 + 2 * 750 + 2 * 750 + 0,
        terms: [
          { name: 'free memory after', weight: 4, value: 750, points: 3000 },
          { name: 'free CPU after', weight: 2, value: 750, points: 1500 },
          { name: 'no CPU pressure', weight: 2, value: 750, points: 1500 },
          { name: 'no memory pressure', weight: 1, value: 0, points: 0 },
        ],
      },
    ]);
  });

  it('prefers the host with more memory left', () => {
    const vms = [aVm('b', { hostId: 'h1' })];
    expect(place(aCluster([aHost('h1'), aHost('h2')], vms), { shape: aVm('a') })).toMatchObject({
      hostId: 'h2',
    });
  });

  it('prefers the host where tasks wait less for CPU', () => {
    const busy = aHost('h1', { usage: { ...usage, cpuPressurePermille: 400 } });
    const calm = aHost('h2', { usage: { ...usage, cpuPressurePermille: 10 } });
    expect(place(aCluster([busy, calm]), { shape: aVm('a') })).toMatchObject({ hostId: 'h2' });
  });

  it('goes to the smaller id where it is equal, by code unit and not by number', () => {
    const hosts = [aHost('h9'), aHost('h10'), aHost('h2')];
    const answer = place(aCluster(hosts), { shape: aVm('a') });
    expect(answer.type === 'placed' && answer.candidates.map((one) => one.hostId)).toEqual([
      'h10',
      'h2',
      'h9',
    ]);
  });
});

describe('on any cluster', () => {
  const asked = fc.record({
    memoryMib: fc.constantFrom(256, 1024, 4096),
    cpuMilli: fc.constantFrom(1000, 8000),
    moves: fc.boolean(),
  });
  const requestOf = ({ memoryMib, cpuMilli, moves }: { [key: string]: number | boolean }) => ({
    shape: aVm('new', { request: { memoryMib: Number(memoryMib), cpuMilli: Number(cpuMilli) } }),
    ...(moves ? { source: 'h1' } : {}),
  });

  it('each host is a candidate or rejected, exactly once', () => {
    fc.assert(
      fc.property(someCluster, asked, (cluster, what) => {
        const answer = place(cluster, requestOf(what));
        const candidates = answer.type === 'placed' ? answer.candidates : [];
        const named = [...candidates, ...answer.rejections].map((one) => one.hostId);
        expect(named.toSorted()).toEqual([...cluster.hosts.keys()].toSorted());
      }),
    );
  });

  it('the chosen host is up, active, and has room', () => {
    fc.assert(
      fc.property(someCluster, asked, (cluster, what) => {
        const request = requestOf(what);
        const answer = place(cluster, request);
        if (answer.type === 'refused') return;
        for (const { hostId } of answer.candidates) {
          const host = cluster.hosts.get(hostId);
          if (!host) throw new Error('a host that is not there');
          expect([host.health, host.intent]).toEqual(['up', 'active']);
          const total = allocatable(host);
          const promised = promisedOn(cluster, hostId);
          const { cpuMilli, memoryMib } = request.shape.request;
          expect(promised.memoryMib + memoryMib).toBeLessThanOrEqual(total.memoryMib);
          expect(promised.cpuMilli + cpuMilli).toBeLessThanOrEqual(total.cpuMilli);
        }
      }),
    );
  });

  it('scores are integers, add up, and put the best first', () => {
    fc.assert(
      fc.property(someCluster, asked, (cluster, what) => {
        const answer = place(cluster, requestOf(what));
        if (answer.type === 'refused') return;
        expect(answer.hostId).toBe(answer.candidates[0]?.hostId);
        const scores = answer.candidates.map(({ score }) => score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        for (const { score, terms } of answer.candidates) {
          for (const term of terms) {
            expect(Number.isInteger(term.value)).toBe(true);
            expect(term.value).toBeGreaterThanOrEqual(0);
            expect(term.value).toBeLessThanOrEqual(1000);
            expect(term.points).toBe(term.weight * term.value);
          }
          expect(score).toBe(terms.reduce((sum, term) => sum + term.points, 0));
        }
      }),
    );
  });

  it('the answer is the same again, and in whatever order the maps were filled', () => {
    fc.assert(
      fc.property(someCluster, asked, (cluster, what) => {
        const answer = place(cluster, requestOf(what));
        expect(place(cluster, requestOf(what))).toEqual(answer);
        expect(place(reversed(cluster), requestOf(what))).toEqual(answer);
      }),
    );
  });

  it('what is free is never below zero', () => {
    fc.assert(
      fc.property(someCluster, (cluster) => {
        for (const host of cluster.hosts.values()) {
          const { cpuMilli, memoryMib } = freeOn(cluster, host);
          expect(Math.min(cpuMilli, memoryMib)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});
