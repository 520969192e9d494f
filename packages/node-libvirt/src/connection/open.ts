/**
 * The sequence a daemon expects of a new connection: authenticate, agree on keepalive, open a driver.
 * Ends in a usable connection or in nothing at all.
 */
import { ConnectionError, LibvirtError } from '../errors.ts';
import { errorCode } from '../protocol/error-codes.ts';
import { authType, feature, openFlag } from '../protocol/constants.ts';
import { openUnixSocket } from '../transport/unix-socket.ts';
import { Connection } from './connection.ts';
import { defaults, type CallOptions, type ConnectOptions } from './options.ts';

/** Rejects with `ConnectionError('connect-failed')`, or the `LibvirtError` that the daemon answered. */
export async function openConnection(options: ConnectOptions = {}): Promise<Connection> {
  const timeoutMs = options.connectTimeoutMs ?? defaults.connectTimeoutMs;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal =
    options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
  const transport =
    options.transport ??
    (await openUnixSocket(options.socketPath ?? defaults.socketPath, timeoutMs, signal));
  const connection = new Connection(transport, options);
  try {
    await handshake(connection, options, { timeoutMs, signal });
  } catch (error) {
    connection.destroy('connect-failed', error as Error);
    if (error instanceof LibvirtError) throw error;
    throw new ConnectionError('connect-failed', false, error);
  }
  return connection;
}

async function handshake(
  connection: Connection,
  options: ConnectOptions,
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
  const name = options.uri ?? defaults.uri;
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
