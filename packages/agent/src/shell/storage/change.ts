/**
 * Jobs that change files which have their names already, and only those that no VM has open: larger, gone, one less in a
 * chain. Each can be cut off anywhere and done again; what a file holds is the same at every point.
 */
import { rm } from 'node:fs/promises';
import {
  DroverError,
  type StorageJob,
  type StoredFacts,
  VolumeFormat,
  parseValue,
} from '@drover/protocol';
import { missing } from './clone.ts';
import type { JobContext } from './job-context.ts';
import type { PoolFolder } from './pool-folder.ts';
import { factsFile, factsOf, readFacts, writeFacts } from './publish.ts';
import { checkUnused, type ImageInfo, imageInfo, qemuImg, type ToolWatch } from './qemu-img.ts';

type Job<T extends StorageJob['job']> = Extract<StorageJob, { job: T }>;

export interface Change {
  readonly pool: PoolFolder;
  readonly opId: string;
  /** Of the operation, below the pool. */
  readonly quarantine: string;
  readonly watch: ToolWatch;
  readonly onProgress: JobContext['onProgress'];
}

export async function resize(
  { at, format, virtualBytes }: Job<'resize'>,
  change: Change,
): Promise<StoredFacts> {
  const { pool, watch } = change;
  if ((await pool.look(at.file)) === undefined) throw missing(pool, at);
  const path = pool.absolute(at.file);
  await checkUnused(path, watch);
  const info = await imageInfo(path, format, watch);
  if (info.virtualBytes > virtualBytes) {
    throw new DroverError(
      'job-failed',
      `${path} has ${info.virtualBytes} bytes already, and nothing makes it smaller`,
    );
  }
  if (info.virtualBytes < virtualBytes) {
    await qemuImg(['resize', '-q', '-f', format, path, String(virtualBytes)], watch);
  }
  return changed(change, at.file, { format, virtualBytes });
}

/**
 * `into` first takes what only `from` has, and at the end its header names what lies below: until then it stands on `from`,
 * and reads the same. `from` goes when nothing of ours names it.
 */
export async function merge(
  { from, into, below }: Job<'merge'>,
  change: Change,
): Promise<StoredFacts> {
  const { pool, watch, onProgress } = change;
  if ((await pool.look(into.file)) === undefined) throw missing(pool, into);
  const path = pool.absolute(into.file);
  await checkUnused(path, watch);
  const info = await imageInfo(path, 'qcow2', watch);
  const wanted = below === undefined ? undefined : pool.absolute(below.file);
  // Where that is not said, it is what `from` stands on: as long as there is a `from`, it has not gone into the other.
  const isMerged =
    wanted === undefined
      ? (await pool.look(from.file)) === undefined
      : info.backing?.path === wanted;
  if (!isMerged) {
    const base = await baseOf(pool, from.file, info, wanted, watch);
    const totalBytes = info.virtualBytes;
    const onShare = (share: number) =>
      onProgress({ phase: 'copy', doneBytes: Math.round(share * totalBytes), totalBytes });
    onShare(0);
    await qemuImg(['rebase', '-p', '-f', 'qcow2', ...base, path], { ...watch, onShare });
    await sync(pool, into.file);
  }
  const { virtualBytes } = info;
  const stored = await changed(change, into.file, { format: 'qcow2', virtualBytes });
  await remove(pool, from.file, watch);
  return stored;
}

/** How `rebase` is told what `into` is to stand on. Throws `image-altered` where the chain is not what was recorded. */
async function baseOf(
  pool: PoolFolder,
  from: string,
  { backing }: ImageInfo,
  wanted: string | undefined,
  watch: ToolWatch,
): Promise<readonly string[]> {
  const path = pool.absolute(from);
  const format = parseValue(VolumeFormat, backing?.format);
  if (backing?.path !== path || !format.ok) {
    const found = backing ? `on ${backing.path}` : 'on nothing';
    throw new DroverError('image-altered', `it should stand on ${path}, and stands ${found}`);
  }
  const below = (await imageInfo(path, format.value, watch)).backing;
  if (wanted !== undefined && below?.path !== wanted) {
    const does = below?.path ?? 'nothing';
    throw new DroverError('image-altered', `${path} should stand on ${wanted}, not on ${does}`);
  }
  return below === undefined ? ['-b', ''] : ['-F', below.format, '-b', below.path];
}

/** What is gone already is well. */
export async function remove(pool: PoolFolder, file: string, watch: ToolWatch): Promise<void> {
  if ((await pool.look(file)) !== undefined) {
    await checkUnused(pool.absolute(file), watch);
    await rm(pool.at(file), { force: true });
  }
  await rm(pool.at(factsFile(file)), { force: true });
}

async function changed(
  { pool, opId, quarantine }: Change,
  file: string,
  of: { readonly format: VolumeFormat; readonly virtualBytes: number },
): Promise<StoredFacts> {
  await sync(pool, file);
  const stored = await factsOf(pool, file, of);
  // Whoever made it is to find it still.
  const maker = (await readFacts(pool, file))?.opId ?? opId;
  await writeFacts(pool, quarantine, { v: 1, opId: maker, stored });
  return stored;
}

async function sync(pool: PoolFolder, file: string): Promise<void> {
  await using handle = await pool.open(file);
  await handle.sync();
}
