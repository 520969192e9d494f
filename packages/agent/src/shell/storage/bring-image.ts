/**
 * Has an image as one open file, unpacked, that can be looked at: one that lies there is taken as it is, anything else is
 * written into the quarantine. Its bytes are counted and hashed on the way, so that nothing is read for that alone.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DroverError, type StorageJob } from '@drover/protocol';
import { checkRoom } from './convert-image.ts';
import { fetchImage } from './fetch-image.ts';
import { differs, tooLarge } from './import-errors.ts';
import { SourceFile } from './import-source.ts';
import type { JobContext } from './job-context.ts';
import { writeSparse } from './sparse-file.ts';
import { unpacked } from './unpack.ts';

type Import = Extract<StorageJob, { job: 'import' }>;

export interface Brought extends AsyncDisposable {
  readonly file: SourceFile;
  /** Of what came, where all of it was read on the way; compared already with what was announced. */
  readonly sha256?: string;
}

export async function bringImage(job: Import, context: JobContext): Promise<Brought> {
  if (job.source.type === 'url') return bringFromUrl(job, job.source, context);
  const file = await openSource(job, context);
  try {
    if (file.bytes > job.maxBytes) throw tooLarge('what was brought', file.bytes, job.maxBytes);
    if (job.packing === undefined) return brought(file);
    // Reads what the handle has, and leaves that open.
    const pieces = file.handle.createReadStream({
      start: 0,
      autoClose: false,
      highWaterMark: 1 << 20,
    });
    const watched = (doneBytes: number) => {
      context.onProgress({ phase: 'copy', doneBytes, totalBytes: file.bytes });
    };
    const whole = await take(job, context, pieces, watched);
    await file.checkUnchanged();
    await file[Symbol.asyncDispose]();
    return whole;
  } catch (error) {
    await file[Symbol.asyncDispose]().catch(() => {});
    throw error;
  }
}

function openSource({ source }: Import, { quarantine }: JobContext): Promise<SourceFile> {
  if (source.type === 'file') return SourceFile.inPool(source.at);
  return SourceFile.open(join(quarantine, 'received'), 'what was uploaded');
}

async function bringFromUrl(
  job: Import,
  { url, hosts }: Extract<Import['source'], { type: 'url' }>,
  context: JobContext,
): Promise<Brought> {
  if (job.sha256 === undefined) {
    const message = 'what is fetched from a URL needs its SHA-256, which its publisher tells';
    throw new DroverError('source-refused', message);
  }
  const { signal, quarantine } = context;
  let total: { totalBytes?: number } = {};
  const onTotal = async (totalBytes: number) => {
    total = { totalBytes };
    await checkRoom(quarantine, totalBytes);
  };
  const pieces = fetchImage({ url, hosts, maxBytes: job.maxBytes, signal, onTotal });
  return take(job, context, pieces, (doneBytes) => {
    context.onProgress({ phase: 'fetch', doneBytes, ...total });
  });
}

/** All of it, unpacked, in one pass. What is not what was announced is not looked at further. */
async function take(
  { packing, maxBytes, sha256: announced }: Import,
  { quarantine, signal }: JobContext,
  pieces: AsyncIterable<Buffer>,
  onBytes: (doneBytes: number) => void,
): Promise<Brought> {
  const hash = createHash('sha256');
  const counted = countedBy(pieces, (piece, doneBytes) => {
    hash.update(piece);
    onBytes(doneBytes);
  });
  const path = join(quarantine, 'brought');
  const plain = packing === undefined ? counted : unpacked(counted, packing, signal);
  await writeSparse(path, plain, {
    maxBytes,
    what: packing === undefined ? 'it' : 'what it unpacks to',
  });
  const sha256 = hash.digest('hex');
  if (announced !== undefined && sha256 !== announced) throw differs(sha256, announced);
  return brought(await SourceFile.open(path, 'what was brought'), sha256);
}

function brought(file: SourceFile, sha256?: string): Brought {
  const end = () => file[Symbol.asyncDispose]();
  return { file, ...(sha256 === undefined ? {} : { sha256 }), [Symbol.asyncDispose]: end };
}

async function* countedBy(
  pieces: AsyncIterable<Buffer>,
  onPiece: (piece: Buffer, doneBytes: number) => void,
): AsyncGenerator<Buffer> {
  let doneBytes = 0;
  for await (const piece of pieces) {
    doneBytes += piece.length;
    onPiece(piece, doneBytes);
    yield piece;
  }
}
