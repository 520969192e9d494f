/** Hosts that join: the tokens that are made for it, and what one is good for. */
import {
  type api,
  DroverError,
  type HostKeyRecord,
  type JoinTokenRecord,
  keys,
  type RecordMirror,
} from '@drover/protocol';
import { dropRecord, putRecord, type Write, type WritePut } from './write.ts';

const mostOpen = 1_000;
const hourSeconds = 3_600;
/** A record of a token that has ended stays as long, so that people see what became of it. */
const endedKeptMs = 7 * 24 * hourSeconds * 1_000;
const forgottenAtOnce = 100;

export interface NewJoinToken {
  readonly id: string;
  /** Of its secret. */
  readonly sha256: string;
  readonly by: string;
  readonly atMs: number;
}

export function createJoinToken(
  records: RecordMirror,
  { host, expiresInSeconds = hourSeconds }: api.JoinTokenCreate,
  { id, sha256, by, atMs }: NewJoinToken,
): Write {
  const open = [...records.joinTokens.values()].filter(
    ({ value }) => stateOf(value, atMs) === 'open',
  );
  if (open.length >= mostOpen) {
    const message = `there are ${open.length} join tokens that nobody has used; revoke some`;
    throw new DroverError('too-many-requests', message);
  }
  const record: JoinTokenRecord = {
    v: 1,
    id,
    sha256,
    ...(host === undefined ? {} : { host }),
    by,
    createdAtMs: atMs,
    expiresAtMs: atMs + expiresInSeconds * 1_000,
  };
  return { puts: [putRecord(keys.joinToken(id), record, undefined)], compares: [] };
}

export function joinTokenBody(record: JoinTokenRecord, nowMs: number): api.JoinTokenBody {
  const { id, host, by, createdAtMs, expiresAtMs, used } = record;
  return {
    id,
    ...(host === undefined ? {} : { host }),
    state: stateOf(record, nowMs),
    by,
    createdAtMs,
    expiresAtMs,
    ...(used === undefined ? {} : { usedBy: used.host, usedAtMs: used.atMs }),
  };
}

function stateOf(
  { used, expiresAtMs }: JoinTokenRecord,
  nowMs: number,
): api.JoinTokenBody['state'] {
  if (used !== undefined) return 'used';
  return expiresAtMs <= nowMs ? 'expired' : 'open';
}

export function findJoinToken(records: RecordMirror, id: string) {
  const found = records.joinTokens.get(id);
  if (found !== undefined) return found;
  const message = `there is no join token ${id}; GET /v1/join/tokens lists them`;
  throw new DroverError('token-not-found', message);
}

/** A host that has joined with it stays. */
export function revokeJoinToken(records: RecordMirror, id: string): Write {
  return { puts: [dropRecord(keys.joinToken(id), findJoinToken(records, id))], compares: [] };
}

export function refusedJoin(why: string): DroverError {
  return new DroverError(
    'join-refused',
    `${why}; “drover join-token create” makes a token that is good`,
  );
}

/**
 * The host's key is known from then on, and the token is used, in one step: of two hosts at once, one comes too late.
 * Nothing: this host has joined with it already, and asks again. That it knows the secret has been proved.
 */
export function join(
  records: RecordMirror,
  { tokenId, host, publicKey }: Pick<api.Join, 'tokenId' | 'host' | 'publicKey'>,
  atMs: number,
): Write | undefined {
  const token = records.joinTokens.get(tokenId);
  if (token === undefined) throw refusedJoin('the token is not known here, or was revoked');
  const { used, expiresAtMs, host: meant, by } = token.value;
  if (used !== undefined) {
    const isAgain = used.host === host && used.publicKey === publicKey;
    if (isAgain && records.hostKeys.get(host)?.value.publicKey === publicKey) return undefined;
    throw refusedJoin(`${used.host} has joined with this token, and each is good once`);
  }
  if (expiresAtMs <= atMs) {
    const minutes = Math.ceil((atMs - expiresAtMs) / 60_000);
    throw refusedJoin(`the token expired ${minutes} min ago`);
  }
  if (meant !== undefined && meant !== host) {
    throw refusedJoin(`the token is for ${meant}, not for ${host} (--host ${meant})`);
  }
  const former = records.hostKeys.get(host);
  if (meant === undefined && (former !== undefined || records.hosts.has(host))) {
    throw new DroverError(
      'join-refused',
      `there is a host ${host} already; if this is that host, make a token for it by name (drover join-token create --host ${host}), else join under another name (--host)`,
    );
  }
  const key: HostKeyRecord = { v: 1, host, publicKey, tokenId, by, atMs };
  const record: JoinTokenRecord = { ...token.value, used: { host, publicKey, atMs } };
  const puts: readonly [WritePut, WritePut] = [
    putRecord(keys.hostKey(host), key, former),
    putRecord(keys.joinToken(tokenId), record, token),
  ];
  return { puts: [...puts], compares: [] };
}

/** Those that ended long ago; some of them at a time. */
export function forgetJoinTokens(records: RecordMirror, nowMs: number): Write | undefined {
  const [first, ...others] = [...records.joinTokens.values()]
    .filter(({ value }) => value.expiresAtMs + endedKeptMs < nowMs)
    .slice(0, forgottenAtOnce)
    .map((stored) => dropRecord(keys.joinToken(stored.value.id), stored));
  return first && { puts: [first, ...others], compares: [] };
}
