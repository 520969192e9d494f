/**
 * How a file that is whole gets its name: what is to be known of it is written down first, then it is linked under its
 * name, which only works where nothing is. Cut off anywhere, it is there with its facts or not there at all. Done again by the
 * same operation it finds what is there. Facts go by way of the quarantine as well: who has lost that changes nothing.
 */
import { constants } from 'node:fs';
import { link, open, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, relative } from 'node:path';
import { DroverError, parseValue, StoredFacts, type VolumeFormat } from '@drover/protocol';
import { inodeOf } from '../inode.ts';
import type { Made } from './job-context.ts';
import { ownFolder, type PoolFolder } from './pool-folder.ts';

const facts = `${ownFolder}/facts`;

/** Beside each file that has a name. */
export interface Sidecar {
  readonly v: 1;
  readonly opId: string;
  readonly stored: StoredFacts;
}

/** What it asks of the disk, in this order; another one only in tests. */
export interface PublishCalls {
  readonly own: (pool: PoolFolder, path: string) => Promise<void>;
  /** Returns when it is on the disk. */
  readonly sync: (path: string) => Promise<void>;
  readonly write: (path: string, text: string) => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  readonly link: (from: string, to: string) => Promise<void>;
}

export const diskCalls: PublishCalls = {
  own: (pool, path) => pool.own(path),
  sync: async (path) => {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    await file.sync();
  },
  write: (path, text) => writeFile(path, text, { mode: 0o600 }),
  rename,
  link,
};

export interface Publishing {
  readonly opId: string;
  /** Below the pool. */
  readonly quarantine: string;
  readonly made: Made;
  readonly file: string;
}

export async function publish(
  pool: PoolFolder,
  { opId, quarantine, made, file }: Publishing,
  calls: PublishCalls = diskCalls,
): Promise<StoredFacts> {
  const path = `${quarantine}/${relative(pool.absolute(quarantine), made.path)}`;
  await calls.own(pool, pool.at(path));
  await calls.sync(pool.at(path));
  const stored = { ...(await factsOf(pool, path, made)), file };
  await writeFacts(pool, quarantine, { v: 1, opId, stored }, calls);
  try {
    await calls.link(pool.at(path), pool.at(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // A server may have done it, and then not have known its own answer.
    const there = await pool.look(file);
    if (inodeOf(there?.ino ?? 0) !== stored.inode) throw taken(pool, file);
  }
  await calls.sync(pool.at('.'));
  return stored;
}

/** What is known of a file changed: its content did, and its name did not. */
export async function writeFacts(
  pool: PoolFolder,
  quarantine: string,
  sidecar: Sidecar,
  calls: PublishCalls = diskCalls,
): Promise<void> {
  const unnamed = pool.at(`${quarantine}/facts.json`);
  await calls.write(unnamed, JSON.stringify(sidecar));
  await calls.own(pool, unnamed);
  await calls.sync(unnamed);
  await calls.rename(unnamed, pool.at(`${facts}/${sidecar.stored.file}.json`));
  await calls.sync(pool.at(facts));
}

/** The facts of the file where this operation has published it; nothing where there is no such file yet. */
export async function published(
  pool: PoolFolder,
  file: string,
  opId: string,
): Promise<StoredFacts | undefined> {
  const there = await pool.look(file);
  if (there === undefined) return undefined;
  const sidecar = await readFacts(pool, file);
  const isOurs = sidecar?.opId === opId && sidecar.stored.inode === inodeOf(there.ino);
  if (!isOurs) throw taken(pool, file);
  return sidecar.stored;
}

export async function readFacts(pool: PoolFolder, file: string): Promise<Sidecar | undefined> {
  try {
    const text = await readFile(pool.at(factsFile(file)), 'utf8');
    const { opId, stored } = JSON.parse(text) as Partial<Sidecar>;
    const parsed = parseValue(StoredFacts, stored);
    return parsed.ok && typeof opId === 'string' ? { v: 1, opId, stored: parsed.value } : undefined;
  } catch {
    // Not there, or not ours.
    return undefined;
  }
}

export function factsFile(file: string): string {
  return `${facts}/${file}.json`;
}

/** As the file is now. */
export async function factsOf(
  pool: PoolFolder,
  file: string,
  of: { readonly format: VolumeFormat; readonly virtualBytes: number; readonly sha256?: string },
): Promise<StoredFacts> {
  const found = await pool.look(file);
  if (found === undefined) throw new DroverError('job-failed', `${pool.absolute(file)} is gone`);
  const { format, virtualBytes, sha256 } = of;
  return {
    file: basename(file),
    format,
    virtualBytes,
    storedBytes: found.size,
    allocatedBytes: found.blocks * 512,
    ...(sha256 === undefined ? {} : { sha256 }),
    changedMs: Math.floor(found.mtimeMs),
    inode: inodeOf(found.ino),
  };
}

function taken(pool: PoolFolder, file: string): DroverError {
  return new DroverError(
    'job-failed',
    `${pool.absolute(file)} is there already, and this operation did not make it`,
  );
}
