/**
 * Who is asking, and may they. Known are: tokens of the configuration and those kept in etcd, both only by their
 * SHA-256; sessions of browsers; people whom an OIDC issuer vouches for; certificates; root on this machine. Every
 * route under /v1 names the role that it needs, or that it is open; one that names neither is refused to everybody.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type api, DroverError, type RecordMirror } from '@drover/protocol';
import type { FastifyRequest } from 'fastify';
import { type Configured, covers, effectiveRole, type Principal } from '../logic/access.ts';
import { mayActAs } from '../logic/roles.ts';
import type { ApiConfig } from './config.ts';
import { bearerOf } from './console-upgrade.ts';
import { csrfOf, sessionOf } from './cookies.ts';
import type { Mirror } from './mirror.ts';
import { looksLikeJwt, type Vouch } from './oidc.ts';
import { certificateOf, isFromSocket } from './peers.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly role?: api.Role;
    /** Enough with `?dryRun=true`, which touches nothing. */
    readonly dryRunRole?: api.Role;
    /** Instead of a role: who asks is not known, and what is asked carries its own proof. */
    readonly isOpen?: true;
  }
  interface FastifyRequest {
    principal: Principal | undefined;
    /** Why what was said of who asks does not count. */
    denial: DroverError | undefined;
  }
}

export interface AuthParts {
  readonly tokens: ApiConfig['tokens'];
  readonly mirror: Mirror;
  /** Who an OIDC issuer says that somebody is. */
  readonly vouch?: Vouch;
  /** Of certificates: their common name and role. */
  readonly certificates?: ReadonlyMap<string, api.Role>;
}

export class Auth {
  readonly #parts: AuthParts;
  readonly #fixed: readonly { readonly principal: Principal; readonly digest: Buffer }[];
  /** Tokens of the configuration. */
  readonly configured: Configured;

  constructor(parts: AuthParts) {
    this.#parts = parts;
    this.configured = new Map(parts.tokens.map(({ name, role }) => [name, role]));
    this.#fixed = parts.tokens.map(({ name, role, sha256 }) => ({
      principal: { name, role, via: 'configured' },
      digest: Buffer.from(sha256, 'hex'),
    }));
  }

  /**
   * Throws `store-unavailable` as long as etcd is not read and it takes etcd to know who asks: a page whose session goes on must
   * not be told that it is over.
   *
   * What is said outright comes before what a connection or a browser sends along.
   */
  async identify(request: FastifyRequest): Promise<Principal | undefined> {
    const { headers, raw } = request;
    if (headers.authorization !== undefined) return this.#byBearer(headers.authorization);
    const spoken = bearerOf(raw);
    if (spoken !== undefined) return this.#byBearer(`Bearer ${spoken}`);
    const session = sessionOf(headers.cookie);
    if (session !== undefined) return this.#bySecret(session, true);
    if (isFromSocket(raw.socket)) return { name: 'root', role: 'admin', via: 'socket' };
    const name = certificateOf(raw.socket);
    const role = name === undefined ? undefined : this.#parts.certificates?.get(name);
    if (name === undefined || role === undefined) return undefined;
    return { name, role, via: 'certificate' };
  }

  #byBearer(authorization: string): Promise<Principal | undefined> | Principal | undefined {
    const token = /^Bearer ([\x21-\x7e]{1,8192})$/i.exec(authorization)?.[1];
    if (token === undefined) return undefined;
    return (
      this.#bySecret(token, false) ?? (looksLikeJwt(token) ? this.#parts.vouch?.(token) : undefined)
    );
  }

  /** Looks at every token of the configuration, whichever it is, so that the time taken tells nothing. */
  #bySecret(secret: string, isSession: boolean): Principal | undefined {
    const digest = createHash('sha256').update(secret).digest();
    let found: Principal | undefined;
    for (const one of this.#fixed) {
      if (timingSafeEqual(one.digest, digest)) found = one.principal;
    }
    if (found !== undefined) return isSession ? undefined : found;
    const { mirror } = this.#parts;
    // Who has a JWT is not in etcd. Of all others nobody can say yet that they are not known.
    if (!mirror.isLoaded && looksLikeJwt(secret)) return undefined;
    return this.#byRecord(mirror.records, digest, secret, isSession);
  }

  /** Found by its digest, which nobody chooses: that takes no longer for a better guess. */
  #byRecord(
    records: RecordMirror,
    digest: Buffer,
    secret: string,
    isSession: boolean,
  ): Principal | undefined {
    const text = digest.toString('hex');
    const token = [...records.tokens.values()].find(({ value }) => value.sha256 === text)?.value;
    if (token === undefined || (token.session === true) !== isSession) return undefined;
    const role = effectiveRole(records, token, this.configured, Date.now());
    if (role === undefined) return undefined;
    const { id, name, owner, scopes, expiresAtMs } = token;
    return {
      name: isSession ? owner : name,
      role,
      via: isSession ? 'session' : 'token',
      tokenId: id,
      ...(scopes === undefined ? {} : { scopes }),
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      ...(isSession ? { csrf: csrfOf(secret) } : {}),
    };
  }
}

/** Throws `unauthenticated`, `forbidden` or `csrf-refused`. */
export function authorize(request: FastifyRequest): void {
  if (request.routeOptions.config.isOpen === true) return;
  const { principal, method, headers, denial } = request;
  if (denial !== undefined) throw denial;
  if (principal === undefined) {
    const isKnown = headers.authorization === undefined && headers.cookie === undefined;
    throw new DroverError(
      'unauthenticated',
      `send the header "Authorization: Bearer TOKEN" with a token of this API; ${isKnown ? 'there is none' : 'it is not known, or has expired'}`,
    );
  }
  const { url = '', config } = request.routeOptions;
  const { role, dryRunRole } = config;
  const isRead = ['GET', 'HEAD'].includes(method);
  if (principal.csrf !== undefined && !isRead && headers['x-drover-csrf'] !== principal.csrf) {
    const message =
      'a session says with each change, in X-Drover-Csrf, what GET /v1/session told it';
    throw new DroverError('csrf-refused', message);
  }
  const needed = isDryRun(request) ? (dryRunRole ?? role) : role;
  const part = url.split('/')[2] ?? '';
  const scope = isRead || config.isQuestion === true || isDryRun(request) ? `${part}:read` : part;
  const isOwn = part === '' || part === 'session';
  if (!isOwn && !covers(principal.scopes, scope)) {
    const own = principal.scopes?.join(', ') ?? '';
    const message = `${principal.name} is for ${own}; ${method} ${url} needs ${scope}`;
    throw new DroverError('forbidden', message);
  }
  if (needed !== undefined && mayActAs(principal.role, needed)) return;
  throw new DroverError(
    'forbidden',
    `${principal.name} is ${principal.role}; ${method} ${url} needs ${needed ?? 'more'}`,
  );
}

export function isDryRun(request: FastifyRequest): boolean {
  return (request.query as Readonly<Record<string, unknown>> | undefined)?.['dryRun'] === 'true';
}
