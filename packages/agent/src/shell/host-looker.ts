/**
 * What the host is, as far as libvirt and the operating system tell: asked once per start of libvirt where
 * it cannot change, and anew where it can.
 */
import { namePattern, type Inventory } from '@drover/protocol';
import { readHostCapabilities, readPool, type Libvirt, type StoragePool } from 'node-libvirt';
import type { HostFacts } from '../logic/index.ts';
import type { Accelerator } from './accelerator.ts';
import type { AgentConfig } from './config.ts';
import type { HostFiles } from './host-files.ts';
import { bridges, hostArch, measuredCapacity, processorName } from './os-facts.ts';

type ReportedPool = Inventory['pools'][number];
type Unchanging = Pick<
  HostFacts,
  'hostUuid' | 'cpuModel' | 'machineTypes' | 'numaCells' | 'qemuVersion' | 'libvirtVersion'
>;

export class HostLooker {
  readonly #config: AgentConfig;
  readonly #bootId: string;
  readonly #accelerator: Accelerator;
  readonly #files: HostFiles;
  #unchanging: { readonly libvirt: Libvirt; readonly facts: Unchanging } | undefined;

  constructor(config: AgentConfig, bootId: string, accelerator: Accelerator, files: HostFiles) {
    this.#config = config;
    this.#bootId = bootId;
    this.#accelerator = accelerator;
    this.#files = files;
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
      if (info.state !== 'running' || path === undefined) {
        return { ...none, state: 'error', reason: `libvirt calls it ${info.state}` };
      }
      // libvirt's own numbers are as old as its last refresh.
      return { name: pool.name, state: 'active', ...(await this.#files.space(path)) };
    } catch (error) {
      return { ...none, state: 'error', reason: whyUnusable(error) };
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

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'its directory is not there',
  ENOTDIR: 'its directory is not there',
  ESTALE: 'its server does not know it any more',
  EROFS: 'it can only be read',
};

/** For people, who have to mend it. */
export function whyUnusable(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, 1_000);
  const cause = 'code' in error ? causes[String(error.code)] : undefined;
  return (cause ?? error.message).slice(0, 1_000);
}
