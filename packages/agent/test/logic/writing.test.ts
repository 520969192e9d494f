import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writingOf } from '../../src/logic/index.ts';

/** What a measurement of so many seconds finds. */
const found = (rate: number, set: number, seconds: number) => ({
  seconds,
  mibPerSecond: rate / (1 + (rate * seconds) / set),
});

describe('how a VM writes', () => {
  it('is told by a short measurement and a longer one, in either order', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 500, noNaN: true }),
        fc.double({ min: 0.1, max: 100, noNaN: true }),
        fc.boolean(),
        (rate, seconds, isTurned) => {
          const set = rate * seconds;
          const samples = [found(rate, set, 1), found(rate, set, 4)];
          const { dirtyKibPerSecond, writtenSetMib } = writingOf(
            isTurned ? samples.toReversed() : samples,
          );
          expect(dirtyKibPerSecond / 1024).toBeCloseTo(rate, 2);
          expect(writtenSetMib).toBeGreaterThanOrEqual(set * 0.999);
          expect(writtenSetMib).toBeLessThanOrEqual(set * 1.001 + 1);
        },
      ),
    );
  });

  it('has no end in sight where four times the time finds four times as much, or more', () => {
    for (const later of [10, 14]) {
      const { writtenSetMib } = writingOf([
        { seconds: 1, mibPerSecond: 10 },
        { seconds: 4, mibPerSecond: later },
      ]);
      expect(writtenSetMib).toBeGreaterThan(10_000);
    }
  });

  it('is as little as the short one found where the longer one found no more', () => {
    const calmed = [
      { seconds: 1, mibPerSecond: 10 },
      { seconds: 4, mibPerSecond: 2 },
    ];
    expect(writingOf(calmed)).toEqual({ dirtyKibPerSecond: 10_240, writtenSetMib: 10 });
  });

  it('is nothing where nothing changed', () => {
    expect(writingOf([{ seconds: 1, mibPerSecond: 0 }])).toEqual({
      dirtyKibPerSecond: 0,
      writtenSetMib: 0,
    });
  });
});
