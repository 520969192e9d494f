/**
 * Runs of chance that once broke a promise, made smaller and kept: each is played again, and everything must come to
 * rest. `npm run sim -- --swarm 5m` writes such files. Each says which rare states it `meets`: one that comes there no
 * more, since other dice fall now, tests nothing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readScenario, replay, renderTrace } from '@drover/simulator';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const folder = join(import.meta.dirname, '../cases');

describe('what once went wrong', () => {
  it.each(readdirSync(folder).toSorted())(
    '%s comes to where it went wrong, and keeps every promise',
    (file) => {
      const scenario = readScenario(file, parse(readFileSync(join(folder, file), 'utf8')));
      const { violation, trace, marks } = replay(scenario);
      expect(violation && { ...violation, trace: renderTrace(trace.all) }).toBeUndefined();
      expect(scenario.meets).not.toBeUndefined();
      expect(scenario.meets?.filter((name) => !marks.counts.has(name))).toEqual([]);
    },
  );
});
