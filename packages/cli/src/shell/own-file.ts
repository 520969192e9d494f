/**
 * A file of the person's that is sent: opened once, read to its end for its checksum, and looked at again, since one that
 * somebody writes to meanwhile would arrive as neither the old nor the new.
 */
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { UsageError } from '../logic/usage-error.ts';

const pieceBytes = 1024 * 1024;

export class OwnFile implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly path: string;
  readonly bytes: number;
  readonly #changedMs: number;

  private constructor(handle: FileHandle, path: string, bytes: number, changedMs: number) {
    this.#handle = handle;
    this.path = path;
    this.bytes = bytes;
    this.#changedMs = changedMs;
  }

  static async open(path: string): Promise<OwnFile> {
    let handle: FileHandle;
    try {
      handle = await open(path);
    } catch (error) {
      throw new UsageError(`“${path}” cannot be read: ${(error as Error).message}`);
    }
    const about = await handle.stat();
    if (!about.isFile() || about.size === 0) {
      await handle.close();
      throw new UsageError(`“${path}” is ${about.isFile() ? 'empty' : 'no file'}: nothing to send`);
    }
    return new OwnFile(handle, path, about.size, about.mtimeMs);
  }

  async sha256(tell: (doneBytes: number) => void, signal: AbortSignal): Promise<string> {
    const hash = createHash('sha256');
    let done = 0;
    for await (const piece of this.from(0)) {
      signal.throwIfAborted();
      hash.update(piece as Buffer);
      done += (piece as Buffer).length;
      tell(done);
    }
    await this.refuseChanged();
    return hash.digest('hex');
  }

  /** From that byte on. No stream of Node's own: who ends one closes the file with it. */
  from(start: number): Readable {
    return Readable.from(this.#pieces(start), { objectMode: false, highWaterMark: pieceBytes });
  }

  async *#pieces(start: number): AsyncGenerator<Buffer> {
    for (let at = start; at < this.bytes;) {
      const length = Math.min(pieceBytes, this.bytes - at);
      const piece = Buffer.allocUnsafe(length);
      const { bytesRead } = await this.#handle.read(piece, 0, length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  }

  async refuseChanged(): Promise<void> {
    const { size, mtimeMs } = await this.#handle.stat();
    if (size === this.bytes && mtimeMs === this.#changedMs) return;
    throw new UsageError(`“${this.path}” was changed meanwhile: begin again when it is complete`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
