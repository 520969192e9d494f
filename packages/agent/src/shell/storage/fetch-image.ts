/**
 * The bytes of an image from a server, in order, once each: goes on after a broken connection where it stopped, by a
 * range where the server can, else by passing over what came already. Whether they are the right bytes says their
 * checksum, which whoever takes them compares.
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { DroverError } from '@drover/protocol';
import { httpGet } from './http-get.ts';
import { ImageHosts, type Resolve } from './image-hosts.ts';
import { throwIfAborted, tooLarge } from './import-errors.ts';

export interface FetchTimes {
  /** Without a byte. */
  readonly idleMs: number;
  /** Before it is tried again; doubled each time that nothing came. */
  readonly pauseMs: number;
}

export interface FetchOptions {
  readonly url: string;
  readonly hosts: readonly string[];
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** What is coming in all, as soon as the server says it. */
  readonly onTotal: (totalBytes: number) => void | Promise<void>;
  readonly times?: FetchTimes;
  readonly resolve?: Resolve;
}

/** In a row, without a byte between them. */
const mostFailures = 5;
/** In all: a server that gives a byte each time is not one. */
const mostConnections = 200;
const usualTimes: FetchTimes = { idleMs: 60_000, pauseMs: 1_000 };

/** Something that may go away by itself. */
class Interruption extends Error {
  override readonly name = 'Interruption';
}

interface Seen {
  doneBytes: number;
  totalBytes?: number;
  /** Of what began to come: nothing else may follow. */
  validator?: string;
}

/** Throws `source-refused`, `source-unreachable`, `too-large`, `job-cancelled`. */
export async function* fetchImage(options: FetchOptions): AsyncGenerator<Buffer> {
  const { signal, times = usualTimes } = options;
  const hosts = new ImageHosts(options.hosts, options.resolve);
  const seen: Seen = { doneBytes: 0 };
  let failures = 0;
  for (let connections = 1; ; connections += 1) {
    const before = seen.doneBytes;
    try {
      return yield* oneConnection(options, hosts, seen, times);
    } catch (error) {
      throwIfAborted(signal);
      if (error instanceof DroverError || !isOfTheNetwork(error)) throw error;
      failures = seen.doneBytes > before ? 1 : failures + 1;
      const isEnough = failures >= mostFailures || connections >= mostConnections;
      if (isEnough) throw unreachable(options.url, (error as Error).message, seen);
    }
    await pause(times.pauseMs * 2 ** (failures - 1), undefined, { signal }).catch(() => {});
    throwIfAborted(signal);
  }
}

async function* oneConnection(
  options: FetchOptions,
  hosts: ImageHosts,
  seen: Seen,
  { idleMs }: FetchTimes,
): AsyncGenerator<Buffer> {
  const { url, signal, maxBytes } = options;
  const headers = goingOn(seen);
  const answer = await httpGet({ url, hosts, headers, answerMs: idleMs, signal });
  try {
    let skipBytes = begin(answer, options, seen);
    const { totalBytes = 0 } = seen;
    if (totalBytes > maxBytes) throw tooLarge('what the server has', totalBytes, maxBytes);
    if (totalBytes > 0) await options.onTotal(totalBytes);
    for await (const piece of unlessIdle(answer, idleMs)) {
      const fresh = piece.subarray(Math.min(skipBytes, piece.length));
      skipBytes -= piece.length - fresh.length;
      if (fresh.length === 0) continue;
      if (seen.doneBytes + fresh.length > maxBytes) {
        throw tooLarge('what the server gives', `more than ${maxBytes}`, maxBytes);
      }
      seen.doneBytes += fresh.length;
      yield fresh;
    }
    if (skipBytes > 0) throw unreachable(url, 'it is shorter than it was', seen);
    if (seen.totalBytes !== undefined && seen.doneBytes < seen.totalBytes) {
      throw new Interruption('the connection ended too early');
    }
  } finally {
    answer.destroy();
  }
}

function goingOn({ doneBytes, validator }: Seen): Readonly<Record<string, string>> {
  if (doneBytes === 0 || validator === undefined) return {};
  return { range: `bytes=${doneBytes}-`, 'if-range': validator };
}

/** How many bytes of what comes now have come already. */
function begin(answer: IncomingMessage, { url }: FetchOptions, seen: Seen): number {
  const { statusCode = 0, headers } = answer;
  if (statusCode >= 500 || statusCode === 429 || statusCode === 408) {
    throw new Interruption(`the server answered ${statusCode}`);
  }
  const isPart = statusCode === 206 && seen.doneBytes > 0;
  if (statusCode !== 200 && !isPart)
    throw unreachable(url, `the server answered ${statusCode}`, seen);
  const { 'content-encoding': coding = 'identity' } = headers;
  if (coding !== 'identity') throw unreachable(url, `it is sent as ${coding}, unasked`, seen);
  const validator = validatorOf(headers);
  if (seen.doneBytes > 0 && seen.validator !== undefined && validator !== seen.validator) {
    throw unreachable(url, 'it was changed there while it was fetched', seen);
  }
  const lengthBytes = Number(headers['content-length'] ?? Number.NaN);
  if (isPart) {
    const [, from, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
    const isThat =
      Number(from) === seen.doneBytes && Number(total) === (seen.totalBytes ?? Number(total));
    if (!isThat) throw unreachable(url, 'the server gave another part than was asked for', seen);
    return 0;
  }
  if (Number.isSafeInteger(lengthBytes)) {
    if (seen.totalBytes !== undefined && seen.totalBytes !== lengthBytes) {
      throw unreachable(url, 'it was changed there while it was fetched', seen);
    }
    seen.totalBytes = lengthBytes;
  }
  if (validator !== undefined) seen.validator = validator;
  return seen.doneBytes;
}

/** What a server may be asked to go on by: not a tag that it calls weak. */
function validatorOf({ etag, 'last-modified': modified }: IncomingMessage['headers']) {
  return etag !== undefined && !etag.startsWith('W/') ? etag : modified;
}

/** Only the server's time is counted, not what the taker needs to write. */
async function* unlessIdle(answer: IncomingMessage, idleMs: number): AsyncGenerator<Buffer> {
  const pieces = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    const idle = setTimeout(() => {
      answer.destroy(new Interruption(`nothing came for ${idleMs} ms`));
    }, idleMs);
    const { done, value } = await pieces.next().finally(() => clearTimeout(idle));
    if (done === true) return;
    yield value;
  }
}

/** Whatever has a code of the system, of TLS or of HTTP; anything else is a defect. */
function isOfTheNetwork(error: unknown): boolean {
  return error instanceof Interruption || typeof (error as NodeJS.ErrnoException).code === 'string';
}

function unreachable(url: string, why: string, { doneBytes }: Seen): DroverError {
  const host = URL.parse(url)?.host ?? 'the source';
  return new DroverError('source-unreachable', `${host}: ${why}, after ${doneBytes} bytes`, {
    details: { host, said: why, doneBytes },
  });
}
