/**
 * Opens a plain TCP connection to a daemon: neither secret nor safe from change on the way. libvirt asks
 * for nothing before the first packet.
 */
import type { Socket } from 'node:net';
import type { TcpTarget } from '../uri.ts';
import { connectSocket } from './socket.ts';

/** Rejects with the socket's own error, or with the signal's reason. */
export async function openTcp(
  target: Pick<TcpTarget, 'host' | 'port'>,
  signal: AbortSignal,
): Promise<Socket> {
  // Packets are written whole; holding back small ones would only make calls slow.
  return connectSocket({ host: target.host, port: target.port, noDelay: true }, signal);
}
