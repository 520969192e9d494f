/**
 * The HTTP API as the end-to-end tests see it: plain requests, plain answers, nothing hidden. It is no
 * client of the product on purpose: what the tests send is what a stranger could send.
 */
import type { api } from '@drover/protocol';
import { wrongShape } from './shapes.ts';

export interface Answer<T = unknown> {
  readonly status: number;
  readonly type: string;
  readonly body: T;
}

export class ApiClient {
  readonly url: string;
  readonly token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
  }

  async send<T = unknown>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    return this.raw<T>(method, path, {
      authorization: `Bearer ${this.token}`,
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', text: JSON.stringify(body) }),
    });
  }

  async raw<T = unknown>(
    method: string,
    path: string,
    { text, ...headers }: Readonly<Record<string, string>> & { readonly text?: string },
  ): Promise<Answer<T>> {
    const response = await fetch(new URL(path, this.url), {
      method,
      headers,
      ...(text === undefined ? {} : { body: text }),
      signal: AbortSignal.timeout(45_000),
    });
    const received = await response.text();
    const type = response.headers.get('content-type') ?? '';
    const body = (type.includes('json') ? JSON.parse(received) : received) as T;
    const wrong = wrongShape(method, path, response.status, body);
    if (wrong !== undefined) throw new Error(`not what the API promises: ${wrong}`);
    return { status: response.status, type, body };
  }

  /** As `send`, and the status must be the expected one: the message then carries the problem document. */
  async expect<T>(status: number, method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.send<T>(method, path, body);
    if (answer.status !== status) {
      throw new Error(
        `${method} ${path}: ${answer.status} instead of ${status}: ${JSON.stringify(answer.body)}`,
      );
    }
    return answer.body;
  }

  async hosts(): Promise<readonly api.HostBody[]> {
    return (await this.expect<{ items: api.HostBody[] }>(200, 'GET', '/v1/hosts')).items;
  }

  async host(id: string): Promise<api.HostBody> {
    return this.expect<api.HostBody>(200, 'GET', `/v1/hosts/${id}`);
  }

  async vms(): Promise<readonly api.VmBody[]> {
    return (await this.expect<{ items: api.VmBody[] }>(200, 'GET', '/v1/vms')).items;
  }

  async vm(idOrName: string): Promise<api.VmBody> {
    return this.expect<api.VmBody>(200, 'GET', `/v1/vms/${idOrName}`);
  }

  async operation(id: string): Promise<api.OperationBody> {
    return this.expect<api.OperationBody>(200, 'GET', `/v1/operations/${id}`);
  }
}
