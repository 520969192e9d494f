import { describe, expect, it } from 'vitest';
import { Life } from '../src/life.ts';
import { Random } from '@drover/core';
import { Timeline } from '../src/timeline.ts';
import { runFor } from './support.ts';

describe('the timeline', () => {
  it('runs things by time, and at the same time in the order in which they were asked for', () => {
    const timeline = new Timeline();
    const seen: string[] = [];
    for (const [name, ms] of [
      ['c', 20],
      ['a', 10],
      ['d', 20],
      ['b', 10],
    ] as const) {
      timeline.after(ms, () => seen.push(`${name}${timeline.nowMs}`));
    }
    while (timeline.step());
    expect(seen).toEqual(['a10', 'b10', 'c20', 'd20']);
  });

  it('runs what comes from outside first, within a millisecond', () => {
    const timeline = new Timeline();
    const seen: string[] = [];
    timeline.after(10, () => seen.push('inside'));
    timeline.fromOutside(10, () => seen.push('outside'));
    timeline.fromOutside(10, () => seen.push('outside, later'));
    timeline.after(9, () => seen.push('before'));
    while (timeline.step());
    expect(seen).toEqual(['before', 'outside', 'outside, later', 'inside']);
  });

  it('keeps its order with thousands of things, some of them called off', () => {
    const timeline = new Timeline();
    const random = new Random(3);
    let lastMs = 0;
    let ran = 0;
    for (let i = 0; i < 5_000; i += 1) {
      const timer = timeline.after(random.below(1_000), () => {
        expect(timeline.nowMs).toBeGreaterThanOrEqual(lastMs);
        lastMs = timeline.nowMs;
        ran += 1;
      });
      if (i % 5 === 0) timer.cancel();
    }
    while (timeline.step());
    expect(ran).toBe(4_000);
  });
});

describe('a life', () => {
  it('that has ended does nothing more', () => {
    const timeline = new Timeline();
    const life = new Life(timeline, { monoMs: 0, wallMs: 0 });
    let ran = 0;
    life.after(10, () => (ran += 1));
    life.end();
    runFor(timeline, 100);
    expect(ran).toBe(0);
  });

  it('that was frozen does everything later, in its order', () => {
    const timeline = new Timeline();
    const life = new Life(timeline, { monoMs: 0, wallMs: 0 });
    const seen: string[] = [];
    life.freeze('stop');
    for (const name of ['a', 'b']) life.after(10, () => seen.push(name));
    timeline.after(50, () => life.thaw());
    runFor(timeline, 40);
    expect(seen).toEqual([]);
    runFor(timeline, 20);
    expect(seen).toEqual(['a', 'b']);
  });

  it('misses time on its monotonic clock when its machine sleeps, and none when it is stopped', () => {
    const timeline = new Timeline();
    const [stopped, asleep] = ['stop', 'sleep'].map((how) => {
      const life = new Life(timeline, { monoMs: 0, wallMs: 0 });
      life.freeze(how as 'stop' | 'sleep');
      timeline.after(1_000, () => life.thaw());
      return life;
    });
    runFor(timeline, 1_500);
    expect([stopped?.monoMs, asleep?.monoMs]).toEqual([1_500, 500]);
  });
});

describe('chance', () => {
  it('is the same for the same seed, and another for each purpose', () => {
    const draw = (random: Random) => Array.from({ length: 5 }, () => random.below(1_000));
    expect(draw(new Random(7))).toEqual(draw(new Random(7)));
    expect(draw(new Random(7).fork('a'))).not.toEqual(draw(new Random(7).fork('b')));
    expect(draw(new Random(7))).not.toEqual(draw(new Random(8)));
  });

  it('reaches every value of a range, and nothing else', () => {
    const random = new Random(1);
    const seen = new Set(Array.from({ length: 500 }, () => random.within([3, 7])));
    expect([...seen].toSorted((a, b) => a - b)).toEqual([3, 4, 5, 6, 7]);
  });
});
