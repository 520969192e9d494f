/** Each planted bug names a text of the code: where that has changed, the checkers would be tried on nothing. */
import { describe, expect, it } from 'vitest';
import { plantIn, readPlanted } from '../src/planting.ts';
import { plants } from '../src/plants.ts';

describe('a plant', () => {
  it.each(plants)('$name still fits the code', (plant) => {
    expect(readPlanted(plant)).toContain(plant.replace);
  });

  it('whose text is not there once is an error', () => {
    const plant = { name: 'x', file: 'f.ts', find: 'a', replace: 'b', says: '', breaks: [] };
    expect(() => plantIn('nothing', plant)).toThrow('0 times');
    expect(() => plantIn('a a', plant)).toThrow('2 times');
    expect(plantIn('cad', plant)).toBe('cbd');
  });
});
