/**
 * Three hundred and twenty runs in which much goes wrong: every promise holds, and what is rare has been met, by them or
 * by the cases that were kept because chance comes there too seldom.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { markNames, readScenario, replay, runSeed } from '../src/index.ts';

const seeds = 320;
const cases = join(import.meta.dirname, '../../../test/cases');

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

  it('meet every rare state, or a case does', () => {
    const met = metByCases();
    expect(markNames.filter((name) => !reached.has(name) && !met.has(name))).toEqual([]);
  });
});

function metByCases(): ReadonlySet<string> {
  const met = new Set<string>();
  for (const file of readdirSync(cases)) {
    const scenario = readScenario(file, parse(readFileSync(join(cases, file), 'utf8')));
    for (const name of replay(scenario).marks.counts.keys()) met.add(name);
  }
  return met;
}
