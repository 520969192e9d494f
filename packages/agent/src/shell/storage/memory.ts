/**
 * What is done with the file of a VM's saved memory besides what libvirt does: a place for it, its name once it is whole, and
 * that only one run ever comes of it. Taking it is one rename out of reach: of several hosts one succeeds, and whoever asks
 * later finds that it was taken.
 */
import { link, rename, statfs, unlink } from 'node:fs/promises';
import { DroverError, type FileFacts, type StorageJob, type StoredFacts } from '@drover/protocol';
import { inodeOf } from '../inode.ts';
import { isWholeMemory } from './memory-header.ts';
import { ownFolder, type PoolFolder } from './pool-folder.ts';
import { diskCalls, publish, published } from './publish.ts';
import {
  enterQuarantine,
  foldersOf,
  leaveQuarantine,
  memoryName,
  type Owner,
} from './quarantine.ts';

const mib = 1024 * 1024;

interface Of {
  readonly opId: string;
  readonly owner: Owner;
}

/** Where libvirt is to write it, below the pool, for QEMU and root alone. */
export function memoryPath(opId: string): string {
  return `${ownFolder}/quarantine/${opId}/${memoryName}`;
}

/** Throws `pool-full` with the numbers. */
export async function makeRoom(pool: PoolFolder, roomBytes: number, of: Of): Promise<void> {
  const { bavail, bsize } = await statfs(pool.at('.'));
  const freeBytes = bavail * bsize;
  if (freeBytes < roomBytes) {
    const numbers = `${Math.ceil(roomBytes / mib)} MiB, and ${Math.floor(freeBytes / mib)} MiB are free`;
    throw new DroverError('pool-full', `pool ${pool.name}: its memory may take ${numbers}`);
  }
  await enterQuarantine(pool, of);
}

/**
 * Done again it finds what it has done; another host, what the one had that saved it. Throws `memory-gone` where there is
 * none, or not all of it: then nothing of it stays. Where it fails otherwise, it may go better next time.
 */
export async function publishMemory(
  { into: { file } }: Extract<StorageJob, { job: 'publish-memory' }>,
  pool: PoolFolder,
  of: Of & { readonly isFenced?: boolean },
): Promise<StoredFacts> {
  const quarantine = await enterQuarantine(pool, { ...of, keepsMemory: true });
  try {
    const stored =
      (await published(pool, file, of.opId)) ?? (await publishFrom(pool, quarantine, file, of));
    await leaveQuarantine(pool, of, { withMemory: true }).catch(() => {});
    return stored;
  } catch (error) {
    const isGone = error instanceof DroverError && error.code === 'memory-gone';
    if (isGone) await leaveQuarantine(pool, of, { withMemory: true });
    throw error;
  }
}

async function publishFrom(
  pool: PoolFolder,
  quarantine: string,
  file: string,
  of: Of,
): Promise<StoredFacts> {
  const { opId } = of;
  const name = `${quarantine}/${memoryName}`;
  for (const { place, isOwn } of await foldersOf(pool, of)) {
    if (isOwn || (await pool.look(name)) !== undefined) continue;
    if ((await pool.look(`${place}/${memoryName}`)) === undefined) continue;
    await rename(pool.at(`${place}/${memoryName}`), pool.at(name));
  }
  const found = await pool.look(name);
  if (found === undefined || !(await isWholeMemory(pool.at(name)))) {
    const what = found === undefined ? 'there is no file' : 'the file is not whole';
    throw new DroverError('memory-gone', `${pool.absolute(name)}: ${what}`);
  }
  const made = { path: pool.absolute(name), format: 'raw', virtualBytes: found.size } as const;
  return publish(pool, { opId, quarantine, made, file });
}

/** `mine`: this host took it for this operation. */
export type MemoryState = 'there' | 'mine';

/** Throws `memory-gone` where nothing of it is there or it was changed, `memory-used` where another host took it. */
export async function lookForMemory(
  pool: PoolFolder,
  file: string,
  facts: FileFacts,
  of: Of,
): Promise<MemoryState> {
  const found = await pool.look(file);
  if (found === undefined) return takenBy(pool, file, facts, of);
  const now = {
    storedBytes: found.size,
    changedMs: Math.floor(found.mtimeMs),
    inode: inodeOf(found.ino),
  };
  const differs = (['storedBytes', 'changedMs', 'inode'] as const).find(
    (one) => now[one] !== facts[one],
  );
  if (differs !== undefined) {
    throw new DroverError(
      'memory-gone',
      `${pool.absolute(file)} was changed: its ${differs} is ${now[differs]}, recorded is ${facts[differs]}`,
    );
  }
  return 'there';
}

/** From here on it is not used again, whatever becomes of the VM. */
export async function takeMemory(
  pool: PoolFolder,
  file: string,
  facts: FileFacts,
  of: Of,
): Promise<MemoryState> {
  if ((await lookForMemory(pool, file, facts, of)) === 'mine') return 'mine';
  const place = await enterQuarantine(pool, { ...of, keepsMemory: true });
  try {
    await rename(pool.at(file), pool.at(`${place}/${memoryName}`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await diskCalls.sync(pool.at('.'));
  return takenBy(pool, file, facts, of);
}

/** The VM has surely not run: it can be gone on with again. */
export async function giveMemoryBack(pool: PoolFolder, file: string, { opId }: Of): Promise<void> {
  const path = memoryPath(opId);
  try {
    // A link never replaces anything.
    await link(pool.at(path), pool.at(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  await unlink(pool.at(path));
  await diskCalls.sync(pool.at('.'));
}

async function takenBy(
  pool: PoolFolder,
  file: string,
  facts: FileFacts,
  of: Of,
): Promise<MemoryState> {
  for (const { place, isOwn } of await foldersOf(pool, of)) {
    const found = await pool.look(`${place}/${memoryName}`);
    if (found === undefined || inodeOf(found.ino) !== facts.inode) continue;
    if (isOwn) return 'mine';
    throw new DroverError('memory-used', `${pool.absolute(file)} was taken up by another host`);
  }
  throw new DroverError('memory-gone', `${pool.absolute(file)} is gone`);
}
