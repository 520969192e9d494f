/**
 * The folders in which operations make files that are not whole yet, one each, in the pool itself, so that a whole file gets its
 * name by a link. A folder says whose it is: other hosts work in the same pool. What an earlier process of this host
 * left is removed; another host's is taken from it by a new name, after which it can publish nothing, and never deleted.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isWholeMemory } from './memory-header.ts';
import { ownFolder, type PoolFolder } from './pool-folder.ts';

/** The agent whose children work there: they end with it. */
export interface Owner {
  readonly hostId: string;
  readonly bootId: string;
  readonly pid: number;
  readonly startedAt: string;
}

export interface Leftover {
  readonly folder: string;
  /** Absent where nobody knows. */
  readonly hostId?: string;
  readonly idleMs: number;
}

const top = `${ownFolder}/quarantine`;
const marker = 'host.json';
/** What a transfer brought: kept for the job that takes it. */
export const receivedFile = 'received';
/** What libvirt writes of a VM's memory, and what a resume takes of it. */
export const memoryName = 'memory';
/** No id has it. */
const separator = '~';
/** An upload may go on after a restart of the agent; nobody waits longer than that. */
const receivedMs = 24 * 60 * 60_000;

/** libvirt does not write to it any more: what is half a memory then stays one. */
const memoryIdleMs = 10 * 60_000;

/** Until it has its marker. */
const makingMs = 60_000;

export interface Entering {
  readonly opId: string;
  readonly owner: Owner;
  readonly isFenced?: boolean;
  /** Also what another host received for the operation. */
  readonly takesReceived?: boolean;
  /** What this host has there of a VM's memory stays. */
  readonly keepsMemory?: boolean;
}

/** The operation's folder, empty but for what was received. Returns its path below the pool. */
export async function enterQuarantine(pool: PoolFolder, entering: Entering): Promise<string> {
  const { opId, owner } = entering;
  let { isFenced } = entering;
  await makeOwnFolders(pool);
  const place = `${top}/${opId}`;
  for (let tries = 0; tries < 8; tries += 1) {
    const found = await ownerOf(pool, opId);
    if (found === undefined) {
      if (await make(pool, place, owner)) return place;
    } else if (found.owner?.hostId === owner.hostId && !isFenced) {
      await empty(pool.at(place), entering.keepsMemory === true ? [memoryName] : []);
      await mark(pool, place, owner);
      return place;
    } else {
      await takeAway(pool, place, entering);
      isFenced = false;
    }
  }
  throw new Error(`${pool.absolute(place)} is made and taken again and again`);
}

/** For a process that works beside the one that has it: nothing in it is touched. */
export async function shareQuarantine(pool: PoolFolder, entering: Entering): Promise<string> {
  const found = await ownerOf(pool, entering.opId);
  const { hostId } = entering.owner;
  if (found?.owner?.hostId !== hostId) return enterQuarantine(pool, entering);
  const place = `${top}/${entering.opId}`;
  await mark(pool, place, entering.owner);
  return place;
}

/**
 * Only where it still is this host's: another one may have taken it over. A VM's memory goes by an order that says so,
 * and with nothing else: it may be all that there is of it.
 */
export async function leaveQuarantine(
  pool: PoolFolder,
  { opId, owner }: Pick<Entering, 'opId' | 'owner'>,
  { withMemory = false } = {},
): Promise<void> {
  const found = await ownerOf(pool, opId);
  if (found?.owner?.hostId !== owner.hostId) return;
  if (!withMemory && (await pool.look(`${top}/${opId}/${memoryName}`)) !== undefined) return;
  await rm(pool.at(`${top}/${opId}`), { recursive: true, force: true });
}

/** Those of the operation: the one that it has, and what was taken from hosts that had it before. */
export async function foldersOf(
  pool: PoolFolder,
  { opId, owner }: Pick<Entering, 'opId' | 'owner'>,
): Promise<readonly { readonly place: string; readonly isOwn: boolean }[]> {
  const names = await namesIn(pool.at(top));
  const own = await ownerOf(pool, opId);
  return names
    .filter((name) => name === opId || name.startsWith(`${opId}${separator}`))
    .map((name) => ({
      place: `${top}/${name}`,
      isOwn: name === opId && own?.owner?.hostId === owner.hostId,
    }));
}

