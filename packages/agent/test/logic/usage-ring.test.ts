/** A day of rows: bounded, in order, and no step hides what was most. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { minutesKept, UsageRing, type UsageRow } from '../../src/logic/usage-ring.ts';

const series = ['cpuMilli', 'memoryMib'] as const;
const value = fc.integer({ min: 0, max: 100_000 });
/** Of which the memory may be missing. */
const row: fc.Arbitrary<UsageRow> = fc
  .record({ looks: fc.integer({ min: 1, max: 20 }), cpu: value, memory: fc.option(value) })
  .map(({ looks, cpu, memory }) => [looks, cpu, cpu + 7, memory, memory]);
/** Minutes as a clock gives them that may stand, jump and go back. */
const written = fc.array(fc.tuple(fc.integer({ min: -3, max: 200 }), row), { maxLength: 400 });

function ringOf(rows: readonly (readonly [step: number, row: UsageRow])[]): UsageRing {
  const ring = new UsageRing(series);
  let minute = 10_000;
  for (const [step, one] of rows) {
    minute += step;
    ring.add(minute, one);
  }
  return ring;
}

it('keeps its rows in order, one for each minute, whatever the clock does', () => {
  fc.assert(
    fc.property(written, (rows) => {
      const minutes = ringOf(rows)
        .rows()
        .map(([minute]) => minute);
      expect(minutes).toEqual([...new Set(minutes)].toSorted((a, b) => a - b));
    }),
  );
});

it('has no more rows than a day has minutes, and they are the newest', () => {
  const ring = new UsageRing(series);
  for (let minute = 0; minute < minutesKept + 100; minute += 1) ring.add(minute, [1, minute]);
  expect(ring.count).toBe(minutesKept);
  expect(ring.rows().map(([minute, [, cpu]]) => [minute, cpu])).toEqual(
    Array.from({ length: minutesKept }, (_, at) => [at + 100, at + 100]),
  );
});

it('gives for each step the most of its minutes, and no mean beyond it', () => {
  fc.assert(
    fc.property(written, fc.integer({ min: 1, max: 120 }), (rows, stepMinutes) => {
      const ring = ringOf(rows);
      const grid = { fromMs: 600_000_000, stepMs: stepMinutes * 60_000, points: 300 };
      const { looks, cpuMilli } = ring.read(grid);
      const covered = ring.rows().filter(([minute]) => minute < 10_000 + 300 * stepMinutes);
      const mostOf = (point: number) =>
        covered
          .filter(([minute]) => Math.floor((minute - 10_000) / stepMinutes) === point)
          .map(([, [, , most]]) => most ?? 0);
      for (const [point, most] of (cpuMilli?.most ?? []).entries()) {
        const those = mostOf(point);
        expect(most).toBe(those.length === 0 ? null : Math.max(...those));
        expect(looks[point] === 0).toBe(those.length === 0);
        expect(cpuMilli?.mean[point] ?? 0).toBeLessThanOrEqual(most ?? 0);
      }
    }),
    { numRuns: 30 },
  );
});

it('leaves a gap where nothing was measured, and weighs each minute by its looks', () => {
  const ring = new UsageRing(series);
  ring.add(0, [1, 100, 100, null, null]);
  ring.add(1, [3, 500, 900, 64, 64]);
  ring.add(4, [1, 10, 10, null, null]);
  expect(ring.read({ fromMs: 0, stepMs: 120_000, points: 4 })).toEqual({
    looks: [4, 0, 1, 0],
    cpuMilli: { mean: [400, null, 10, null], most: [900, null, 10, null] },
    memoryMib: { mean: [64, null, null, null], most: [64, null, null, null] },
  });
});

it('joins what comes twice of one minute, and forgets what a wrong clock wrote', () => {
  const ring = new UsageRing(series);
  ring.add(1, [1, 10, 10, 5, 5]);
  ring.add(1, [3, 30, 90, null, null]);
  expect(ring.rows()).toEqual([[1, [4, 25, 90, 5, 5]]]);
  ring.add(900, [1, 1, 1, 1, 1]);
  ring.dropFrom(2);
  expect(ring.newestMinute).toBe(1);
});
