/**
 * What every write of the API understands, whichever it is: `?dryRun=true`, `If-Match`, `Idempotency-Key`. The hooks
 * read and describe it; `Writer` lets the logic hold to it. Every object's answer says its version in `ETag`.
 */
import { createHash } from 'node:crypto';
import { api, DroverError } from '@drover/protocol';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { Type, type TSchema } from 'typebox';
import { rehearsalOf } from '../logic/rehearsal.ts';
import { formerRequest, type NamedRequest } from '../logic/repeat.ts';
import { etagOf, hasVersions, type Subject, versionOf } from '../logic/versions.ts';
import type { Write } from '../logic/write.ts';
import type { App } from './context.ts';
import type { Mirror } from './mirror.ts';
import { closed, DryRun, refer } from './schemas.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of an address that names no object: which it is about. */
    readonly about?: string;
  }
  interface FastifyRequest {
    /** Of one with an `Idempotency-Key`. */
    named: NamedRequest | undefined;
    /** It was carried out before: what has its id from then. */
    formerIds: readonly string[] | undefined;
    /** What has got an id for this request, in order. */
    ids: string[];
  }
}

/** It would be taken: thrown where a dry run comes to what it would write, and answered as a success. */
export class Rehearsed extends Error {
  readonly body: api.Rehearsal;

  constructor(write: Write | undefined) {
    super('a dry run');
    this.body = rehearsalOf(write);
  }
}

const writes = ['POST', 'PUT', 'PATCH', 'DELETE'];
const key = { pattern: '^[\\x21-\\x7e]{1,128}$' } as const;
const ifMatch = Type.Optional(
  Type.String({
    maxLength: 256,
    description: 'ETags, or *: only if it is at that version still; else 412',
  }),
);
const idempotencyKey = Type.Optional(
  Type.String({
    ...key,
    description: 'The same key and request again, within a day: the same answer, and done once',
  }),
);

/** To be called before the routes are made, and before what they do not know is refused. */
export function addConventions(app: App, mirror: Mirror): void {
  app.decorateRequest('named', undefined);
  app.decorateRequest('formerIds', undefined);
  app.decorateRequest('ids');
  app.addHook('onRoute', describe);
  const underWay = new Set<string>();
  app.addHook('onRequest', (request, _reply, done) => {
    request.ids = [];
    done();
  });
  app.addHook('preHandler', (request, reply, done) => {
    refuseIfMatchOnNothing(request);
    nameRequest(request, mirror, underWay);
    // Before what is answered is read: an ETag that is too old refuses too much, and never too little.
    if (isRead(request)) tellVersion(request, reply, mirror);
    done();
  });
  app.addHook('preSerialization', (request, reply, payload, done) => {
    if (!isRead(request) && reply.statusCode < 300) tellVersion(request, reply, mirror);
    done(null, payload);
  });
  app.addHook('onResponse', (request, _reply, done) => {
    if (request.named !== undefined) underWay.delete(request.named.digest);
    done();
  });
}

function describe(route: RouteOptions): void {
  const { config = {} } = route;
  if (!isWrite(route) || config.isQuestion === true || config.streams === true) return;
  const schema = (route.schema ??= {});
  if (schema.hide === true) return;
  const own = schema.querystring as (TSchema & { readonly properties?: object }) | undefined;
  if (own?.properties === undefined || !('dryRun' in own.properties)) {
    schema.querystring = Type.Object({ ...own?.properties, ...DryRun.properties }, closed);
    const answers = schema.response as Readonly<Record<string, TSchema>>;
    const rehearsal = refer(api.Rehearsal);
    const good = answers['200'];
    const both = good === undefined ? rehearsal : Type.Union([good, rehearsal]);
    schema.response = { ...answers, 200: both };
  }
  const subject = kindOf(route.url, config.about);
  schema.headers = Type.Object({
    ...(subject === undefined ? {} : { 'if-match': ifMatch }),
    ...(route.method === 'POST' ? { 'idempotency-key': idempotencyKey } : {}),
  });
}

function isWrite({ url, method }: RouteOptions): boolean {
  return url.startsWith('/v1') && [method].flat().every((one) => writes.includes(one));
}

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Of `/v1/vms/:vm/start` it is `vm`. */
function kindOf(url: string, about: string | undefined): string | undefined {
  const kind = about ?? /\/:([a-z]+)/.exec(url)?.[1];
  return kind !== undefined && hasVersions(kind) ? kind : undefined;
}

/** What the address is about. */
export function subjectOf(request: FastifyRequest): Subject | undefined {
  const { url = '', config } = request.routeOptions;
  const kind = kindOf(url, config.about);
  if (kind === undefined) return undefined;
  const params = request.params as Readonly<Record<string, string>>;
  return { kind, ref: params[kind] ?? kind };
}

/** Where the object itself is what is answered. */
function tellVersion(request: FastifyRequest, reply: FastifyReply, mirror: Mirror): void {
  const { url = '', config } = request.routeOptions;
  const isObject = /^\/v1\/[a-z]+\/:[a-z]+(\/cordon)?$/.test(url) || config.about !== undefined;
  const subject = subjectOf(request);
  if (!isObject || subject === undefined || request.method === 'DELETE' || !mirror.isLoaded) return;
  const version = versionOf(mirror.records, subject);
  if (version !== undefined) void reply.header('etag', etagOf(version));
}

function refuseIfMatchOnNothing(request: FastifyRequest): void {
  const { headers, method, routeOptions } = request;
  const isStream = routeOptions.config.streams === true;
  if (headers['if-match'] === undefined || !writes.includes(method)) return;
  if (subjectOf(request) !== undefined && !isStream) return;
  const message = `${method} ${routeOptions.url} changes no object that has a version; leave If-Match out`;
  throw new DroverError('bad-request', message);
}

function nameRequest(request: FastifyRequest, mirror: Mirror, underWay: Set<string>): void {
  const { headers, method, url, principal, body } = request;
  const name = headers['idempotency-key'];
  if (typeof name !== 'string' || method !== 'POST' || principal === undefined) return;
  const named = {
    digest: digestOf([principal.name, name]),
    sha256: digestOf([method, url, body]),
  };
  const former = formerRequest(mirror.records, named);
  if (former === undefined && underWay.has(named.digest)) {
    throw new DroverError('conflict', 'the same request is being carried out; ask again');
  }
  underWay.add(named.digest);
  request.named = named;
  request.formerIds = former?.ids;
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
