/**
 * The host's files as looks at host and VMs need them: which file stands under a path, what it is mounted from, sizes
 * that the kernel tells. Pools' room is pool-files.ts. Each question ends in time, though the storage below may never answer.
 */
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FileFacts } from '@drover/protocol';
import type { Stood } from '../logic/index.ts';
import { inodeOf } from './inode.ts';
import { readMounts, type Mount } from './mounts.ts';
import { silence, StorageLooks, type StorageLooksOptions } from './storage-looks.ts';

const reachMs = 5_000;

/** What the storage is asked, as Node asks it. */
export interface StorageCalls {
  readonly stat: typeof stat;
}

export class HostFiles {
  readonly #root: string;
  readonly #calls: StorageCalls;
  readonly #looks: StorageLooks;

  /** `root`: where the host's own root directory is seen; another one, and other calls, only in tests. */
  constructor(
    root = '/',
    calls: StorageCalls = { stat },
    looks: Omit<StorageLooksOptions, 'mounts'> = {},
  ) {
    this.#root = root;
    this.#calls = calls;
    this.#looks = new StorageLooks({ ...looks, mounts: () => this.mounts() });
  }

  async look(path: string): Promise<Stood> {
    const { stat: look } = this.#calls;
    try {
      const found = await this.#looks.ask(path, () =>
        look(join(this.#root, path), { bigint: true }),
      );
      if (found === silence) return { type: 'silent' };
      const type = found.isBlockDevice() ? 'block' : found.isDirectory() ? 'folder' : 'file';
      return { type, inode: String(found.ino) };
    } catch {
      return { type: 'missing' };
    }
  }

  /** What tells whether a file was altered. Rejects where it is not there, and where there is no answer in time. */
  async facts(path: string): Promise<FileFacts> {
    const { stat: look } = this.#calls;
    const found = await this.#looks.ask(path, () => look(join(this.#root, path)));
    if (found === silence) throw new Error('its server does not answer');
    const { size: storedBytes, mtimeMs, ino } = found;
    return { storedBytes, changedMs: Math.floor(mtimeMs), inode: inodeOf(ino) };
  }

  async mounts(): Promise<readonly Mount[]> {
    // Of the process that sees this root: a link to itself says what our own process sees.
    const text = await this.#read(
      this.#root === '/' ? '/proc/self/mountinfo' : '/proc/1/mountinfo',
    );
    return readMounts(text);
  }

  /** The same on all hosts that share a kernel, as containers do. */
  async kernel(): Promise<string> {
    return (await this.#read('/proc/sys/kernel/random/boot_id')).trim();
  }

  /** Of the kernel's NFS client; nothing where it has none. */
  async recoversLostLocks(): Promise<boolean | undefined> {
    const text = await this.#read('/sys/module/nfs/parameters/recover_lost_locks');
    return text === '' ? undefined : text.startsWith('Y');
  }

  async availableMib(): Promise<number | undefined> {
    const kib = /^MemAvailable: +(\d+) kB$/m.exec(await this.#read('/proc/meminfo'))?.[1];
    return kib === undefined ? undefined : Math.floor(Number(kib) / 1024);
  }

  /** Of a network device, while it is there. */
  async mtu(device: string): Promise<number | undefined> {
    const text = (await this.#device(device, 'mtu')).trim();
    return /^\d+$/.test(text) ? Number(text) : undefined;
  }

  async isDevice(device: string): Promise<boolean> {
    return this.#isFolder(join('/sys/class/net', device));
  }

  async isBridge(device: string): Promise<boolean> {
    return this.#isFolder(join('/sys/class/net', device, 'bridge'));
  }

  async isUp(device: string): Promise<boolean> {
    return (Number(await this.#device(device, 'flags')) & 1) === 1;
  }

  #device(device: string, what: string): Promise<string> {
    return /^[^/]+$/.test(device)
      ? this.#read(join('/sys/class/net', device, what))
      : Promise.resolve('');
  }

  /** Does QEMU on this host reach the image by itself? */
  async reaches(url: string): Promise<boolean> {
    try {
      await promisify(execFile)('qemu-img', ['info', '-U', url], { timeout: reachMs });
      return true;
    } catch {
      return false;
    }
  }

  /** Of what the kernel tells itself: there is always an answer. */
  #isFolder(path: string): Promise<boolean> {
    return stat(join(this.#root, path)).then(
      (found) => found.isDirectory(),
      () => false,
    );
  }

  #read(path: string): Promise<string> {
    return readFile(join(this.#root, path), 'utf8').catch(() => '');
  }
}
