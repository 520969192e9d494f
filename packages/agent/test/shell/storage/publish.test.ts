/** How a file gets its name: all of it or nothing, wherever it is cut off, and once. */
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  diskCalls,
  publish,
  type PublishCalls,
  published,
  readFacts,
} from '../../../src/shell/storage/publish.ts';
import { enterQuarantine, leaveQuarantine } from '../../../src/shell/storage/quarantine.ts';
import { ownerOf, type TestPool, testPool } from '../../support/pool.ts';

const owner = ownerOf('h1');
let pool: TestPool;

beforeEach(async () => {
  pool = await testPool();
});

afterEach(() => pool[Symbol.asyncDispose]());

/** As a job does it: made in quarantine, then given its name. */
async function makeAndPublish(opId: string, text: string, calls?: PublishCalls) {
  const { folder } = pool;
  const quarantine = await enterQuarantine(folder, { opId, owner });
  const there = await published(folder, 'v', opId);
  if (there !== undefined) return there;
  const path = join(folder.absolute(quarantine), 'made');
  await writeFile(path, text);
  const made = { path, format: 'raw', virtualBytes: text.length } as const;
  return publish(folder, { opId, quarantine, made, file: 'v' }, calls);
}

/** The disk fails at its call of that number, from 1, before it does anything, or right after. */
function failingAt(number: number, when: 'before' | 'after') {
  let count = 0;
  const failing = <A extends readonly unknown[]>(call: (...args: A) => Promise<void>) => {
    return async (...args: A): Promise<void> => {
      count += 1;
      const isNow = count === number;
      if (isNow && when === 'before') throw new Error('cut off');
      await call(...args);
      if (isNow) throw new Error('cut off');
    };
  };
  const calls: PublishCalls = {
    own: failing(diskCalls.own),
    sync: failing(diskCalls.sync),
    write: failing(diskCalls.write),
    rename: failing(diskCalls.rename),
    link: failing(diskCalls.link),
  };
  return { calls, count: () => count };
}

describe('a file that is published', () => {
  it('is there with its facts, and nothing else is left', async () => {
    const stored = await makeAndPublish('op1', 'hello');
    await leaveQuarantine(pool.folder, { opId: 'op1', owner });
    expect(stored).toMatchObject({ file: 'v', format: 'raw', virtualBytes: 5, storedBytes: 5 });
    expect(await readFacts(pool.folder, 'v')).toEqual({ v: 1, opId: 'op1', stored });
    expect(await pool.files()).toEqual(['.drover/facts/v.json', 'v']);
  });

  it('cut off at any call is there whole with its facts or not at all, and done again is', async () => {
    const { calls, count } = failingAt(Number.POSITIVE_INFINITY, 'before');
    await makeAndPublish('op0', 'hello', calls);
    expect(count()).toBeGreaterThan(6);
    const seen = new Set<string>();
    for (let number = 1; number <= count(); number += 1) {
      for (const when of ['before', 'after'] as const) {
        await rm(join(pool.path, 'v'), { force: true });
        const opId = `op-${number}-${when}`;
        const cut = makeAndPublish(opId, 'hello', failingAt(number, when).calls);
        await expect(cut).rejects.toThrow('cut off');
        const visible = await pool.visible();
        const stored = visible.length > 0 ? await published(pool.folder, 'v', opId) : undefined;
        seen.add(JSON.stringify([visible, stored?.storedBytes]));
        const again = await makeAndPublish(opId, 'hello');
        expect(await published(pool.folder, 'v', opId)).toEqual(again);
        await leaveQuarantine(pool.folder, { opId, owner });
      }
    }
    expect([...seen].toSorted()).toEqual([
      JSON.stringify([['v'], 5]),
      JSON.stringify([[], undefined]),
    ]);
    expect(await pool.files()).toEqual([
      '.drover/facts/v.json',
      '.drover/quarantine/op0/host.json',
      '.drover/quarantine/op0/made',
      'v',
    ]);
  });

  it('never takes the place of what is there', async () => {
    const stored = await makeAndPublish('op1', 'hello');
    await expect(makeAndPublish('op2', 'other')).rejects.toMatchObject({ code: 'job-failed' });
    expect(await readFacts(pool.folder, 'v')).toEqual({ v: 1, opId: 'op1', stored });
  });

  it('comes too late where something else has the name by then', async () => {
    const { folder, path } = pool;
    const calls: PublishCalls = {
      ...diskCalls,
      link: async (from, to) => {
        await writeFile(join(path, 'v'), 'somebody else was quicker');
        await diskCalls.link(from, to);
      },
    };
    await expect(makeAndPublish('op1', 'hello', calls)).rejects.toThrow('is there already');
    await expect(published(folder, 'v', 'op1')).rejects.toThrow('did not make it');
  });

  it('is taken as done where the server forgot that it did it', async () => {
    const calls: PublishCalls = {
      ...diskCalls,
      link: async (from, to) => {
        await diskCalls.link(from, to);
        await diskCalls.link(from, to);
      },
    };
    expect(await makeAndPublish('op1', 'hello', calls)).toMatchObject({ storedBytes: 5 });
  });

  it('cannot be given its name by a host that has lost the operation to another', async () => {
    const calls: PublishCalls = {
      ...diskCalls,
      // At the latest moment at which it still can be taken away.
      link: async (from, to) => {
        await enterQuarantine(pool.folder, { opId: 'op1', owner: ownerOf('h2') });
        await diskCalls.link(from, to);
      },
    };
    await expect(makeAndPublish('op1', 'hello', calls)).rejects.toThrow('ENOENT');
    expect(await pool.visible()).toEqual([]);
  });

  it('is no link and no folder', async () => {
    await symlink('/etc/passwd', join(pool.path, 'v'));
    await expect(makeAndPublish('op1', 'hello')).rejects.toThrow('is no file of its own');
    await rm(join(pool.path, 'v'));
    await mkdir(join(pool.path, 'v'));
    await expect(makeAndPublish('op1', 'hello')).rejects.toThrow('is no file of its own');
  });
});
