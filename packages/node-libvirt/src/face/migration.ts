/**
 * Calls about migration and its job. The return of `perform` is not the truth in either direction: after
 * it, and above all after an error, ask both hosts for the domain's state.
 */
import type { CallOptions } from '../connection/options.ts';
import type { Connection } from '../connection/connection.ts';
import { readJobStats, type JobStats } from '../job-stats.ts';
import type { DomainRef } from '../protocol/types.ts';
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

export interface PerformMigration {
  /** The destination's daemon as the source's daemon reaches it, such as `qemu+tls://h2/system`. */
  readonly destinationUri: string;
  /** Bits of `migrateFlag`; `peer2peer` is always among them. */
  readonly flags: number;
  readonly params?: MigrationParams;
}

export class MigrationCalls {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Runs a whole peer-to-peer migration from the source's connection and resolves when it is over.
   * Use a connection of its own, and a deadline fit for the VM's memory (none by default).
   */
  async perform(
    dom: DomainRef,
    migration: PerformMigration,
    options: CallOptions = {},
  ): Promise<void> {
    const args = {
      dom,
      dconnuri: migration.destinationUri,
      params: migrationParams(migration.params ?? {}),
      cookieIn: new Uint8Array(),
      flags: migration.flags,
    };
    await this.#connection.call('domainMigratePerform3Params', args, {
      timeoutMs: Number.POSITIVE_INFINITY,
      ...options,
    });
  }

  /** Of the running job. On the destination of a migration libvirt has none to give. */
  async jobStats(dom: DomainRef, flags = 0, options?: CallOptions): Promise<JobStats> {
    const done = await this.#connection.call('domainGetJobStats', { dom, flags }, options);
    return readJobStats(done.type, done.params);
  }

  /** Clean before the switch-over; refused once post-copy runs. */
  async abortJob(dom: DomainRef, options?: CallOptions): Promise<void> {
    await this.#connection.call('domainAbortJob', { dom }, options);
  }

  /** Bits of `abortJobFlag`: `postCopy` pauses a running post-copy, to be resumed by `perform`. */
  async abortJobFlags(dom: DomainRef, flags: number, options?: CallOptions): Promise<void> {
    await this.#connection.call('domainAbortJobFlags', { dom, flags }, options);
  }

  /** May be set before or during a migration; QEMU takes at most 2 000 000 ms. */
  async setMaxDowntime(dom: DomainRef, downtimeMs: number, options?: CallOptions): Promise<void> {
    const args = { dom, downtime: BigInt(downtimeMs), flags: 0 };
    await this.#connection.call('domainMigrateSetMaxDowntime', args, options);
  }

  async maxDowntimeMs(dom: DomainRef, options?: CallOptions): Promise<number> {
    const args = { dom, flags: 0 };
    const done = await this.#connection.call('domainMigrateGetMaxDowntime', args, options);
    return Number(done.downtime);
  }

  /** `flags` of `migrateMaxSpeedFlag`. */
  async setMaxSpeed(
    dom: DomainRef,
    bandwidthMibps: number,
    flags = 0,
    options?: CallOptions,
  ): Promise<void> {
    const args = { dom, bandwidth: BigInt(bandwidthMibps), flags };
    await this.#connection.call('domainMigrateSetMaxSpeed', args, options);
  }

  async maxSpeedMibps(dom: DomainRef, flags = 0, options?: CallOptions): Promise<number> {
    const done = await this.#connection.call('domainMigrateGetMaxSpeed', { dom, flags }, options);
    return Number(done.bandwidth);
  }

  /** Only after the first iteration has ended, and only if the migration allows post-copy. */
  async startPostCopy(dom: DomainRef, options?: CallOptions): Promise<void> {
    await this.#connection.call('domainMigrateStartPostCopy', { dom, flags: 0 }, options);
  }
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
