/**
 * Small pieces written to a file in large ones, while the next are gathered, and brought to the disk on the way, so that
 * little is left to do for whoever waits for that at the end.
 */
import type { FileHandle } from 'node:fs/promises';

/** A kernel may look long for memory in one piece for what is written at once: with 1 MiB it took eight times as long. */
const writeBytes = 256 * 1024;
/** Less is written when nothing else comes. */
const gatherMs = 50;
/** So much may be written and not be on its way to the disk. */
const unsyncedBytes = 64 * 1024 * 1024;

export class GatheredWrites {
  readonly #file: FileHandle;
  #gathering = Buffer.allocUnsafe(writeBytes);
  /** What is written now, or was last. */
  #writing = Buffer.allocUnsafe(writeBytes);
  #gathered = 0;
  /** Of the file, where what is gathered begins. */
  #position: number;
  #isWriting = false;
  #written: Promise<void> = Promise.resolve();
  #unsynced = 0;
  #synced: Promise<void> | undefined;
  /** Of what nobody waited for; the system tells of it once. */
  readonly #failures: unknown[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(file: FileHandle, position: number) {
    this.#file = file;
    this.#position = position;
  }

  /** Where the next piece goes. */
  get end(): number {
    return this.#position + this.#gathered;
  }

  /** Returns when the piece may be used anew. Throws what an earlier one has met. */
  async add(piece: Buffer): Promise<void> {
    for (let done = 0; done < piece.length;) {
      if (this.#gathered === writeBytes) await this.#written;
      this.#check();
      const taken = piece.copy(this.#gathering, this.#gathered, done);
      done += taken;
      this.#gathered += taken;
      if (this.#gathered === writeBytes) this.#write();
    }
    this.#writeSoon();
  }

  /** All of it is in the file. */
  async flush(): Promise<void> {
    // One that is under way begins the next itself where that is full.
    while (this.#isWriting || this.#gathered > 0) {
      this.#write();
      await this.#written;
      this.#check();
    }
  }

  /** And on the disk. */
  async sync(): Promise<void> {
    await this.flush();
    await this.#synced;
    this.#check();
    await this.#file.sync();
  }

  #check(): void {
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  #writeSoon(): void {
    if (this.#gathered === 0) return;
    this.#timer ??= setTimeout(() => this.#write(), gatherMs);
  }

  /** Not beside another one, and not behind one that failed: the file would be longer than what is in it. */
  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isWriting || this.#failures.length > 0) return;
    this.#isWriting = true;
    const [bytes, length, position] = [this.#gathering, this.#gathered, this.#position];
    [this.#gathering, this.#writing] = [this.#writing, bytes];
    this.#gathered = 0;
    this.#position += length;
    this.#written = this.#writeAll(bytes.subarray(0, length), position)
      .catch((error: unknown) => void this.#failures.push(error))
      .then(() => {
        this.#isWriting = false;
        if (this.#gathered === writeBytes) this.#write();
        else this.#writeSoon();
      });
  }

  /** The system may take less at once than it is given. */
  async #writeAll(bytes: Buffer, position: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const left = bytes.length - done;
      done += (await this.#file.write(bytes, done, left, position + done)).bytesWritten;
    }
    this.#unsynced += bytes.length;
    if (this.#unsynced < unsyncedBytes || this.#synced !== undefined) return;
    this.#unsynced = 0;
    this.#synced = this.#file
      .datasync()
      .catch((error: unknown) => void this.#failures.push(error))
      .then(() => void (this.#synced = undefined));
  }
}
