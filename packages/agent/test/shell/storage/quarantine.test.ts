/** Whose folder it is in which a file is made, and what becomes of folders that nobody works in any more. */
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  enterQuarantine,
  leaveQuarantine,
  shareQuarantine,
  sweepQuarantine,
} from '../../../src/shell/storage/quarantine.ts';
import { ownerOf, type TestPool, testPool } from '../../support/pool.ts';

const opId = 'op1';
const h1 = ownerOf('h1');
const h1Later = ownerOf('h1', 2);
const h2 = ownerOf('h2');
const place = `.drover/quarantine/${opId}`;
let pool: TestPool;

beforeEach(async () => {
  pool = await testPool();
});

afterEach(() => pool[Symbol.asyncDispose]());

const put = (name: string, text = 'x', folder = place) =>
  writeFile(join(pool.path, folder, name), text);
const names = async () =>
  (await pool.files()).map((file) => file.replace('.drover/quarantine/', ''));

describe('the quarantine of an operation', () => {
  it('says whose it is, and is gone when it is left', async () => {
    expect(await enterQuarantine(pool.folder, { opId, owner: h1 })).toBe(place);
    expect(JSON.parse(await readFile(join(pool.path, place, 'host.json'), 'utf8'))).toEqual(h1);
    await put('made');
    await leaveQuarantine(pool.folder, { opId, owner: h1 });
    expect(await pool.files()).toEqual([]);
  });

  it('is empty for the next job, but for what was received', async () => {
    await enterQuarantine(pool.folder, { opId, owner: h1 });
    await Promise.all([put('made'), put('received')]);
    await enterQuarantine(pool.folder, { opId, owner: h1Later });
    expect(await names()).toEqual(['op1/host.json', 'op1/received']);
  });

  it('is shared by those who work side by side', async () => {
    await enterQuarantine(pool.folder, { opId, owner: h1 });
    await put('received');
    await put('unfinished');
    expect(await shareQuarantine(pool.folder, { opId, owner: h1 })).toBe(place);
    expect(await names()).toEqual(['op1/host.json', 'op1/received', 'op1/unfinished']);
  });

  it.each([
    ['another host', { opId, owner: h2 }],
    ['a process that cannot be ended', { opId, owner: h1, isFenced: true }],
  ])('is taken from %s by a new name, and then left to it', async (_, entering) => {
    await enterQuarantine(pool.folder, { opId, owner: h1 });
    await put('made', 'of the first');
    await enterQuarantine(pool.folder, entering);
    const all = await names();
    expect(all).toContain('op1/host.json');
    expect(all).not.toContain('op1/made');
    expect(all.filter((name) => /^op1~[0-9a-f]+\/made$/.test(name))).toHaveLength(1);
    expect(await sweepQuarantine(pool.folder, entering.owner, Date.now())).toHaveLength(
      entering.owner === h2 ? 1 : 0,
    );
    expect(await names()).toEqual(all);
  });

  it('with what another host has received goes on only where that is all of it', async () => {
    const take = async (takesReceived: boolean) => {
      await enterQuarantine(pool.folder, { opId, owner: h1 });
      await put('received');
      await enterQuarantine(pool.folder, { opId, owner: h2, takesReceived });
      const isThere = (await names()).includes('op1/received');
      await leaveQuarantine(pool.folder, { opId, owner: h2 });
      return isThere;
    };
    expect([await take(false), await take(true)]).toEqual([false, true]);
  });

  it('is not taken away by who has lost it', async () => {
    await enterQuarantine(pool.folder, { opId, owner: h1 });
    await enterQuarantine(pool.folder, { opId, owner: h2 });
    await leaveQuarantine(pool.folder, { opId, owner: h1 });
    expect(await names()).toContain('op1/host.json');
  });
});

describe('a sweep', () => {
  it('removes what earlier lives of the host left, and nothing that is under way', async () => {
    await enterQuarantine(pool.folder, { opId: 'old', owner: h1 });
    await enterQuarantine(pool.folder, { opId: 'now', owner: h1Later });
    await put('made', 'x', '.drover/quarantine/old');
    await put('made', 'x', '.drover/quarantine/now');
    expect(await sweepQuarantine(pool.folder, h1Later, Date.now())).toEqual([]);
    expect(await names()).toEqual(['now/host.json', 'now/made']);
  });

  it('removes what was cut off before it had its name', async () => {
    await mkdir(join(pool.path, '.drover/quarantine/op1~new~h1~00'), { recursive: true });
    expect(await sweepQuarantine(pool.folder, h1, Date.now() + 61_000)).toEqual([]);
    await expect(readFile(join(pool.path, '.drover/quarantine/op1~new~h1~00'))).rejects.toThrow(
      'ENOENT',
    );
  });

  it('keeps what was received, as long as somebody may go on with it', async () => {
    await enterQuarantine(pool.folder, { opId, owner: h1 });
    await Promise.all([put('received'), put('made')]);
    await sweepQuarantine(pool.folder, h1Later, Date.now());
    expect(await names()).toEqual(['op1/host.json', 'op1/received']);
    const longAgo = new Date(Date.now() - 25 * 3_600_000);
    await utimes(join(pool.path, place, 'received'), longAgo, longAgo);
    await sweepQuarantine(pool.folder, h1Later, Date.now());
    expect(await pool.files()).toEqual([]);
  });

  it('tells of other hosts’ and of nobody’s, and leaves them', async () => {
    await enterQuarantine(pool.folder, { opId, owner: h2 });
    await mkdir(join(pool.path, '.drover/quarantine/whose'));
    await put('thing', 'x', '.drover/quarantine/whose');
    const found = await sweepQuarantine(pool.folder, h1, Date.now() + 10_000);
    expect(found.toSorted((a, b) => (a.folder < b.folder ? -1 : 1))).toEqual([
      { folder: 'op1', hostId: 'h2', idleMs: expect.any(Number) },
      { folder: 'whose', idleMs: expect.any(Number) },
    ]);
    expect(found.every(({ idleMs }) => idleMs > 5_000)).toBe(true);
    expect(await names()).toEqual(['op1/host.json', 'whose/thing']);
  });
});
