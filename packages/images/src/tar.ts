/**
 * One entry of an archive in the forms of ustar and GNU, with the names and sizes that pax gives: what it is called and
 * where its bytes are. What leads out of the archive, or is no file, is refused. Nothing is ever written by these names.
 */
import { type Bytes, type Reading, readAll, shown, type Window } from './bytes.ts';
import { refuse } from './inspection.ts';

const blockBytes = 512;
const mostTextBytes = 64 * 1024;

export interface Entry {
  readonly name: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** What an entry says of the one that follows it. */
interface Said {
  readonly name?: string;
  readonly lengthBytes?: number;
}

const kinds: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '6': 'a FIFO',
  K: 'a link with a long name',
  S: 'a sparse file',
};

/** Its files, in order; folders are passed over. At most `mostEntries` headers are read. */
export function* readEntries(archive: Window, mostEntries: number): Reading<readonly Entry[]> {
  const entries: Entry[] = [];
  const names = new Set<string>();
  let said: Said = {};
  let at = 0;
  for (let count = 0; ; count += 1) {
    // An archive may also just stop.
    if (at === archive.lengthBytes && count > 0) return entries;
    const header = yield* readAll(archive, at, blockBytes);
    if (header.isZero(0, blockBytes)) return entries;
    if (count >= mostEntries) throw refuse('archive-entries', count + 1, mostEntries);
    if (!isIntact(header)) throw refuse('archive-header', at);
    const type = header.text(156, 1);
    const ownBytes = number(header, 124, 12, at);
    const offsetBytes = at + blockBytes;
    if (type === 'L' || type === 'x' || type === 'g') {
      const text = yield* readText(archive, offsetBytes, ownBytes);
      // Names of what follows may not be said for all: two entries of one name come of it.
      const more = type === 'L' ? { name: cut(text) } : pax(text, at);
      if (type === 'g' && Object.keys(more).length > 0) {
        throw refuse('archive-type', 'a name or a length for all entries');
      }
      said = { ...said, ...more };
      at = after(archive, { name: 'a long name', offsetBytes, lengthBytes: ownBytes });
      continue;
    }
    const name = safe(said.name ?? ownName(header));
    const lengthBytes = type === '5' ? 0 : (said.lengthBytes ?? ownBytes);
    said = {};
    if (!['0', '\0', '5'].includes(type)) {
      throw refuse('archive-type', `${shown(name)} is ${kinds[type] ?? `of type ${shown(type)}`}`);
    }
    const entry = { name, offsetBytes, lengthBytes };
    at = after(archive, entry);
    if (type === '5') continue;
    if (names.has(name)) throw refuse('archive-twice', shown(name));
    names.add(name);
    entries.push(entry);
  }
}

function after(archive: Window, entry: Entry): number {
  const end = entry.offsetBytes + entry.lengthBytes;
  if (end > archive.lengthBytes) throw refuse('archive-outside', shown(entry.name));
  return Math.min(
    entry.offsetBytes + Math.ceil(entry.lengthBytes / blockBytes) * blockBytes,
    archive.lengthBytes,
  );
}

function* readText(archive: Window, at: number, length: number): Reading<string> {
  if (length > mostTextBytes) throw refuse('archive-text', length, mostTextBytes);
  const bytes = yield* readAll(archive, at, length);
  return bytes.text(0, length);
}

/** Its own field counts as blanks; some have counted bytes as signed. */
function isIntact(header: Bytes): boolean {
  let unsigned = 0;
  let signed = 0;
  for (const [index, byte] of header.part(0, blockBytes).entries()) {
    const counted = index >= 148 && index < 156 ? 32 : byte;
    unsigned += counted;
    signed += counted > 127 ? counted - 256 : counted;
  }
  const said = Number.parseInt(cut(header.text(148, 8)).trim(), 8);
  return said === unsigned || said === signed;
}

/** Octal digits, or GNU's binary numbers for what is larger. */
function number(header: Bytes, at: number, length: number, headerAt: number): number {
  if (header.at(at) === 0x80) {
    let value = 0;
    for (const byte of header.part(at + 1, length - 1)) value = value * 256 + byte;
    if (Number.isSafeInteger(value)) return value;
    throw refuse('archive-header', headerAt);
  }
  const digits = cut(header.text(at, length)).trim();
  if (!/^[0-7]{1,12}$/.test(digits)) throw refuse('archive-header', headerAt);
  return Number.parseInt(digits, 8);
}

function ownName(header: Bytes): string {
  const name = cut(header.text(0, 100));
  // GNU has other things where ustar has the beginning of a long name.
  const prefix = header.has(257, 'ustar\0') ? cut(header.text(345, 155)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Records of a length, a key and a value. */
function pax(text: string, headerAt: number): Said {
  let name: string | undefined;
  let lengthBytes: number | undefined;
  let at = 0;
  while (at < text.length) {
    const digits = /^(\d{1,6}) /.exec(text.slice(at, at + 7))?.[1] ?? '';
    const length = Number(digits);
    const record = text.slice(at + digits.length + 1, at + length);
    const equals = record.indexOf('=');
    const isWhole = digits !== '' && at + length <= text.length && record.endsWith('\n');
    if (!isWhole || equals < 1) throw refuse('archive-header', headerAt);
    const key = record.slice(0, equals);
    const value = record.slice(equals + 1, -1);
    if (key === 'linkpath' || key.startsWith('GNU.sparse'))
      throw refuse('archive-type', shown(key));
    if (key === 'path') name = value;
    if (key === 'size') lengthBytes = decimal(value, headerAt);
    at += length;
  }
  return {
    ...(name === undefined ? {} : { name }),
    ...(lengthBytes === undefined ? {} : { lengthBytes }),
  };
}

function decimal(text: string, headerAt: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw refuse('archive-header', headerAt);
  return value;
}

function safe(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const leadsOut = name.startsWith('/') || parts.includes('..') || /[\\\0]/.test(name);
  if (leadsOut || parts.length === 0) throw refuse('archive-name', shown(name));
  return parts.join('/');
}

function cut(text: string): string {
  const zero = text.indexOf('\0');
  return zero < 0 ? text : text.slice(0, zero);
}
