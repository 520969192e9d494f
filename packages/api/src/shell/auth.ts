/**
 * Who is asking, and may they: bearer tokens, known only by their SHA-256. Every route under /v1 names the
 * role that it needs; one that names none is refused to everybody.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type api, DroverError } from '@drover/protocol';
import type { FastifyRequest } from 'fastify';
import { mayActAs } from '../logic/roles.ts';
import type { ApiConfig } from './config.ts';

export interface Principal {
  readonly name: string;
  readonly role: api.Role;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly role?: api.Role;
    /** Enough with `?dryRun=true`, which touches nothing. */
    readonly dryRunRole?: api.Role;
  }
  interface FastifyRequest {
    principal: Principal | undefined;
  }
}

export class Tokens {
  readonly #tokens: readonly { readonly principal: Principal; readonly digest: Buffer }[];

  constructor(tokens: ApiConfig['tokens']) {
    this.#tokens = tokens.map(({ name, role, sha256 }) => ({
      principal: { name, role },
      digest: Buffer.from(sha256, 'hex'),
    }));
  }

  /** Looks at every token, whichever it is, so that the time taken tells nothing. */
  identify(authorization: string | undefined): Principal | undefined {
    const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return undefined;
    const digest = createHash('sha256').update(token).digest();
    let found: Principal | undefined;
    for (const one of this.#tokens) {
      if (timingSafeEqual(one.digest, digest)) found = one.principal;
    }
    return found;
  }
}

/** Throws `unauthenticated` or `forbidden`. */
export function authorize(request: FastifyRequest): void {
  const { principal } = request;
  if (principal === undefined) {
    const what = request.headers.authorization === undefined ? 'there is none' : 'it is not known';
    throw new DroverError(
      'unauthenticated',
      `send the header "Authorization: Bearer TOKEN" with a token of this API; ${what}`,
    );
  }
  const { role, dryRunRole } = request.routeOptions.config;
  const needed = isDryRun(request) ? (dryRunRole ?? role) : role;
  if (needed !== undefined && mayActAs(principal.role, needed)) return;
  throw new DroverError(
    'forbidden',
    `${principal.name} is ${principal.role}; ${request.method} ${request.routeOptions.url} needs ${needed ?? 'more'}`,
  );
}

export function isDryRun(request: FastifyRequest): boolean {
  return (request.query as Readonly<Record<string, unknown>> | undefined)?.['dryRun'] === 'true';
}
