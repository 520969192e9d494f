/**
 * Typed parameters about a host, and about who calls: what the host's kernel shares of its memory, what its
 * processor can seal, and an identity handed on.
 */
import type { FieldsOf } from './fields.ts';

/** Of the kernel's samepage merging (`VIR_NODE_MEMORY_SHARED_…`), for `nodeGet` and `nodeSetMemoryParameters`. */
export const sharedMemoryFields = {
  pagesToScan: ['shm_pages_to_scan', 'uint'],
  sleepMs: ['shm_sleep_millisecs', 'uint'],
  pagesShared: ['shm_pages_shared', 'number'],
  pagesSharing: ['shm_pages_sharing', 'number'],
  pagesUnshared: ['shm_pages_unshared', 'number'],
  pagesVolatile: ['shm_pages_volatile', 'number'],
  fullScans: ['shm_full_scans', 'number'],
  /** 1 or 0. */
  mergeAcrossNodes: ['shm_merge_across_nodes', 'uint'],
} as const;
export type SharedMemoryParams = FieldsOf<typeof sharedMemoryFields>;

/** Of AMD's sealed memory on this host (`VIR_NODE_SEV_…`), for `nodeGetSevInfo`. */
export const sevFields = {
  /** The platform's key, and the certificates that vouch for it; base64. */
  platformKey: ['pdh', 'string'],
  certificateChain: ['cert-chain', 'string'],
  cpu0Id: ['cpu0-id', 'string'],
  cBitPosition: ['cbitpos', 'uint'],
  reducedPhysicalBits: ['reduced-phys-bits', 'uint'],
  maxVms: ['max-guests', 'uint'],
  maxEncryptedStateVms: ['max-es-guests', 'uint'],
} as const;
export type SevInfo = FieldsOf<typeof sevFields>;

/** Of one domain's (`VIR_DOMAIN_LAUNCH_SECURITY_SEV_…`), for `domainGet` and `domainSetLaunchSecurityState`. */
export const launchSecurityFields = {
  measurement: ['sev-measurement', 'string'],
  apiMajor: ['sev-api-major', 'uint'],
  apiMinor: ['sev-api-minor', 'uint'],
  buildId: ['sev-build-id', 'uint'],
  policy: ['sev-policy', 'uint'],
  snpPolicy: ['sev-snp-policy', 'number'],
  /** base64. */
  secretHeader: ['sev-secret-header', 'string'],
  secret: ['sev-secret', 'string'],
  secretAddress: ['sev-secret-set-address', 'number'],
} as const;
export type LaunchSecurity = FieldsOf<typeof launchSecurityFields>;

/** On whose behalf one calls (`VIR_CONNECT_IDENTITY_…`), for `connectSetIdentity`. */
export const identityFields = {
  userName: ['user-name', 'string'],
  userId: ['unix-user-id', 'number'],
  groupName: ['group-name', 'string'],
  groupId: ['unix-group-id', 'number'],
  processId: ['process-id', 'llong'],
  processTime: ['process-time', 'number'],
  saslUserName: ['sasl-user-name', 'string'],
  certificateName: ['x509-distinguished-name', 'string'],
  selinuxContext: ['selinux-context', 'string'],
} as const;
export type Identity = FieldsOf<typeof identityFields>;

/** Time since the domain started (`VIR_DOMAIN_CPU_STATS_…`). */
export const domainCpuFields = {
  timeNs: ['cpu_time', 'bigint'],
  userNs: ['user_time', 'bigint'],
  systemNs: ['system_time', 'bigint'],
  /** Without the emulator's share. */
  vcpuNs: ['vcpu_time', 'bigint'],
} as const;
export type DomainCpuStats = FieldsOf<typeof domainCpuFields>;
