/** Every upper bound and default of the deciding core, in one place. */
export const limits = {
  hosts: 1_000,
  vms: 20_000,
  migrationsOutPerHost: 2,
  migrationsInPerHost: 2,
  migrationsPerCluster: 8,
  /** Assumed where no link speed is known, for estimates only. */
  linkMibPerSecond: 100,
  cpuOvercommitPermilleDefault: 4_000,
} as const;
