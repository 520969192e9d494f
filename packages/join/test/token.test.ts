/** The word that a person carries to a host, and the proofs that it makes possible. */
import { describe, expect, it } from 'vitest';
import { decodeJoinToken, encodeJoinToken, isProof, newJoinSecret, proofOf } from '../src/index.ts';

const token = {
  v: 1 as const,
  id: '6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b01',
  secret: newJoinSecret().secret,
  addresses: ['https://[2001:db8::1]:8440', 'http://api.example:8440'],
  caSha256: 'a'.repeat(64),
};

describe('a join token', () => {
  it('is one word, and means what it was made of', () => {
    const text = encodeJoinToken(token);
    expect(text).toMatch(/^drover-join-[A-Za-z0-9_-]+$/);
    expect(decodeJoinToken(`  ${text}\n`)).toEqual(token);
  });

  it.each([
    ['half of one', encodeJoinToken(token).slice(0, 120), 'copy all of it'],
    ['another kind of token', 'A'.repeat(43), 'begins with drover-join-'],
    ['nothing', '', 'begins with drover-join-'],
  ])('is refused where it is %s, and nothing of it is told', (_, text, why) => {
    expect(() => decodeJoinToken(text)).toThrow(why);
    expect(() => decodeJoinToken(text)).not.toThrow(text === '' ? 'secret' : text);
  });
});

describe('a proof', () => {
  const key = newJoinSecret().sha256;

  it('is of one text, by one key', () => {
    const proof = proofOf(key, 'h4 joins');
    expect(isProof(proof, key, 'h4 joins')).toBe(true);
    expect(isProof(proof, key, 'h5 joins')).toBe(false);
    expect(isProof(proof, newJoinSecret().sha256, 'h4 joins')).toBe(false);
    expect(isProof(proof.slice(2), key, 'h4 joins')).toBe(false);
    expect(isProof('', key, 'h4 joins')).toBe(false);
  });

  it('is HMAC-SHA256 (RFC 4231, case 2)', () => {
    const jefe = Buffer.from('Jefe').toString('hex');
    expect(proofOf(jefe, 'what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });
});
