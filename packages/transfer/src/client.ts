/**
 * One request of a transfer, from whoever was told where its other end waits. What is sent and what is made of the answer
 * is the caller's affair; after a connection that broke it asks where to go on.
 */
import type { IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import type { Readable } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { DroverError, type TransferEnd } from '@drover/protocol';
import { keyOf, tlsOptions } from './headers.ts';

export interface TransferRequest {
  readonly method: 'HEAD' | 'GET' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  /** Read as fast as the other end takes it; destroyed where that answers before its end. */
  readonly body?: Readable | Uint8Array;
  readonly signal?: AbortSignal;
}

/** Without a byte in either direction. */
const silentMs = 60_000;

/**
 * Throws `transfer-ended` where nobody waits there, or not for who has this key, `host-silent` where the connection breaks before
 * there is an answer.
 */
export function transferRequest(
  end: TransferEnd,
  opId: string,
  { method, headers = {}, body, signal }: TransferRequest,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options: RequestOptions & Pick<ConnectionOptions, 'pskCallback'> = {
    ...tlsOptions,
    host: end.host,
    port: end.port,
    method,
    path: '/',
    headers,
    agent: false,
    timeout: silentMs,
    // Who has no key does not come this far.
    checkServerIdentity: () => undefined,
    pskCallback: () => ({ psk: keyOf(end.secret), identity: opId }),
    ...(signal ? { signal } : {}),
  };
  const sent = request(options);
  const source = body instanceof Uint8Array ? undefined : body;
  let isAnswered = false;
  sent.on('response', (response) => {
    isAnswered = true;
    // It may have refused what it has not been sent yet.
    source?.unpipe(sent);
    source?.destroy();
    response.on('close', () => sent.destroy());
    resolve(response);
  });
  sent.on('timeout', () => sent.destroy(new Error(`nothing for ${silentMs} ms`)));
  sent.on('error', (error: NodeJS.ErrnoException) => {
    source?.destroy();
    if (!isAnswered) reject(errorOf(error, end, signal));
  });
  if (source === undefined) sent.end(body);
  else {
    source.on('error', (error) => sent.destroy(error));
    source.pipe(sent);
  }
  return promise;
}

function errorOf(error: NodeJS.ErrnoException, end: TransferEnd, signal?: AbortSignal): unknown {
  if (signal?.aborted) return error;
  const isRefused = error.code === 'ECONNREFUSED' || /^(EPROTO|ERR_SSL_)/.test(error.code ?? '');
  const where = `${end.host}:${end.port}`;
  return isRefused
    ? new DroverError('transfer-ended', `nobody waits for it at ${where}`, { cause: error })
    : new DroverError('host-silent', `${where}: ${error.message}`, { cause: error });
}
