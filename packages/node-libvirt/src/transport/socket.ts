/**
 * Connects a plain socket, to a path or to a host, within a deadline. Which one is left to the caller.
 */
import { createConnection, type NetConnectOpts, type Socket } from 'node:net';

/** Rejects with the socket's own error, or with the signal's reason. */
export function connectSocket(options: NetConnectOpts, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const socket = createConnection(options);
    const settle = () => {
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', fail);
    };
    const fail = (cause: unknown) => {
      settle();
      // Its last words after this are nobody's concern.
      socket.on('error', () => undefined);
      socket.destroy();
      reject(cause as Error);
    };
    const onAbort = () => fail(signal.reason);
    socket.once('error', fail);
    socket.once('connect', () => {
      settle();
      resolve(socket);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
