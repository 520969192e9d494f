/**
 * An image that somebody brings becomes a qcow2 of ours, in the quarantine of its pool: brought, looked at before any
 * other program opens it, converted under limits, looked at again. What it is called afterwards, and that nothing of
 * it is left where it fails, is its caller's affair.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { WholeDisk } from '@drover/images';
import type { StorageJob, StorageProgress } from '@drover/protocol';
import { bringImage, type Brought } from './bring-image.ts';
import { checkProduct, convertImage } from './convert-image.ts';
import { hashFile } from './hash-file.ts';
import { asJobError, differs, throwIfAborted } from './import-errors.ts';
import { inspectFile } from './inspect-file.ts';
import type { JobContext, Made } from './job-context.ts';
import { allOrNone } from './all-or-none.ts';

type Import = Extract<StorageJob, { job: 'import' }>;

/** Often enough for a person who looks on. */
const progressMs = 250;

/**
 * Throws `image-refused`, `too-large`, `checksum-differs`, `source-refused`, `source-unreachable`, `pool-full`,
 * `pool-unavailable`, `pool-unsuited`, `volume-in-use`, `job-cancelled`, `job-failed`.
 */
export async function importImage(job: Import, context: JobContext): Promise<Made> {
  const { signal } = context;
  const watched = { ...context, onProgress: thinned(context.onProgress) };
  try {
    throwIfAborted(signal);
    await using brought = await bringImage(job, watched);
    return await makeQcow2(job, brought, watched);
  } catch (error) {
    throw asJobError(error, signal);
  }
}

async function makeQcow2(
  job: Import,
  { file, sha256 }: Brought,
  context: JobContext,
): Promise<Made> {
  const { quarantine, signal, onProgress } = context;
  onProgress({ phase: 'inspect', doneBytes: 0, totalBytes: file.bytes });
  const disk = await inspectFile(file.handle, job.format, { maxVirtualBytes: job.maxVirtualBytes });
  const path = join(quarantine, 'made');
  // Two checksums at once: the first reads what is converted, which it finds in memory or the other does.
  const [sourceSha256, { virtualBytes, product }] = await allOrNone(signal, [
    async (ending) => {
      const found = sha256 ?? (await hashFile(file.handle, { signal: ending }));
      if (job.sha256 !== undefined && found !== job.sha256) throw differs(found, job.sha256);
      return found;
    },
    async (ending) => {
      await convertImage({
        source: file,
        disk,
        path,
        folder: quarantine,
        signal: ending,
        onShare: (share) => {
          const totalBytes = disk.virtualBytes;
          onProgress({ phase: 'convert', doneBytes: Math.floor(share * totalBytes), totalBytes });
        },
      });
      return finish(path, disk, { ...context, signal: ending });
    },
  ]);
  await file.checkUnchanged();
  return { path, format: 'qcow2', virtualBytes, sha256: product, sourceSha256 };
}

/** It is whole, counted and on the disk; three things that wait for each other little. */
async function finish(
  path: string,
  disk: WholeDisk,
  { signal, onProgress }: JobContext,
): Promise<{ readonly virtualBytes: number; readonly product: string }> {
  // Some file systems flush only what was opened to be written.
  await using handle = await open(path, 'r+');
  const { size: totalBytes } = await handle.stat();
  const [virtualBytes, product] = await allOrNone(signal, [
    (ending) => checkProduct(path, disk, ending),
    (ending) => {
      const onBytes = (doneBytes: number) =>
        onProgress({ phase: 'checksum', doneBytes, totalBytes });
      return hashFile(handle, { signal: ending, onBytes });
    },
    () => handle.sync(),
  ] as const);
  return { virtualBytes, product };
}

/** The first of each phase, then not more than a few in a second. */
function thinned(onProgress: JobContext['onProgress']): JobContext['onProgress'] {
  let lastMs = 0;
  let last: StorageProgress['phase'] | undefined;
  return (progress) => {
    const nowMs = performance.now();
    if (progress.phase === last && nowMs - lastMs < progressMs) return;
    lastMs = nowMs;
    last = progress.phase;
    onProgress(progress);
  };
}
