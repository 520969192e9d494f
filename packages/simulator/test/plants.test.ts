/** Are the checkers alive? Each planted bug must be found in time, and nothing must be found without one. */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plants } from '../src/plants.ts';

const main = join(import.meta.dirname, '../src/main.ts');
const scenarios = join(import.meta.dirname, '../../../test/scenarios');

interface Ran {
  readonly code: number | null;
  readonly out: string;
}

function run(...words: readonly string[]): Promise<Ran> {
  return runIn(import.meta.dirname, ...words);
}

function runIn(cwd: string, ...words: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [main, ...words], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (out += text));
  }
  const { promise, resolve } = Promise.withResolvers<{ code: number | null; out: string }>();
  child.on('close', (code) => resolve({ code, out }));
  return promise;
}

/** A scenario that is swept or played, or a swarm: some seeds where it is known which find it, else many. */
function finder(foundBy: string | undefined): readonly string[] {
  if (foundBy === undefined) return ['--swarm', '500', '--no-shrink'];
  const seed = /^swarm from (\d+)$/.exec(foundBy)?.[1];
  if (seed !== undefined) return ['--swarm', '25', '--from', seed, '--no-shrink'];
  const [how = '', scenario = ''] = foundBy.split(' ');
  return [`--${how}`, join(scenarios, scenario, 'scenario.yaml')];
}

describe('what is planted is found', () => {
  it.each(plants)('$name: $says', { timeout: 180_000 }, async ({ name, breaks, foundBy }) => {
    const { code, out } = await run(...finder(foundBy), '--plant', name);
    expect(breaks).toContain(/^BROKEN ([a-z-]+) with/m.exec(out)?.[1]);
    expect(out).toContain(`--plant ${name}`);
    expect(code).toBe(1);
  });

  it.each(plants.flatMap(({ name, foundBy }) => (foundBy === undefined ? [] : [[name, foundBy]])))(
    '%s, and nothing without it: %s',
    { timeout: 180_000 },
    async (_, foundBy) => {
      const { code, out } = await run(...finder(foundBy));
      expect(out).toContain('all promises held');
      expect(code).toBe(0);
    },
  );
});

describe('a swarm', () => {
  it('makes a broken run smaller, and writes it down to be played again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drover-'));
    const planted = ['--plant', 'memory-not-looked-at'];
    const { out } = await runIn(folder, '--swarm', '60', ...planted);
    const [, before = '0', after = '99'] = /(\d+) steps to (\d+)/.exec(out) ?? [];
    expect(Number(after)).toBeLessThanOrEqual(Number(before) / 2);
    const file = join(folder, /broken-seed-\d+\.yaml/.exec(out)?.[0] ?? 'none');
    expect((await run('--replay', file, ...planted)).out).toContain('BROKEN within-capacity');
    expect((await run('--replay', file)).out).toContain('all promises held');
  });

  it('finds nothing where nothing is planted, in its time', { timeout: 60_000 }, async () => {
    const { code, out } = await run('--swarm', '2s', '--from', '301');
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
    ['--replay', 'no-such-file.yaml'],
    ['--plant', 'x'],
  ])('says what it needs when given %j', async (...words) => {
    const { code } = await run(...words);
    expect(code).toBe(2);
  });
});
