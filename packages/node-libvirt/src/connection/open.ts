/**
 * The sequence a daemon expects of a new connection: authenticate, agree on keepalive, open a driver.
 * Ends in a usable connection or in nothing at all.
 */
import type { Duplex } from 'node:stream';
import { authenticateBySasl } from '../auth/sasl.ts';
import { AuthError, ConnectionError, LibvirtError } from '../errors.ts';
import { authType, feature, openFlag } from '../protocol/constants.ts';
import { errorCode } from '../protocol/error-codes.ts';
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
  const way = await reach(options, signal);
  const connection = new Connection(way.transport, options);
  try {
    await handshake(connection, options, way, { timeoutMs, signal });
  } catch (error) {
    connection.destroy('connect-failed', error as Error);
    if (error instanceof LibvirtError || error instanceof AuthError) throw error;
    throw new ConnectionError('connect-failed', false, error);
  }
  return connection;
}

interface Way {
  readonly transport: Duplex;
  /** What the driver is to be opened by. */
  readonly name: string;
  /** The URI's. */
  readonly username: string | undefined;
  readonly isPlainTcp: boolean;
}

/** A stream to the daemon, and the name that its driver is to be opened by. */
async function reach(options: ConnectOptions, signal: AbortSignal): Promise<Way> {
  const uri = options.uri ?? defaults.uri;
  // Who knows the way has a URI for the driver alone.
  if (options.transport !== undefined) {
    const transport = await given(options.transport, signal);
    return { transport, name: uri, username: undefined, isPlainTcp: false };
  }
  const read =
    options.socketPath === undefined
      ? parseUri(uri)
      : { target: unixTarget(options.socketPath), driverUri: uri, username: undefined };
  try {
    const transport = await openTarget(read.target, options.readOnly === true, signal);
    const isPlainTcp = read.target.kind === 'tcp';
    return { transport, name: read.driverUri, username: read.username, isPlainTcp };
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
  way: Way,
  call: CallOptions,
): Promise<void> {
  const { types } = await connection.call('authList', undefined, call);
  await authenticate(connection, types, options, way, call);
  // Asking is what switches the daemon's own pings on.
  const keepalive = await connection.call(
    'connectSupportsFeature',
    { feature: feature.programKeepalive },
    call,
  );
  const flags = options.readOnly === true ? openFlag.readOnly : 0;
  await connection.call('connectOpen', { name: way.name, flags }, call);
  const wanted = options.keepalive ?? defaults.keepalive;
  if (keepalive.supported && wanted !== false) connection.startKeepalive(wanted);
}

async function authenticate(
  connection: Connection,
  types: readonly number[],
  options: ConnectOptions,
  way: Way,
  call: CallOptions,
): Promise<void> {
  const [first] = types;
  if (first === undefined || first === authType.none) return;
  if (first === authType.polkit) {
    await authenticateByPolkit(connection, call);
  } else if (first === authType.sasl) {
    if (way.isPlainTcp) {
      throw new AuthError(
        'the daemon asks for SASL over TCP, where it wants SASL to encrypt as well, which is not done ' +
          'here: use qemu+tls://, or the unix socket',
      );
    }
    await authenticateBySasl(connection, options.auth, way.username, call);
  } else throw new AuthError(`the daemon asks for authentication of type ${first}`);
}

/** polkit judges the process at the other end of the socket; all there is to say is that it may begin. */
async function authenticateByPolkit(connection: Connection, call: CallOptions): Promise<void> {
  let complete: boolean;
  try {
    ({ complete } = await connection.call('authPolkit', undefined, call));
  } catch (error) {
    if (!(error instanceof LibvirtError) || !polkitRefusals.has(error.code)) throw error;
    throw new AuthError(
      `polkit does not let this user manage libvirt (${error.message}): it takes membership in the group ` +
        'libvirt, or a rule that grants org.libvirt.unix.manage',
      { cause: error },
    );
  }
  if (!complete) throw new AuthError('polkit did not come to a decision');
}

const polkitRefusals: ReadonlySet<number> = new Set([
  errorCode.authFailed,
  errorCode.authCancelled,
  errorCode.authUnavailable,
]);
