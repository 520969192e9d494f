/**
 * What may be told to a migration besides its flags, as libvirt's typed parameters.
 */
import type { TypedParam } from '../xdr/typed-params.ts';

/** All optional. Addresses given here are used as they are; what is left out libvirt resolves itself. */
export interface MigrationParams {
  /** Where the memory goes, such as `tcp://10.0.0.2` or `tcp://10.0.0.2:49152`. */
  readonly migrateUri?: string;
  /** A new name on the destination. */
  readonly destinationName?: string;
  readonly destinationXml?: string;
  readonly persistentXml?: string;
  readonly listenAddress?: string;
  readonly graphicsUri?: string;
  readonly bandwidthMibps?: number;
  readonly postCopyBandwidthMibps?: number;
  readonly parallelConnections?: number;
  readonly autoConvergeInitialPercent?: number;
  readonly autoConvergeIncrementPercent?: number;
  /** The name to verify in the destination's certificate. */
  readonly tlsDestination?: string;
  /** Target devices of disks to copy, with the non-shared flags only. */
  readonly migrateDisks?: readonly string[];
}

const stringFields = {
  migrateUri: 'migrate_uri',
  destinationName: 'destination_name',
  destinationXml: 'destination_xml',
  persistentXml: 'persistent_xml',
  listenAddress: 'listen_address',
  graphicsUri: 'graphics_uri',
  tlsDestination: 'tls.destination',
} as const satisfies Partial<Record<keyof MigrationParams, string>>;

const intFields = {
  parallelConnections: 'parallel.connections',
  autoConvergeInitialPercent: 'auto_converge.initial',
  autoConvergeIncrementPercent: 'auto_converge.increment',
} as const satisfies Partial<Record<keyof MigrationParams, string>>;

const ullongFields = {
  bandwidthMibps: 'bandwidth',
  postCopyBandwidthMibps: 'bandwidth.postcopy',
} as const satisfies Partial<Record<keyof MigrationParams, string>>;

/** As libvirt's typed parameters; what is not given is not sent. */
export function migrationParams(params: MigrationParams): readonly TypedParam[] {
  const list: TypedParam[] = [];
  for (const [name, field] of entriesOf(stringFields)) {
    const value = params[name];
    if (value !== undefined) list.push({ field, type: 'string', value });
  }
  for (const [name, field] of entriesOf(intFields)) {
    const value = params[name];
    if (value !== undefined) list.push({ field, type: 'int', value });
  }
  for (const [name, field] of entriesOf(ullongFields)) {
    const value = params[name];
    if (value !== undefined) list.push({ field, type: 'ullong', value: BigInt(value) });
  }
  for (const value of params.migrateDisks ?? []) {
    list.push({ field: 'migrate_disks', type: 'string', value });
  }
  return list;
}

function entriesOf<K extends string>(record: Readonly<Record<K, string>>) {
  return Object.entries(record) as [K, string][];
}
