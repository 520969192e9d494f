/** Writes what comes into a new file, up to a limit, and leaves holes where zeros come. */
import { open } from 'node:fs/promises';
import { tooLarge } from './import-errors.ts';

const blockBytes = 64 * 1024;
const zeros = Buffer.alloc(blockBytes);

export interface SparseOptions {
  readonly maxBytes: number;
  /** For people: what would be too large. */
  readonly what: string;
  readonly onBytes?: (doneBytes: number) => void;
}

/** Returns its length. Throws `too-large` with the first byte beyond the limit. */
export async function writeSparse(
  path: string,
  pieces: AsyncIterable<Buffer>,
  { maxBytes, what, onBytes }: SparseOptions,
): Promise<number> {
  await using file = await open(path, 'wx', 0o600);
  let done = 0;
  for await (const piece of pieces) {
    if (done + piece.length > maxBytes) throw tooLarge(what, `more than ${maxBytes}`, maxBytes);
    for (const { from, to } of written(piece, done)) {
      await writeAll(file, piece.subarray(from, to), done + from);
    }
    done += piece.length;
    onBytes?.(done);
  }
  await file.truncate(done);
  return done;
}

interface Part {
  readonly from: number;
  readonly to: number;
}

/** The parts of a piece that have something in them, by blocks of the file. */
function written(piece: Buffer, atBytes: number): readonly Part[] {
  const parts: Part[] = [];
  let from = 0;
  while (from < piece.length) {
    const to = Math.min(piece.length, from + blockBytes - ((atBytes + from) % blockBytes));
    const isZero = piece.subarray(from, to).equals(zeros.subarray(0, to - from));
    const last = parts.at(-1);
    if (!isZero && last?.to === from) parts[parts.length - 1] = { from: last.from, to };
    else if (!isZero) parts.push({ from, to });
    from = to;
  }
  return parts;
}

/** The system may take less at once than it is given. */
async function writeAll(
  file: Awaited<ReturnType<typeof open>>,
  bytes: Buffer,
  atBytes: number,
): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, atBytes + done);
    done += bytesWritten;
  }
}
