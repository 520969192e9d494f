/**
 * The audit of this process as a file: a line of JSON for each entry, appended before the next is, each with what
 * SHA-256 makes of it and the one before, so that a line which is taken out or changed shows. A file that has
 * grown too large is put aside; a few of those are kept.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { api, parseValue } from '@drover/protocol';
import type { AuditLog, NewEntry } from '../logic/audit-log.ts';

const keptFiles = 5;
const mostOwed = 10_000;

export interface AuditFileOptions {
  readonly path: string;
  readonly mostBytes: number;
}

export class AuditFile {
  readonly #log: AuditLog;
  readonly #options: AuditFileOptions | undefined;
  readonly #warn: (text: string) => void;
  #hash = '';
  #bytes = 0;
  /** Not in the file yet, since it could not be written; oldest first. */
  #owed: string[] = [];

  /** Without a file the newest are kept in memory alone. */
  constructor(log: AuditLog, options: AuditFileOptions | undefined, warn: (text: string) => void) {
    this.#log = log;
    this.#options = options;
    this.#warn = warn;
    if (options !== undefined) this.#load(options.path);
  }

  add(entry: NewEntry): void {
    const added = this.#log.add(entry);
    if (this.#options === undefined) return;
    const text = JSON.stringify(added);
    this.#hash = chained(this.#hash, text);
    this.#owed.push(`{"hash":"${this.#hash}","entry":${text}}\n`);
    this.#write(this.#options);
  }

  /** What is owed comes first, so that each line follows from the one before. */
  #write(options: AuditFileOptions): void {
    const wasBehind = this.#owed.length > 1;
    try {
      for (let line = this.#owed[0]; line !== undefined; line = this.#owed[0]) {
        this.#rotate(options, line.length);
        appendFileSync(options.path, line, { mode: 0o600 });
        this.#bytes += line.length;
        this.#owed.shift();
      }
      if (wasBehind) this.#warn('the audit is written again, with all that was owed to it');
    } catch (error) {
      const { message } = error as Error;
      if (!wasBehind)
        this.#warn(`the audit cannot be written, and is kept until it can: ${message}`);
      if (this.#owed.length > mostOwed) this.#drop();
    }
  }

  /** The log has them all the same; in the file a line that does not follow shows where some are missing. */
  #drop(): void {
    this.#owed.splice(0, mostOwed / 10);
    this.#warn(`the audit has lost ${mostOwed / 10} entries, which are in the log alone`);
  }

  #load(path: string): void {
    const lines = [`${path}.1`, path].filter((one) => existsSync(one)).flatMap(readLines);
    this.#bytes = existsSync(path) ? statSync(path).size : 0;
    const entries: api.AuditEntry[] = [];
    for (const [index, line] of lines.entries()) {
      const { hash, entry } = parseLine(line);
      const isFollowing = index === 0 || hash === chained(this.#hash, JSON.stringify(entry));
      if (!isFollowing)
        this.#warn(`${path}: line ${index + 1} does not follow from the one before`);
      this.#hash = hash ?? '';
      const parsed = parseValue(api.AuditEntry, entry);
      if (parsed.ok) entries.push(parsed.value);
    }
    this.#log.take(entries);
  }

  #rotate({ path, mostBytes }: AuditFileOptions, more: number): void {
    if (this.#bytes + more <= mostBytes) return;
    for (let index = keptFiles - 1; index >= 1; index -= 1) {
      if (existsSync(`${path}.${index}`)) renameSync(`${path}.${index}`, `${path}.${index + 1}`);
    }
    if (existsSync(path)) renameSync(path, `${path}.1`);
    this.#bytes = 0;
  }
}

function chained(prior: string, text: string): string {
  return createHash('sha256').update(`${prior}\n${text}`).digest('hex');
}

function readLines(path: string): readonly string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

/** A line that was half written when the process died is none. */
function parseLine(line: string): { readonly hash?: string; readonly entry?: unknown } {
  try {
    return JSON.parse(line) as { readonly hash?: string; readonly entry?: unknown };
  } catch {
    return {};
  }
}
