/**
 * What is asked of a pool's directory, as one process asks it of its own file system; it may take for ever. Where root
 * may not look (a server can take root for nobody), QEMU's user may.
 */
import { spawn } from 'node:child_process';
import { access, constants, open, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { PoolFiles } from '../logic/index.ts';

export interface QemuUser {
  readonly uid: number;
  readonly gid: number;
}

export interface PoolQuestion {
  readonly path: string;
  readonly user: QemuUser;
}

export const markFile = '.drover/pool.json';
const mib = 1024 * 1024;
const markMaxBytes = 4_096;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export async function poolFiles({ path, user }: PoolQuestion): Promise<PoolFiles> {
  try {
    const isReadOnly = await access(path, constants.W_OK).then(
      () => false,
      (error: unknown) => {
        // Where root may not write, QEMU still may.
        if (codeOf(error) !== 'EACCES' && codeOf(error) !== 'EROFS') throw error;
        return codeOf(error) === 'EROFS';
      },
    );
    const { bsize, blocks, bavail, files, ffree } = await statfs(path);
    return {
      type: 'answered',
      capacityMib: Math.floor((blocks * bsize) / mib),
      freeMib: Math.floor((bavail * bsize) / mib),
      ...(files > 0 ? { inodes: { total: files, free: ffree } } : {}),
      isReadOnly,
      mark: await markOf(path, user),
    };
  } catch (error) {
    const code = codeOf(error);
    const message = error instanceof Error ? error.message : String(error);
    return { type: 'failed', message, ...(code === undefined ? {} : { code }) };
  }
}

async function markOf(path: string, user: QemuUser): Promise<string> {
  const file = join(path, markFile);
  let text: string;
  try {
    text = await readOwn(file);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return 'missing';
    if (code !== 'EACCES' || user.uid === 0) return 'unreadable';
    text = await readAs(user, file);
  }
  return readMark(text);
}

/** Which pool it says. */
export function readMark(text: string): string {
  try {
    const { uuid: said } = JSON.parse(text) as { readonly uuid?: unknown };
    return typeof said === 'string' && uuid.test(said) ? said : 'unreadable';
  } catch {
    return 'unreadable';
  }
}

/** Whoever may write to the pool may have put something else there: no link is followed, nothing is waited for. */
async function readOwn(file: string): Promise<string> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  await using handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const buffer = Buffer.alloc(markMaxBytes);
  const { bytesRead } = await handle.read(buffer, 0, markMaxBytes, 0);
  return buffer.toString('utf8', 0, bytesRead);
}

function readAs({ uid, gid }: QemuUser, file: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const stdio = ['ignore', 'pipe', 'ignore'] as const;
  const cat = spawn('head', ['-c', String(markMaxBytes), '--', file], {
    uid,
    gid,
    stdio: [...stdio],
  });
  let text = '';
  cat.stdout?.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  cat.on('error', () => resolve(''));
  cat.on('close', () => resolve(text));
  return promise;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
