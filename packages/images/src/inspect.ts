/**
 * Looks at a file that somebody brought, as the format that it was said to be, before any other program does: is it one
 * whole disk that names nothing outside of itself, within the limits? Formats are never guessed. What a header promises
 * is checked; whether each cluster is where its tables say, is left to the program that converts it under limits.
 */
import { type Reading, read, type Window } from './bytes.ts';
import {
  type DiskFormat,
  type Inspection,
  Refusal,
  refuse,
  type SourceKind,
} from './inspection.ts';
import { checkSize, type Limits } from './limits.ts';
import { type Likeness, likenessOf, magicBytes } from './magic.ts';
import { findDisk } from './ova.ts';
import { readQcow2 } from './qcow2.ts';
import { readVdi } from './vdi.ts';
import { readVmdk } from './vmdk.ts';

/** Never throws for what is in the file, whatever it is given. */
export function* inspect(kind: SourceKind, fileBytes: number, limits: Limits): Reading<Inspection> {
  const file: Window = { offsetBytes: 0, lengthBytes: fileBytes };
  try {
    if (kind !== 'ova') return yield* inspectDisk(kind, file, limits);
    const disk = yield* findDisk(file);
    const inside = yield* inspectDisk(disk.format, disk, limits);
    return { ...inside, entry: disk.entry };
  } catch (error) {
    if (error instanceof Refusal) return error.refused;
    throw error;
  }
}

function* inspectDisk(format: DiskFormat, window: Window, limits: Limits) {
  const head = yield* read(window, 0, magicBytes);
  checkLikeness(format, likenessOf(head));
  const virtualBytes = yield* virtualBytesOf(format, window, limits);
  const { offsetBytes, lengthBytes } = window;
  return { type: 'image', format, virtualBytes, offsetBytes, lengthBytes } as const;
}

/** Raw is whatever it is, but for what only a mistake or malice would call raw. */
function checkLikeness(format: DiskFormat, likeness: Likeness | undefined): void {
  if (format === 'raw') {
    if (likeness) throw refuse(likeness.reason, likeness.name, 'raw');
    return;
  }
  if (likeness?.name === format) return;
  if (format === 'vmdk' && likeness?.name === 'vmdk descriptor') {
    throw refuse('other-files', 'a descriptor without its disk', 'one file');
  }
  throw refuse('not-that-format', likeness?.name ?? 'something else', format);
}

function* virtualBytesOf(format: DiskFormat, window: Window, limits: Limits): Reading<number> {
  switch (format) {
    case 'raw':
      return checkSize(BigInt(window.lengthBytes), limits);
    case 'qcow2':
      return yield* readQcow2(window, limits);
    case 'vmdk':
      return yield* readVmdk(window, limits);
    case 'vdi':
      return yield* readVdi(window, limits);
  }
}
