/** The text that a person carries from the cluster to a host: one word, to be pasted. */
import { createHash, randomBytes } from 'node:crypto';
import { DroverError, JoinToken, parseJson } from '@drover/protocol';

const prefix = 'drover-join-';
const longest = 4096;

/** 256 bits that nobody guesses, and the key that both sides make of them. */
export function newJoinSecret(): { readonly secret: string; readonly sha256: string } {
  const secret = randomBytes(32).toString('base64url');
  return { secret, sha256: keyOf(secret) };
}

/** In hex. */
export function keyOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

export function encodeJoinToken(token: JoinToken): string {
  return prefix + Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** Throws `bad-request` that says what is wrong with it, and nothing of what is in it. */
export function decodeJoinToken(text: string): JoinToken {
  const trimmed = text.trim();
  const isOne = trimmed.startsWith(prefix) && trimmed.length <= longest;
  const parsed = isOne
    ? parseJson(JoinToken, Buffer.from(trimmed.slice(prefix.length), 'base64url').toString('utf8'))
    : undefined;
  if (parsed?.ok === true) return parsed.value;
  const why = isOne ? 'it is not whole: copy all of it' : `such a token begins with ${prefix}`;
  throw new DroverError(
    'bad-request',
    `this is no join token; ${why}. “drover join-token create” makes a new one`,
  );
}
