/** To a console that a host awaits somebody for: who was told where, and under which id and key. */
import type { ConnectionOptions } from 'node:tls';
import { DroverError, type TransferEnd } from '@drover/protocol';
import { type ClientOptions, WebSocket } from 'ws';
import { consoleLimits } from './console-pipe.ts';
import { keyOf, tlsOptions } from './headers.ts';

const connectMs = 5_000;

/** Nothing of what comes is lost: it stands still until `resume()`. Throws `host-silent`. */
export async function visitConsole(
  end: TransferEnd,
  id: string,
  signal?: AbortSignal,
): Promise<WebSocket> {
  const { host, port, secret } = end;
  const address = host.includes(':') ? `[${host}]` : host;
  const options: ClientOptions & Pick<ConnectionOptions, 'pskCallback'> = {
    ...tlsOptions,
    ...consoleLimits,
    handshakeTimeout: connectMs,
    // Who has no key does not come this far.
    checkServerIdentity: (() => undefined) as never,
    pskCallback: () => ({ psk: keyOf(secret), identity: id }),
  };
  const socket = new WebSocket(`wss://${address}:${port}/`, options);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const leave = () => socket.terminate();
  signal?.addEventListener('abort', leave, { once: true });
  socket.once('open', () => {
    socket.pause();
    resolve();
  });
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('it was closed at once')));
  try {
    await promise;
  } catch (error) {
    socket.on('error', () => undefined);
    socket.terminate();
    const why = (error as Error).message;
    throw new DroverError('host-silent', `${host}:${port}: ${why}`, { cause: error });
  } finally {
    signal?.removeEventListener('abort', leave);
  }
  return socket;
}
