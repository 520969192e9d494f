/**
 * Who somebody is and what that one may: roles, scopes, and tokens that are kept in etcd. A token never has more than
 * its owner has now, whoever has lost what since.
 */
import { type api, DroverError, keys, type RecordMirror, type TokenRecord } from '@drover/protocol';
import { lesserRole, mayActAs } from './roles.ts';
import { dropRecord, putRecord, type Write } from './write.ts';

export interface Principal {
  readonly name: string;
  readonly role: api.Role;
  readonly via: api.Via;
  /** Absent: all that the role may. */
  readonly scopes?: readonly string[];
  readonly expiresAtMs?: number;
  /** Of the record in etcd that says so. */
  readonly tokenId?: string;
  /** Of a session: what its changes have to say. */
  readonly csrf?: string;
}

/** Tokens of the configuration, by name. */
export type Configured = ReadonlyMap<string, api.Role>;

const longestChain = 8;
const sessionMs = 12 * 60 * 60_000;
/** A record of a token that has ended stays as long, so that people see why it does not work. */
const endedKeptMs = 7 * 24 * 60 * 60_000;
const forgottenAtOnce = 100;
const mostTokens = 10_000;

/** What a token's role comes to now; nothing: it has expired, or its owner is gone. */
export function effectiveRole(
  records: RecordMirror,
  token: TokenRecord,
  configured: Configured,
  nowMs: number,
  depth = 0,
): api.Role | undefined {
  if (token.expiresAtMs !== undefined && token.expiresAtMs <= nowMs) return undefined;
  if (!token.ownerIsToken) return lesserRole(token.role, token.ownerRole);
  const given = configured.get(token.owner);
  if (given !== undefined) return lesserRole(token.role, given);
  const owner = byName(records, token.owner)?.value;
  if (owner === undefined || depth >= longestChain) return undefined;
  const role = effectiveRole(records, owner, configured, nowMs, depth + 1);
  return role && lesserRole(token.role, role);
}

function byName(records: RecordMirror, name: string) {
  return [...records.tokens.values()].find(
    ({ value }) => value.name === name && value.session !== true,
  );
}

/** By id, else by name. */
export function findToken(records: RecordMirror, ref: string) {
  const found = records.tokens.get(ref) ?? byName(records, ref);
  if (found !== undefined) return found;
  throw new DroverError('token-not-found', `there is no token ${ref}; GET /v1/tokens lists them`);
}

export function tokenBody(
  records: RecordMirror,
  token: TokenRecord,
  configured: Configured,
  nowMs: number,
): api.TokenBody {
  const { v: _v, sha256: _sha256, ownerRole: _role, ownerIsToken: _isToken, ...shown } = token;
  const role = effectiveRole(records, token, configured, nowMs);
  return { ...shown, ...(role === undefined ? {} : { effectiveRole: role }) };
}

/** What is made, by whom, and what SHA-256 makes of its secret. */
export interface NewToken {
  readonly id: string;
  readonly sha256: string;
  readonly owner: Principal;
  readonly atMs: number;
}

export function createToken(
  records: RecordMirror,
  body: api.TokenCreate,
  made: NewToken,
  configured: Configured,
): Write {
  const { name, role, scopes, expiresInSeconds } = body;
  const { owner } = made;
  if (!mayActAs(owner.role, role)) {
    throw new DroverError('forbidden', `${owner.name} is ${owner.role}, and a token of it no more`);
  }
  const beyond = scopes?.find((scope) => !covers(owner.scopes, scope));
  if (beyond !== undefined || (scopes === undefined && owner.scopes !== undefined)) {
    const own = owner.scopes?.join(', ') ?? '';
    throw new DroverError('forbidden', `${owner.name} may ${own}, and a token of it no more`);
  }
  if (configured.has(name) || byName(records, name) !== undefined) {
    throw new DroverError('name-taken', `there is a token ${name} already; take another name`);
  }
  refuseTooMany(records);
  const ends = expiresInSeconds === undefined ? undefined : made.atMs + expiresInSeconds * 1000;
  const maker = makerOf(records, owner);
  const ending = earliest(ends, maker.expiresAtMs);
  const record: TokenRecord = {
    ...recordOf(made, maker),
    name,
    role,
    ...(scopes === undefined ? {} : { scopes }),
    ...(ending === undefined ? {} : { expiresAtMs: ending }),
  };
  return { puts: [putRecord(keys.token(made.id), record, undefined)], compares: [] };
}

