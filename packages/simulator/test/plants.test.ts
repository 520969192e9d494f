/** Are the checkers alive? Each planted bug must be found in time, and nothing must be found without one. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plantIn, readPlanted } from '../src/planting.ts';
import { plants } from '../src/plants.ts';

const main = join(import.meta.dirname, '../src/main.ts');

function run(
  ...words: readonly string[]
): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (out += text));
  }
  const { promise, resolve } = Promise.withResolvers<{ code: number | null; out: string }>();
  child.on('close', (code) => resolve({ code, out }));
  return promise;
}

describe('a swarm', () => {
  it.each(plants)('finds $name: $says', { timeout: 90_000 }, async ({ name, breaks }) => {
    const { code, out } = await run('--swarm', '60s', '--plant', name);
    expect(out).toMatch(/^BROKEN [a-z-]+ with seed \d+/m);
    expect(breaks).toContain(/^BROKEN ([a-z-]+)/m.exec(out)?.[1]);
    expect(out).toContain(`--trace --plant ${name}`);
    expect(code).toBe(1);
  });

  it('finds nothing where nothing is planted', { timeout: 60_000 }, async () => {
    const { code, out } = await run('--swarm', '20s');
    expect(out).toContain('all promises held');
    expect(code).toBe(0);
  });
});

describe('the command', () => {
  it('shows a seed’s run, and all of its trace when asked', async () => {
    const short = await run('--seed', '42');
    expect(short.out).toContain('result      all promises held');
    expect(short.code).toBe(0);
    const long = await run('--seed', '42', '--trace');
    expect(long.out).toMatch(/^ +0\.000 {2}h1 +agent starts, life 1$/m);
  });

  it.each([
    [],
    ['--seed', '1', '--swarm', '1s'],
    ['--seed', 'x'],
    ['--swarm', 'long'],
    ['--plant', 'x'],
  ])('says what it needs when given %j', async (...words) => {
    const { code } = await run(...words);
    expect(code).toBe(2);
  });
});

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
