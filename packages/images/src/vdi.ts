/** The header of a vdi: version 1.1, one whole disk. One that has only what differs from another is refused. */
import { type Reading, readAll, type Window } from './bytes.ts';
import { refuse } from './inspection.ts';
import { checkSize, type Limits } from './limits.ts';

const headerBytes = 512;
const version = 0x0001_0001;
const types: Readonly<Record<number, string>> = { 3: 'undo', 4: 'differencing' };
const blockBytes = 1024 * 1024;
const mostBlocks = 0x1fff_ffff;

/** The size of the disk. */
export function* readVdi(window: Window, limits: Limits): Reading<number> {
  const head = yield* readAll(window, 0, headerBytes);
  if (head.little32(0x44) !== version) {
    const found = `${head.little16(0x46)}.${head.little16(0x44)}`;
    throw refuse('version', found, '1.1');
  }
  const type = head.little32(0x4c);
  if (type !== 1 && type !== 2) throw refuse('parent-disk', types[type] ?? `type ${type}`);
  // Of the snapshot that it was made after, and of the disk that it stands on.
  if (!head.isZero(0x1a8, 16) || !head.isZero(0x1b8, 16)) {
    throw refuse('parent-disk', 'it names a parent');
  }
  const sectorBytes = head.little32(0x168);
  if (sectorBytes !== 512) throw refuse('field', `sectors of ${sectorBytes} bytes`, 512);
  const size = head.little32(0x178);
  if (size !== blockBytes) throw refuse('field', `blocks of ${size} bytes`, blockBytes);
  const blocks = head.little32(0x180);
  if (blocks > mostBlocks) throw refuse('table-size', blocks * 4, mostBlocks * 4);
  const virtualBytes = checkSize(head.little64(0x170), limits);
  if (blocks * blockBytes < virtualBytes) {
    throw refuse('field', `${blocks} blocks for ${virtualBytes} bytes`, 'as many as the disk has');
  }
  checkOffset(head.little32(0x154), blocks * 4, 'its block map', window);
  checkOffset(head.little32(0x158), 0, 'its data', window);
  return virtualBytes;
}

function checkOffset(offset: number, bytes: number, name: string, window: Window): void {
  const isAligned = offset >= headerBytes && offset % 512 === 0;
  if (isAligned && offset + bytes <= window.lengthBytes) return;
  throw refuse('table-outside', `${name} is at ${offset} to ${offset + bytes}`, window.lengthBytes);
}
