/**
 * Opens the unix socket that a libvirt daemon listens on: the first of several places that exists. What
 * travels over it is left to `connection/`.
 */
import type { Socket } from 'node:net';
import { connectSocket } from './socket.ts';

/** Rejects with the socket's own error, or where no place exists with one that names them all. */
export async function openUnixSocket(
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Socket> {
  let missing: unknown;
  for (const path of paths) {
    try {
      return await connectSocket({ path }, signal);
    } catch (error) {
      // A socket that is there and refuses belongs to the right daemon: asking another would mislead.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      missing = error;
    }
  }
  throw new Error(
    `there is no socket ${paths.join(' nor ')}: start the daemon, or name its socket`,
    { cause: missing },
  );
}
