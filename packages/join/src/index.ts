/** Who is who on NATS: keys, and how a host joins: its token, the proofs of it, and its admission. */
export {
  type AdmissionAnswer,
  type AdmissionQuestion,
  readQuestion,
  writeAnswer,
} from './admission.ts';
export { createIssuer, issuerFrom, type IssuerKey } from './issuer.ts';
export { natsConfig, type NamedUser, type NatsSettings } from './nats-config.ts';
export { createNkey, nkeyFrom, type Nkey } from './nkey.ts';
export { isProof, proofOf } from './proof.ts';
export { decodeJoinToken, encodeJoinToken, keyOf, newJoinSecret } from './token.ts';
