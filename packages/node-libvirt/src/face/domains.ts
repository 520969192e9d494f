/**
 * Calls about domains: find, define, start, stop, look at. A handle is only a uuid with a name, so it may
 * be kept or rebuilt freely. Flags come from `protocol/constants.ts`; migration is in `migration.ts`.
 */
import type { CallOptions } from '../connection/options.ts';
import type { Connection } from '../connection/connection.ts';
import { domainStatsFlag, metadataType } from '../protocol/constants.ts';
import { isNotFound } from '../errors.ts';
import { domainStateInfo, type DomainStateInfo } from '../protocol/states.ts';
import type { DomainRef } from '../protocol/types.ts';
import { paramsRecord, type ParamsRecord } from '../xdr/typed-params.ts';

export interface DomainInfo extends DomainStateInfo {
  readonly maxMemoryKib: number;
  readonly memoryKib: number;
  readonly vcpus: number;
  /** Nanoseconds of CPU time since the start; passes 2^53 in practice. */
  readonly cpuTimeNs: bigint;
}

export interface DomainStats {
  readonly dom: DomainRef;
  readonly params: ParamsRecord;
}

export interface MetadataElement {
  /** The XML namespace that names the element. */
  readonly uri: string;
  /** The prefix to write it with. */
  readonly key: string;
  /** The element as XML; `undefined` removes it. */
  readonly xml: string | undefined;
}

