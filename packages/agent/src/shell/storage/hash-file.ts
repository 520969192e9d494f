/** The SHA-256 of all that an open file has; the next piece is read while one is counted. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { throwIfAborted } from './import-errors.ts';

const pieceBytes = 1024 * 1024;

export interface HashOptions {
  readonly signal: AbortSignal;
  readonly onBytes?: (doneBytes: number) => void;
}

export async function hashFile(
  handle: FileHandle,
  { signal, onBytes }: HashOptions,
): Promise<string> {
  const hash = createHash('sha256');
  let [now, next] = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)];
  let done = 0;
  let { bytesRead } = await handle.read(now, 0, pieceBytes, 0);
  while (bytesRead > 0) {
    throwIfAborted(signal);
    const reading = handle.read(next, 0, pieceBytes, done + bytesRead);
    hash.update(now.subarray(0, bytesRead));
    done += bytesRead;
    onBytes?.(done);
    ({ bytesRead } = await reading);
    [now, next] = [next, now];
  }
  return hash.digest('hex');
}
