/** Three hundred and twenty runs in which much goes wrong: every promise holds, and what is rare has been met. */
import { describe, expect, it } from 'vitest';
import { markNames, runSeed } from '../src/index.ts';

const seeds = 320;

describe(`the seeds from 1 to ${seeds}`, () => {
  const reached = new Map<string, number>();

  it('keep every promise', { timeout: 600_000 }, () => {
    const broken: string[] = [];
    for (let seed = 1; seed <= seeds; seed += 1) {
      const { violation, world } = runSeed(seed);
      if (violation) broken.push(`seed ${seed}: ${violation.promise}: ${violation.what}`);
      for (const [name, count] of world.marks.counts) {
        reached.set(name, (reached.get(name) ?? 0) + count);
      }
    }
    expect(broken).toEqual([]);
  });

  it('meet every rare state', () => {
    expect(markNames.filter((name) => !reached.has(name))).toEqual([]);
  });
});
