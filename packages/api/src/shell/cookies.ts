/**
 * The cookie of a session, and what a page proves with that it is not another site which sends it along: a word
 * that follows from the cookie and that only the session's own pages are told.
 */
import { createHash } from 'node:crypto';

const cookieName = 'drover_session';

export function sessionOf(header: string | undefined): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === cookieName && value !== undefined && /^[A-Za-z0-9_-]{43,64}$/.test(value)) {
      return value;
    }
  }
  return undefined;
}

export function csrfOf(secret: string): string {
  return createHash('sha256').update(`csrf of ${secret}`).digest('base64url');
}

/** `seconds` 0 takes it away. Over plain HTTP a browser would not send one that is `Secure` back. */
export function sessionCookie(secret: string, seconds: number, isSecure: boolean): string {
  const secure = isSecure ? '; Secure' : '';
  return `${cookieName}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
}
