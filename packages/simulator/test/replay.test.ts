/** A random run can be written down and played again. */
import { describe, expect, it } from 'vitest';
import { readScenario, replay, runSeed, writeScenario } from '../src/index.ts';

const seeds = [3, 17, 42, 99, 1234];

describe('a recorded run', () => {
  it.each(seeds)('of seed %i is read as it was written', (seed) => {
    const { recorded } = runSeed(seed);
    const text = JSON.stringify(writeScenario(recorded));
    expect(readScenario(`seed ${seed}`, JSON.parse(text))).toEqual(recorded);
  });

  it.each(seeds)('of seed %i comes to the same end without chance', (seed) => {
    const { recorded, world } = runSeed(seed, { keepTrace: true });
    const again = replay(recorded);
    const people = (of: typeof world) => of.trace.all.filter(({ who }) => who === 'people');
    expect(people(again)).toEqual(people(world));
    expect([...again.records.operations.values()]).toEqual([...world.records.operations.values()]);
    expect(again.violation).toBeUndefined();
  });
});
