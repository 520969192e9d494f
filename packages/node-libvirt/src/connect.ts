/**
 * From a URI to a daemon: one function, which decides whether a pool keeps itself connected or the one
 * stream that was given is all there is.
 */
import { Duplex } from 'node:stream';
import { openConnection } from './connection/open.ts';
import type { ConnectOptions } from './connection/options.ts';
import { Libvirt } from './libvirt.ts';
import { ConnectionPool } from './pool/connection-pool.ts';
import type { PoolOptions } from './pool/options.ts';

/**
 * Connects, authenticates and opens the driver: `qemu:///system` if not told. A URI may also be among
 * the options. Rejects when that fails the first time; afterwards it reconnects by itself, and events
 * bring a `resync`. Over a stream of the caller's own (`transport` as a `Duplex`) there is one connection
 * and no second try.
 */
export async function connect(
  uriOrOptions: string | (ConnectOptions & PoolOptions) = {},
  more: ConnectOptions & PoolOptions = {},
): Promise<Libvirt> {
  const options =
    typeof uriOrOptions === 'string'
      ? { ...more, uri: uriOrOptions }
      : { ...more, ...uriOrOptions };
  if (options.transport instanceof Duplex) return new Libvirt(await openConnection(options));
  const { signal: _, ...lasting } = options;
  const pool = new ConnectionPool((signal) => openConnection({ ...lasting, signal }), options);
  try {
    await pool.open(options.signal);
  } catch (error) {
    await pool.close();
    throw error;
  }
  return new Libvirt(pool);
}
