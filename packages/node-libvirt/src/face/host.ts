/**
 * Calls about the host itself, its hypervisor and what that can give.
 */
import type { CallOptions, FlagOptions } from '../connection/options.ts';
import type { Caller } from '../connection/caller.ts';
import { cpuCompareResult } from '../protocol/constants.ts';
import type { HostInterfaceRef } from '../protocol/types.ts';

export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly micro: number;
  /** As libvirt numbers it: major × 1 000 000 + minor × 1000 + micro. */
  readonly number: number;
}

export interface HostInfo {
  readonly cpuModel: string;
  readonly memoryKib: number;
  readonly cpus: number;
  readonly mhz: number;
  readonly numaCells: number;
  readonly sockets: number;
  readonly coresPerSocket: number;
  readonly threadsPerCore: number;
}

/** Which hypervisor a capability question is about; all optional, libvirt has defaults. */
export interface HypervisorChoice {
  readonly emulator?: string;
  readonly arch?: string;
  readonly machine?: string;
  readonly virtType?: string;
}

export type CpuComparison = 'incompatible' | 'identical' | 'superset';

export class Host {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async hostname(options?: CallOptions): Promise<string> {
    return (await this.#caller.call('connectGetHostname', undefined, options)).hostname;
  }

  /** Of the daemon. Also the cheapest question to ask whether it is alive. */
  async libvirtVersion(options?: CallOptions): Promise<Version> {
    const { version } = await this.#caller.call('connectGetLibVersion', undefined, options);
    return toVersion(version);
  }

  /** Of the hypervisor, such as QEMU. */
  async hypervisorVersion(options?: CallOptions): Promise<Version> {
    const { version } = await this.#caller.call('connectGetVersion', undefined, options);
    return toVersion(version);
  }

  async info(options?: CallOptions): Promise<HostInfo> {
    const info = await this.#caller.call('nodeGetInfo', undefined, options);
    return {
      cpuModel: info.model,
      memoryKib: Number(info.memory),
      cpus: info.cpus,
      mhz: info.mhz,
      numaCells: info.nodes,
      sockets: info.sockets,
      coresPerSocket: info.cores,
      threadsPerCore: info.threads,
    };
  }

  /** The kernel's view in KiB by name: `total`, `free`, `buffers`, `cached`. */
  async memoryStatsKib(options?: CallOptions): Promise<Readonly<Record<string, number>>> {
    const ask = async (nparams: number) =>
      this.#caller.call('nodeGetMemoryStats', { nparams, cellNum: -1, flags: 0 }, options);
    const { nparams } = await ask(0);
    const { params } = await ask(nparams);
    return Object.fromEntries(params.map((param) => [param.field, Number(param.value)]));
  }

  /** Time in ns since the host started, of all processors: `user`, `kernel`, `idle`, `iowait`, …. */
  async cpuStats(options?: CallOptions): Promise<Readonly<Record<string, bigint>>> {
    const ask = async (nparams: number) =>
      this.#caller.call('nodeGetCpuStats', { cpuNum: -1, nparams, flags: 0 }, options);
    const { nparams } = await ask(0);
    const { params } = await ask(nparams);
    return Object.fromEntries(params.map((param) => [param.field, param.value]));
  }

  /** For each processor that could be there, whether it is. (`virNodeGetCPUMap`) */
  async onlineCpus(options?: CallOptions): Promise<readonly boolean[]> {
    const args = { needMap: 1, needOnline: 0, flags: 0 };
    const { cpuMap, count } = await this.#caller.call('nodeGetCpuMap', args, options);
    return Array.from({ length: count }, (_, cpu) => {
      const byte = cpuMap[Math.floor(cpu / 8)] ?? 0;
      return (byte & (1 << (cpu % 8))) !== 0;
    });
  }

  /** Of each NUMA cell. (`virNodeGetCellsFreeMemory`) */
  async cellsFreeMemoryBytes(options?: CallOptions): Promise<readonly number[]> {
    const args = { startCell: 0, maxCells: 1024 };
    const { cells } = await this.#caller.call('nodeGetCellsFreeMemory', args, options);
    return cells.map(Number);
  }

  /** Pages of this size that are free, in each of so many cells. (`virNodeGetFreePages`) */
  async freePages(
    pageKib: number,
    cells: number,
    options?: CallOptions,
  ): Promise<readonly number[]> {
    const args = { pages: [pageKib], startCell: 0, cellCount: cells, flags: 0 };
    const { counts } = await this.#caller.call('nodeGetFreePages', args, options);
    return counts.map(Number);
  }

