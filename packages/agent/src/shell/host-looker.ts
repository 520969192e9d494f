/**
 * What the host is, as far as libvirt and the operating system tell: asked once per start of libvirt where
 * it cannot change, and anew where it can.
 */
import { statfs } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { namePattern, type Inventory } from '@drover/protocol';
import { readHostCapabilities, readPool, type Libvirt, type StoragePool } from 'node-libvirt';
import type { HostFacts } from '../logic/index.ts';
import type { Accelerator } from './accelerator.ts';
import type { AgentConfig } from './config.ts';
import { bridges, hostArch, measuredCapacity, processorName } from './os-facts.ts';

type ReportedPool = Inventory['pools'][number];
type Unchanging = Pick<
  HostFacts,
  'hostUuid' | 'cpuModel' | 'machineTypes' | 'numaCells' | 'qemuVersion' | 'libvirtVersion'
>;

const mib = 1024 * 1024;
const statfsMs = 2_000;

export class HostLooker {
  readonly #config: AgentConfig;
  readonly #bootId: string;
  readonly #accelerator: Accelerator;
  readonly #free = new FreeSpace();
  #unchanging: { readonly libvirt: Libvirt; readonly facts: Unchanging } | undefined;

  constructor(config: AgentConfig, bootId: string, accelerator: Accelerator) {
    this.#config = config;
    this.#bootId = bootId;
    this.#accelerator = accelerator;
  }

  async look(libvirt: Libvirt): Promise<HostFacts> {
    if (this.#unchanging?.libvirt !== libvirt) {
      this.#unchanging = { libvirt, facts: await unchangingFacts(libvirt) };
    }
    const config = this.#config;
    return {
      ...this.#unchanging.facts,
      bootId: this.#bootId,
      arch: hostArch(),
      accelerator: this.#accelerator.kind,
      acceleratorReason: this.#accelerator.reason,
      capacity: config.capacity ?? measuredCapacity(),
      reserved: config.reserved,
      labels: config.labels,
      bridges: [...(await bridges())],
      pools: [...(await this.#pools(libvirt))],
      migrationAddress: config.addresses.migration,
    };
  }

  async #pools(libvirt: Libvirt): Promise<readonly ReportedPool[]> {
    const known = await libvirt.pools.list();
    const named = known.filter((pool) => new RegExp(namePattern).test(pool.name)).slice(0, 64);
    return Promise.all(named.map((pool) => this.#pool(libvirt, pool)));
  }

  /** One pool in trouble says so; the others are reported all the same. */
  async #pool(libvirt: Libvirt, pool: StoragePool): Promise<ReportedPool> {
    const none = { name: pool.name, capacityMib: 0, freeMib: 0 };
    try {
      const info = await pool.info();
      if (info.state === 'inactive') return { ...none, state: 'inactive' };
      const path = readPool(await pool.xml()).targetPath;
      // libvirt's own numbers are as old as its last refresh.
      const space = path === undefined ? undefined : await this.#free.of(path);
      if (info.state !== 'running' || !space) return { ...none, state: 'error' };
      return { name: pool.name, state: 'active', ...space };
    } catch {
      return { ...none, state: 'error' };
    }
  }
}

async function unchangingFacts(libvirt: Libvirt): Promise<Unchanging> {
  const capabilities = readHostCapabilities(await libvirt.host.capabilities());
  const arch = hostArch();
  const kind = capabilities.vmKinds.find((vm) => vm.osType === 'hvm' && vm.arch === arch);
  return {
    hostUuid: capabilities.hostUuid,
    cpuModel: (capabilities.cpuModel ?? processorName()).slice(0, 255),
    machineTypes: (kind?.machines ?? []).map((machine) => machine.name).slice(0, 512),
    numaCells: capabilities.cells.slice(0, 256).map((cell) => ({
      id: cell.id,
      cpuCount: cell.cpus.length,
      memoryMib: Math.floor(cell.memoryKib / 1024),
    })),
    qemuVersion: (await libvirt.host.hypervisorVersion()).number,
    libvirtVersion: (await libvirt.host.libvirtVersion()).number,
  };
}

/** Free space of a path; at most one question per path at a time, since one to a dead server never ends. */
class FreeSpace {
  readonly #asking = new Map<string, Promise<Pick<ReportedPool, 'capacityMib' | 'freeMib'>>>();

  async of(path: string): Promise<Pick<ReportedPool, 'capacityMib' | 'freeMib'> | undefined> {
    const asking = this.#asking.get(path) ?? this.#ask(path);
    this.#asking.set(path, asking);
    const late = new AbortController();
    try {
      const tooLate = pause(statfsMs, undefined, { signal: late.signal });
      return await Promise.race([asking, tooLate]);
    } catch {
      return undefined;
    } finally {
      late.abort();
    }
  }

  async #ask(path: string): Promise<Pick<ReportedPool, 'capacityMib' | 'freeMib'>> {
    try {
      const { bsize, blocks, bavail } = await statfs(path);
      return {
        capacityMib: Math.floor((blocks * bsize) / mib),
        freeMib: Math.floor((bavail * bsize) / mib),
      };
    } finally {
      this.#asking.delete(path);
    }
  }
}
