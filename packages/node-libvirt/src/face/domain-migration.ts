/**
 * Migration of one domain: starting it, cancelling it, tuning it while it runs. Peer to peer only: the
 * source's daemon talks to the destination's, and survives the loss of our connection.
 */
import type { Caller } from '../connection/caller.ts';
import { defaults, type CallOptions, type FlagOptions } from '../connection/options.ts';
import { CallAbandonedError } from '../errors.ts';
import { flags as join, migrateFlag } from '../protocol/constants.ts';
import type { DomainRef } from '../protocol/types.ts';
import { writeFields } from '../params/fields.ts';
import { migrationFields, type MigrationParams } from '../params/migration.ts';

export interface MigrateArguments extends MigrationParams {
  /** The destination's daemon as the source's daemon reaches it, such as `qemu+tls://h2/system`. */
  readonly destinationUri: string;
  /** Bits of `migrateFlag`; live if absent. `peer2peer` is added. */
  readonly flags?: number;
}

/**
 * No deadline by default: memory decides how long it takes. The signal and a deadline abort the job and
 * let libvirt end it in order; only a daemon that does not manage that in `callTimeoutMs` more is given
 * up, with the outcome unknown.
 */
export async function migrate(
  caller: Caller,
  dom: DomainRef,
  { destinationUri, flags = migrateFlag.live, ...params }: MigrateArguments,
  { signal, timeoutMs = Number.POSITIVE_INFINITY }: CallOptions = {},
): Promise<void> {
  if (signal?.aborted === true) {
    throw new CallAbandonedError('aborted', 'domainMigratePerform3Params', false, signal.reason);
  }
  const args = {
    dom,
    dconnuri: destinationUri,
    params: writeFields(migrationFields, params),
    cookieIn: new Uint8Array(),
    flags: join(flags, migrateFlag.peer2peer),
  };
  const tooLong = new AbortController();
  const cancelling = cancelOn(caller, dom, signal, timeoutMs, () => tooLong.abort());
  try {
    const patience = { timeoutMs: Number.POSITIVE_INFINITY, signal: tooLong.signal };
    await caller.call('domainMigratePerform3Params', args, patience);
  } finally {
    cancelling[Symbol.dispose]();
  }
}

/** Aborts the job at the signal or the deadline; `giveUp` when that did not end it in time. */
function cancelOn(
  caller: Caller,
  dom: DomainRef,
  signal: AbortSignal | undefined,
  timeoutMs: number,
  giveUp: () => void,
): Disposable {
  const timers: NodeJS.Timeout[] = [];
  const cancel = () => {
    timers.push(setTimeout(giveUp, defaults.callTimeoutMs));
    // Whether it worked shows in how the migration ends.
    caller.call('domainAbortJob', { dom }).catch(() => undefined);
  };
  signal?.addEventListener('abort', cancel, { once: true });
  if (Number.isFinite(timeoutMs)) timers.push(setTimeout(cancel, timeoutMs));
  return {
    [Symbol.dispose]: () => {
      signal?.removeEventListener('abort', cancel);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

export class DomainMigration {
  readonly #caller: Caller;
  readonly #dom: DomainRef;

  constructor(caller: Caller, dom: DomainRef) {
    this.#caller = caller;
    this.#dom = dom;
  }

  /** Before or during a migration; QEMU takes at most 2 000 000 ms. (`virDomainMigrateSetMaxDowntime`) */
  async setMaxDowntime(downtimeMs: number, options?: CallOptions): Promise<void> {
    const args = { dom: this.#dom, downtime: BigInt(downtimeMs), flags: 0 };
    await this.#caller.call('domainMigrateSetMaxDowntime', args, options);
  }

  /** (`virDomainMigrateGetMaxDowntime`) */
  async maxDowntimeMs(options?: CallOptions): Promise<number> {
    const args = { dom: this.#dom, flags: 0 };
    const { downtime } = await this.#caller.call('domainMigrateGetMaxDowntime', args, options);
    return Number(downtime);
  }

  /** Flags of `migrateMaxSpeedFlag`. (`virDomainMigrateSetMaxSpeed`) */
  async setMaxSpeed(
    bandwidthMibps: number,
    { flags = 0, ...options }: FlagOptions = {},
  ): Promise<void> {
    const args = { dom: this.#dom, bandwidth: BigInt(bandwidthMibps), flags };
    await this.#caller.call('domainMigrateSetMaxSpeed', args, options);
  }

  /** Flags of `migrateMaxSpeedFlag`. (`virDomainMigrateGetMaxSpeed`) */
  async maxSpeedMibps({ flags = 0, ...options }: FlagOptions = {}): Promise<number> {
    const args = { dom: this.#dom, flags };
    const { bandwidth } = await this.#caller.call('domainMigrateGetMaxSpeed', args, options);
    return Number(bandwidth);
  }

  /**
   * Only after the first iteration has ended, and only in a migration that was begun with
   * `migrateFlag.postCopy`. (`virDomainMigrateStartPostCopy`)
   */
  async startPostCopy(options?: CallOptions): Promise<void> {
    const args = { dom: this.#dom, flags: 0 };
    await this.#caller.call('domainMigrateStartPostCopy', args, options);
  }
}
