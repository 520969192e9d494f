/**
 * The cluster's authority: made once, kept in two files, and signs what a host asks for, for a short time. Who
 * asks, and whether that is true, is its caller's to know.
 */
import { randomBytes, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { keyPairFrom, newKeyPair, pemOf, type KeyPair } from './keys.ts';
import { certificateName, isReserved, type CertificateUse } from './names.ts';
import * as x509 from './x509.ts';

export interface AuthorityFiles {
  readonly certificatePem: string;
  /** Whoever has it is any host. */
  readonly keyPem: string;
}

export interface HostRequest {
  readonly requestPem: string;
  readonly hostId: string;
  readonly use: CertificateUse;
  /** Where it receives memory: a name or an address. */
  readonly address: string;
}

const hourMs = 3_600_000;
const authorityYears = 10;
/** Hosts whose clocks are behind have to take it too. */
const behindMs = hourMs;

/** A new authority. `name` is for people. */
export async function createAuthority(name: string): Promise<AuthorityFiles> {
  const keys = await newKeyPair();
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: `CN=${name.replaceAll(/[^A-Za-z0-9 .-]/g, '')}`,
    notBefore: new Date(now - behindMs),
    notAfter: new Date(now + authorityYears * 365 * 24 * hourMs),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: certificate.toString('pem'), keyPem: pemOf(keys.privateKey) };
}

export class Authority {
  readonly certificatePem: string;
  readonly #certificate: x509.X509Certificate;
  readonly #keys: KeyPair;

  private constructor(certificatePem: string, keys: KeyPair) {
    this.certificatePem = certificatePem;
    this.#certificate = new x509.X509Certificate(certificatePem);
    this.#keys = keys;
  }

  /** Throws where the two do not belong together, or are no authority's. */
  static async open({ certificatePem, keyPem }: AuthorityFiles): Promise<Authority> {
    const certificate = new X509Certificate(certificatePem);
    const keys = await keyPairFrom(keyPem);
    const spki = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey));
    if (!certificate.publicKey.export({ type: 'spki', format: 'der' }).equals(spki)) {
      throw new Error('the key is not that of the certificate');
    }
    if (!certificate.ca) throw new Error('the certificate is not one of an authority');
    return new Authority(certificatePem, keys);
  }

  /** The certificate, as PEM. Throws for what is no request, or is signed by another key than its own. */
  async issue(request: HostRequest, hours: number, nowMs: number = Date.now()): Promise<string> {
    const asked = new x509.Pkcs10CertificateRequest(request.requestPem);
    if (!(await asked.verify())) throw new Error('the request is not signed by its own key');
    const algorithm = asked.publicKey.algorithm as { readonly namedCurve?: string };
    if (algorithm.namedCurve !== 'P-256' && algorithm.namedCurve !== 'P-384') {
      throw new Error('the request is not for a key on the curve P-256 or P-384');
    }
    const { hostId, address } = request;
    if (isReserved(address)) throw new Error(`the address ${address} is the name of a host`);
    const name = certificateName(hostId, request.use);
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject: `CN=${hostId}`,
      issuer: this.#certificate.subject,
      notBefore: new Date(nowMs - behindMs),
      notAfter: new Date(nowMs + hours * hourMs),
      publicKey: asked.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([
          x509.ExtendedKeyUsage.serverAuth,
          x509.ExtendedKeyUsage.clientAuth,
        ]),
        new x509.SubjectAlternativeNameExtension([
          { type: 'dns', value: name },
          { type: isIP(address) ? 'ip' : 'dns', value: address },
        ]),
        await x509.AuthorityKeyIdentifierExtension.create(this.#keys.publicKey),
        await x509.SubjectKeyIdentifierExtension.create(asked.publicKey),
      ],
    });
    return certificate.toString('pem');
  }
}

/** Positive, and not to be guessed. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}
