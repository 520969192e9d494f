/**
 * People whom an OIDC issuer vouches for, by a token that it signed. Issuer, audience and algorithms are the
 * configuration's, never the token's; what its claims come to is a table.
 */
import { createHash } from 'node:crypto';
import { type api, DroverError } from '@drover/protocol';
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Principal } from '../logic/access.ts';
import { mayActAs } from '../logic/roles.ts';
import type { ApiConfig } from './config.ts';

type Oidc = NonNullable<ApiConfig['oidc']>;

/** Throws `unauthenticated` that says what is wrong with the token. */
export type Vouch = (token: string) => Promise<Principal>;

/** Three parts with dots between: no token of ours looks like that. */
export function looksLikeJwt(token: string): boolean {
  return /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/.test(token);
}

export function vouchedBy(oidc: Oidc): Vouch {
  const { issuer, audience, algorithms = ['RS256', 'ES256', 'EdDSA'] } = oidc;
  const keySet = createRemoteJWKSet(new URL(oidc.jwksUri), { timeoutDuration: 5_000 });
  const rules = { issuer, audience, algorithms, requiredClaims: ['exp', 'sub'], clockTolerance: 5 };
  return async (token) => {
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, keySet, rules));
    } catch (error) {
      if (error instanceof errors.JWKSTimeout) {
        throw new DroverError('unauthenticated', 'the issuer of tokens does not answer', {
          cause: error,
        });
      }
      const why = error instanceof Error ? error.message : String(error);
      throw new DroverError('unauthenticated', `the token does not count here: ${why}`);
    }
    return personOf(oidc, payload);
  };
}

/** Throws `unauthenticated` where nothing of what is claimed is a role here. */
export function personOf({ roleClaim, roles, nameClaim }: Oidc, payload: JWTPayload): Principal {
  const claimed = payload[roleClaim];
  const words = (Array.isArray(claimed) ? claimed : [claimed]).filter(
    (word) => typeof word === 'string',
  );
  let role: api.Role | undefined;
  for (const word of words) {
    const given = Object.hasOwn(roles, word) ? roles[word] : undefined;
    if (given !== undefined && (role === undefined || mayActAs(given, role))) role = given;
  }
  const name = nameOf(payload, nameClaim);
  if (role === undefined) {
    const message = `${name}: nothing in “${roleClaim}” of the token is a role here`;
    throw new DroverError('unauthenticated', message);
  }
  return {
    name,
    role,
    via: 'oidc',
    ...(payload.exp === undefined ? {} : { expiresAtMs: payload.exp * 1000 }),
  };
}

/** As records can have it; what was changed to that end does not make two people one. */
function nameOf(payload: JWTPayload, nameClaim = 'sub'): string {
  const said = payload[nameClaim];
  const text = typeof said === 'string' && said !== '' ? said : (payload.sub ?? '');
  const name = `oidc/${text.replaceAll(/[^A-Za-z0-9._/-]/g, '_')}`;
  if (name === `oidc/${text}` && name.length <= 63) return name;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return `${name.slice(0, 54)}-${digest}`;
}
