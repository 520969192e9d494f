/**
 * What answers have told: names, ids, versions, words to go on from, secrets. Requests are drawn from it, so that they
 * are about things that are there; judges know from it what must not be told again.
 */
import type { Random } from '@drover/core';

const kept = 48;
const kinds: Readonly<Record<string, string>> = {
  audit: 'nothing',
  hosts: 'host',
  images: 'image',
  migrations: 'operation',
  operations: 'operation',
  pools: 'pool',
  recommendations: 'recommendation',
  rules: 'rule',
  tokens: 'token',
  vms: 'vm',
  volumes: 'volume',
};
/** Fields that name something, wherever they are. */
const fields: Readonly<Record<string, string>> = {
  operationId: 'operation',
  vmId: 'vmId',
  hostId: 'host',
  imageId: 'image',
  volumeId: 'volume',
  continue: 'continue',
};

/** What makes another request sensible, about the same thing: by method and path. */
const leadsTo: Readonly<Record<string, string>> = {
  'POST /v1/vms/{vm}/pause': 'POST /v1/vms/{vm}/unpause',
  'POST /v1/vms/{vm}/save': 'POST /v1/vms/{vm}/resume',
  'POST /v1/vms/{vm}/migrate': 'DELETE /v1/migrations/{operation}',
  'POST /v1/hosts/{host}/drain': 'DELETE /v1/hosts/{host}/drain',
  'POST /v1/volumes/{volume}/download': 'GET /v1/volumes/{volume}/content',
  'POST /v1/volumes/{volume}/upload': 'PUT /v1/volumes/{volume}/content',
  'POST /v1/images': 'PUT /v1/images/{image}/content',
};

type Json = Readonly<Record<string, unknown>>;

export interface Session {
  readonly cookie: string;
  readonly csrf: string;
}

export class Learnt {
  readonly #kinds = new Map<string, string[]>();
  readonly sessions: Session[] = [];
  /** Of tokens that were made here. */
  readonly secrets: string[] = [];
  /** With which hosts join, made here. */
  readonly joinTokens: string[] = [];

  pick(kind: string, random: Random): string | undefined {
    return random.pick(this.#kinds.get(kind) ?? []);
  }

  add(kind: string, value: unknown): void {
    if (typeof value !== 'string' || value === '') return;
    const known = this.#kinds.get(kind) ?? [];
    if (known.includes(value)) return;
    known.push(value);
    if (known.length > kept) known.shift();
    this.#kinds.set(kind, known);
  }

  /** What would make sense now, as method and path. */
  next(): readonly string[] {
    return Object.values(leadsTo).filter((one) => (this.#kinds.get(one) ?? []).length > 0);
  }

  /** It was carried out: what is likely to come next, and about what. */
  did(what: string, ref: string, body: unknown): void {
    const then = leadsTo[what];
    if (then === undefined || !isObject(body)) return;
    const image = isObject(body['image']) ? body['image']['id'] : undefined;
    const about = then.includes('{operation}') ? body['id'] : (image ?? ref);
    // Soon, or it is too late.
    this.#kinds.set(then, (this.#kinds.get(then) ?? []).slice(-1));
    this.add(then, about);
  }

  /** There is no such thing any more. */
  forget(kind: string, value: string): void {
    const known = this.#kinds.get(kind);
    if (known?.includes(value))
      this.#kinds.set(
        kind,
        known.filter((one) => one !== value),
      );
  }

  /** From an answer of success. */
  hear(path: string, headers: Readonly<Record<string, unknown>>, body: unknown): void {
    this.add('etag', headers['etag']);
    this.add('revision', headers['drover-revision']);
    const made = /^\/v1\/([a-z]+)\/([^/]+)$/.exec(textOf(headers['location']));
    if (made) this.add(kinds[made[1] ?? ''] ?? 'nothing', made[2]);
    this.#walk(body);
    this.#things(kinds[path.split('/')[2] ?? ''] ?? 'nothing', body);
    this.#access(path, headers, body);
  }

  #things(kind: string, body: unknown): void {
    if (!isObject(body)) return;
    const items = Array.isArray(body['items']) ? (body['items'] as readonly unknown[]) : [body];
    for (const item of items.filter(isObject).slice(0, kept)) {
      // An operation has a type as well, whatever was asked for.
      const isOperation = typeof item['step'] === 'string' && typeof item['type'] === 'string';
      const own = isOperation ? 'operation' : kind;
      this.add(own, item['id']);
      this.add(own, item['name']);
      if (own === 'vm') this.add('vmId', item['id']);
      for (const inner of ['vm', 'volume', 'image', 'operation', 'token'] as const) {
        const thing = item[inner];
        if (!isObject(thing)) continue;
        this.add(inner, thing['id']);
        this.add(inner, thing['name']);
      }
    }
  }

  #walk(value: unknown, depth = 0): void {
    if (depth > 6) return;
    if (Array.isArray(value)) value.slice(0, kept).forEach((one) => this.#walk(one, depth + 1));
    if (!isObject(value)) return;
    for (const [name, inner] of Object.entries(value)) {
      const kind = fields[name];
      if (kind !== undefined) this.add(kind, inner);
      else if (name === 'snapshots' && Array.isArray(inner)) {
        for (const one of inner.filter(isObject)) this.add('snapshot', one['name']);
      } else this.#walk(inner, depth + 1);
    }
  }

  #access(path: string, headers: Readonly<Record<string, unknown>>, body: unknown): void {
    if (!isObject(body)) return;
    const secret = body['secret'];
    if (path === '/v1/tokens' && typeof secret === 'string') push(this.secrets, secret);
    const { joinToken, token } = body;
    if (isObject(joinToken)) this.add('id', joinToken['id']);
    if (isObject(joinToken) && typeof token === 'string') push(this.joinTokens, token);
    const [cookie = ''] = textOf(headers['set-cookie']).split(';');
    const csrf = body['csrf'];
    if (cookie.length > 32 && typeof csrf === 'string') push(this.sessions, { cookie, csrf });
  }
}

function push<T>(list: T[], value: T): void {
  list.push(value);
  if (list.length > 16) list.shift();
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of a header that is there several times the first. */
function textOf(header: unknown): string {
  const one: unknown = Array.isArray(header) ? header[0] : header;
  return typeof one === 'string' ? one : '';
}
