/**
 * Reads a connection URI as libvirt writes them: which way to the daemon, and which URI is left for the
 * daemon's own driver to open. Where files and sockets lie is left to `transport/places.ts`.
 */
import { isIPv6 } from 'node:net';
import { UriError } from './errors.ts';
import { defaultTcpPort, defaultTlsPort } from './protocol/constants.ts';

/** `legacy`: the one libvirtd. `direct`: the driver's own daemon. `auto`: the latter if it is there. */
export type DaemonMode = 'auto' | 'legacy' | 'direct';

export interface UnixTarget {
  readonly kind: 'unix';
  /** As the URI says; without it, the place follows from the rest. */
  readonly socketPath: string | undefined;
  readonly mode: DaemonMode;
  /** The driver's own daemon, such as `virtqemud`; none when the daemon is to choose the driver. */
  readonly daemon: string | undefined;
  /** The daemon of an unprivileged user rather than the system's; root has no other than the system's. */
  readonly perUser: boolean;
}

export interface TcpTarget {
  readonly kind: 'tcp';
  readonly host: string;
  readonly port: number;
}

export interface TlsTarget {
  readonly kind: 'tls';
  readonly host: string;
  readonly port: number;
  /** A folder that holds all certificates; without it, libvirt's usual places. */
  readonly pkiPath: string | undefined;
  /** False: whoever answers is believed. */
  readonly verify: boolean;
}

export type Target = UnixTarget | TcpTarget | TlsTarget;

export interface ConnectionUri {
  readonly target: Target;
  /** What `connectOpen` sends: without the transport, the host, and the parameters used here. */
  readonly driverUri: string;
  readonly username: string | undefined;
}

type Kind = Target['kind'];

/** Parameters that are read here, each with the transports that it means something to. */
const ownParameters: ReadonlyMap<string, readonly Kind[]> = new Map([
  ['name', ['unix', 'tcp', 'tls']],
  ['mode', ['unix', 'tcp', 'tls']],
  ['socket', ['unix']],
  ['pkipath', ['tls']],
  ['no_verify', ['tls']],
]);

/** libvirt's client acts on these; sent on to a daemon they would be lost without a word. */
const refusedParameters: ReadonlySet<string> = new Set([
  'auth',
  'authfile',
  'command',
  'keyfile',
  'known_hosts',
  'known_hosts_verify',
  'netcat',
  'no_sanity',
  'no_tty',
  'proxy',
  'sshauth',
  'tls_priority',
]);

/** The socket at this path, whichever daemon it belongs to. */
export function unixTarget(socketPath: string): UnixTarget {
  return { kind: 'unix', socketPath, mode: 'auto', daemon: undefined, perUser: false };
}

/** Throws `UriError`, and nothing else. */
export function parseUri(text: string): ConnectionUri {
  if (/[^\x21-\x7e]/.test(text)) {
    throw new UriError('it holds a space or a character outside ASCII', 'percent-encode it');
  }
  const match =
    /^([a-z][a-z0-9]*)(?:\+([a-z0-9]+))?:\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?$/i.exec(text);
  if (match === null) throw new UriError('it has no form that libvirt knows', usage);
  const [, driver = '', wanted, authority = '', path = '', query = '', fragment = ''] = match;
  if (driver !== driver.toLowerCase()) {
    throw new UriError(`the driver "${driver}" has capitals`, `write ${driver.toLowerCase()}`);
  }
  decoded(path, 'path');
  const { username, host, port } = readAuthority(authority);
  const kind = kindOf(wanted, host);
  const { own, rest } = readQuery(query, kind);
  const mode = readMode(own.get('mode'), kind);
  const driverUri =
    own.get('name') ??
    (driver === 'remote' ? '' : `${driver}://${path}${rest === '' ? '' : `?${rest}`}${fragment}`);
  const target: Target =
    kind === 'unix'
      ? {
          kind,
          socketPath: absolute(own.get('socket'), 'socket'),
          mode,
          daemon: driver === 'remote' ? undefined : `virt${driver}d`,
          perUser: path === '/session' || (driver === 'test' && wanted !== undefined),
        }
      : kind === 'tcp'
        ? { kind, host: host ?? 'localhost', port: port ?? defaultTcpPort }
        : {
            kind,
            host: host ?? 'localhost',
            port: port ?? defaultTlsPort,
            pkiPath: absolute(own.get('pkipath'), 'pkipath'),
            verify: !isSet(own.get('no_verify'), 'no_verify'),
          };
  if (kind === 'unix' && (host !== undefined || port !== undefined)) {
    throw new UriError('a unix socket is on no other host', 'leave the host out, or use tls');
  }
  return { target, driverUri, username };
}

