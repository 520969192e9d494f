/**
 * The folder of one pool, held open while a process works in it: what is opened through it lies in that very folder,
 * whatever is mounted or moved meanwhile, and no link is followed out of it. Says too whose its files are to be.
 */
import { type Stats, constants } from 'node:fs';
import {
  access,
  chmod,
  chown,
  type FileHandle,
  lstat,
  open,
  readFile,
  stat,
} from 'node:fs/promises';
import { DroverError, type Pool } from '@drover/protocol';
import { readMounts } from '../mounts.ts';
import { checkMount, unavailable } from '../pool-mount.ts';

type MountedSpec = Exclude<Pool['spec'], { readonly type: 'nfs-direct' }>;

/** Where Drover's own files of a pool are; names of volumes never begin with a dot. */
export const ownFolder = '.drover';

export class PoolFolder implements AsyncDisposable {
  readonly name: string;
  /** As everybody sees it, on every host. */
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #uid: number;
  readonly #gid: number;

  private constructor(name: string, { path }: MountedSpec, handle: FileHandle, owner: Stats) {
    this.name = name;
    this.path = path;
    this.#handle = handle;
    this.#uid = owner.uid;
    this.#gid = owner.gid;
  }

  /** Throws `pool-unavailable` where it is not what was declared, `pool-unsuited` where no host mounts it. */
  static async open(pool: Pool): Promise<PoolFolder> {
    const { name, spec } = pool;
    if (spec.type === 'nfs-direct') {
      throw new DroverError('pool-unsuited', `pool ${name}: the hosts do not mount it`);
    }
    checkMount(readMounts(await readFile('/proc/self/mountinfo', 'utf8')), pool);
    let handle: FileHandle | undefined;
    try {
      await becomeOwner(spec.path);
      handle = await open(spec.path, constants.O_RDONLY | constants.O_DIRECTORY);
      const [held, named] = await Promise.all([handle.stat(), stat(spec.path)]);
      if (held.ino !== named.ino || held.dev !== named.dev) {
        throw new Error(`${spec.path} was mounted just now`);
      }
      return new PoolFolder(name, spec, handle, held);
    } catch (error) {
      await handle?.close();
      throw unavailable(name, (error as Error).message);
    }
  }

  /** For this process alone: a file or folder of it. */
  at(name: string): string {
    return `/proc/self/fd/${this.#handle.fd}/${name}`;
  }

  /** For other programs, and for what is written into files. */
  absolute(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Nothing where there is none. Throws `job-failed` where it is no plain file. */
  async look(file: string): Promise<Stats | undefined> {
    try {
      const found = await lstat(this.at(file));
      if (found.isFile()) return found;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    throw new DroverError('job-failed', `${this.absolute(file)} is no file of its own`);
  }

  async open(file: string, flags: number = constants.O_RDONLY): Promise<FileHandle> {
    return open(this.at(file), flags | constants.O_NOFOLLOW);
  }

  /**
   * As volumes that libvirt makes: nobody's business but that of the pool's owner, whom QEMU runs as where it is not root;
   * where it is, libvirt gives a file to QEMU when a VM starts.
   */
  async own(path: string): Promise<void> {
    await chmod(path, this.#uid === 0 ? 0o600 : 0o660);
    await this.#give(path);
  }

  async ownFolder(path: string): Promise<void> {
    await chmod(path, 0o700);
    await this.#give(path);
  }

  async #give(path: string): Promise<void> {
    if (this.#uid === 0 || process.getuid?.() === this.#uid) return;
    await chown(path, this.#uid, this.#gid).catch((error: NodeJS.ErrnoException) => {
      // A server that takes root for nobody lets nobody give files away.
      if (error.code !== 'EPERM') throw error;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** A server may take root for nobody: then this process works as the folder's owner, as libvirt does. */
async function becomeOwner(path: string): Promise<void> {
  try {
    return await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { uid, gid } = await stat(path);
    const isForOwner = (error as NodeJS.ErrnoException).code === 'EACCES' && uid !== 0;
    if (!isForOwner || process.getuid?.() !== 0) throw error;
    process.setgroups?.([gid]);
    process.setgid?.(gid);
    process.setuid?.(uid);
  }
}
