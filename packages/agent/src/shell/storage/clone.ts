/**
 * A volume made from another file: thin, a qcow2 that has only what differs and stands on the other by the path that it has on
 * every host; or full, all of it copied. What it is made from is only read, and has to be what was recorded.
 */
import type { Stats } from 'node:fs';
import { DroverError, type StorageJob, type StoredFile, type VolumeFormat } from '@drover/protocol';
import type { JobContext, Made } from './job-context.ts';
import { unavailable } from '../pool-mount.ts';
import { PoolFolder } from './pool-folder.ts';
import { inodeOf } from '../inode.ts';
import { checkUnwritten, imageInfo, qemuImg, type ToolWatch } from './qemu-img.ts';

type Job<T extends StorageJob['job']> = Extract<StorageJob, { job: T }>;

/** What every volume of ours is made with; with preallocated metadata a file would say that it is as long as its disk. */
const options: Readonly<Record<VolumeFormat, readonly string[]>> = {
  qcow2: ['-o', 'cluster_size=65536'],
  raw: [],
};

export async function clone(
  job: Job<'clone'>,
  context: JobContext,
  watch: ToolWatch,
): Promise<Made> {
  const { from, fromFormat, into, format, mode } = job;
  await using source = await PoolFolder.open(from.pool);
  const before = await checkFacts(source, job);
  const path = source.absolute(from.file);
  await checkUnwritten(path, watch);
  const info = await imageInfo(path, fromFormat, watch);
  const virtualBytes = job.virtualBytes ?? info.virtualBytes;
  if (virtualBytes < info.virtualBytes) {
    throw new DroverError(
      'job-failed',
      `${virtualBytes} bytes are less than the ${info.virtualBytes} of ${path}`,
    );
  }
  const made = { path: `${context.quarantine}/made`, format, virtualBytes };
  if (mode === 'thin') {
    if (format !== 'qcow2' || into.pool.name !== from.pool.name) {
      throw new DroverError('job-failed', 'a thin clone is a qcow2 in the pool of its image');
    }
    const base = ['-b', path, '-F', fromFormat];
    await qemuImg(
      ['create', '-q', '-f', format, ...options[format], ...base, made.path, String(virtualBytes)],
      watch,
    );
    return made;
  }
  const total = info.virtualBytes;
  const onShare = (share: number) =>
    context.onProgress({
      phase: 'convert',
      doneBytes: Math.round(share * total),
      totalBytes: total,
    });
  onShare(0);
  await qemuImg(
    ['convert', '-p', '-f', fromFormat, '-O', format, ...options[format], path, made.path],
    { ...watch, onShare },
  );
  if (virtualBytes > total) {
    await qemuImg(['resize', '-q', '-f', format, made.path, String(virtualBytes)], watch);
  }
  const { size: storedBytes, mtimeMs, ino } = before;
  const facts = { storedBytes, changedMs: Math.floor(mtimeMs), inode: inodeOf(ino) };
  await checkFacts(source, { ...job, facts });
  return made;
}

/** A disk with nothing in it, which takes no room before something is written. */
export async function create(
  { format, virtualBytes }: Job<'create'>,
  { quarantine }: JobContext,
  watch: ToolWatch,
): Promise<Made> {
  const path = `${quarantine}/made`;
  await qemuImg(
    ['create', '-q', '-f', format, ...options[format], path, String(virtualBytes)],
    watch,
  );
  return { path, format, virtualBytes };
}

async function checkFacts(source: PoolFolder, { from, facts }: Job<'clone'>): Promise<Stats> {
  const found = await source.look(from.file);
  if (found === undefined) throw missing(source, from);
  if (facts === undefined) return found;
  const changes = [
    [facts.storedBytes, found.size, 'bytes long'],
    [facts.changedMs, Math.floor(found.mtimeMs), 'ms its last change'],
    [facts.inode, inodeOf(found.ino), 'its inode'],
  ] as const;
  const changed = changes.find(([recorded, now]) => recorded !== now);
  if (changed === undefined) return found;
  const [recorded, now, what] = changed;
  throw new DroverError(
    'image-altered',
    `${source.absolute(from.file)} was recorded with ${recorded} (${what}) and has ${now}`,
  );
}

export function missing(pool: PoolFolder, { file }: Pick<StoredFile, 'file'>): DroverError {
  return unavailable(pool.name, `there is no ${file}`);
}