/** Somebody logs in: a token of a few hours, with all that its owner has, for a cookie. */
export function createSession(records: RecordMirror, made: NewToken): Write {
  refuseTooMany(records);
  const { owner, id } = made;
  const record: TokenRecord = {
    ...recordOf(made, makerOf(records, owner)),
    name: `session-${id.slice(0, 8)}`,
    role: owner.role,
    ...(owner.scopes === undefined ? {} : { scopes: [...owner.scopes] }),
    expiresAtMs: earliest(made.atMs + sessionMs, owner.expiresAtMs) ?? made.atMs,
    session: true,
  };
  return { puts: [putRecord(keys.token(id), record, undefined)], compares: [] };
}

interface Maker {
  /** It can be looked up again. */
  readonly isToken: boolean;
  readonly expiresAtMs?: number;
}

/** Who makes a token in a session is whose session that is: the token ends with that one, and not with the browser's cookie. */
function makerOf(records: RecordMirror, owner: Principal): Maker {
  const { via, expiresAtMs, tokenId = '' } = owner;
  const own = expiresAtMs === undefined ? {} : { expiresAtMs };
  if (via !== 'session') return { isToken: via === 'token' || via === 'configured', ...own };
  const session = records.tokens.get(tokenId)?.value;
  if (session?.ownerIsToken !== true) return { isToken: false, ...own };
  const ends = byName(records, session.owner)?.value.expiresAtMs;
  return { isToken: true, ...(ends === undefined ? {} : { expiresAtMs: ends }) };
}

function recordOf({ id, sha256, owner, atMs }: NewToken, { isToken }: Maker) {
  return {
    v: 1,
    id,
    owner: owner.name,
    ownerRole: owner.role,
    ownerIsToken: isToken,
    sha256,
    createdAtMs: atMs,
  } as const;
}

function refuseTooMany(records: RecordMirror): void {
  if (records.tokens.size < mostTokens) return;
  throw new DroverError(
    'too-many-requests',
    `there are ${records.tokens.size} tokens; revoke some`,
  );
}

/** It is good for nothing from then on, and neither are those that it made. */
export function revokeToken(records: RecordMirror, ref: string): Write {
  const found = findToken(records, ref);
  return { puts: [dropRecord(keys.token(found.value.id), found)], compares: [] };
}

/** That it was used, by the hour; nothing where that is written. */
export function noteUse(records: RecordMirror, id: string, nowMs: number): Write | undefined {
  const found = records.tokens.get(id);
  if (found === undefined || !isUseNews(found.value, nowMs)) return undefined;
  const record: TokenRecord = { ...found.value, lastUsedAtMs: nowMs };
  return { puts: [putRecord(keys.token(id), record, found)], compares: [] };
}

export function isUseNews({ lastUsedAtMs = 0 }: TokenRecord, nowMs: number): boolean {
  return nowMs - lastUsedAtMs > 60 * 60_000;
}

/** Sessions that are over, and tokens that have been for long; some of them at a time. */
export function forgetEnded(records: RecordMirror, nowMs: number): Write | undefined {
  const isOver = ({ expiresAtMs, session }: TokenRecord) =>
    expiresAtMs !== undefined && expiresAtMs + (session === true ? 0 : endedKeptMs) < nowMs;
  const [first, ...others] = [...records.tokens.values()]
    .filter(({ value }) => isOver(value))
    .slice(0, forgottenAtOnce)
    .map((stored) => dropRecord(keys.token(stored.value.id), stored));
  return first && { puts: [first, ...others], compares: [] };
}

/** Whether what somebody may covers a scope, or a part of the API. */
export function covers(scopes: readonly string[] | undefined, asked: string): boolean {
  if (scopes === undefined) return true;
  return scopes.includes(asked) || (asked.endsWith(':read') && scopes.includes(asked.slice(0, -5)));
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
