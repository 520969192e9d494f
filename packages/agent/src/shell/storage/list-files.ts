/**
 * What lies in a pool's directory of Drover's naming: files by their name, and folders of the quarantine, each with what is in it.
 * Looks, changes nothing and opens no file; whose each is, is for the records to say.
 */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { filesAtOnce, type PoolEntry, quarantineFolder, readPoolPlace } from '@drover/protocol';
import { inodeOf } from '../inode.ts';
import type { PoolFolder } from './pool-folder.ts';

export interface ListAsk {
  readonly after?: string;
  readonly only?: string;
}

export interface Listed {
  readonly files: readonly PoolEntry[];
  readonly isMore: boolean;
}

/** In the order of names. */
export async function listFiles(
  pool: PoolFolder,
  { after = '', only }: ListAsk,
  nowMs: number,
): Promise<Listed> {
  if (only !== undefined) {
    const entry = await entryOf(pool, only, nowMs);
    return { files: entry === undefined ? [] : [entry], isMore: false };
  }
  const names = [
    ...(await namesIn(pool.at('.'))),
    ...(await namesIn(pool.at(quarantineFolder))).map((name) => quarantineFolder + name),
  ];
  const asked = names
    .filter((name) => name > after && readPoolPlace(name) !== undefined)
    .toSorted((a, b) => (a < b ? -1 : 1));
  const page = asked.slice(0, filesAtOnce);
  const files: PoolEntry[] = [];
  for (const name of page) {
    const entry = await entryOf(pool, name, nowMs);
    if (entry !== undefined) files.push(entry);
  }
  return { files, isMore: asked.length > page.length };
}

/** Nothing where there is none, or it is of another kind than its name says. */
export async function entryOf(
  pool: PoolFolder,
  file: string,
  nowMs: number,
): Promise<PoolEntry | undefined> {
  const isFolder = readPoolPlace(file)?.kind === 'unfinished';
  const found = await lstat(pool.at(file)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined || (isFolder ? !found.isDirectory() : !found.isFile())) return undefined;
  const inside = isFolder ? await filesIn(pool.at(file)) : [];
  const all = isFolder ? inside : [found];
  const changedMs = Math.floor(Math.max(found.mtimeMs, ...inside.map((one) => one.mtimeMs)));
  return {
    file,
    bytes: all.reduce((sum, { size }) => sum + size, 0),
    allocatedBytes: all.reduce((sum, { blocks }) => sum + blocks * 512, 0),
    changedMs,
    inode: inodeOf(found.ino),
    ageMs: Math.max(0, Math.floor(nowMs) - changedMs),
  };
}

/** Plain ones, whatever else is there. */
async function filesIn(folder: string) {
  const found = [];
  for (const name of await namesIn(folder)) {
    const one = await lstat(join(folder, name)).catch(() => undefined);
    if (one?.isFile() === true) found.push({ name, ...facts(one) });
  }
  return found;
}

function facts({ size, blocks, mtimeMs }: Awaited<ReturnType<typeof lstat>>) {
  return { size: Number(size), blocks: Number(blocks), mtimeMs: Number(mtimeMs) };
}

async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
