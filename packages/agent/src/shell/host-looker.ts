/**
 * What the host is, as far as libvirt and the operating system tell: asked once per start of libvirt where
 * it cannot change, and anew where it can.
 */
import { readHostCapabilities, type Libvirt } from 'node-libvirt';
import type { HostFacts } from '../logic/index.ts';
import type { Accelerator } from './accelerator.ts';
import type { AgentConfig } from './config.ts';
import { bridges, hostArch, measuredCapacity, processorName } from './os-facts.ts';
import type { PoolLooker } from './pool-looker.ts';

type Unchanging = Pick<
  HostFacts,
  'hostUuid' | 'cpuModel' | 'machineTypes' | 'numaCells' | 'qemuVersion' | 'libvirtVersion'
>;

export class HostLooker {
  readonly #config: AgentConfig;
  readonly #bootId: string;
  readonly #accelerator: Accelerator;
  readonly #pools: PoolLooker;
  #unchanging: { readonly libvirt: Libvirt; readonly facts: Unchanging } | undefined;

  constructor(config: AgentConfig, bootId: string, accelerator: Accelerator, pools: PoolLooker) {
    this.#config = config;
    this.#bootId = bootId;
    this.#accelerator = accelerator;
    this.#pools = pools;
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
      pools: [...(await this.#pools.look())],
      migrationAddress: config.addresses.migration,
    };
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
