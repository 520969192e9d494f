/**
 * Runs a program as another user, and waits only so long for it: one that a dead file server holds is left behind, and
 * ends when the kernel lets it.
 */
import { spawn } from 'node:child_process';
import type { QemuUser } from './pool-files.ts';

export interface Ran {
  /** Absent: it did not end in time, or could not be started. */
  readonly code?: number;
  readonly stdout: string;
  readonly stderr: string;
}

const mostBytes = 65_536;

export async function runAs(
  user: QemuUser | undefined,
  program: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  let stdout = '';
  let stderr = '';
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Of a group of its own, so that what it has started ends with it.
    detached: true,
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
  });
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    if (stdout.length < mostBytes) stdout += piece;
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    if (stderr.length < mostBytes) stderr += piece;
  });
  const late = setTimeout(() => {
    if (child.pid !== undefined) killGroup(child.pid);
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
    resolve({ stdout, stderr: `${stderr}${program} has not ended within ${timeoutMs} ms` });
  }, timeoutMs);
  child.on('error', (error) => resolve({ stdout, stderr: error.message }));
  child.on('close', (code) => resolve({ stdout, stderr, ...(code === null ? {} : { code }) }));
  try {
    return await promise;
  } finally {
    clearTimeout(late);
  }
}

export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
