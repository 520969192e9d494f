/**
 * The one client of the API: every path, parameter, body and answer as the OpenAPI file has it, so that a
 * program which asks for what there is not does not compile. Runs in Node and in a browser. It decides
 * nothing: no retries, and no deadlines but the one that it is given; who calls gives signals, and a `fetch` of its own.
 *
 *   const client = new ApiClient({ baseUrl: 'http://127.0.0.1:8440', token: () => token });
 *   const host = await client.get('/v1/hosts/{host}', { path: { host: 'h1' } });
 */
import { ApiProblem, NotTheApi, problemFrom } from './api-problem.ts';
import type { Body } from './body.ts';
import type {
  AnswerTo,
  AskArguments,
  ItemOf,
  ListPaths,
  Method,
  OperationOf,
  PathsOf,
  PlanOf,
} from './routes.ts';

export interface ApiClientOptions {
  /** `https://drover.example:8440`; empty for the address that a browser's page came from. */
  readonly baseUrl: string;
  /** Asked before each request; a browser with a session has none. */
  readonly token?: () => string | undefined;
  /** With each request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** An answer has to be there, and whole, within so long. What is opened has no end of its own. */
  readonly answerMs?: number;
  /** What to throw where nothing answered, or the answer broke off; as it came if absent. */
  readonly failed?: (error: unknown, method: string) => unknown;
}

/** What is asked of a route, whichever it is. */
interface Ask {
  readonly path?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, string | undefined>> | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly stream?: ReadableStream<Uint8Array>;
}

interface ListAsk {
  readonly signal?: AbortSignal | undefined;
  readonly query?: Readonly<Record<string, string | undefined>>;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly continue?: string;
}

export class ApiClient {
  readonly #options: ApiClientOptions;

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  get<P extends PathsOf<'get'>>(path: P, ...[ask]: AskArguments<OperationOf<'get', P>>) {
    return this.#answer<AnswerTo<OperationOf<'get', P>>>('get', path, ask);
  }

  post<P extends PathsOf<'post'>>(path: P, ...[ask]: AskArguments<OperationOf<'post', P>>) {
    return this.#answer<AnswerTo<OperationOf<'post', P>>>('post', path, ask);
  }

  put<P extends PathsOf<'put'>>(path: P, ...[ask]: AskArguments<OperationOf<'put', P>>) {
    return this.#answer<AnswerTo<OperationOf<'put', P>>>('put', path, ask);
  }

  patch<P extends PathsOf<'patch'>>(path: P, ...[ask]: AskArguments<OperationOf<'patch', P>>) {
    return this.#answer<AnswerTo<OperationOf<'patch', P>>>('patch', path, ask);
  }

  delete<P extends PathsOf<'delete'>>(path: P, ...[ask]: AskArguments<OperationOf<'delete', P>>) {
    return this.#answer<AnswerTo<OperationOf<'delete', P>>>('delete', path, ask);
  }

