/**
 * The way to the API that every command goes: the one typed client, with what this program adds to it. That is a deadline for
 * answers, another try where somebody else was first, and words for an API that cannot be reached. It decides nothing about
 * waiting; `Waiting` does.
 */
import { ApiClient } from '@drover/client';
import { setTimeout as pause } from 'node:timers/promises';
import { oneLine } from '../logic/harmless.ts';
import { clientVersion } from '../logic/version.ts';
import type { ApiAddress } from '../logic/config.ts';

/** Nothing answered, or not in time, or the connection broke. */
export class Unreachable extends Error {
  readonly address: ApiAddress;
  /** Whether the request may have had its effect all the same. */
  readonly mayHaveArrived: boolean;

  constructor(address: ApiAddress, why: string, mayHaveArrived: boolean) {
    super(why);
    this.address = address;
    this.mayHaveArrived = mayHaveArrived;
  }
}

const answerMs = 20_000;
const conflictAttempts = 4;

/** The token is read with the first request: what asks nothing needs none. `onAnswer` hears of each request, in a line. */
export function openClient(
  address: ApiAddress,
  readToken: () => string | undefined,
  onAnswer?: (line: string) => void,
): ApiClient {
  return new ApiClient({
    baseUrl: address.url,
    token: readToken,
    headers: { 'user-agent': `drover/${clientVersion}` },
    fetch: onAnswer === undefined ? fetchAgain : told(onAnswer),
    answerMs,
    failed: (error, method) => unreachable(address, error, method),
  });
}

/** Somebody else was first (`conflict`): the API asks to try again at once, and nothing has happened. */
async function fetchAgain(url: string, init: RequestInit): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(url, init);
    // What is sent as it is read cannot be sent twice.
    const isWhole = init.body === undefined || typeof init.body === 'string';
    if (!isWhole || attempt >= conflictAttempts || !(await isConflict(response))) return response;
    await pause(100 * attempt);
  }
}

/** A header may hold the token, and a body a secret: neither is told. */
function told(onAnswer: (line: string) => void): typeof fetchAgain {
  return async (url, init) => {
    const begunMs = performance.now();
    const line = (end: string) => {
      const ms = Math.round(performance.now() - begunMs);
      onAnswer(oneLine(`${init.method ?? 'GET'} ${url} ${end} ${ms} ms`));
    };
    try {
      const response = await fetchAgain(url, init);
      line(String(response.status));
      return response;
    } catch (error) {
      const { code, message } = rootOf(error);
      line(`failed: ${code ?? message}`);
      throw error;
    }
  };
}

async function isConflict(response: Response): Promise<boolean> {
  if (response.status !== 409) return false;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return typeof body === 'object' && body !== null && 'code' in body && body.code === 'conflict';
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'the name cannot be looked up at the moment',
  ECONNRESET: 'the connection was broken off',
  UND_ERR_SOCKET: 'the connection was broken off',
  EHOSTUNREACH: 'there is no way to that machine',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'it did not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'it did not answer in time',
};
const neverSent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

function unreachable(address: ApiAddress, error: unknown, method: string): unknown {
  if (error instanceof Error && error.name === 'AbortError') return error;
  const { code, message } = rootOf(error);
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  const why = isLate ? `it did not answer within ${answerMs / 1000}s` : reasons[code ?? ''];
  return new Unreachable(
    address,
    why ?? `${message}${code === undefined ? '' : ` (${code})`}`,
    method !== 'get' && !neverSent.includes(code ?? ''),
  );
}

/** `fetch` wraps what happened, sometimes twice; several addresses of one name fail together. */
function rootOf(error: unknown): { readonly code?: string; readonly message: string } {
  let at: unknown = error;
  for (let depth = 0; depth < 4; depth += 1) {
    if (!(at instanceof Error)) break;
    const next: unknown = at instanceof AggregateError ? at.errors[0] : at.cause;
    if (next === undefined) break;
    at = next;
  }
  if (!(at instanceof Error)) return { message: String(at) };
  const code = 'code' in at && typeof at.code === 'string' ? at.code : undefined;
  return { ...(code === undefined ? {} : { code }), message: at.message };
}
