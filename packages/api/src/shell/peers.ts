/**
 * What a connection itself says of who is at its other end: the machine's own root, where it came through the
 * unix socket that only root may open, or the name in a certificate that our authority signed.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { App } from './context.ts';
import { isConsoleUpgrade } from './console-upgrade.ts';

const fromSocket = new WeakSet<Socket>();

export function isFromSocket(socket: Socket): boolean {
  return fromSocket.has(socket);
}

export function certificateOf(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** The same routes, for whom the file system lets in: only the owner of this process, and so root. */
export async function listenOnSocket(app: App, path: string): Promise<Server> {
  await app.ready();
  const server = createServer({ shouldUpgradeCallback: isConsoleUpgrade }, (request, response) =>
    app.routing(request, response),
  );
  server.on('upgrade', (...upgrade) => void app.server.emit('upgrade', ...upgrade));
  server.on('connection', (socket) => fromSocket.add(socket));
  server.headersTimeout = 30_000;
  // What an earlier life of this process left.
  rmSync(path, { force: true });
  const former = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // The file is made before this returns, under the mask that holds now.
      server.listen(path, resolve);
    });
  } finally {
    process.umask(former);
  }
  chmodSync(path, 0o600);
  return server;
}
