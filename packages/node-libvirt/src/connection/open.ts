/**
 * The sequence a daemon expects of a new connection: authenticate, agree on keepalive, open a driver.
 * Ends in a usable connection or in nothing at all.
 */
import type { Duplex } from 'node:stream';
import { ConnectionError, LibvirtError } from '../errors.ts';
import { errorCode } from '../protocol/error-codes.ts';
import { authType, feature, openFlag } from '../protocol/constants.ts';
import { openTarget } from '../transport/open.ts';
import { parseUri, unixTarget } from '../uri.ts';
import { Connection } from './connection.ts';
import { defaults, type CallOptions, type ConnectOptions } from './options.ts';

/**
 * Rejects with `UriError`, with `ConnectionError('connect-failed')`, or with the `LibvirtError` that the
 * daemon answered.
 */
export async function openConnection(options: ConnectOptions = {}): Promise<Connection> {
  const timeoutMs = options.connectTimeoutMs ?? defaults.connectTimeoutMs;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal =
    options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
  const { transport, name } = await reach(options, signal);
  const connection = new Connection(transport, options);
  try {
    await handshake(connection, options, name, { timeoutMs, signal });
  } catch (error) {
    connection.destroy('connect-failed', error as Error);
    if (error instanceof LibvirtError) throw error;
    throw new ConnectionError('connect-failed', false, error);
  }
  return connection;
}

/** A stream to the daemon, and the name that its driver is to be opened by. */
async function reach(options: ConnectOptions, signal: AbortSignal) {
  const uri = options.uri ?? defaults.uri;
  // Who knows the way has a URI for the driver alone.
  if (options.transport !== undefined) {
    return { transport: await given(options.transport, signal), name: uri };
  }
  const read =
    options.socketPath === undefined
      ? parseUri(uri)
      : { target: unixTarget(options.socketPath), driverUri: uri };
  try {
    const transport = await openTarget(read.target, options.readOnly === true, signal);
    return { transport, name: read.driverUri };
  } catch (error) {
    throw new ConnectionError('connect-failed', false, error);
  }
}

async function given(
  transport: NonNullable<ConnectOptions['transport']>,
  signal: AbortSignal,
): Promise<Duplex> {
  if (typeof transport !== 'function') return transport;
  try {
    return await transport(signal);
  } catch (error) {
    throw new ConnectionError('connect-failed', false, error);
  }
}

async function handshake(
  connection: Connection,
  options: ConnectOptions,
  name: string,
  call: CallOptions,
): Promise<void> {
  const { types } = await connection.call('authList', undefined, call);
  await authenticate(connection, types, call);
  // Asking is what switches the daemon's own pings on.
  const keepalive = await connection.call(
    'connectSupportsFeature',
    { feature: feature.programKeepalive },
    call,
  );
  const flags = options.readOnly === true ? openFlag.readOnly : 0;
  await connection.call('connectOpen', { name, flags }, call);
  const wanted = options.keepalive ?? defaults.keepalive;
  if (keepalive.supported && wanted !== false) connection.startKeepalive(wanted);
}

async function authenticate(
  connection: Connection,
  types: readonly number[],
  call: CallOptions,
): Promise<void> {
  const [first] = types;
  if (first === undefined || first === authType.none) return;
  if (first === authType.polkit) {
    const { complete } = await connection.call('authPolkit', undefined, call);
    if (complete) return;
  }
  throw new LibvirtError({
    code: errorCode.authFailed,
    domain: 7,
    level: 2,
    message: `no way to authenticate: the daemon asks for type ${first}`,
  });
}
