/**
 * Counts the SHA-256 of an open file, as a thread beside whatever else its process does; the next piece is read while one
 * is counted. See hash-file.ts.
 */
import { createHash } from 'node:crypto';
import { read } from 'node:fs';
import { promisify } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';

export interface HashOrder {
  /** Open in this process, and kept open as long as this runs. */
  readonly fd: number;
}

export type HashWord =
  | { readonly doneBytes: number }
  | { readonly sha256: string }
  | { readonly code: string; readonly message: string };

const pieceBytes = 1024 * 1024;
const tellBytes = 16 * pieceBytes;

async function hash({ fd }: HashOrder, tell: (word: HashWord) => void): Promise<void> {
  const readAt = (piece: Buffer, position: number) =>
    promisify(read)(fd, piece, 0, pieceBytes, position);
  const sha256 = createHash('sha256');
  let [now, next] = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)];
  let doneBytes = 0;
  let toldBytes = 0;
  let { bytesRead } = await readAt(now, 0);
  while (bytesRead > 0) {
    const reading = readAt(next, doneBytes + bytesRead);
    sha256.update(now.subarray(0, bytesRead));
    doneBytes += bytesRead;
    if (doneBytes - toldBytes >= tellBytes) tell({ doneBytes: (toldBytes = doneBytes) });
    ({ bytesRead } = await reading);
    [now, next] = [next, now];
  }
  tell({ doneBytes });
  tell({ sha256: sha256.digest('hex') });
}

const port = parentPort;
if (port !== null) {
  const tell = (word: HashWord) => port.postMessage(word);
  await hash(workerData as HashOrder, tell).catch((error: NodeJS.ErrnoException) => {
    tell({ code: error.code ?? '', message: error.message });
  });
}
