/**
 * The header of a qcow2, versions 2 and 3, and its extensions: refused is whatever names another file, is encrypted, is
 * not known, or points outside. Compressed clusters and extended L2 entries are well; bitmaps are not carried over.
 */
import { type Bytes, read, type Reading, readAll, shown, type Window } from './bytes.ts';
import { refuse } from './inspection.ts';
import { checkSize, type Limits } from './limits.ts';

/** Header, extensions and names are looked for in this much; QEMU's own are shorter than a thousand bytes. */
const headBytes = 64 * 1024;
const version2Bytes = 72;
const version3Bytes = 104;
/** As QEMU has them. */
const clusterBits = { least: 9, most: 21 };
const mostL1Bytes = 32 * 1024 * 1024;
const mostRefcountTableBytes = 8 * 1024 * 1024;
const mostNameBytes = 1023;

const dirty = 1n;
const corrupt = 2n;
const externalData = 4n;
const compression = 8n;
const extendedL2 = 16n;
const known = dirty | corrupt | externalData | compression | extendedL2;

const extension = {
  end: 0,
  dataFile: 0x44415441,
  encryption: 0x0537be77,
} as const;

/** The size of the disk. */
export function* readQcow2(window: Window, limits: Limits): Reading<number> {
  yield* readAll(window, 0, version2Bytes);
  const head = yield* read(window, 0, headBytes);
  const version = head.big32(4);
  if (version !== 2 && version !== 3) throw refuse('version', version, '2 and 3');
  checkBackingFile(head);
  if (head.big32(32) !== 0) throw refuse('encrypted', `method ${head.big32(32)}`);
  const virtualBytes = checkSize(head.big64(24), limits);
  const bits = head.big32(20);
  if (bits < clusterBits.least || bits > clusterBits.most) {
    throw refuse('cluster-size', bits, `2^${clusterBits.least} to 2^${clusterBits.most}`);
  }
  if (head.big32(60) !== 0) throw refuse('internal-snapshots', head.big32(60), 0);
  const clusterBytes = 2 ** bits;
  const headerBytes = version === 2 ? version2Bytes : headerLength(head, clusterBytes);
  const features = version === 2 ? 0n : checkFeatures(head, headerBytes);
  checkExtensions(head, headerBytes, Math.min(clusterBytes, headBytes));
  checkTables(head, window, clusterBytes, (features & extendedL2) !== 0n);
  return virtualBytes;
}

function checkBackingFile(head: Bytes): void {
  const offset = head.big64(8);
  if (offset === 0n) return;
  const length = Math.min(head.big32(16), mostNameBytes);
  const isHere = offset + BigInt(length) <= BigInt(head.length);
  const name = isHere ? head.text(Number(offset), length) : `a name at byte ${offset}`;
  // QEMU takes what is before a colon for a protocol, of which json: can say anything.
  const isProtocol = isHere && /^[A-Za-z0-9+.-]+:/.test(name);
  throw refuse(isProtocol ? 'protocol-name' : 'backing-file', shown(name));
}

function headerLength(head: Bytes, clusterBytes: number): number {
  const length = head.big32(100);
  const most = Math.min(clusterBytes, headBytes);
  if (length < version3Bytes || length > most || length % 8 !== 0) {
    throw refuse('header-length', length, `multiples of 8 from ${version3Bytes} to ${most}`);
  }
  return length;
}

/** The incompatible ones. */
function checkFeatures(head: Bytes, headerBytes: number): bigint {
  const features = head.big64(72);
  if ((features & externalData) !== 0n) throw refuse('external-data-file', 'by its feature bit');
  const unknown = features & ~known;
  if (unknown !== 0n) throw refuse('unknown-features', `bits 0x${unknown.toString(16)}`);
  if ((features & corrupt) !== 0n) throw refuse('unclean', 'corrupt');
  if ((features & dirty) !== 0n) throw refuse('unclean', 'dirty');
  const order = head.big32(96);
  if (order > 6) throw refuse('field', `refcounts of 2^${order} bits`, 'up to 2^6');
  const method = headerBytes > version3Bytes ? head.at(version3Bytes) : 0;
  const isSaid = (features & compression) !== 0n;
  if (method > 1 || isSaid !== method > 0) {
    throw refuse('field', `compression type ${method}`, '0, or 1 with its feature bit');
  }
  return features;
}

/** Unknown ones are passed over, as the format wants it; each step leads further, to an end or to a bound. */
function checkExtensions(head: Bytes, fromBytes: number, toBytes: number): void {
  let at = fromBytes;
  while (at + 8 <= toBytes) {
    const type = head.big32(at);
    if (type === extension.end) return;
    const length = head.big32(at + 4);
    const next = at + 8 + Math.ceil(length / 8) * 8;
    if (next > toBytes) throw refuse('header-extension', next, toBytes);
    if (type === extension.encryption) throw refuse('encrypted', 'LUKS');
    if (type === extension.dataFile) {
      throw refuse('external-data-file', shown(head.text(at + 8, Math.min(length, mostNameBytes))));
    }
    at = next;
  }
}

function checkTables(head: Bytes, window: Window, clusterBytes: number, isExtended: boolean): void {
  const l1Entries = head.big32(36);
  checkTable(window, clusterBytes, {
    name: 'its L1 table',
    offset: head.big64(40),
    bytes: l1Entries * 8,
    mostBytes: mostL1Bytes,
  });
  // Each L1 entry stands for one cluster of L2 entries.
  const reached =
    BigInt(l1Entries) * BigInt(clusterBytes / (isExtended ? 16 : 8)) * BigInt(clusterBytes);
  const size = head.big64(24);
  if (reached < size) throw refuse('field', `an L1 table for ${reached} bytes`, `one for ${size}`);
  const refcountClusters = head.big32(56);
  if (refcountClusters === 0) throw refuse('field', 'no refcount table', 'one');
  checkTable(window, clusterBytes, {
    name: 'its refcount table',
    offset: head.big64(48),
    bytes: refcountClusters * clusterBytes,
    mostBytes: mostRefcountTableBytes,
  });
}

interface Table {
  readonly name: string;
  readonly offset: bigint;
  readonly bytes: number;
  readonly mostBytes: number;
}

function checkTable(window: Window, clusterBytes: number, table: Table): void {
  const { name, offset, bytes, mostBytes } = table;
  if (bytes > mostBytes) throw refuse('table-size', bytes, mostBytes);
  if (offset % BigInt(clusterBytes) !== 0n || offset === 0n) {
    throw refuse('table-outside', `${name} begins at ${offset}`, window.lengthBytes);
  }
  // The last cluster of a file need not be written to its end.
  const wholeBytes = Math.ceil(window.lengthBytes / clusterBytes) * clusterBytes;
  const end = offset + BigInt(bytes);
  if (end > BigInt(wholeBytes)) {
    throw refuse('table-outside', `${name} ends at ${end}`, window.lengthBytes);
  }
}