export class DomainCalls {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** All by default; `flags` of `domainListFlag` narrow it. */
  async list(flags = 0, options?: CallOptions): Promise<readonly DomainRef[]> {
    const args = { needResults: 1, flags };
    return (await this.#connection.call('connectListAllDomains', args, options)).domains;
  }

  async byUuid(uuid: string, options?: CallOptions): Promise<DomainRef> {
    return (await this.#connection.call('domainLookupByUuid', { uuid }, options)).dom;
  }

  async byName(name: string, options?: CallOptions): Promise<DomainRef> {
    return (await this.#connection.call('domainLookupByName', { name }, options)).dom;
  }

  /** `undefined` when libvirt does not know the uuid. */
  async find(uuid: string, options?: CallOptions): Promise<DomainRef | undefined> {
    try {
      return await this.byUuid(uuid, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async state(dom: DomainRef, options?: CallOptions): Promise<DomainStateInfo> {
    const done = await this.#connection.call('domainGetState', { dom, flags: 0 }, options);
    return domainStateInfo(done.state, done.reason);
  }

  /** State without its reason: this call does not tell it. */
  async info(
    dom: DomainRef,
    options?: CallOptions,
  ): Promise<Omit<DomainInfo, 'reason' | 'reasonCode'>> {
    const done = await this.#connection.call('domainGetInfo', { dom }, options);
    const { state, stateCode } = domainStateInfo(done.state, 0);
    return {
      state,
      stateCode,
      maxMemoryKib: Number(done.maxMemory),
      memoryKib: Number(done.memory),
      vcpus: done.vcpus,
      cpuTimeNs: done.cpuTime,
    };
  }

  /** The live XML of a running domain; `flags` of `domainXmlFlag`. */
  async xml(dom: DomainRef, flags = 0, options?: CallOptions): Promise<string> {
    return (await this.#connection.call('domainGetXmlDesc', { dom, flags }, options)).xml;
  }

  /**
   * Many domains in one call. `stats` is bits of `domainStatsType`; `flags` of `domainStatsFlag`, by
   * default without waiting for busy domains. No `doms` means all. Ask for `block` on its own
   * connection: it touches image files and hangs when storage does.
   */
  async stats(
    stats: number,
    flags: number = domainStatsFlag.noWait,
    doms: readonly DomainRef[] = [],
    options?: CallOptions,
  ): Promise<readonly DomainStats[]> {
    const args = { doms, stats, flags };
    const { records } = await this.#connection.call('connectGetAllDomainStats', args, options);
    return records.map((record) => ({ dom: record.dom, params: paramsRecord(record.params) }));
  }

  /** Defines and starts a transient domain; `flags` of `domainCreateFlag`. */
  async create(xml: string, flags = 0, options?: CallOptions): Promise<DomainRef> {
    return (await this.#connection.call('domainCreateXml', { xml, flags }, options)).dom;
  }

  /** Stores a definition; starts nothing. */
  async define(xml: string, flags = 0, options?: CallOptions): Promise<DomainRef> {
    return (await this.#connection.call('domainDefineXmlFlags', { xml, flags }, options)).dom;
  }

  /** Starts a defined domain. */
  async start(dom: DomainRef, flags = 0, options?: CallOptions): Promise<DomainRef> {
    return (await this.#connection.call('domainCreateWithFlags', { dom, flags }, options)).dom;
  }

  async undefine(dom: DomainRef, flags = 0, options?: CallOptions): Promise<void> {
    await this.#connection.call('domainUndefineFlags', { dom, flags }, options);
  }

  /** Asks the VM to shut down and returns; whether it does is told by its state. */
  async shutdown(dom: DomainRef, flags = 0, options?: CallOptions): Promise<void> {
    await this.#connection.call('domainShutdownFlags', { dom, flags }, options);
  }

  /** Stops it at once, like pulling the plug. */
  async destroy(dom: DomainRef, flags = 0, options?: CallOptions): Promise<void> {
    await this.#connection.call('domainDestroyFlags', { dom, flags }, options);
  }

  async suspend(dom: DomainRef, options?: CallOptions): Promise<void> {
    await this.#connection.call('domainSuspend', { dom }, options);
  }

  async resume(dom: DomainRef, options?: CallOptions): Promise<void> {
    await this.#connection.call('domainResume', { dom }, options);
  }

  async reset(dom: DomainRef, options?: CallOptions): Promise<void> {
    await this.#connection.call('domainReset', { dom, flags: 0 }, options);
  }

  async setAutostart(dom: DomainRef, autostart: boolean, options?: CallOptions): Promise<void> {
    const args = { dom, autostart: autostart ? 1 : 0 };
    await this.#connection.call('domainSetAutostart', args, options);
  }

  /** Our element of the metadata as XML; `undefined` when there is none. */
  async metadata(
    dom: DomainRef,
    uri: string,
    impact = 0,
    options?: CallOptions,
  ): Promise<string | undefined> {
    const args = { dom, type: metadataType.element, uri, flags: impact };
    try {
      return (await this.#connection.call('domainGetMetadata', args, options)).metadata;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** `impact` is bits of `domainImpact`. */
  async setMetadata(
    dom: DomainRef,
    element: MetadataElement,
    impact = 0,
    options?: CallOptions,
  ): Promise<void> {
    const args = {
      dom,
      type: metadataType.element,
      metadata: element.xml,
      key: element.key,
      uri: element.uri,
      flags: impact,
    };
    await this.#connection.call('domainSetMetadata', args, options);
  }

  /** Begins measuring dirtied memory; the result appears in `stats` under `dirtyrate.…`. */
  async startDirtyRate(dom: DomainRef, seconds: number, options?: CallOptions): Promise<void> {
    await this.#connection.call('domainStartDirtyRateCalc', { dom, seconds, flags: 0 }, options);
  }

  /** A QMP command past libvirt, as JSON text; the answer as JSON text. Marks the domain tainted. */
  async monitorCommand(dom: DomainRef, command: string, options?: CallOptions): Promise<string> {
    const args = { dom, command, flags: 0 };
    return (await this.#connection.call('qemuDomainMonitorCommand', args, options)).result;
  }

  /** Has the VM's network cards announce themselves, so that switches learn their new port. */
  async announceSelf(dom: DomainRef, options?: CallOptions): Promise<void> {
    const command = {
      execute: 'announce-self',
      arguments: { initial: 50, max: 550, rounds: 5, step: 50 },
    };
    const answer: unknown = JSON.parse(
      await this.monitorCommand(dom, JSON.stringify(command), options),
    );
    if (typeof answer === 'object' && answer !== null && 'error' in answer) {
      throw new Error(`announce-self: ${JSON.stringify(answer.error)}`);
    }
  }
}
