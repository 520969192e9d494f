/** An authority of a test's own, and what hosts prove by it who they are. */
import { Authority, createAuthority, createRequest } from '@drover/certificates';
import type { TunnelIdentity } from '../../../packages/agent/src/shell/tunnel-order.ts';

export interface TestAuthority {
  readonly pem: string;
  identity(hostId: string, use: 'tunnel' | 'memory'): Promise<TunnelIdentity>;
}

export async function newAuthority(): Promise<TestAuthority> {
  const files = await createAuthority('contract');
  const signer = await Authority.open(files);
  return {
    pem: files.certificatePem,
    identity: async (hostId, use) => {
      const { keyPem, requestPem } = await createRequest(hostId);
      const certificatePem = await signer.issue({ hostId, use, address: hostId, requestPem }, 1);
      return { keyPem, certificatePem, trustedPems: [files.certificatePem] };
    },
  };
}
