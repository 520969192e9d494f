/**
 * A VM as the deciding core sees it: what it asks for, where it is, what keeps it from moving.
 */
import type { ScorePolicy } from './policy.ts';
import type { PreflightReason } from '../migration/preflight.ts';
import type { Arch, Host, HostId, Resources } from './host.ts';

export type VmId = string;

/**
 *   pending ──▶ starting ──▶ running ◀──▶ migrating
 *                              │  ▲            │
 *                              ▼  │            ▼
 *               stopped ◀── stopping        unknown   (both sides must be heard first)
 *               saved   ◀── saving
 *
 *   running ◀──▶ paused, by a person's word alone
 *
 * `crashed`: it was running and its process is gone without anybody having asked for that.
 */
export type VmState =
  | 'pending'
  | 'starting'
  | 'running'
  | 'paused'
  | 'migrating'
  | 'stopping'
  | 'saving'
  | 'stopped'
  | 'saved'
  | 'crashed'
  | 'unknown';

/** How a VM may be moved while it runs; `paused` where nothing on the pool guards the disk by a lock. */
export type MigrationMode = 'live' | 'paused';

/**
 * What the VM sees of its host's CPU. `host-passthrough` moves between equal hosts only. The features are
 * those that it was started with; absent where nobody looked.
 */
export interface VmCpu {
  readonly mode: 'host-passthrough' | 'host-model' | 'custom';
  readonly model?: string;
  readonly features?: readonly string[];
}

/** A disk to come: the space that it takes, or that a thin one may grow to; 0 where nobody knows. */
export interface DiskRequest {
  readonly pool: string;
  readonly sizeMib: number;
  /** It takes its room as it fills, and next to none when it is made. */
  readonly isThin?: boolean;
}

/** The part of a VM that placement looks at; enough to ask for a place before the VM exists. */
export interface VmShape {
  /** Of a VM that is there already. */
  readonly id?: VmId;
  readonly request: Resources;
  readonly arch: Arch;
  /** Versioned machine type; absent: the newest that the chosen host has. */
  readonly machine?: string;
  readonly cpu?: VmCpu;
  readonly pools: readonly string[];
  /** Of a VM that is still to be made. */
  readonly disks?: readonly DiskRequest[];
  /** Of one whose disks are made, in pools that each host has for itself: the host that has them. */
  readonly filesHostId?: HostId;
  readonly bridges: readonly string[];
  /** Of one that goes on from its saved memory: what wrote that. */
  readonly memoryOf?: MemoryOrigin;
  /** Its memory is to lie in huge pages of this size. */
  readonly hugePageKib?: number;
  /** All of it is to fit one NUMA cell. */
  readonly oneNumaCell?: boolean;
  /** Kinds of devices that it takes from its host; such a VM cannot move live. */
  readonly devices?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** What its places are judged by; the cluster's if absent. */
  readonly policy?: ScorePolicy;
  /** How long it will still live, as far as anybody knows. */
  readonly remainingHours?: number;
  /** Hosts that have looked and cannot take it as it runs. */
  readonly barred?: readonly Barred[];
}

/** A host that takes the memory up has the like. */
export type MemoryOrigin = Pick<Host, 'accelerator' | 'qemuVersion'>;

/** What one host has in the way of a VM that would move there. */
export interface Barred {
  readonly hostId: HostId;
  readonly reasons: readonly PreflightReason[];
}

export interface VmUsage extends Resources {
  /** What it would have used besides, had its vCPUs not waited for others: wait and steal. */
  readonly cpuWaitMilli?: number;
  /** How fast it writes to its memory, and to how much of it again and again. */
  readonly dirtyMibPerSecond?: number;
  readonly writtenSetMib?: number;
  /** Of its memory, what it has touched. */
  readonly touchedMib?: number;
}

/** Who may move it: anybody, only a drain and a person, or only a person. */
export type VmAutomation = 'full' | 'drain' | 'none';

/** What balance may do with it: moves of it are only recommended, whatever the mode; it is not moved for balance at all. */
export type VmBalance = 'recommend' | 'never';

export interface Vm extends VmShape {
  readonly id: VmId;
  readonly name: string;
  readonly state: VmState;
  /** The one host that owns it; absent while it is not placed. */
  readonly hostId?: HostId;
  /** Grows with each change of owner. */
  readonly generation: number;
  readonly migrationMode: MigrationMode;
  /** `full` if absent. */
  readonly automation?: VmAutomation;
  /** As for the whole cluster if absent. */
  readonly balance?: VmBalance;
  /** Who is restarted first when a host is lost; 0 if absent, more is sooner. */
  readonly priority?: number;
  readonly usage?: VmUsage;
  /** What its host has found to hold it, whatever the target. */
  readonly held?: readonly PreflightReason[];
}
