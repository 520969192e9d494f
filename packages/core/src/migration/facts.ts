/**
 * What two hosts say before a VM moves: the source about the VM as it runs, the target about what is in the way
 * there. Facts only; what they mean is preflight.ts.
 */

/**
 * What keeps a second copy of the VM from writing to a disk: a lock that other hosts see, a lease of the VM, a lock
 * that only hosts of the same kernel see (containers), nothing.
 */
export type DiskGuard = 'image-lock' | 'lease' | 'kernel-lock' | 'none';

/** One image of a disk's chain. */
export interface ImageFact {
  /** `network`: QEMU reaches it by itself, and `path` is its URL. */
  readonly kind: 'file' | 'block' | 'network' | 'other';
  readonly path: string;
  /** Of a file, so that another one of the same name is noticed; in decimal, it may pass 2^53. */
  readonly inode?: string;
}

export interface DiskFact {
  /** Such as `vda`. */
  readonly name: string;
  /** `disk`, `cdrom`, `floppy`, `lun`. */
  readonly device: string;
  readonly readOnly: boolean;
  readonly shareable: boolean;
  readonly cache: string;
  /** Its own image first, the base of the chain last; none for an empty drive. */
  readonly images: readonly ImageFact[];
  readonly guard: DiskGuard;
  /** What the guard was judged by, for people: `nfs4 4.2 at /srv/vms`. */
  readonly guardedBy: string;
}

/** A file besides its disks that the VM is started with. */
export interface FileFact {
  readonly what: 'firmware' | 'nvram' | 'kernel' | 'initrd' | 'emulator';
  readonly path: string;
  /** Of `nvram`: what libvirt makes it from where it is not there. */
  readonly template?: string;
}

export interface NetworkFact {
  /** `bridge`, `network` (of libvirt), `direct` (a device of the host). */
  readonly kind: string;
  readonly name: string;
  readonly mtu?: number;
}

export interface VmFacts {
  readonly name: string;
  readonly state: string;
  /** Of the source, as its libvirt has it. */
  readonly hostUuid: string;
  /** Boot id of the source's kernel: hosts that are containers share one. */
  readonly kernel: string;
  /** `kvm` or `qemu`. */
  readonly virtType: string;
  readonly arch: string;
  readonly machine: string;
  readonly qemuVersion: number;
  readonly memoryMib: number;
  /** The size of the huge pages that its memory lies in. */
  readonly hugePageKib?: number;
  readonly cpuMode: string;
  /** Model of the source's CPU. */
  readonly hostCpu: string;
  /** The `<cpu>` that it runs with; absent where the XML says none. */
  readonly cpu?: string;
  /** Features that tie it to its host, such as `invtsc`. */
  readonly pinnedFeatures: readonly string[];
  readonly disks: readonly DiskFact[];
  readonly files: readonly FileFact[];
  readonly networks: readonly NetworkFact[];
  /** Devices that it takes from its host: `pci 0000:3b:00.0`. */
  readonly devices: readonly string[];
  /** Directories of its host that it mounts. */
  readonly directories: readonly string[];
  /** Other devices that QEMU cannot move, such as `shmem`. */
  readonly unmovable: readonly string[];
  /** Kind of sealed memory, such as `sev`. */
  readonly sealed?: string;
  readonly snapshots: number;
  readonly checkpoints: number;
  /** Disks with a block job on them. */
  readonly blockJobs: readonly string[];
  /** The job that works on it, such as `backup`. */
  readonly job?: string;
}

/** Closed list; each has one check on the target. */
export const incomingCodes = [
  'same-host',
  'vm-there',
  'name-there',
  'accelerator-missing',
  'cpu-incompatible',
  'machine-type-missing',
  'qemu-older',
  'network-missing',
  'network-down',
  'mtu-smaller',
  'path-missing',
  'path-differs',
  'path-silent',
  'memory-short',
  'huge-pages-short',
  'check-failed',
] as const;
export type IncomingCode = (typeof incomingCodes)[number];

/** One thing that is in the way on the target. */
export interface IncomingFinding {
  readonly code: IncomingCode;
  /** Which path, network, …. */
  readonly subject?: string;
  readonly required?: number | string;
  readonly available?: number | string;
  readonly unit?: string;
}

export interface IncomingAnswer {
  readonly findings: readonly IncomingFinding[];
  /** Boot id of the target's kernel. */
  readonly kernel: string;
  /** Guards of the writable disks as they would be there. */
  readonly guards: readonly {
    readonly disk: string;
    readonly guard: DiskGuard;
    readonly guardedBy: string;
  }[];
}
