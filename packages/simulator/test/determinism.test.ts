import { describe, expect, it } from 'vitest';
import { runSeed } from '../src/index.ts';

describe('a seed', () => {
  it.each([1, 42, 4711])(
    '%i makes the same run every time, to the last byte of its trace',
    (seed) => {
      const first = runSeed(seed, { keepTrace: true });
      const second = runSeed(seed, { keepTrace: true });
      expect(second.world.trace.all).toEqual(first.world.trace.all);
      expect(second.hash).toBe(first.hash);
      expect(first.violation).toBeUndefined();
    },
  );

  it('makes a run of its own, in which things are asked for and go wrong', () => {
    const runs = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => runSeed(seed));
    expect(new Set(runs.map(({ hash }) => hash)).size).toBe(runs.length);
    const total = (count: (run: (typeof runs)[number]) => number) =>
      runs.reduce((sum, run) => sum + count(run), 0);
    expect(total(({ operations }) => operations)).toBeGreaterThan(50);
    expect(total(({ faults }) => [...faults.values()].length)).toBeGreaterThan(8);
  });
});
