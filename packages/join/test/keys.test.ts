/** Keys of those who speak to NATS, and of the account that lets them in. */
import { describe, expect, it } from 'vitest';
import { createIssuer, createNkey, issuerFrom, nkeyFrom } from '../src/index.ts';

describe('an NKey', () => {
  it('is new each time, and its secret is not its name', () => {
    const [one, two] = [createNkey(), createNkey()];
    expect(one.publicKey).toMatch(/^U[A-Z2-7]{55}$/);
    expect(one.seed).toMatch(/^SU[A-Z2-7]{56}$/);
    expect(one.publicKey).not.toBe(two.publicKey);
  });

  it('is found again by its seed, and by no other kind of seed', () => {
    const key = createNkey();
    expect(nkeyFrom(key.seed)).toEqual(key);
    expect(() => nkeyFrom(createIssuer().seed)).toThrow('SU…');
    expect(() => nkeyFrom('SUX')).toThrow('invalid');
  });
});

describe('the issuer', () => {
  it('is an account, found again by its seed, and by no other kind of seed', () => {
    const issuer = createIssuer();
    expect(issuer.publicKey).toMatch(/^A[A-Z2-7]{55}$/);
    expect(issuerFrom(issuer.seed)).toEqual(issuer);
    expect(() => issuerFrom(createNkey().seed)).toThrow('SA…');
  });
});
