/**
 * Each folder here is a claim: `README.md` tells it, `scenario.yaml` has the cluster and the script, `trace.expect`
 * what must happen, byte for byte. `DROVER_UPDATE_TRACES=1` writes the traces anew; read the difference before you commit it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readScenario, renderTrace, runScenario } from '@drover/simulator';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .toSorted();

describe('scenarios', () => {
  it('are there', () => {
    expect(folders.length).toBeGreaterThanOrEqual(40);
  });

  for (const name of folders) {
    const folder = join(import.meta.dirname, name);
    const yaml: unknown = parse(readFileSync(join(folder, 'scenario.yaml'), 'utf8'));
    const scenario = readScenario(name, yaml);
    it(`${name}: ${scenario.claim}`, () => {
      const { trace, world } = runScenario(scenario);
      expect(world.violation).toBeUndefined();
      const text = renderTrace(trace);
      const file = join(folder, 'trace.expect');
      if (process.env['DROVER_UPDATE_TRACES'] === '1') writeFileSync(file, text);
      expect(text).toBe(readFileSync(file, 'utf8'));
      const { claim } = scenario;
      const title = `# ${claim.charAt(0).toUpperCase()}${claim.slice(1)}`;
      expect(readFileSync(join(folder, 'README.md'), 'utf8').split('\n')[0]).toBe(title);
    });
  }

  it('name what is wrong with a script', () => {
    const cluster = { hosts: { h1: { memoryMib: 1024 } } };
    const script = [{ at: 1, do: 'fly' }];
    const flying = { claim: 'c', cluster, script, until: 2 };
    expect(() => readScenario('x', flying)).toThrow('x, script 1: nobody knows how to do fly');
    const wrong = { claim: 'c', cluster, script: [], until: 2, untill: 3 };
    expect(() => readScenario('x', wrong)).toThrow('nobody reads untill');
  });
});
