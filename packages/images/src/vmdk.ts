/**
 * The header of a vmdk that is one file, monolithicSparse or streamOptimized, and where it has one its footer, which
 * stands for the header then. Its descriptor must name this file alone. Descriptors on their own, flat extents and the
 * kinds of ESX are refused, since other files belong to them.
 */
import { type Bytes, read, type Reading, readAll, type Window } from './bytes.ts';
import { refuse } from './inspection.ts';
import { checkSize, type Limits } from './limits.ts';
import { checkDescriptor } from './vmdk-descriptor.ts';

const sectorBytes = 512;
const headerBytes = 512;
/** The descriptor lies in this much, behind the header. */
const headBytes = 128 * 1024;
/** It looks for a parent in sector 1 and so many more, whatever the header says of the descriptor. */
const descriptorSectorsOfQemu = 20;
/** Marker, footer, marker of the end. */
const footerBytes = 3 * sectorBytes;
const footerMarker = 3;
/** In place of the directory's place: the footer says it. */
const atEnd = 0xffff_ffff_ffff_ffffn;
const entriesPerTable = 512;
const mostDirectoryBytes = 32 * 1024 * 1024;

interface Header {
  readonly sectors: bigint;
  readonly directorySector: bigint;
  readonly directoryBytes: bigint;
  readonly descriptorSector: bigint;
  readonly descriptorSectors: bigint;
}

/** The size of the disk. */
export function* readVmdk(window: Window, limits: Limits): Reading<number> {
  yield* readAll(window, 0, headerBytes);
  const head = yield* read(window, 0, headBytes);
  const header = readHeader(head, 0);
  const virtualBytes = checkSize(header.sectors * BigInt(sectorBytes), limits);
  checkText(head, header);
  if (header.directorySector !== atEnd) {
    checkDirectory(header, window);
    return virtualBytes;
  }
  const footer = yield* readFooter(window);
  // One of them would be checked, the other be used.
  if (footer.sectors !== header.sectors) {
    throw refuse('field', `${footer.sectors} sectors in its footer`, `${header.sectors}`);
  }
  checkDirectory(footer, window);
  return virtualBytes;
}

function readHeader(bytes: Bytes, at: number): Header {
  const version = bytes.little32(at + 4);
  if (version < 1 || version > 3) throw refuse('version', version, '1 to 3');
  const sectors = bytes.little64(at + 12);
  // QEMU reads the descriptor for the list of other files then.
  if (sectors === 0n) throw refuse('other-files', 'a header without a disk', 'one file');
  const grain = bytes.little64(at + 20);
  const isPower = grain >= 8n && grain <= 65_536n && (grain & (grain - 1n)) === 0n;
  if (!isPower) throw refuse('field', `grains of ${grain} sectors`, 'a power of 2 from 8 to 65536');
  const entries = bytes.little32(at + 44);
  if (entries !== entriesPerTable) {
    throw refuse('field', `${entries} entries in a table`, entriesPerTable);
  }
  const algorithm = bytes.little16(at + 77);
  if (algorithm > 1) throw refuse('field', `compression ${algorithm}`, '0 or 1');
  const perTable = grain * BigInt(entriesPerTable);
  return {
    sectors,
    directorySector: bytes.little64(at + 56),
    directoryBytes: ((sectors + perTable - 1n) / perTable) * 4n,
    descriptorSector: bytes.little64(at + 28),
    descriptorSectors: bytes.little64(at + 36),
  };
}

function checkText(head: Bytes, { descriptorSector, descriptorSectors }: Header): void {
  const allowed = `in the sectors from 1 to ${headBytes / sectorBytes}`;
  const last = descriptorSector + descriptorSectors;
  if (descriptorSector !== 1n || descriptorSectors < 1n || last > headBytes / sectorBytes) {
    throw refuse('descriptor', `lies in the sectors from ${descriptorSector} to ${last}`, allowed);
  }
  const bytes = Math.max(Number(descriptorSectors), descriptorSectorsOfQemu) * sectorBytes;
  checkDescriptor(head.text(sectorBytes, Math.min(bytes, head.length - sectorBytes)));
}

function checkDirectory({ directorySector, directoryBytes }: Header, window: Window): void {
  if (directoryBytes > BigInt(mostDirectoryBytes)) {
    throw refuse('table-size', `${directoryBytes}`, mostDirectoryBytes);
  }
  const end = directorySector * BigInt(sectorBytes) + directoryBytes;
  if (directorySector > 0n && end <= BigInt(window.lengthBytes)) return;
  throw refuse('table-outside', `its grain directory ends at ${end}`, window.lengthBytes);
}

function* readFooter(window: Window): Reading<Header> {
  const at = window.lengthBytes - footerBytes;
  if (at < headerBytes) throw refuse('truncated', window.lengthBytes, headerBytes + footerBytes);
  const footer = yield* readAll(window, at, footerBytes);
  const isMarked = footer.little32(12) === footerMarker && footer.has(sectorBytes, 'KDMV');
  if (!isMarked) throw refuse('field', 'no footer at its end', 'one');
  return readHeader(footer, sectorBytes);
}
