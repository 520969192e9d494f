/**
 * What a host is called in its certificate. The name comes from the identity that asked, never from what it
 * said; addresses are what it said, and cannot be mistaken for a name.
 */
import type { X509Certificate } from 'node:crypto';

/**
 * What a key is for: the ends of agents' tunnels, or QEMU's memory streams. Two keys, since QEMU's user has to
 * read the one, and must not be able to speak as the agent.
 */
export type CertificateUse = 'tunnel' | 'memory';

const suffix = '.drover';

export function certificateName(hostId: string, use: CertificateUse): string {
  return `${hostId}.${use}${suffix}`;
}

/** Could this address be taken for the name of a host? */
export function isReserved(address: string): boolean {
  return address.toLowerCase().replace(/\.$/, '').endsWith(suffix.slice(1));
}

/** The host that the certificate is for; nothing where it is none of a host, or for another use. */
export function hostIdOf(
  certificate: Pick<X509Certificate, 'subjectAltName'>,
  use: CertificateUse,
): string | undefined {
  const names = (certificate.subjectAltName ?? '')
    .split(', ')
    .flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice(4)] : []))
    .filter((name) => name.endsWith(suffix));
  const [name, ...others] = names;
  const ending = `.${use}${suffix}`;
  return others.length === 0 && name?.endsWith(ending) ? name.slice(0, -ending.length) : undefined;
}
