/** Pieces written to a file in large ones: all of them, in order, and none behind one that failed. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatheredWrites } from '../src/gathered-writes.ts';

const content = randomBytes(5_000_003);
let folder: string;
let path: string;
let file: FileHandle;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-gathered-'));
  path = join(folder, 'file');
  file = await open(path, 'w+');
});

afterEach(async () => {
  await file.close();
  await rm(folder, { recursive: true });
});

/** A file that fails, or waits, where it is told to. */
function calling(write: (length: number, position: number) => Promise<number>): FileHandle {
  const calls: Pick<FileHandle, 'write' | 'sync' | 'datasync'> = {
    sync: () => file.sync(),
    datasync: () => file.datasync(),
    write: (async (bytes: Buffer, at: number, length: number, position: number) => {
      const most = await write(length, position);
      return file.write(bytes, at, most, position);
    }) as FileHandle['write'],
  };
  return calls as FileHandle;
}

async function add(writes: GatheredWrites, from: number, to: number, step: number) {
  for (let at = from; at < to; at += step) {
    // As a stream that uses its memory again.
    const piece = Buffer.from(content.subarray(at, Math.min(to, at + step)));
    await writes.add(piece);
    piece.fill(0);
  }
}

describe('pieces that are gathered', () => {
  it.each([1_000, 16_384, 1024 * 1024, 3_000_000])(
    'of %i bytes are all in the file',
    async (step) => {
      const writes = new GatheredWrites(file, 0);
      await add(writes, 0, content.length, step);
      expect(writes.end).toBe(content.length);
      await writes.sync();
      expect((await readFile(path)).equals(content)).toBe(true);
    },
  );

  it('are written by few calls, though the system takes less at once than it is given', async () => {
    const lengths: number[] = [];
    const short = calling(async (length) => {
      lengths.push(length);
      return Math.min(length, 200_000);
    });
    const writes = new GatheredWrites(short, 0);
    await add(writes, 0, content.length, 1_000);
    await writes.flush();
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(lengths.length).toBeLessThan(200);
  });

  it('are written when nothing follows them', async () => {
    const writes = new GatheredWrites(file, 0);
    await add(writes, 0, 1_000, 1_000);
    const end = performance.now() + 10_000;
    while ((await file.stat()).size < 1_000 && performance.now() < end) await turn();
    expect((await file.stat()).size).toBe(1_000);
    await add(writes, 1_000, content.length, 16_384);
    await writes.flush();
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  it('are not written behind one that failed', async () => {
    const full = calling(async (length, position) => {
      if (position > 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      return length;
    });
    const writes = new GatheredWrites(full, 0);
    const failure = { code: 'ENOSPC' };
    await expect(add(writes, 0, content.length, 16_384)).rejects.toMatchObject(failure);
    await expect(writes.flush()).rejects.toMatchObject(failure);
    await expect(writes.sync()).rejects.toMatchObject(failure);
    expect((await readFile(path)).equals(content.subarray(0, 256 * 1024))).toBe(true);
  });
});
