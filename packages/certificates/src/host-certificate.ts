/** A host's own side: the key and the request that it makes, and what it makes sure of in the answer. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { newKeyPair, pemOf } from './keys.ts';
import { hostIdOf, type CertificateUse } from './names.ts';
import * as x509 from './x509.ts';

export interface OwnRequest {
  /** Never leaves the host. */
  readonly keyPem: string;
  readonly requestPem: string;
}

export async function createRequest(hostId: string): Promise<OwnRequest> {
  const keys = await newKeyPair();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: `CN=${hostId}`,
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  return { keyPem: pemOf(keys.privateKey), requestPem: request.toString('pem') };
}

export interface Issued {
  readonly certificatePem: string;
  /** The authorities that this host is to trust. */
  readonly trustedPems: readonly string[];
}

export interface Validity {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Throws, naming what is wrong, unless it is this host's, for this key, by one of the authorities, and valid. */
export function checkIssued(
  hostId: string,
  use: CertificateUse,
  keyPem: string,
  { certificatePem, trustedPems }: Issued,
  nowMs: number = Date.now(),
): Validity {
  const certificate = new X509Certificate(certificatePem);
  const authorities = trustedPems.map((pem) => new X509Certificate(pem));
  if (hostIdOf(certificate, use) !== hostId) {
    throw new Error('the certificate is for another host, or another use');
  }
  if (!certificate.checkPrivateKey(createPrivateKey(keyPem))) {
    throw new Error('the certificate is for another key');
  }
  const isKnown = authorities.some(
    (one) => one.ca && certificate.checkIssued(one) && certificate.verify(one.publicKey),
  );
  if (!isKnown) throw new Error('the certificate is by no authority that it came with');
  const validity = {
    fromMs: certificate.validFromDate.getTime(),
    untilMs: certificate.validToDate.getTime(),
  };
  if (nowMs < validity.fromMs || nowMs >= validity.untilMs) {
    throw new Error('the certificate is not valid at this time; compare the clocks');
  }
  return validity;
}
