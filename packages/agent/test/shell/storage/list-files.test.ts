/** What lies in a pool's directory of Drover's naming, and what a deletion of it refuses before any tool is asked. */
import { mkdir, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesAtOnce } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteOrphan } from '../../../src/shell/storage/delete-orphan.ts';
import { listFiles } from '../../../src/shell/storage/list-files.ts';
import { type TestPool, testPool } from '../../support/pool.ts';

const id = '99999999-0000-4000-8000-00000000000a';
const disk = `${id}.qcow2`;
const folder = '.drover/quarantine/op1';
const now = Date.now();
let pool: TestPool;

beforeEach(async () => {
  pool = await testPool();
  await mkdir(join(pool.path, folder), { recursive: true });
});

afterEach(() => pool[Symbol.asyncDispose]());

async function put(file: string, content: string | Buffer = 'x', ageMs = 0): Promise<void> {
  const path = join(pool.path, file);
  await writeFile(path, content);
  const at = new Date(now - ageMs);
  await utimes(path, at, at);
}

const list = (ask: Parameters<typeof listFiles>[1] = {}) => listFiles(pool.folder, ask, now);
const names = ({ files }: Awaited<ReturnType<typeof list>>) => files.map(({ file }) => file);

describe('a list', () => {
  it('has what is called as files of Drover are, with its size and age, and nothing else', async () => {
    await put(disk, 'x'.repeat(10_000), 60_000);
    await put(`.${id}-seed-0123456789ab.iso.part`);
    await put('debian.qcow2');
    await symlink('/etc/passwd', join(pool.path, `${id}-1.qcow2`));
    await mkdir(join(pool.path, `${id}-2.qcow2`));
    const { files, isMore } = await list();
    expect(isMore).toBe(false);
    expect(files.map(({ file }) => file)).toEqual([
      `.${id}-seed-0123456789ab.iso.part`,
      folder,
      disk,
    ]);
    const { bytes, allocatedBytes, ageMs, changedMs } = files[2] ?? {};
    expect({ bytes, changedMs }).toEqual({ bytes: 10_000, changedMs: now - 60_000 });
    expect(allocatedBytes).toBeGreaterThanOrEqual(0);
    expect(ageMs).toBe(60_000);
  });

  it('tells of a folder all that is in it, and its youngest age', async () => {
    await put(`${folder}/memory`, 'x'.repeat(5_000), 90_000);
    await put(`${folder}/host.json`, '{}', 30_000);
    const at = new Date(now - 200_000);
    await utimes(join(pool.path, folder), at, at);
    const { files } = await list({ only: folder });
    expect(files).toMatchObject([{ file: folder, bytes: 5_002, ageMs: 30_000 }]);
  });

  it('is given in pieces, each after the last one’s end', async () => {
    const all = Array.from({ length: filesAtOnce + 3 }, (_, index) => {
      const digits = index.toString(16).padStart(12, '0');
      return `99999999-0000-4000-8000-${digits}.raw`;
    });
    await Promise.all(all.map((file) => put(file)));
    const first = await list({ after: folder });
    expect(first.isMore).toBe(true);
    const last = await list({ after: first.files.at(-1)?.file ?? '' });
    expect(last.isMore).toBe(false);
    expect([...names(first), ...names(last)]).toEqual(all);
  });

  it('of one file is that, or nothing', async () => {
    await put(disk);
    expect(names(await list({ only: disk }))).toEqual([disk]);
    expect(names(await list({ only: `${id}.raw` }))).toEqual([]);
  });
});

describe('a deletion', () => {
  const watch = { signal: new AbortController().signal };
  const order = async (file: string, more: object = {}) => {
    const [found] = (await list({ only: file })).files;
    const { bytes = 0, changedMs = 0, inode = 0 } = found ?? {};
    const facts = { storedBytes: bytes, changedMs, inode, ...more };
    return { job: 'delete-orphan', pool: pool.pool, file, facts } as const;
  };
  const refused = async (job: Parameters<typeof deleteOrphan>[0]) =>
    deleteOrphan(job, pool.folder, watch).then(
      () => 'deleted',
      (error: { code?: string }) => error.code,
    );

  it.each([{ storedBytes: 9 }, { changedMs: 9 }, { inode: 9 }])(
    'of what was changed since it was judged is refused: %j',
    async (more) => {
      await put(disk);
      expect(await refused(await order(disk, more))).toBe('not-an-orphan');
      expect(names(await list({ only: disk }))).toEqual([disk]);
    },
  );

  it('of a file that another one has replaced is refused', async () => {
    await put(disk);
    const job = await order(disk);
    await put('other', 'x');
    await rename(join(pool.path, 'other'), join(pool.path, disk));
    expect(await refused(job)).toBe('not-an-orphan');
  });

  it('of what is not called as files of Drover are is refused', async () => {
    await put('debian.qcow2');
    const facts = { storedBytes: 1, changedMs: now, inode: 1 };
    const job = { job: 'delete-orphan', pool: pool.pool, file: 'debian.qcow2', facts } as const;
    expect(await refused(job)).toBe('not-an-orphan');
    expect(await pool.files()).toContain('debian.qcow2');
  });

  it.each(['', '/elsewhere/'])(
    'of what another file stands on is refused, whatever that is called (%s)',
    async (where) => {
      await put(disk);
      const name = `${where}${disk}`;
      const head = Buffer.alloc(4_096);
      head.writeUInt32BE(0x51_46_49_fb, 0);
      head.writeBigUInt64BE(600n, 8);
      head.writeUInt32BE(name.length, 16);
      head.write(name, 600);
      await put('somebody.img', head);
      expect(await refused(await order(disk))).toBe('volume-in-use');
      expect(await pool.files()).toContain(disk);
    },
  );

  it('of what is gone already is done', async () => {
    expect(await refused(await order(disk))).toBe('deleted');
    expect(await refused(await order('.drover/quarantine/op9'))).toBe('deleted');
  });
});
