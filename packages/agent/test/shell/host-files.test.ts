/** What the host's files say, and what a dead server leaves of it. */
import { stat } from 'node:fs/promises';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HostFiles, type StorageCalls } from '../../src/shell/host-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'drover-'));
const image = join(folder, 'a.qcow2');
writeFileSync(image, 'x');

/** A dead server under one path: its calls have no end. */
const dead = join(folder, 'dead');
let hanging = 0;
const unless =
  <T extends (path: string, ...rest: never[]) => Promise<unknown>>(call: T) =>
  (path: string, ...rest: never[]) => {
    if (!path.startsWith(dead)) return call(path, ...rest);
    hanging += 1;
    return new Promise<never>(() => {});
  };
const calls = { stat: unless(stat) } as unknown as StorageCalls;

describe('the host’s files', () => {
  it('have a kind and an inode, or are missing', async () => {
    const files = new HostFiles();
    const { ino } = await stat(image, { bigint: true });
    expect(await files.look(image)).toEqual({ type: 'file', inode: String(ino) });
    expect(await files.look(folder)).toMatchObject({ type: 'folder' });
    expect(await files.look(join(folder, 'b'))).toEqual({ type: 'missing' });
  });

  it('on a dead server are silent, and those beside it are not', async () => {
    const files = new HostFiles('/', calls, { patienceMs: 20 });
    expect(await files.look(join(dead, 'a'))).toEqual({ type: 'silent' });
    expect(await files.look(image)).toMatchObject({ type: 'file' });
    expect(hanging).toBeLessThanOrEqual(2);
    expect(await files.isDevice('lo')).toBe(true);
  });
});