  /**
   * A list whole, all its pages. What comes and goes between two of them moves nothing else; `revision` is that of the
   * first, so that the events after it tell what else has changed meanwhile. Absent where the API has none.
   */
  async list<P extends ListPaths>(
    path: P,
    { signal, query = {} }: ListAsk = {},
  ): Promise<{ readonly items: readonly ItemOf<P>[]; readonly revision?: string }> {
    const items: ItemOf<P>[] = [];
    let revision: string | undefined;
    for (let next: string | undefined; ;) {
      const { body: page, response } = await this.#whole<Page<ItemOf<P>>>('get', path, {
        query: { ...query, continue: next },
        ...(signal === undefined ? {} : { signal }),
      });
      revision ??= response.headers.get('drover-revision') ?? undefined;
      items.push(...page.items);
      next = page.continue;
      if (next === undefined) return { items, ...(revision === undefined ? {} : { revision }) };
    }
  }

  /** What would be done, of a write that has a plan to show: `post` would do it. */
  plan<M extends 'post' | 'put' | 'patch', P extends PathsOf<M>>(
    method: M,
    path: P,
    ...[ask]: AskArguments<OperationOf<M, P>>
  ): Promise<PlanOf<OperationOf<M, P>>> {
    return this.#dryRun(method, path, ask);
  }

  /** Would it be taken, and what would it write? */
  rehearse<M extends 'post' | 'put' | 'patch' | 'delete', P extends PathsOf<M>>(
    method: M,
    path: P,
    ...[ask]: AskArguments<OperationOf<M, P>>
  ): Promise<Body<'Rehearsal'>> {
    return this.#dryRun(method, path, ask);
  }

  /** An address that takes bytes says in the headers of its answer how many it has. */
  head<P extends PathsOf<'put'>>(
    path: P,
    ...[ask]: AskArguments<OperationOf<'put', P>>
  ): Promise<Response> {
    return this.#send('head', path, ask ?? {});
  }

  /** The response of a success, its body unread: for streams, and for its headers. */
  open<M extends Method, P extends PathsOf<M>>(
    method: M,
    path: P,
    ...[ask]: AskArguments<OperationOf<M, P>>
  ): Promise<Response> {
    return this.#send(method, path, ask ?? {});
  }

  #dryRun<Answer>(method: Method, path: string, ask: Ask | undefined): Promise<Answer> {
    const asked: Ask = ask ?? {};
    return this.#answer(method, path, { ...asked, query: { ...asked.query, dryRun: 'true' } });
  }

  async #answer<Answer>(method: Method, path: string, ask: Ask = {}): Promise<Answer> {
    return (await this.#whole<Answer>(method, path, ask)).body;
  }

  async #whole<Answer>(
    method: Method,
    path: string,
    ask: Ask,
  ): Promise<{ readonly body: Answer; readonly response: Response }> {
    const { answerMs } = this.#options;
    const signal = answerMs === undefined ? ask.signal : within(answerMs, ask.signal);
    const response = await this.#send(method, path, {
      ...ask,
      ...(signal === undefined ? {} : { signal }),
    });
    const body = await parse(response).catch((error: unknown) => {
      throw this.#failed(error, method);
    });
    if (body === undefined) {
      const { status, url } = response;
      throw new NotTheApi(`${url} answered ${status} and no JSON: is a Drover API there?`);
    }
    // The API checks what it answers against the same schemas. They are closed, and a newer API may say
    // more than this program knows, so they are not applied a second time here.
    return { body: body as Answer, response };
  }

  async #send(method: Method | 'head', path: string, ask: Ask): Promise<Response> {
    const { baseUrl, token, headers, fetch: send = fetch } = this.#options;
    const own = token?.();
    const address = addressOf(path, ask);
    const verb = method.toUpperCase();
    const init: RequestInit & { duplex?: 'half' } = {
      method: verb,
      redirect: 'error',
      headers: {
        accept: 'application/json',
        ...(own === undefined ? {} : { authorization: `Bearer ${own}` }),
        ...(ask.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
        ...ask.headers,
      },
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
      ...(ask.stream === undefined ? {} : { body: ask.stream, duplex: 'half' }),
      ...(ask.signal === undefined ? {} : { signal: ask.signal }),
    };
    const response = await send(`${baseUrl}${address}`, init).catch((error: unknown) => {
      throw this.#failed(error, method);
    });
    if (response.ok) return response;
    const requestId = response.headers.get('x-request-id') ?? undefined;
    // Half an answer that says no says no.
    const body = await parse(response).catch(() => undefined);
    throw new ApiProblem(problemFrom(body, response), requestId, `${verb} ${address}`);
  }

  #failed(error: unknown, method: string): unknown {
    return this.#options.failed?.(error, method) ?? error;
  }
}

function within(ms: number, signal: AbortSignal | undefined): AbortSignal {
  const deadline = AbortSignal.timeout(ms);
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
}

/** `/v1/hosts/{host}` with what is asked filled in. */
export function addressOf(path: string, { path: values = {}, query = {} }: Ask): string {
  const filled = path.replaceAll(/\{([^}]+)\}/g, (_, name: string) =>
    encodeURIComponent(values[name] ?? ''),
  );
  const said = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return said.length === 0 ? filled : `${filled}?${new URLSearchParams(said).toString()}`;
}

async function parse(response: Response): Promise<object | undefined> {
  try {
    const value: unknown = JSON.parse(await response.text());
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
