/** That somebody knows a token's secret, told without telling it (HMAC, RFC 2104, with SHA-256). */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** `key`: what SHA-256 makes of the secret, in hex. The proof is in hex too. */
export function proofOf(key: string, text: string): string {
  return createHmac('sha256', Buffer.from(key, 'hex')).update(text).digest('hex');
}

export function isProof(proof: string, key: string, text: string): boolean {
  const wanted = Buffer.from(proofOf(key, text), 'hex');
  const given = Buffer.from(proof, 'hex');
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
