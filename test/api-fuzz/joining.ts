/** A host that joins, as the API would have it: with a token that was made before, and a proof of it. */
import { joinRequestText } from '@drover/protocol';
import { createNkey, decodeJoinToken, keyOf, proofOf } from '@drover/join';
import type { Random } from '@drover/core';

const hosts = ['h7', 'h8', 'h9', 'x'];
/** Keys cost time, and which they are makes no difference. */
const keys = [createNkey().publicKey, createNkey().publicKey];

/** Nothing: no token has been made. */
export function joinBody(tokens: readonly string[], random: Random): object | undefined {
  const text = random.pick(tokens);
  if (text === undefined) return undefined;
  const { id: tokenId, secret } = decodeJoinToken(text);
  const host = random.pick(hosts) ?? 'x';
  const said = { tokenId, host, publicKey: random.pick(keys) ?? '', nonce: 'n'.repeat(22) };
  return { ...said, proof: proofOf(keyOf(secret), joinRequestText(said)) };
}
