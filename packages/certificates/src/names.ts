/**
 * What a host is called in its certificate. The name comes from the identity that asked, never from what it
 * said; addresses are what it said, and cannot be mistaken for a name.
 */
import type { X509Certificate } from 'node:crypto';

const suffix = '.host.drover';

export function certificateName(hostId: string): string {
  return `${hostId}${suffix}`;
}

/** Could this address be taken for the name of a host? */
export function isReserved(address: string): boolean {
  return address.toLowerCase().replace(/\.$/, '').endsWith(suffix.slice(1));
}

/** The host that the certificate is for; nothing where it is none of a host. */
export function hostIdOf(certificate: Pick<X509Certificate, 'subjectAltName'>): string | undefined {
  const names = (certificate.subjectAltName ?? '')
    .split(', ')
    .flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice(4)] : []))
    .filter((name) => name.endsWith(suffix));
  const [name, ...others] = names;
  return others.length === 0 ? name?.slice(0, -suffix.length) : undefined;
}
