/**
 * Every request of this program goes through here: address, token, deadline, and what an answer that is
 * no success means. It decides nothing about waiting; `Waiting` does.
 */
import { api, parseValue } from '@drover/protocol';
import { setTimeout as pause } from 'node:timers/promises';
import { clientVersion } from '../logic/version.ts';
import type { ApiAddress } from '../logic/config.ts';

/** The API said no, in its own words. */
export class ApiProblem extends Error {
  readonly problem: api.Problem;
  readonly request: string;
  readonly requestId: string | undefined;

  constructor(problem: api.Problem, request: string, requestId: string | undefined) {
    super(problem.detail);
    this.problem = problem;
    this.request = request;
    this.requestId = requestId;
  }
}

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

/** Something answered that is no Drover API. */
export class NotTheApi extends Error {}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const requestMs = 20_000;
const conflictAttempts = 4;

export class ApiClient {
  readonly address: ApiAddress;
  readonly #readToken: () => string | undefined;

  /** The token is read with the first request: what asks nothing needs none. */
  constructor(address: ApiAddress, readToken: () => string | undefined) {
    this.address = address;
    this.#readToken = readToken;
  }

  /** For a connection that is not made here. */
  authorization(): Readonly<Record<string, string>> {
    const token = this.#readToken();
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** `Answer` is what `protocol/src/api/` says the route answers with. */
  get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
    return this.#send<Answer>('GET', path, undefined, signal);
  }

  /** All of it, page by page. */
  async list<Item>(
    path: string,
    signal?: AbortSignal,
  ): Promise<{ readonly items: readonly Item[] }> {
    const items: Item[] = [];
    for (let next = ''; ;) {
      const page = await this.get<{ items: readonly Item[]; continue?: string }>(
        path + next,
        signal,
      );
      items.push(...page.items);
      if (page.continue === undefined) return { items };
      next = `?continue=${encodeURIComponent(page.continue)}`;
    }
  }

  post<Answer>(path: string, body?: unknown): Promise<Answer> {
    return this.#send<Answer>('POST', path, body);
  }

  put<Answer>(path: string, body: unknown): Promise<Answer> {
    return this.#send<Answer>('PUT', path, body);
  }

  patch<Answer>(path: string, body: unknown): Promise<Answer> {
    return this.#send<Answer>('PATCH', path, body);
  }

  delete<Answer>(path: string): Promise<Answer> {
    return this.#send<Answer>('DELETE', path);
  }

  /** Somebody else was first (`conflict`): the API asks to try again at once, and nothing has happened. */
  async #send<Answer>(
    method: Method,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#sendOnce<Answer>(method, path, body, signal);
      } catch (error) {
        const isConflict = error instanceof ApiProblem && error.problem.code === 'conflict';
        if (!isConflict || attempt >= conflictAttempts) throw error;
        await pause(100 * attempt);
      }
    }
  }

  async #sendOnce<Answer>(
    method: Method,
    path: string,
    body: unknown,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const deadline = AbortSignal.timeout(requestMs);
    const response = await this.open(method, path, {
      ...(body === undefined ? {} : { body }),
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
    let text: string;
    try {
      text = await response.text();
    } catch (error) {
      throw this.#unreachable(error, method);
    }
    const answer = parseObject(text);
    if (answer === undefined) {
      throw new NotTheApi(
        `${method} ${this.address.url}${path} answered ${response.status} and no JSON object: is a Drover API there?`,
      );
    }
    // The API checks what it answers against the same schemas. They are closed, and a newer API may say
    // more than this program knows, so they are not applied a second time here.
    return answer as Answer;
  }

  /** The response of a success, its body unread; throws `ApiProblem` for any other. */
  async open(
    method: Method | 'HEAD',
    path: string,
    options: {
      readonly body?: unknown;
      /** Bytes instead of JSON; sent as fast as they are taken. */
      readonly stream?: ReadableStream<Uint8Array>;
      readonly signal: AbortSignal;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<Response> {
    const hasBody = options.body !== undefined;
    let response: Response;
    try {
      response = await fetch(`${this.address.url}${path}`, {
        method,
        redirect: 'error',
        headers: {
          accept: 'application/json',
          'user-agent': `drover/${clientVersion}`,
          ...this.authorization(),
          ...(hasBody ? { 'content-type': 'application/json' } : {}),
          ...options.headers,
        },
        ...(hasBody ? { body: JSON.stringify(options.body) } : {}),
        ...(options.stream === undefined ? {} : { body: options.stream, duplex: 'half' }),
        signal: options.signal,
      });
    } catch (error) {
      throw this.#unreachable(error, method);
    }
    if (response.ok) return response;
    throw await this.#problemOf(response, `${method} ${path}`);
  }

  async #problemOf(response: Response, request: string): Promise<ApiProblem> {
    const text = await response.text().catch(() => '');
    const parsed = parseValue(api.Problem, parseObject(text));
    const problem: api.Problem = parsed.ok
      ? parsed.value
      : {
          type: 'about:blank',
          code: response.status === 503 ? 'unavailable' : 'not-explained',
          title: `HTTP ${response.status}`,
          status: response.status,
          detail: `${request} at ${this.address.url} answered ${response.status} without saying why`,
          retry: response.status >= 500 ? 'later' : 'never',
        };
    const requestId =
      response.headers.get('x-request-id') ?? response.headers.get('request-id') ?? undefined;
    return new ApiProblem(problem, request, requestId);
  }

  #unreachable(error: unknown, method: Method | 'HEAD'): unknown {
    if (error instanceof Error && error.name === 'AbortError') return error;
    const { code, message } = rootOf(error);
    const isLate = error instanceof Error && error.name === 'TimeoutError';
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
    const why = isLate ? `it did not answer within ${requestMs / 1000}s` : reasons[code ?? ''];
    const neverSent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];
    return new Unreachable(
      this.address,
      why ?? `${message}${code === undefined ? '' : ` (${code})`}`,
      method !== 'GET' && !neverSent.includes(code ?? ''),
    );
  }
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
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
