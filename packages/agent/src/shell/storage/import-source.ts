/**
 * A file that an image is imported from, open: whatever happens to its name afterwards, this is what is looked at and
 * converted. Only plain files, no links; never changed.
 */
import { constants, type BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { DroverError, type StorageJob } from '@drover/protocol';

type StoredFile = Extract<StorageJob, { job: 'import' }>['into'];

/** Reading a pipe or a device would wait for ever. */
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export class SourceFile implements AsyncDisposable {
  readonly handle: FileHandle;
  readonly bytes: number;
  readonly #name: string;
  readonly #stat: BigIntStats;

  private constructor(name: string, handle: FileHandle, stat: BigIntStats) {
    this.handle = handle;
    this.bytes = Number(stat.size);
    this.#name = name;
    this.#stat = stat;
  }

  static async open(path: string, name = path): Promise<SourceFile> {
    let handle: FileHandle;
    try {
      handle = await open(path, flags);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // With these flags a link fails as a loop, a socket as no such device.
      if (code === 'ELOOP' || code === 'ENXIO') throw noFile(name);
      const text = code === 'ENOENT' ? `there is no ${name}` : message;
      throw new DroverError('job-failed', text, { cause: error });
    }
    try {
      const stat = await handle.stat({ bigint: true });
      if (!stat.isFile()) throw noFile(name);
      return new SourceFile(name, handle, stat);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Below the very folder that was opened as the pool's. */
  static async inPool({ pool: { name, spec }, file }: StoredFile): Promise<SourceFile> {
    if (spec.type === 'nfs-direct') {
      throw new DroverError('pool-unsuited', `pool ${name}: the hosts do not mount it`);
    }
    await using folder = await open(spec.path, constants.O_RDONLY | constants.O_DIRECTORY).catch(
      (error: unknown) => {
        const message = `pool ${name}: ${(error as Error).message}`;
        throw new DroverError('pool-unavailable', message, { cause: error });
      },
    );
    // Waited for here: the folder is closed afterwards.
    return await SourceFile.open(
      `/proc/self/fd/${folder.fd}/${file}`,
      `file ${file} in pool ${name}`,
    );
  }

  /** Throws where somebody wrote to it since it was opened: what was looked at is not what was read. */
  async checkUnchanged(): Promise<void> {
    const now = await this.handle.stat({ bigint: true });
    const { size, mtimeNs, ctimeNs } = this.#stat;
    if (now.size === size && now.mtimeNs === mtimeNs && now.ctimeNs === ctimeNs) return;
    throw new DroverError('job-failed', `${this.#name} was changed while it was imported`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }
}

function noFile(name: string): DroverError {
  return new DroverError('source-refused', `${name} is no plain file`);
}
