/**
 * The cookie of a session, and what a page proves with that it is not another site which sends it along: a word
 * that follows from the cookie and that only the session's own pages are told. And the cookie of one login at an issuer.
 */
import { createHash } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import type { LoginPass } from './oidc-login.ts';

const cookieName = 'drover_session';
const loginName = 'drover_login';
const loginPath = '/v1/login/oidc';
/** As long as people need at their issuer. */
const loginSeconds = 600;

export function sessionOf(header: string | undefined): string | undefined {
  return valueOf(header, cookieName, /^[A-Za-z0-9_-]{43,64}$/);
}

function valueOf(header: string | undefined, wanted: string, form: RegExp): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === wanted && value !== undefined && form.test(value)) return value;
  }
  return undefined;
}

/** The three parts are in base64url, which has no dot. */
export function loginPassOf(header: string | undefined): LoginPass | undefined {
  const form = /^[A-Za-z0-9_-]{20,128}\.[A-Za-z0-9_-]{20,128}\.[A-Za-z0-9_-]{20,128}$/;
  const [state, nonce, verifier] = valueOf(header, loginName, form)?.split('.') ?? [];
  if (state === undefined || nonce === undefined || verifier === undefined) return undefined;
  return { state, nonce, verifier };
}

/** It has to come along when the issuer sends the browser back: `Lax`. Nothing: it goes. */
export function loginCookie(pass: LoginPass | undefined, isSecureHere: boolean): string {
  const secure = isSecureHere ? '; Secure' : '';
  const [value, seconds] =
    pass === undefined
      ? ['', 0]
      : [[pass.state, pass.nonce, pass.verifier].join('.'), loginSeconds];
  return `${loginName}=${value}; Path=${loginPath}; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure}`;
}

/** Also where a proxy in front of the API has the TLS. */
export function isSecure({ raw, headers }: FastifyRequest): boolean {
  return raw.socket instanceof TLSSocket || headers['x-forwarded-proto'] === 'https';
}

export function csrfOf(secret: string): string {
  return createHash('sha256').update(`csrf of ${secret}`).digest('base64url');
}

/** `seconds` 0 takes it away. Over plain HTTP a browser would not send one that is `Secure` back. */
export function sessionCookie(secret: string, seconds: number, isSecure: boolean): string {
  const secure = isSecure ? '; Secure' : '';
  return `${cookieName}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
}
