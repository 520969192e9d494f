/** New identities for the bus. The server knows the public key; only the process has the seed. */
import { createUser, fromSeed } from '@nats-io/nkeys';

export interface Nkey {
  /** Secret (`SU…`): what `connectBus` takes. */
  readonly seed: string;
  /** For the server's configuration (`U…`). */
  readonly publicKey: string;
}

export function createNkey(): Nkey {
  const pair = createUser();
  const nkey = { seed: new TextDecoder().decode(pair.getSeed()), publicKey: pair.getPublicKey() };
  pair.clear();
  return nkey;
}

/** Throws where it is no user's seed. */
export function nkeyFrom(seed: string): Nkey {
  const pair = fromSeed(new TextEncoder().encode(seed));
  const publicKey = pair.getPublicKey();
  pair.clear();
  if (!publicKey.startsWith('U')) throw new Error('the seed is not that of a user (SU…)');
  return { seed, publicKey };
}
