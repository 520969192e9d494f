/** Reads the pieces of an open file that an inspection asks for, and throws what it finds wrong. */
import type { FileHandle } from 'node:fs/promises';
import { inspect, type Limits, type Range, type SourceKind, type WholeDisk } from '@drover/images';
import { refusedImage } from './import-errors.ts';

/** Throws `image-refused`, or `too-large`; `reason` in its details is of the inspection's list. */
export async function inspectFile(
  handle: FileHandle,
  kind: SourceKind,
  limits: Limits,
): Promise<WholeDisk> {
  const reading = inspect(kind, (await handle.stat()).size, limits);
  let step = reading.next();
  while (!step.done) step = reading.next(await readRange(handle, step.value));
  if (step.value.type === 'refused') throw refusedImage(step.value);
  return step.value;
}

async function readRange(handle: FileHandle, range: Range): Promise<Buffer> {
  const piece = Buffer.alloc(range.lengthBytes);
  let have = 0;
  while (have < piece.length) {
    const { bytesRead } = await handle.read(
      piece,
      have,
      piece.length - have,
      range.offsetBytes + have,
    );
    if (bytesRead === 0) break;
    have += bytesRead;
  }
  return piece.subarray(0, have);
}
