/**
 * The host's files as a look at a VM needs them: which file stands under a path, what it is mounted from, sizes that
 * the kernel tells. Each question ends in time, though the storage below may never answer.
 */
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { readMounts, type Mount } from './mounts.ts';

export type Stood =
  | { readonly type: 'file' | 'folder' | 'block'; readonly inode: string }
  | { readonly type: 'missing' | 'silent' };

const answerMs = 2_000;
const reachMs = 5_000;

export class HostFiles {
  readonly #root: string;
  /** One question at a time to a path: those to a dead server would pile up for ever. */
  readonly #asking = new Map<string, Promise<Stood>>();

  /** `root`: where the host's own root directory is seen; another one only in tests. */
  constructor(root = '/') {
    this.#root = root;
  }

  async look(path: string): Promise<Stood> {
    const asking = this.#asking.get(path) ?? this.#ask(path);
    this.#asking.set(path, asking);
    const late = new AbortController();
    try {
      const tooLate = pause(answerMs, { type: 'silent' } as const, { signal: late.signal });
      return await Promise.race([asking, tooLate]);
    } finally {
      late.abort();
    }
  }

  async #ask(path: string): Promise<Stood> {
    try {
      const found = await stat(join(this.#root, path), { bigint: true });
      const type = found.isBlockDevice() ? 'block' : found.isDirectory() ? 'folder' : 'file';
      return { type, inode: String(found.ino) };
    } catch {
      return { type: 'missing' };
    } finally {
      this.#asking.delete(path);
    }
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
    return (await this.look(join('/sys/class/net', device))).type === 'folder';
  }

  async isBridge(device: string): Promise<boolean> {
    return (await this.look(join('/sys/class/net', device, 'bridge'))).type === 'folder';
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

  #read(path: string): Promise<string> {
    return readFile(join(this.#root, path), 'utf8').catch(() => '');
  }
}
