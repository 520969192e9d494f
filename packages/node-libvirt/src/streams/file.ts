/**
 * Files sent to and fetched from a sparse stream: runs of zeroes are neither sent nor written.
 */
import type { FileHandle } from 'node:fs/promises';
import type { LibvirtStream } from '../connection/stream.ts';
import { splitHoles } from './holes.ts';

const readBytes = 4 * 1024 * 1024;

/** From the file's first byte to its last. Resolves with the bytes, holes included. */
export async function sendFile(
  file: FileHandle,
  stream: LibvirtStream,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<number> {
  const buffer = Buffer.allocUnsafe(readBytes);
  let sent = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, sent);
    if (bytesRead === 0) return sent;
    for (const piece of splitHoles(buffer.subarray(0, bytesRead))) {
      if (piece instanceof Uint8Array) await stream.write(piece);
      else await stream.skip(piece.hole);
    }
    sent += bytesRead;
    onProgress(sent);
  }
}

/** From the file's first byte on; what was in it before is gone. Resolves with its size. */
export async function receiveFile(
  stream: LibvirtStream,
  file: FileHandle,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<number> {
  await file.truncate(0);
  let size = 0;
  for await (const piece of stream.pieces()) {
    if (piece instanceof Uint8Array) {
      await writeAll(file, piece, size);
      size += piece.length;
    } else size += piece.hole;
    onProgress(size);
  }
  // A hole at the end is nothing but size.
  await file.truncate(size);
  return size;
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
