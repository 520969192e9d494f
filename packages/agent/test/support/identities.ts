/** Certificates for hosts of a test, by an authority of the test. */
import { Authority, createAuthority, createRequest } from '@drover/certificates';
import type { TunnelIdentity } from '../../src/shell/tunnel-order.ts';

export interface TestAuthority {
  readonly certificatePem: string;
  readonly authority: Authority;
  identity(hostId: string, use?: 'tunnel' | 'memory', hours?: number): Promise<TunnelIdentity>;
}

export async function testAuthority(): Promise<TestAuthority> {
  const files = await createAuthority('test');
  const authority = await Authority.open(files);
  return {
    authority,
    certificatePem: files.certificatePem,
    identity: async (hostId, use = 'tunnel', hours = 1) => {
      const { keyPem, requestPem } = await createRequest(hostId);
      const asked = { requestPem, hostId, use, address: hostId };
      const certificatePem = await authority.issue(asked, hours);
      return { keyPem, certificatePem, trustedPems: [files.certificatePem] };
    },
  };
}