/** Removes what earlier agents of this host left; returns what others have there, and memory of VMs. */
export async function sweepQuarantine(
  pool: PoolFolder,
  own: Owner,
  nowMs: number,
): Promise<readonly Leftover[]> {
  const others: Leftover[] = [];
  for (const name of await namesIn(pool.at(top))) {
    const found = await ownerOf(pool, name);
    if (found === undefined) continue;
    const { owner, changedMs } = found;
    if (owner?.hostId !== own.hostId) {
      const hostId = owner?.hostId;
      const idleMs = Math.max(0, Math.round(nowMs - changedMs));
      others.push({ folder: name, idleMs, ...(hostId === undefined ? {} : { hostId }) });
      continue;
    }
    const isBeingMade = owner.pid === undefined && nowMs - changedMs < makingMs;
    if (isSame(owner, own) || isBeingMade) continue;
    const path = pool.at(`${top}/${name}`);
    if (await hasMemory(path, nowMs)) {
      others.push({ folder: name, hostId: own.hostId, idleMs: Math.max(0, nowMs - changedMs) });
      continue;
    }
    const isAwaited = !name.includes(separator) && nowMs - (await receivedAt(path)) < receivedMs;
    await (isAwaited ? empty(path) : rm(path, { recursive: true, force: true }));
  }
  return others;
}

export async function makeOwnFolders(pool: PoolFolder): Promise<void> {
  for (const name of [ownFolder, top, `${ownFolder}/facts`]) {
    try {
      await mkdir(pool.at(name), { mode: 0o700 });
      await pool.ownFolder(pool.at(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** With its marker from the first moment on. False where somebody else was quicker. */
async function make(pool: PoolFolder, place: string, owner: Owner): Promise<boolean> {
  const unnamed = `${place}${separator}new${separator}${owner.hostId}${separator}${random()}`;
  await mkdir(pool.at(unnamed), { mode: 0o700 });
  await pool.ownFolder(pool.at(unnamed));
  await mark(pool, unnamed, owner);
  try {
    await rename(pool.at(unnamed), pool.at(place));
    return true;
  } catch (error) {
    await rm(pool.at(unnamed), { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

async function takeAway(
  pool: PoolFolder,
  place: string,
  { owner, takesReceived }: Entering,
): Promise<void> {
  const away = `${place}${separator}${random()}`;
  try {
    await rename(pool.at(place), pool.at(away));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (!takesReceived || !(await make(pool, place, owner))) return;
  await rename(join(pool.at(away), receivedFile), join(pool.at(place), receivedFile)).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    },
  );
}

async function mark(pool: PoolFolder, place: string, owner: Owner): Promise<void> {
  const path = pool.at(`${place}/${marker}`);
  await writeFile(`${path}.new`, JSON.stringify(owner), { mode: 0o600 });
  await pool.own(`${path}.new`);
  await rename(`${path}.new`, path);
}

/** All but the marker and what was received. */
async function empty(path: string, kept: readonly string[] = []): Promise<void> {
  for (const name of await namesIn(path)) {
    if (name === marker || name === receivedFile || kept.includes(name)) continue;
    await rm(join(path, name), { recursive: true, force: true });
  }
}

interface Found {
  readonly owner?: Pick<Owner, 'hostId'> & Partial<Owner>;
  readonly changedMs: number;
}

async function ownerOf(pool: PoolFolder, name: string): Promise<Found | undefined> {
  const path = pool.at(`${top}/${name}`);
  let changedMs: number;
  try {
    changedMs = (await stat(path)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const owner = await markerOf(path);
  if (owner) return { owner, changedMs };
  const [, isNew, hostId] = name.split(separator);
  return isNew === 'new' && hostId !== undefined ? { owner: { hostId }, changedMs } : { changedMs };
}

async function markerOf(path: string): Promise<Found['owner'] | undefined> {
  try {
    const owner = JSON.parse(await readFile(join(path, marker), 'utf8')) as Partial<Owner>;
    return typeof owner.hostId === 'string' ? { ...owner, hostId: owner.hostId } : undefined;
  } catch {
    return undefined;
  }
}

function isSame(one: Partial<Owner>, other: Owner): boolean {
  return one.bootId === other.bootId && one.pid === other.pid && one.startedAt === other.startedAt;
}

/**
 * A VM may have no other memory than that, or libvirt still writes it: only the leader knows, by the operation. What was
 * begun, and nobody has written to for long, is none.
 */
async function hasMemory(path: string, nowMs: number): Promise<boolean> {
  const file = join(path, memoryName);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return false;
  return nowMs - found.mtimeMs < memoryIdleMs || (await isWholeMemory(file));
}

async function receivedAt(path: string): Promise<number> {
  return stat(join(path, receivedFile)).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function random(): string {
  return randomBytes(6).toString('hex');
}
