/**
 * The job that works on a domain: a migration, a save, a dump, a backup. A domain has one at a time; on
 * the destination of a migration libvirt has none to show.
 */
import type { Caller } from '../connection/caller.ts';
import type { FlagOptions } from '../connection/options.ts';
import { readJobStats, type JobStats } from '../params/job-stats.ts';
import type { DomainRef } from '../protocol/types.ts';

export class DomainJob {
  readonly #caller: Caller;
  readonly #dom: DomainRef;

  constructor(caller: Caller, dom: DomainRef) {
    this.#caller = caller;
    this.#dom = dom;
  }

  /** Of the running job; of the last one with flags of `jobStatsFlag`. (`virDomainGetJobStats`) */
  async stats({ flags = 0, ...options }: FlagOptions = {}): Promise<JobStats> {
    const done = await this.#caller.call('domainGetJobStats', { dom: this.#dom, flags }, options);
    return readJobStats(done.type, done.params);
  }

  /**
   * Ends it. A migration before its switch-over leaves the domain running on the source; libvirt
   * refuses once post-copy runs, where `abortJobFlag.postCopy` pauses it instead, to be migrated again
   * with `migrateFlag.postCopyResume`. (`virDomainAbortJob`, `virDomainAbortJobFlags`)
   */
  async abort({ flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    const dom = this.#dom;
    // Daemons before 8.5 know only the call without flags.
    if (flags === 0) await this.#caller.call('domainAbortJob', { dom }, options);
    else await this.#caller.call('domainAbortJobFlags', { dom, flags }, options);
  }
}
