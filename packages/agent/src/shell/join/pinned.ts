/**
 * Whether a server is the one that a join token is about: its certificate has the key that the token names, or was signed,
 * over however many steps, with it. No other authority counts, of the system's neither.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';

const longestChain = 8;

/** What the server presented, its own first. */
export function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next: Partial<ReturnType<TLSSocket['getPeerCertificate']>> & {
    readonly issuerCertificate?: unknown;
  } = socket.getPeerCertificate(true);
  while (next.raw !== undefined && chain.length < longestChain) {
    const certificate = new X509Certificate(next.raw);
    if (chain.at(-1)?.fingerprint256 === certificate.fingerprint256) break;
    chain.push(certificate);
    next = (next.issuerCertificate ?? {}) as typeof next;
  }
  return chain;
}

/** Nothing: it is that server. Else why not. `host`: a name or an address, without brackets. */
export function notPinned(
  chain: readonly X509Certificate[],
  host: string,
  caSha256: string,
  nowMs: number = Date.now(),
): string | undefined {
  const [own] = chain;
  if (own === undefined) return 'it shows no certificate';
  const late = chain.find((one) => !isValid(one, nowMs));
  if (late !== undefined) return `its certificate counts from ${late.validFrom} to ${late.validTo}`;
  // The very key that the token names needs no name besides.
  if (keySha256(own) === caSha256) return undefined;
  const isNamed = isIP(host) === 0 ? own.checkHost(host) : own.checkIP(host);
  if (isNamed === undefined) return `its certificate is not for ${host}`;
  for (const [index, issuer] of chain.entries()) {
    const issued = chain[index - 1];
    if (issued === undefined) continue;
    if (!issuer.ca || !issued.checkIssued(issuer) || !issued.verify(issuer.publicKey)) break;
    if (keySha256(issuer) === caSha256) return undefined;
  }
  return 'its certificate is not of the authority that the token names; somebody else may be answering there';
}

function isValid({ validFromDate, validToDate }: X509Certificate, nowMs: number): boolean {
  return validFromDate.getTime() <= nowMs && nowMs <= validToDate.getTime();
}

function keySha256({ publicKey }: X509Certificate): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex');
}
