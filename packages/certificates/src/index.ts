/** The cluster's authority and the certificates of its hosts: make, ask for, sign, check. */
export { Authority, createAuthority, type AuthorityFiles, type HostRequest } from './authority.ts';
export {
  checkIssued,
  createRequest,
  type Issued,
  type OwnRequest,
  type Validity,
} from './host-certificate.ts';
export { certificateName, hostIdOf, type CertificateUse } from './names.ts';
