/**
 * What was used, on disk: a line for each minute, checksum and JSON, added when the minute is over. It is rewritten when it
 * is long, so it is bounded; what is damaged is set aside, and what cannot be written is missing. Never is it a reason not
 * to start, or to stop. What the minutes mean is logic's.
 */
import { appendFile, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { isUsageMinute, minutesKept, type UsageMinute } from '../logic/index.ts';

export interface UsageFileOptions {
  readonly warn: (text: string) => void;
  /** More than a day of them is not kept; with very many VMs, less. */
  readonly mostBytes?: number;
}

interface ReadBack {
  readonly minutes: readonly UsageMinute[];
  readonly lines: readonly string[];
  /** Behind them something was begun and not ended: a torn tail. */
  readonly goodBytes: number;
  /** Broken lines with whole ones after them: not a torn tail. */
  readonly isDamaged: boolean;
}

const mostBytesUnlessSaid = 64 * 1024 * 1024;

export class UsageFile implements AsyncDisposable {
  /** What was there when it was opened, oldest first. */
  readonly minutes: readonly UsageMinute[];
  readonly #path: string;
  readonly #options: UsageFileOptions;
  #bytes: number;
  #lines: number;
  /** A write failed half-way: what is behind `#bytes` goes before anything is added. */
  #isTorn = false;
  #told = '';
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, options: UsageFileOptions, { minutes, goodBytes }: ReadBack) {
    this.#path = path;
    this.#options = options;
    this.minutes = minutes;
    this.#bytes = goodBytes;
    this.#lines = minutes.length;
  }

  /** All that was given so far, or that it could not be. */
  get written(): Promise<void> {
    return this.#writing;
  }

  /** One after the other, at leisure. */
  append(minute: UsageMinute): void {
    this.#writing = this.#writing.then(() => this.#append(encode(minute)));
  }

  async #append(line: string): Promise<void> {
    const { mostBytes = mostBytesUnlessSaid } = this.#options;
    try {
      if (this.#isTorn) await cut(this.#path, this.#bytes);
      this.#isTorn = true;
      await appendFile(this.#path, line, { mode: 0o600 });
      this.#bytes += Buffer.byteLength(line);
      this.#lines += 1;
      this.#isTorn = false;
      const isLong = this.#lines >= 2 * minutesKept || this.#bytes > mostBytes;
      if (isLong) await this.#shorten(mostBytes / 2);
      this.#told = '';
    } catch (error) {
      this.#tell(`${this.#path}: what is used is not kept: ${String(error)}`);
    }
  }

  /** The newest of a day, and of them no more than so many bytes. */
  async #shorten(keptBytes: number): Promise<void> {
    const { lines } = readBack(await readFile(this.#path));
    const kept: string[] = [];
    let bytes = 0;
    for (const line of lines.slice(-minutesKept).toReversed()) {
      bytes += Buffer.byteLength(line);
      if (bytes > keptBytes) break;
      kept.unshift(line);
    }
    await replace(this.#path, kept);
    this.#bytes = Buffer.byteLength(kept.join(''));
    this.#lines = kept.length;
  }

  /** Once, until it works again. */
  #tell(text: string): void {
    if (text !== this.#told) this.#options.warn(text);
    this.#told = text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.written;
  }
}

/** `path`'s folder must exist. Never rejects. */
export async function openUsage(path: string, options: UsageFileOptions): Promise<UsageFile> {
  try {
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const found = readBack(bytes);
    if (found.isDamaged) return await afresh(path, options, found, 'it has broken lines inside');
    if (found.goodBytes < bytes.length) await truncate(path, found.goodBytes);
    return new UsageFile(path, options, found);
  } catch (error) {
    return afresh(path, options, empty, String(error)).catch((cause: unknown) => {
      options.warn(`${path}: what is used is not kept: ${String(cause)}`);
      return new UsageFile(path, options, empty);
    });
  }
}

const empty: ReadBack = { minutes: [], lines: [], goodBytes: 0, isDamaged: false };

/** What was there is kept for whoever wants to look at it, and what of it is whole goes on. */
async function afresh(
  path: string,
  options: UsageFileOptions,
  found: ReadBack,
  why: string,
): Promise<UsageFile> {
  await rename(path, `${path}.damaged`);
  await replace(path, found.lines);
  options.warn(`${path} is set aside as ${path}.damaged: ${why}`);
  const goodBytes = Buffer.byteLength(found.lines.join(''));
  return new UsageFile(path, options, { ...found, goodBytes });
}

function encode(minute: UsageMinute): string {
  const json = JSON.stringify(minute);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

function readBack(bytes: Buffer): ReadBack {
  const minutes: UsageMinute[] = [];
  const lines: string[] = [];
  let goodBytes = 0;
  let isBroken = false;
  let isDamaged = false;
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start);
    const line = end < 0 ? '' : bytes.toString('utf8', start, end + 1);
    start = end < 0 ? bytes.length : end + 1;
    const minute = decode(line);
    if (minute === undefined) {
      isBroken = true;
      continue;
    }
    minutes.push(minute);
    lines.push(line);
    isDamaged = isBroken;
    goodBytes = start;
  }
  return { minutes, lines, goodBytes, isDamaged };
}

/** One of another version is none. */
function decode(line: string): UsageMinute | undefined {
  const json = line.slice(9, -1);
  if (line[8] !== ' ' || Number.parseInt(line.slice(0, 8), 16) !== crc32(json)) return undefined;
  const value: unknown = JSON.parse(json);
  return isUsageMinute(value) ? value : undefined;
}

/** Where the file was never made there is nothing to cut. */
async function cut(path: string, bytes: number): Promise<void> {
  await truncate(path, bytes).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

async function replace(path: string, lines: readonly string[]): Promise<void> {
  await writeFile(`${path}.new`, lines.join(''), { mode: 0o600 });
  await rename(`${path}.new`, path);
}
