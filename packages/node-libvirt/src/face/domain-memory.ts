/**
 * Memory and processors of one domain: what it has, what it uses, and how fast it dirties its memory.
 */
import type { Caller } from '../connection/caller.ts';
import type { CallOptions, FlagOptions } from '../connection/options.ts';
import type { DomainRef } from '../protocol/types.ts';
import { readFields } from '../params/fields.ts';
import { domainCpuFields, type DomainCpuStats } from '../params/host.ts';
import { paramsRecord } from '../xdr/typed-params.ts';

/** By libvirt's number. All in KiB but faults, which are counts, and the time of the last update. */
const statNames = [
  'swapInKib',
  'swapOutKib',
  'majorFaults',
  'minorFaults',
  'unusedKib',
  'availableKib',
  'actualKib',
  'rssKib',
  'usableKib',
  'lastUpdateSeconds',
  'diskCachesKib',
  'hugePageAllocations',
  'hugePageFailures',
] as const;

export type MemoryStats = { readonly [K in (typeof statNames)[number]]?: number };

export class DomainMemory {
  readonly #caller: Caller;
  readonly #dom: DomainRef;

  constructor(caller: Caller, dom: DomainRef) {
    this.#caller = caller;
    this.#dom = dom;
  }

  /** What the balloon and the host know; a field that they do not is absent. (`virDomainMemoryStats`) */
  async stats(options?: CallOptions): Promise<MemoryStats> {
    const args = { dom: this.#dom, maxStats: statNames.length, flags: 0 };
    const { stats } = await this.#caller.call('domainMemoryStats', args, options);
    return Object.fromEntries(
      stats.flatMap(({ tag, value }) => {
        const name = statNames[tag];
        return name === undefined ? [] : [[name, Number(value)]];
      }),
    );
  }

  /** Its balloon's size, or with `domainMemoryFlag.maximum` its most. (`virDomainSetMemoryFlags`) */
  async set(memoryKib: number, { flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    const args = { dom: this.#dom, memory: BigInt(memoryKib), flags };
    await this.#caller.call('domainSetMemoryFlags', args, options);
  }

  /** Flags of `domainVcpuFlag`. (`virDomainSetVcpusFlags`) */
  async setVcpus(vcpus: number, { flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('domainSetVcpusFlags', { dom: this.#dom, vcpus, flags }, options);
  }

  /** On all processors together. (`virDomainGetCPUStats`) */
  async cpuStats(options?: CallOptions): Promise<DomainCpuStats> {
    const ask = (nparams: number) => {
      const args = { dom: this.#dom, nparams, startCpu: -1, ncpus: 1, flags: 0 };
      return this.#caller.call('domainGetCpuStats', args, options);
    };
    const { nparams } = await ask(0);
    return readFields(domainCpuFields, paramsRecord((await ask(nparams)).params));
  }

  /**
   * Begins measuring how fast it dirties its memory, for so many seconds; the result appears in
   * `domains.stats` under `dirtyrate.…`. (`virDomainStartDirtyRateCalc`)
   */
  async startDirtyRate(seconds: number, options?: CallOptions): Promise<void> {
    const args = { dom: this.#dom, seconds, flags: 0 };
    await this.#caller.call('domainStartDirtyRateCalc', args, options);
  }
}
