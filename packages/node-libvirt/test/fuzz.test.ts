/**
 * Garbage never costs more than a clean refusal: a short run from a seed that never changes and one from a
 * new seed each time. `npm run fuzz` does a million.
 */
import { describe, expect, it } from 'vitest';
import { fuzz } from '../tools/fuzz/run.ts';

describe('the decoder of mutated packets', () => {
  it.each([1, Math.floor(Math.random() * 2 ** 31)])('refuses or reads, from seed %d', (seed) => {
    const report = fuzz(seed, 20_000);
    expect(report.accepted).toBeGreaterThan(1000);
    expect(report.refused).toBeGreaterThan(1000);
    expect(report.grownMib).toBeLessThan(256);
    expect(report.slowestMs).toBeLessThan(5000);
  });
});
