/**
 * A host as the deciding core sees it: what it can carry, what it reaches, what people want of it and
 * what we believe about its health. How those beliefs come about (reports, receipt times) is the
 * scheduler's business.
 */

export type HostId = string;
export type Arch = 'x86_64' | 'aarch64';

/** `tcg` is QEMU's software emulation: it runs everywhere and is many times slower than `kvm`. */
export type Accelerator = 'kvm' | 'tcg';

/** What people asked for. `draining` holds while an unfinished drain of this host exists. */
export type HostIntent = 'active' | 'cordoned' | 'draining';

/** `down` says that the host is silent. It never says that its VMs are gone. */
export type HostHealth = 'up' | 'suspect' | 'down';

/** CPU in thousandths of a core, memory in MiB; both integers. */
export interface Resources {
  readonly cpuMilli: number;
  readonly memoryMib: number;
}

export interface NumaCell {
  readonly id: number;
  readonly cpuCount: number;
  readonly memoryMib: number;
}

/** Huge pages of one size that the host has set aside. */
export interface HugePages {
  readonly sizeKib: number;
  readonly totalMib: number;
}

/** A kind of device that can be given to a VM, such as `gpu`, and how many of it there are. */
export interface DeviceStock {
  readonly kind: string;
  readonly count: number;
}

/** A pool as seen from one host. */
export interface PoolReach {
  readonly name: string;
  readonly state: 'active' | 'inactive' | 'error';
  readonly capacityMib: number;
  readonly freeMib: number;
  /** Why it cannot be used, where that is known. */
  readonly reason?: string;
  /** It takes no new disks; those that are there can be read and written where they have their room already. */
  readonly isFull?: boolean;
  /** What may still be promised to disks that take their room as they fill; without limit if absent. */
  readonly promisableMib?: number;
}

export interface HostUsage extends Resources {
  /** Share of time in which some task waited for CPU, in thousandths (PSI `some avg10`). */
  readonly cpuPressurePermille: number;
  readonly memoryPressurePermille: number;
}

export interface Host {
  readonly id: HostId;
  readonly intent: HostIntent;
  readonly health: HostHealth;
  readonly arch: Arch;
  readonly accelerator: Accelerator;
  readonly capacity: Resources;
  /** Kept for the host itself. */
  readonly reserved: Resources;
  /** Taken by VMs that are there and that nobody has placed there; nothing if absent. */
  readonly foreign?: Resources;
  /** Promised CPU over physical CPU, in thousandths: 4000 lets four vCPUs share a core. */
  readonly cpuOvercommitPermille: number;
  /** Promised memory over physical memory, in thousandths; 1000 if absent. */
  readonly memoryOvercommitPermille?: number;
  readonly cpuModel: string;
  /** Features that its hypervisor can give to a VM; absent where nobody looked. */
  readonly cpuFeatures?: readonly string[];
  /** It cannot give the CPU that the cluster starts new VMs with. */
  readonly lacksCpuBaseline?: boolean;
  /** Versioned machine types that its QEMU offers. */
  readonly machineTypes: readonly string[];
  /** major * 1,000,000 + minor * 1,000 + micro, as libvirt counts. */
  readonly qemuVersion: number;
  readonly libvirtVersion: number;
  readonly numaCells: readonly NumaCell[];
  readonly hugePages?: readonly HugePages[];
  readonly devices?: readonly DeviceStock[];
  readonly labels: Readonly<Record<string, string>>;
  /** What fails together: a room or a power feed, and a cabinet in it. */
  readonly zone?: string;
  readonly rack?: string;
  readonly pools: readonly PoolReach[];
  readonly bridges: readonly string[];
  /** Of the migration network; assumed to be `limits.linkMibPerSecond` if absent. */
  readonly linkMibPerSecond?: number;
  readonly usage?: HostUsage;
}

/** What VMs may be promised on this host: capacity times overcommit, less what the host keeps and strangers take. */
export function allocatable(host: Host): Resources {
  const times = (amount: number, permille: number) => Math.floor((amount * permille) / 1000);
  const cpu = times(host.capacity.cpuMilli, host.cpuOvercommitPermille);
  const memory = times(host.capacity.memoryMib, host.memoryOvercommitPermille ?? 1000);
  const { reserved, foreign } = host;
  return {
    cpuMilli: Math.max(0, cpu - reserved.cpuMilli - (foreign?.cpuMilli ?? 0)),
    memoryMib: Math.max(0, memory - reserved.memoryMib - (foreign?.memoryMib ?? 0)),
  };
}
