/**
 * Unpacks what comes, piece by piece, with as little memory as the packing allows. How much may come out is the affair
 * of whoever takes it: when that stops, so does this.
 */
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { DroverError, type StorageJob } from '@drover/protocol';
import { damaged } from './import-errors.ts';
import { startTool } from './limited-tool.ts';

export type Packing = NonNullable<Extract<StorageJob, { job: 'import' }>['packing']>;

const mib = 1024 * 1024;
/** What the packers' strongest usual settings need; more is asked for by nobody who means well. */
const zstdWindowLog = 27;
const xzMemoryBytes = 256 * mib;
const xzLimits = { memoryBytes: 512 * mib, cpuSeconds: 24 * 60 * 60, fileBytes: 0 };

/** Throws `image-refused` where it is not packed so, or damaged. */
export async function* unpacked(
  pieces: AsyncIterable<Buffer>,
  packing: Packing,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  if (packing === 'xz') return yield* unxz(pieces, signal);
  const params = { [constants.ZSTD_d_windowLogMax]: zstdWindowLog };
  const stream =
    packing === 'gzip'
      ? createGunzip({ chunkSize: mib })
      : createZstdDecompress({ chunkSize: mib, params });
  // A failure of what feeds it ends the stream with that failure.
  const feeding = pipeline(pieces, stream, { signal });
  feeding.catch(() => {});
  try {
    for await (const piece of stream) yield piece as Buffer;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!/^(Z|ZSTD)_/.test(code)) throw error;
    throw damaged(`it is not packed with ${packing}, or damaged (${message})`, error);
  } finally {
    stream.destroy();
  }
}

/** Node has no xz; the tool comes with the distribution's xz-utils. */
async function* unxz(pieces: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  const over = new AbortController();
  const { child, ended } = startTool({
    program: 'xz',
    args: ['--decompress', '--stdout', '--threads=1', `--memlimit-decompress=${xzMemoryBytes}`],
    limits: xzLimits,
    signal: AbortSignal.any([signal, over.signal]),
  });
  let broken: unknown;
  const feeding = pipeline(pieces, child.stdin, { signal }).catch((error: unknown) => {
    // That it takes no more, it explains itself.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') broken = error;
  });
  try {
    for await (const piece of child.stdout) yield piece as Buffer;
    await feeding;
    if (broken !== undefined) throw broken;
    await ended;
  } catch (error) {
    const isOfXz = error instanceof DroverError && error.details['end'] !== undefined;
    if (!isOfXz) throw error;
    throw damaged(`it is not packed with xz, or damaged (${error.message})`, error);
  } finally {
    over.abort();
  }
}
