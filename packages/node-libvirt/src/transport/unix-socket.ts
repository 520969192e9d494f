/**
 * Opens the unix socket that a libvirt daemon listens on, within a deadline. Any other Duplex serves the
 * connection just as well; what travels over it is left to `connection/`.
 */
import { createConnection, type Socket } from 'node:net';
import { ConnectionError } from '../errors.ts';

/** Rejects with `ConnectionError('connect-failed')`, the socket's own error as its cause. */
export function openUnixSocket(
  path: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.removeListener('error', fail);
    };
    const fail = (cause: unknown) => {
      settle();
      socket.destroy();
      reject(new ConnectionError('connect-failed', false, cause));
    };
    const onAbort = () => fail(signal?.reason);
    const timer = setTimeout(() => fail(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    socket.once('error', fail);
    socket.once('connect', () => {
      settle();
      resolve(socket);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
  });
}
