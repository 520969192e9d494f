/** Keys between PEM and what the library for X.509 signs with. */
import { createPrivateKey, createPublicKey, KeyObject, webcrypto } from 'node:crypto';

export type KeyPair = webcrypto.CryptoKeyPair;

const curves: Readonly<Record<string, 'P-256' | 'P-384'>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
};

export function newKeyPair(): Promise<KeyPair> {
  return webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
}

export function pemOf(key: webcrypto.CryptoKey): string {
  return String(KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }));
}

/** Throws for what is no key on one of the two curves that every TLS library knows. */
export async function keyPairFrom(pem: string): Promise<KeyPair> {
  const key = createPrivateKey(pem);
  const namedCurve = curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (namedCurve === undefined) throw new Error('the key must be one on the curve P-256 or P-384');
  const algorithm = { name: 'ECDSA', namedCurve };
  const { subtle } = webcrypto;
  const [privateDer, publicDer] = [
    key.export({ type: 'pkcs8', format: 'der' }),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
  ];
  return {
    privateKey: await subtle.importKey('pkcs8', privateDer, algorithm, true, ['sign']),
    publicKey: await subtle.importKey('spki', publicDer, algorithm, true, ['verify']),
  };
}
