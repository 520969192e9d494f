/**
 * Deletes one file that no record names, by a person's word: only as it was when it was judged, only where no VM has it open
 * and no other file of the pool stands on it. Done again it finds it gone.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { DroverError, type PoolEntry, readPoolPlace, type StorageJob } from '@drover/protocol';
import { remove } from './change.ts';
import { entryOf } from './list-files.ts';
import type { PoolFolder } from './pool-folder.ts';
import { checkUnused, type ToolWatch } from './qemu-img.ts';

type Job = Extract<StorageJob, { job: 'delete-orphan' }>;

/** Throws `not-an-orphan`, `volume-in-use`. */
export async function deleteOrphan(
  { file, facts }: Job,
  pool: PoolFolder,
  watch: ToolWatch,
): Promise<void> {
  const name = readPoolPlace(file);
  if (name === undefined) {
    throw new DroverError('not-an-orphan', `${file} is no name that Drover gives to files`);
  }
  const found = await entryOf(pool, file, Date.now());
  if (found !== undefined) refuseChanged(pool, found, facts);
  if (name.kind === 'unfinished') return removeFolder(pool, file, watch);
  const above = found === undefined ? undefined : await standsOn(pool, file);
  if (above !== undefined) {
    const message = `${pool.absolute(above)} stands on ${file}: delete that first, if it is an orphan too`;
    throw new DroverError('volume-in-use', message);
  }
  await remove(pool, file, watch);
}

function refuseChanged(pool: PoolFolder, found: PoolEntry, facts: Job['facts']): void {
  const now = { storedBytes: found.bytes, changedMs: found.changedMs, inode: found.inode };
  const differs = (['storedBytes', 'changedMs', 'inode'] as const).find(
    (one) => now[one] !== facts[one],
  );
  if (differs === undefined) return;
  throw new DroverError(
    'not-an-orphan',
    `${pool.absolute(found.file)} was changed since it was judged: its ${differs} was ${facts[differs]} and is ${now[differs]}`,
  );
}

/** By a new name first: who still works there can publish nothing any more. */
async function removeFolder(pool: PoolFolder, folder: string, watch: ToolWatch): Promise<void> {
  const gone = `${folder}~gone-${randomBytes(6).toString('hex')}`;
  try {
    for (const entry of await readdir(pool.at(folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isFile()) await checkUnused(pool.absolute(path), watch);
    }
    await rename(pool.at(folder), pool.at(gone));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await rm(pool.at(gone), { recursive: true, force: true });
}

const magic = 0x51_46_49_fb;
const headBytes = 4_096;

/** A file of the pool, of whatever name, that is a qcow2 on this one. Names are made of ids: no other is meant by one. */
async function standsOn(pool: PoolFolder, file: string): Promise<string | undefined> {
  for (const entry of await readdir(pool.at('.'), { withFileTypes: true })) {
    if (!entry.isFile() || entry.name === file) continue;
    const below = await backingOf(pool, entry.name);
    if (below !== undefined && below.includes(file)) return entry.name;
  }
  return undefined;
}

async function backingOf(pool: PoolFolder, file: string): Promise<string | undefined> {
  const { O_RDONLY, O_NONBLOCK } = constants;
  try {
    await using handle = await pool.open(file, O_RDONLY | O_NONBLOCK);
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await handle.read(head, 0, headBytes, 0);
    if (bytesRead < 20 || head.readUInt32BE(0) !== magic) return undefined;
    const offset = Number(head.readBigUInt64BE(8));
    const length = head.readUInt32BE(16);
    if (offset === 0 || length === 0 || length > 1_023) return undefined;
    const name = Buffer.alloc(length);
    await handle.read(name, 0, length, offset);
    return name.toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