  /** Such as `apparmor`; an empty model for none. (`virNodeGetSecurityModel`) */
  async securityModel(
    options?: CallOptions,
  ): Promise<{ readonly model: string; readonly doi: string }> {
    const zero = String.fromCharCode(0);
    const done = await this.#caller.call('nodeGetSecurityModel', undefined, options);
    const text = (value: string) => value.split(zero)[0] ?? '';
    return { model: text(done.model), doi: text(done.doi) };
  }

  /** As the daemon sees it, such as `qemu:///system`. (`virConnectGetURI`) */
  async uri(options?: CallOptions): Promise<string> {
    return (await this.#caller.call('connectGetUri', undefined, options)).uri;
  }

  /** Of the driver, such as `QEMU`. (`virConnectGetType`) */
  async driver(options?: CallOptions): Promise<string> {
    return (await this.#caller.call('connectGetType', undefined, options)).type;
  }

  /** Names that libvirt has for CPUs of this architecture. (`virConnectGetCPUModelNames`) */
  async cpuModels(arch: string, options?: CallOptions): Promise<readonly string[]> {
    const args = { arch, needResults: 1, flags: 0 };
    return (await this.#caller.call('connectGetCpuModelNames', args, options)).models;
  }

  /** Names of the host's devices, such as `pci_0000_3b_00_0`; flags narrow it to kinds. */
  async devices({ flags = 0, ...options }: FlagOptions = {}): Promise<readonly string[]> {
    const args = { needResults: 1, flags };
    const { devices } = await this.#caller.call('connectListAllNodeDevices', args, options);
    return devices.map(({ name }) => name);
  }

  /** (`virNodeDeviceGetXMLDesc`) */
  async deviceXml(name: string, options?: CallOptions): Promise<string> {
    return (await this.#caller.call('nodeDeviceGetXmlDesc', { name, flags: 0 }, options)).xml;
  }

  /** The host's own network interfaces, where libvirt knows how to look. (`virConnectListAllInterfaces`) */
  async interfaces({ flags = 0, ...options }: FlagOptions = {}): Promise<
    readonly HostInterfaceRef[]
  > {
    const args = { needResults: 1, flags };
    return (await this.#caller.call('connectListAllInterfaces', args, options)).ifaces;
  }

  /** (`virInterfaceGetXMLDesc`) */
  async interfaceXml(iface: HostInterfaceRef, options?: CallOptions): Promise<string> {
    return (await this.#caller.call('interfaceGetXmlDesc', { iface, flags: 0 }, options)).xml;
  }

  async freeMemoryBytes(options?: CallOptions): Promise<number> {
    const { freeMemory } = await this.#caller.call('nodeGetFreeMemory', undefined, options);
    return Number(freeMemory);
  }

  /** XML; `readHostCapabilities` reads it. */
  async capabilities(options?: CallOptions): Promise<string> {
    const done = await this.#caller.call('connectGetCapabilities', undefined, options);
    return done.capabilities;
  }

  /** XML; `readDomainCapabilities` reads it. */
  async domainCapabilities(choice: HypervisorChoice = {}, options?: CallOptions): Promise<string> {
    const args = { ...choice, flags: 0 };
    const done = await this.#caller.call('connectGetDomainCapabilities', args, options);
    return done.capabilities;
  }

  /** What this host's hypervisor can give against the `<cpu>` XML of a live domain. */
  async compareCpu(
    cpu: string,
    choice: HypervisorChoice = {},
    options?: CallOptions,
  ): Promise<CpuComparison> {
    const args = { ...choice, cpu, flags: 0 };
    const { result } = await this.#caller.call('connectCompareHypervisorCpu', args, options);
    if (result === cpuCompareResult.identical) return 'identical';
    return result === cpuCompareResult.superset ? 'superset' : 'incompatible';
  }

  /** The CPU that all of these `<cpu>` XMLs can give; flags of `baselineCpuFlag`. */
  async baselineCpu(
    cpus: readonly string[],
    flags: number,
    choice: HypervisorChoice = {},
    options?: CallOptions,
  ): Promise<string> {
    const args = { ...choice, cpus, flags };
    return (await this.#caller.call('connectBaselineHypervisorCpu', args, options)).cpu;
  }
}

function toVersion(raw: bigint): Version {
  const number = Number(raw);
  return {
    major: Math.floor(number / 1_000_000),
    minor: Math.floor(number / 1000) % 1000,
    micro: number % 1000,
    number,
  };
}