const usage =
  'write driver[+unix|+tcp|+tls]://[user@][host[:port]]/path[?parameters], such as qemu:///system';

function kindOf(wanted: string | undefined, host: string | undefined): Kind {
  if (wanted === undefined) return host === undefined ? 'unix' : 'tls';
  const kind = wanted.toLowerCase();
  if (kind === 'unix' || kind === 'tcp' || kind === 'tls') return kind;
  throw new UriError(
    `the transport "${wanted}" is not supported`,
    'use unix, tcp or tls; or make the stream yourself and pass it as transport',
  );
}

function readAuthority(authority: string) {
  const at = authority.lastIndexOf('@');
  const user = at < 0 ? '' : authority.slice(0, at);
  if (user.includes(':')) {
    throw new UriError('it holds a password', 'leave it out: none of the transports takes one');
  }
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::([0-9]*))?$/.exec(authority.slice(at + 1));
  if (match === null) {
    throw new UriError('the host is none', 'write host, host:port or, for IPv6, [address]:port');
  }
  const [, host = '', port = ''] = match;
  return {
    username: user === '' ? undefined : decoded(user, 'user'),
    host: host === '' ? undefined : readHost(host),
    port: port === '' ? undefined : readPort(port),
  };
}

function readHost(text: string): string {
  const host = decoded(text, 'host');
  if (host.startsWith('[')) {
    const address = host.slice(1, -1);
    if (isIPv6(address)) return address;
    throw new UriError(`"${address}" is no IPv6 address`, 'correct what stands in the brackets');
  }
  if (/^[a-z0-9_]([a-z0-9._-]*)$/i.test(host)) return host;
  throw new UriError(`"${host}" is no host name`, 'use letters, digits, dots and hyphens');
}

function readPort(text: string): number {
  const port = Number(text);
  if (port >= 1 && port <= 65_535) return port;
  throw new UriError(`the port ${text} does not exist`, 'use one from 1 to 65535');
}

/** Our parameters by name, and the query as it goes on to the daemon: all that we do not know. */
function readQuery(query: string, kind: Kind) {
  const own = new Map<string, string>();
  const rest: string[] = [];
  for (const part of query.split(/[&;]/)) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decoded(equals < 0 ? part : part.slice(0, equals), 'query').toLowerCase();
    const value = equals < 0 ? '' : decoded(part.slice(equals + 1), 'query');
    const kinds = ownParameters.get(name);
    if (refusedParameters.has(name)) {
      const known = [...ownParameters.keys()].join(', ');
      throw new UriError(`the parameter ${name} is not supported`, `use only ${known}`);
    }
    if (kinds === undefined) {
      rest.push(part);
      continue;
    }
    if (!kinds.includes(kind)) {
      throw new UriError(
        `the parameter ${name} means nothing to ${kind}`,
        `leave it out, or use ${kinds.join(' or ')}`,
      );
    }
    if (own.has(name)) throw new UriError(`the parameter ${name} comes twice`, 'keep one');
    own.set(name, value);
  }
  return { own, rest: rest.join('&') };
}

function readMode(value: string | undefined, kind: Kind): DaemonMode {
  if (value !== undefined && value !== 'auto' && value !== 'legacy' && value !== 'direct') {
    throw new UriError(`the mode "${value}" does not exist`, 'use auto, legacy or direct');
  }
  if (value === 'direct' && kind !== 'unix') {
    throw new UriError(
      `mode=direct does not go over ${kind}`,
      'leave it out: only virtproxyd or libvirtd listens there',
    );
  }
  return value ?? 'auto';
}

function absolute(path: string | undefined, name: string): string | undefined {
  if (path === undefined || /^\/[^\0]*$/.test(path)) return path;
  throw new UriError(`${name} is no absolute path`, 'begin it with /');
}

function isSet(value: string | undefined, name: string): boolean {
  if (value === undefined) return false;
  if (/^[0-9]+$/.test(value)) return !/^0+$/.test(value);
  throw new UriError(`${name} is no number`, 'write 1 for yes or 0 for no');
}

function decoded(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UriError(`a % in its ${part} begins no UTF-8`, 'write % itself as %25');
  }
}
