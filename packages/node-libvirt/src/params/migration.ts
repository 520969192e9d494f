/**
 * What may be told to a migration besides its flags (`VIR_MIGRATE_PARAM_…`).
 */
import type { FieldsOf } from './fields.ts';

export const migrationFields = {
  /** Where the memory goes, such as `tcp://10.0.0.2` or `tcp://10.0.0.2:49152`. */
  migrateUri: ['migrate_uri', 'string'],
  /** A new name on the destination. */
  destinationName: ['destination_name', 'string'],
  destinationXml: ['destination_xml', 'string'],
  /** What the destination keeps, with `migrateFlag.persistDestination`. */
  persistentXml: ['persistent_xml', 'string'],
  listenAddress: ['listen_address', 'string'],
  graphicsUri: ['graphics_uri', 'string'],
  bandwidthMibps: ['bandwidth', 'number'],
  postCopyBandwidthMibps: ['bandwidth.postcopy', 'number'],
  /** What the link is taken to give in the last step, for QEMU's guess of the pause; bytes per second. */
  switchoverBandwidthBps: ['bandwidth.avail.switchover', 'number'],
  parallelConnections: ['parallel.connections', 'int'],
  autoConvergeInitialPercent: ['auto_converge.initial', 'int'],
  autoConvergeIncrementPercent: ['auto_converge.increment', 'int'],
  /** `mt`, `xbzrle`, `zlib` or `zstd`. */
  compression: ['compression', 'strings'],
  /** 0 to 9. */
  multiThreadLevel: ['compression.mt.level', 'int'],
  multiThreadThreads: ['compression.mt.threads', 'int'],
  multiThreadDestinationThreads: ['compression.mt.dthreads', 'int'],
  xbzrleCacheBytes: ['compression.xbzrle.cache', 'number'],
  /** 0 to 9. */
  zlibLevel: ['compression.zlib.level', 'int'],
  /** 0 to 20. */
  zstdLevel: ['compression.zstd.level', 'int'],
  /** The name to verify in the destination's certificate. */
  tlsDestination: ['tls.destination', 'string'],
  /** Target devices of disks to copy, with the non-shared flags only. */
  migrateDisks: ['migrate_disks', 'strings'],
  /** Of these, those whose zeroes are not to be written. */
  migrateDisksDetectZeroes: ['migrate_disks_detect_zeroes', 'strings'],
  disksPort: ['disks_port', 'int'],
  /** Where the disks go, such as `tcp://10.0.0.2:49200` or `unix:///path`. */
  disksUri: ['disks_uri', 'string'],
} as const;

/** All optional. Addresses given here are used as they are; what is left out libvirt resolves itself. */
export type MigrationParams = FieldsOf<typeof migrationFields>;
