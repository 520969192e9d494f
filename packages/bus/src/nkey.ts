/** New identities for the bus. The server knows the public key; only the process has the seed. */
import { nkeys } from '@nats-io/transport-node';

export interface Nkey {
  /** Secret (`SU…`): what `connectBus` takes. */
  readonly seed: string;
  /** For the server's configuration (`U…`). */
  readonly publicKey: string;
}

export function createNkey(): Nkey {
  const pair = nkeys.createUser();
  const nkey = { seed: new TextDecoder().decode(pair.getSeed()), publicKey: pair.getPublicKey() };
  pair.clear();
  return nkey;
}
