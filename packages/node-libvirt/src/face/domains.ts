/**
 * The domains of a daemon: lists, look-ups, statistics of many at once, definition and creation. What can
 * be done with one of them is in `domain.ts`.
 */
import type { Caller } from '../connection/caller.ts';
import type { CallOptions, FlagOptions } from '../connection/options.ts';
import { isNotFound } from '../errors.ts';
import { writeFields } from '../params/fields.ts';
import { saveFields, type SaveParams } from '../params/tuning.ts';
import { domainCreateFlag, domainStatsFlag } from '../protocol/constants.ts';
import type { DomainRef } from '../protocol/types.ts';
import { paramsRecord } from '../xdr/typed-params.ts';
import { Domain } from './domain.ts';
import { DomainStats } from './domain-stats.ts';

export interface StatsOptions extends FlagOptions {
  /** Only of these; of all if absent. */
  readonly domains?: readonly DomainRef[];
}

export class Domains {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** All by default; flags of `domainListFlag` narrow it. (`virConnectListAllDomains`) */
  async list({ flags = 0, ...options }: FlagOptions = {}): Promise<readonly Domain[]> {
    const args = { needResults: 1, flags };
    const { domains } = await this.#caller.call('connectListAllDomains', args, options);
    return domains.map((ref) => this.of(ref));
  }

  /**
   * A handle without asking the daemon: the uuid counts, the name only informs. A domain that does not
   * exist shows in the first call.
   */
  of(ref: Pick<DomainRef, 'uuid'> & Partial<DomainRef>): Domain {
    return new Domain(this.#caller, { name: '', id: -1, ...ref });
  }

  /** Rejects with an error of which `isNotFound` is true. (`virDomainLookupByUUID`) */
  async byUuid(uuid: string, options?: CallOptions): Promise<Domain> {
    return this.of((await this.#caller.call('domainLookupByUuid', { uuid }, options)).dom);
  }

  /** Rejects with an error of which `isNotFound` is true. (`virDomainLookupByName`) */
  async byName(name: string, options?: CallOptions): Promise<Domain> {
    return this.of((await this.#caller.call('domainLookupByName', { name }, options)).dom);
  }

  /** A running domain by its number, which it has only until it stops. (`virDomainLookupByID`) */
  async byId(id: number, options?: CallOptions): Promise<Domain> {
    return this.of((await this.#caller.call('domainLookupById', { id }, options)).dom);
  }

  /** `undefined` when libvirt does not know the uuid. */
  async find(uuid: string, options?: CallOptions): Promise<Domain | undefined> {
    try {
      return await this.byUuid(uuid, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /**
   * Many domains in one call. `stats` is bits of `domainStatsType`, flags are of `domainStatsFlag`, by
   * default without waiting for busy domains. `block` touches image files: it hangs while storage does.
   * (`virConnectGetAllDomainStats`)
   */
  async stats(
    stats: number,
    { domains = [], flags = domainStatsFlag.noWait, ...options }: StatsOptions = {},
  ): Promise<readonly DomainStats[]> {
    const args = { doms: domains, stats, flags };
    const { records } = await this.#caller.call('connectGetAllDomainStats', args, options);
    return records.map(({ dom, params }) => new DomainStats(this.of(dom), paramsRecord(params)));
  }

  /**
   * Starts a transient domain from XML; flags of `domainCreateFlag`. With `autoDestroy` it ends when the
   * control connection does. (`virDomainCreateXML`)
   */
  async create(xml: string, { flags = 0, ...more }: FlagOptions = {}): Promise<Domain> {
    const options =
      flags & domainCreateFlag.autoDestroy ? ({ lane: 'control', ...more } as const) : more;
    return this.of((await this.#caller.call('domainCreateXml', { xml, flags }, options)).dom);
  }

  /**
   * Goes on from a file of `Domain.saveTo`, which stays as it is: who starts from it twice has two that remember the same.
   * Flags of `domainSaveFlag`. (`virDomainRestoreParams`)
   */
  async restore(save: SaveParams, { flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    const params = writeFields(saveFields, save);
    await this.#caller.call('domainRestoreParams', { params, flags }, options);
  }

  /** Stores a definition, starts nothing; flags of `domainDefineFlag`. (`virDomainDefineXMLFlags`) */
  async define(xml: string, { flags = 0, ...options }: FlagOptions = {}): Promise<Domain> {
    return this.of((await this.#caller.call('domainDefineXmlFlags', { xml, flags }, options)).dom);
  }
}
