/**
 * One agent per state directory: two would write one journal. Held by a listening socket, which the kernel
 * closes however the process ends.
 */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { DroverError } from '@drover/protocol';

/** Throws `conflict` where another agent lives. */
export async function holdAlone(stateDir: string): Promise<AsyncDisposable> {
  const path = join(stateDir, 'agent.sock');
  if (await answers(path)) {
    throw new DroverError('conflict', `another agent already uses ${stateDir}`);
  }
  await rm(path, { force: true });
  const server = createServer((socket) => socket.destroy());
  server.listen(path);
  await once(server, 'listening');
  server.unref();
  return {
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.on('connect', () => resolve(true));
  socket.on('error', () => resolve(false));
  const answered = await promise;
  socket.destroy();
  return answered;
}
