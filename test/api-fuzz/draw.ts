/**
 * One request, drawn from the OpenAPI file: as it is meant, slightly wrong, or hostile. Its number and the seed say
 * which; what it is about is what answers have told so far.
 */
import { Random } from '@drover/core';
import { tokens } from './cluster.ts';
import {
  bent,
  brokenBody,
  escaped,
  oddHeaders,
  oddIdentity,
  oddQuery,
  oddSegment,
} from './hostile.ts';
import type { Learnt } from './learnt.ts';
import { joinBody } from './joining.ts';
import type { Operation, Parameter } from './operations.ts';
import { type Source, valueOf } from './values.ts';

export interface Drawn {
  readonly number: number;
  readonly kind: 'meant' | 'bent' | 'hostile';
  readonly operation: Operation;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Who asked goes away then. */
  readonly leavesAfterMs?: number;
  /** Until something happens, or a time is over. */
  readonly mayWait: boolean;
  /** By a token of the configuration that may see everything. */
  readonly isAdmin: boolean;
  /** Time that passes in the cluster afterwards. */
  readonly passMs: number;
}

const making = /^\/v1\/(images|pools|rules|tokens|vms|volumes)$/;
const mostHead = 8_000;
const otherMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];
const isWrite = (method: string) => !['GET', 'HEAD'].includes(method);

export function draw(
  { seed, number }: { readonly seed: number; readonly number: number },
  operations: readonly Operation[],
  learnt: Learnt,
): Drawn {
  const random = new Random(seed).fork(`request ${number}`);
  const source = { random, learnt };
  const chance = random.below(100);
  const kind = chance < 60 ? 'meant' : chance < 80 ? 'bent' : 'hostile';
  const operation = operationOf(operations, source);
  if (operation === undefined) throw new RangeError('the OpenAPI file has no operation');
  const isHostile = kind === 'hostile';
  const method =
    isHostile && random.chance(80)
      ? (random.pick(otherMethods) ?? operation.method)
      : operation.method;
  const identity = identityOf(isHostile, source);
  const path = pathOf(operation, isHostile, source);
  const body = bodyOf(operation, kind, { ...source, subject: path.split('/')[3] ?? '' });
  const url = `${path}${queryOf(operation, kind, source)}`;
  const mayWait =
    ['/v1/events', '/content'].some((end) => operation.path.endsWith(end)) || url.includes('wait=');
  return {
    number,
    kind,
    operation,
    // That its head is too long nobody knows to be a HEAD, which has no body.
    method: method === 'HEAD' && url.length > mostHead ? 'GET' : method,
    url,
    headers: {
      ...identity,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headersOf(operation, source),
      ...(isHostile && random.chance(400) ? oddHeaders(source) : {}),
    },
    ...(body === undefined || method === 'TRACE' ? {} : { body }),
    ...(mayWait && !random.chance(30) ? { leavesAfterMs: 5 + random.below(60) } : {}),
    mayWait,
    isAdmin: identity['authorization'] === `Bearer ${tokens.admin}`,
    passMs: random.chance(10) ? random.below(40_000) : random.below(200),
  };
}

/** More is made than is taken away, so that there is something. */
function operationOf(
  operations: readonly Operation[],
  { random, learnt }: Source,
): Operation | undefined {
  const next = random.chance(100) ? random.pick(learnt.next()) : undefined;
  if (next !== undefined) return operations.find((one) => `${one.method} ${one.path}` === next);
  const makes = operations.filter(({ method, path }) => method === 'POST' && making.test(path));
  if (random.chance(150)) return random.pick(makes);
  const drawn = random.pick(operations);
  return drawn?.method === 'DELETE' && random.chance(600) ? random.pick(operations) : drawn;
}

function identityOf(isHostile: boolean, { random, learnt }: Source) {
  if (isHostile && random.chance(200)) return oddIdentity(random);
  const secret = random.pick(learnt.secrets);
  const session = random.pick(learnt.sessions);
  const chance = random.below(100);
  if (chance < 6 && session !== undefined) {
    return { cookie: session.cookie, 'x-drover-csrf': session.csrf };
  }
  if (chance < 12 && secret !== undefined) return { authorization: `Bearer ${secret}` };
  const role = chance < 80 ? 'admin' : chance < 92 ? 'operator' : 'viewer';
  return { authorization: `Bearer ${tokens[role]}` };
}

function bodyOf(operation: Operation, kind: Drawn['kind'], source: Source) {
  const { random } = source;
  // Of images and volumes: bytes that begin at the header's offset.
  if (operation.method === 'PUT' && operation.path.endsWith('/content')) return 'x'.repeat(64);
  if (operation.body === undefined) {
    return kind !== 'meant' && random.chance(200) ? '{"unknown":1}' : undefined;
  }
  const isJoining = operation.path === '/v1/join' && random.chance(800);
  const joining = isJoining ? joinBody(source.learnt.joinTokens, random) : undefined;
  const value = joining ?? valueOf(operation.body, '', source);
  if (kind === 'meant') return JSON.stringify(value);
  if (kind === 'bent') return JSON.stringify(bent(value, random));
  return random.chance(500)
    ? brokenBody(JSON.stringify(value), random)
    : JSON.stringify(bent(bent(value, random), random));
}

function pathOf(
  { method, path, parameters }: Operation,
  isHostile: boolean,
  source: Source,
): string {
  const { random } = source;
  const isBroken = isHostile && random.chance(250);
  return path.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => {
    if (isBroken) return oddSegment(random);
    const { schema = {} } = parameters.find((one) => one.in === 'path' && one.name === name) ?? {};
    const known = random.chance(950) ? source.learnt.pick(name, random) : undefined;
    const ready = random.chance(700) ? source.learnt.pick(`${method} ${path}`, random) : undefined;
    return escaped(ready ?? known ?? String(valueOf(schema, name, source)));
  });
}

function queryOf({ parameters }: Operation, kind: Drawn['kind'], source: Source): string {
  const { random } = source;
  const own = parameters.filter((one) => one.in === 'query' && random.chance(chanceOf(one)));
  const parts = own.map(
    ({ name, schema }) => `${name}=${escaped(String(valueOf(schema, name, source)))}`,
  );
  if (kind === 'hostile' && random.chance(200)) parts.push(oddQuery(random));
  if (kind === 'bent' && random.chance(100)) parts.push('unknown=1');
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** Most lists are seen whole, most writes are meant. */
function chanceOf({ name }: Parameter): number {
  return name === 'dryRun' ? 150 : 120;
}

function headersOf({ method, parameters, path }: Operation, source: Source) {
  const { random, learnt } = source;
  const knows = (name: string) => parameters.some((one) => one.name === name);
  const etag = learnt.pick('etag', random);
  const offset = path.endsWith('/content') && method === 'PUT';
  return {
    ...(isWrite(method) && knows('if-match') && etag !== undefined && random.chance(80)
      ? { 'if-match': etag }
      : {}),
    ...(knows('idempotency-key') && random.chance(150)
      ? { 'idempotency-key': `key-${random.below(200)}` }
      : {}),
    ...(offset ? { 'upload-offset': '0' } : {}),
  };
}
