/**
 * TLS to a libvirt daemon, over TCP or over any stream. Done only when the daemon has said with one byte
 * that it accepts us: under TLS 1.3 the handshake alone ends well even for a client it then turns away.
 */
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { Certificates } from './certificates.ts';

/** What the daemon sends once it has looked at our certificate. */
const confirmation = 1;

export interface TlsOptions {
  /** The name or address that the daemon's certificate has to be for. */
  readonly host: string;
  readonly certificates: Certificates;
  readonly verify: boolean;
}

/** Owns the stream from now on. Rejects with an error that says who refused whom, or the signal's reason. */
export function startTls(
  stream: Duplex,
  options: TlsOptions,
  signal: AbortSignal,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const { host } = options;
    let step: 'handshake' | 'confirmation' = 'handshake';
    let socket: TLSSocket;
    const settle = () => {
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('readable', onReadable);
      socket.removeListener('close', onClose);
      socket.removeListener('error', onError);
    };
    const fail = (error: unknown) => {
      settle();
      // Its last words after this are nobody's concern.
      socket.on('error', () => undefined);
      stream.on('error', () => undefined);
      socket.destroy();
      stream.destroy();
      reject(error as Error);
    };
    const onAbort = () => fail(silence(host, step, signal.reason));
    const onClose = () => fail(refused(options, step, undefined));
    const onError = (cause: Error) =>
      fail(step === 'handshake' ? noTls(host, cause) : refused(options, step, cause));
    const onReadable = () => {
      // Exactly one byte: what follows it is for the connection.
      const bytes = socket.read(1) as Buffer | null;
      if (bytes === null) return;
      if (bytes[0] !== confirmation) {
        fail(new Error(`${host} sent ${bytes[0]} where libvirt sends 1: is it a libvirt daemon?`));
        return;
      }
      settle();
      resolve(socket);
    };
    try {
      if (signal.aborted) throw signal.reason as Error;
      socket = connect(connectOptions(stream, options));
    } catch (error) {
      // Files that hold no certificate are told here.
      stream.destroy();
      reject(error as Error);
      return;
    }
    socket.once('secureConnect', () => {
      step = 'confirmation';
    });
    socket.on('readable', onReadable);
    socket.once('close', onClose);
    socket.once('error', onError);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function connectOptions(stream: Duplex, options: TlsOptions): ConnectionOptions {
  const { certificates, verify } = options;
  // The zone of an address is ours alone, no certificate can name it.
  const [host = ''] = options.host.split('%');
  return {
    socket: stream,
    host,
    // Only names are announced; the certificate is checked against `host` either way.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ca: certificates.ca,
    ...(certificates.crl === undefined ? {} : { crl: certificates.crl }),
    ...certificates.own,
    rejectUnauthorized: verify,
  };
}

function noTls(host: string, cause: Error): Error {
  return new Error(`no TLS with ${host}: ${reasonOf(cause)}`, { cause });
}

function refused(options: TlsOptions, step: string, cause: Error | undefined): Error {
  const ours =
    options.certificates.own === undefined
      ? 'we have no client certificate to show: put one in place'
      : 'it may not accept our client certificate: see its log';
  const why = cause === undefined ? '' : ` (${reasonOf(cause)})`;
  return new Error(`${options.host} closed the connection before its ${step}${why}; ${ours}`, {
    cause,
  });
}

/** OpenSSL's messages name its source lines; its reasons are for people. */
function reasonOf(error: Error & { readonly reason?: unknown }): string {
  return typeof error.reason === 'string' ? error.reason : error.message;
}

function silence(host: string, step: string, cause: unknown): unknown {
  // Only a deadline says something about the daemon.
  if (!(cause instanceof Error) || cause.name !== 'TimeoutError') return cause;
  return new Error(`${host} was silent at the TLS ${step}`, { cause });
}
