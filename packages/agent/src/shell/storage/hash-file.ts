/** The SHA-256 of all that an open file has, counted in a thread of its own: two files, or a file and its copy, take one's time. */
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { HashOrder, HashWord } from './hash-thread.ts';
import { throwIfAborted } from './import-errors.ts';

const program = join(import.meta.dirname, 'hash-thread.ts');

export interface HashOptions {
  readonly signal: AbortSignal;
  readonly onBytes?: (doneBytes: number) => void;
}

/** Throws `job-cancelled`, and what reading meets, with the system's code. */
export async function hashFile(
  handle: FileHandle,
  { signal, onBytes }: HashOptions,
): Promise<string> {
  throwIfAborted(signal);
  const workerData: HashOrder = { fd: handle.fd };
  const thread = new Worker(program, { workerData });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  thread.on('message', (word: HashWord) => {
    if ('doneBytes' in word) onBytes?.(word.doneBytes);
    else if ('sha256' in word) resolve(word.sha256);
    else reject(Object.assign(new Error(word.message), { code: word.code }));
  });
  thread.on('error', reject);
  thread.on('exit', () => reject(new Error('the thread that counts ended')));
  const cancel = () => reject(new Error('it was cancelled'));
  signal.addEventListener('abort', cancel);
  try {
    return await promise;
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
    // Nothing reads from the file any more when this returns: it may be closed.
    await thread.terminate();
  }
}
