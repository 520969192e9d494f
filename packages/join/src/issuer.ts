/** The key that NATS takes answers about admission from: an account's, which schedulers hold. */
import { createAccount, fromSeed } from '@nats-io/nkeys';

export interface IssuerKey {
  /** Secret (`SA…`): whoever has it lets anybody into NATS as anybody. */
  readonly seed: string;
  /** For the server's configuration (`A…`). */
  readonly publicKey: string;
}

export function createIssuer(): IssuerKey {
  const pair = createAccount();
  return { seed: new TextDecoder().decode(pair.getSeed()), publicKey: pair.getPublicKey() };
}

/** Throws where it is no account's seed. */
export function issuerFrom(seed: string): IssuerKey {
  const publicKey = fromSeed(new TextEncoder().encode(seed)).getPublicKey();
  if (!publicKey.startsWith('A')) throw new Error('the seed is not that of an account (SA…)');
  return { seed, publicKey };
}
