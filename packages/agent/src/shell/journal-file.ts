/**
 * The journal on disk: one line per record, checksum and JSON, on the disk before `append` resolves. Cuts
 * off a torn tail when opened and rewrites itself when long. What the records mean is logic's.
 */
import { open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { compact, type JournalRecord } from '../logic/index.ts';

export interface JournalFile extends AsyncDisposable {
  /** What was there when it was opened. */
  readonly records: readonly JournalRecord[];
  /** Resolves when the record is on the disk; rejects when it could not be written, and may be repeated. */
  append(record: JournalRecord): Promise<void>;
}

export interface JournalOptions {
  readonly warn?: (text: string) => void;
  /** Rewritten when longer than this. */
  readonly compactAtBytes?: number;
}

interface ReadBack {
  readonly records: JournalRecord[];
  /** Length of the part that is whole. */
  readonly goodBytes: number;
  /** Broken lines with whole ones after them: not a torn tail, the disk lies. */
  readonly brokenInside: number;
}

const waitingMax = 4096;

export function encodeRecord(record: JournalRecord): string {
  const json = JSON.stringify(record);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

function decodeLine(line: string): JournalRecord | undefined {
  const json = line.slice(9);
  if (line[8] !== ' ' || Number.parseInt(line.slice(0, 8), 16) !== crc32(json)) return undefined;
  return JSON.parse(json) as JournalRecord;
}

export function readBack(bytes: Buffer): ReadBack {
  const records: JournalRecord[] = [];
  let goodBytes = 0;
  let broken = 0;
  let brokenInside = 0;
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start);
    const record = end < 0 ? undefined : decodeLine(bytes.toString('utf8', start, end));
    start = end < 0 ? bytes.length : end + 1;
    if (!record) {
      broken += 1;
      continue;
    }
    records.push(record);
    brokenInside = broken;
    goodBytes = start;
  }
  return { records, goodBytes, brokenInside };
}

/** `path`'s folder must exist. Rejects where the file can be neither read nor made. */
export async function openJournal(
  path: string,
  options: JournalOptions = {},
): Promise<JournalFile> {
  const warn = options.warn ?? (() => {});
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  const { records, goodBytes, brokenInside } = readBack(bytes);
  if (goodBytes < bytes.length) warn(`journal: ${bytes.length - goodBytes} torn bytes cut off`);
  let handle: FileHandle;
  if (brokenInside > 0) {
    warn(`journal: ${brokenInside} broken lines inside; the others were kept`);
    // With the lines goes the sign that there were any.
    records.push({ type: 'altered' });
    handle = await rewrite(path, records);
  } else {
    handle = await open(path, 'a+', 0o600);
    await handle.truncate(goodBytes);
    await handle.sync();
    await syncFolder(path);
  }
  const length = (await handle.stat()).size;
  const compactAtBytes = options.compactAtBytes ?? 1_048_576;
  const found = { records, length };
  return new OpenJournal(path, handle, found, compactAtBytes, warn);
}

interface Waiting {
  readonly line: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

class OpenJournal implements JournalFile {
  readonly records: readonly JournalRecord[];
  readonly #path: string;
  readonly #warn: (text: string) => void;
  readonly #compactAtBytes: number;
  #handle: FileHandle;
  /** Bytes that are whole and on the disk. */
  #length: number;
  #compactAt: number;
  /** A write failed half-way: what is behind `#length` must go before anything is added. */
  #dirty = false;
  #waiting: Waiting[] = [];
  #writing = false;
  #drained: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    path: string,
    handle: FileHandle,
    found: Pick<JournalFile, 'records'> & { readonly length: number },
    compactAtBytes: number,
    warn: (text: string) => void,
  ) {
    this.#path = path;
    this.#handle = handle;
    this.records = found.records;
    this.#length = found.length;
    this.#compactAtBytes = compactAtBytes;
    this.#compactAt = compactAtBytes;
    this.#warn = warn;
  }

  append(record: JournalRecord): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the journal is closed'));
    if (this.#waiting.length >= waitingMax) return Promise.reject(new Error('the journal is full'));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ line: encodeRecord(record), done: resolve, failed: reject });
    if (!this.#writing) {
      this.#writing = true;
      this.#drained = this.#drain();
    }
    return promise;
  }

  /** All that waits goes out in one write and one fsync. */
  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(batch.map((waiting) => waiting.line).join(''));
      } catch (error) {
        for (const waiting of batch) waiting.failed(error);
        continue;
      }
      for (const waiting of batch) waiting.done();
      if (this.#length > this.#compactAt) await this.#compact();
    }
    // In the same turn as the last look at what waits, or a record could be left behind.
    this.#writing = false;
  }

  async #write(text: string): Promise<void> {
    if (this.#dirty) await this.#handle.truncate(this.#length);
    this.#dirty = true;
    const bytes = Buffer.from(text);
    await this.#handle.appendFile(bytes);
    await this.#handle.datasync();
    this.#length += bytes.length;
    this.#dirty = false;
  }

  async #compact(): Promise<void> {
    try {
      const { records } = readBack(await readFile(this.#path));
      const next = await rewrite(this.#path, compact(records));
      await this.#handle.close();
      this.#handle = next;
      this.#length = (await next.stat()).size;
    } catch (error) {
      this.#warn(`journal: could not be rewritten, it goes on growing: ${String(error)}`);
    }
    this.#compactAt = this.#length + this.#compactAtBytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#drained;
    await this.#handle.close();
  }
}

/** A new file beside the old one, on the disk before it takes its name. */
async function rewrite(path: string, records: readonly JournalRecord[]): Promise<FileHandle> {
  const next = await open(`${path}.new`, 'w', 0o600);
  await next.writeFile(records.map(encodeRecord).join(''));
  await next.sync();
  await next.close();
  await rename(`${path}.new`, path);
  await syncFolder(path);
  return open(path, 'a+', 0o600);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  await folder.sync();
  await folder.close();
}
