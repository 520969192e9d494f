/**
 * Jobs that change nothing: all of a file read for its checksum, and the wait for what a transfer brings.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { DroverError, type StorageJob, type StoredFacts } from '@drover/protocol';
import type { JobContext } from './job-context.ts';
import type { PoolFolder } from './pool-folder.ts';
import { factsOf, readFacts } from './publish.ts';
import { receivedFile } from './quarantine.ts';
import { checkUnwritten, throwIfCancelled, type ToolWatch } from './qemu-img.ts';

type Job<T extends StorageJob['job']> = Extract<StorageJob, { job: T }>;

const pieceBytes = 1024 * 1024;
const lookMs = 250;

/** Throws `image-altered` where it is gone, or changes meanwhile; `volume-in-use` where a VM writes to it. */
export async function checksum(
  { at: { file } }: Job<'checksum'>,
  pool: PoolFolder,
  { signal, onProgress }: Pick<JobContext, 'signal' | 'onProgress'>,
  watch: ToolWatch,
): Promise<StoredFacts> {
  const before = await pool.look(file);
  const path = pool.absolute(file);
  if (before === undefined) throw new DroverError('image-altered', `${path} is gone`);
  const known = (await readFacts(pool, file))?.stored;
  if (known === undefined) {
    throw new DroverError('job-failed', `${path}: nothing is known of it, Drover did not make it`);
  }
  await checkUnwritten(path, watch);
  const hash = createHash('sha256');
  let doneBytes = 0;
  const totalBytes = before.size;
  await using handle = await pool.open(file);
  for await (const piece of handle.createReadStream({ highWaterMark: pieceBytes })) {
    throwIfCancelled(signal);
    hash.update(piece as Buffer);
    doneBytes += (piece as Buffer).length;
    onProgress({ phase: 'checksum', doneBytes, totalBytes });
  }
  const { format, virtualBytes } = known;
  const stored = await factsOf(pool, file, { format, virtualBytes, sha256: hash.digest('hex') });
  if (doneBytes !== stored.storedBytes || stored.changedMs !== Math.floor(before.mtimeMs)) {
    throw new DroverError('image-altered', `${path} changed while it was read`);
  }
  return stored;
}

export interface ReceiveWatch extends Pick<JobContext, 'signal' | 'onProgress'> {
  /** Returns after so long, or sooner where what is waited for may have come, or nothing is to be waited for. */
  readonly pause: (ms: number) => Promise<void>;
}

/** Throws `transfer-ended` where nothing has come for too long. */
export async function receive(
  { bytes, idleMs }: Job<'receive'>,
  pool: PoolFolder,
  quarantine: string,
  { signal, onProgress, pause }: ReceiveWatch,
): Promise<void> {
  const path = `${quarantine}/${receivedFile}`;
  let came = -1;
  let cameAtMs = performance.now();
  for (;;) {
    throwIfCancelled(signal);
    const now = (await pool.look(path))?.size ?? 0;
    if (now !== came) cameAtMs = performance.now();
    came = now;
    // Said also where nothing comes: who waits is not dead.
    onProgress({ phase: 'receive', doneBytes: came, totalBytes: bytes });
    if (came === bytes) break;
    if (performance.now() - cameAtMs >= idleMs) {
      throw new DroverError(
        'transfer-ended',
        `${came} of ${bytes} bytes came, and then nothing for ${idleMs} ms`,
      );
    }
    await pause(lookMs);
  }
  // Of nothing nothing is sent; who takes it finds a file all the same.
  await using handle = await pool.open(path, constants.O_RDONLY | constants.O_CREAT);
  await handle.sync();
}
