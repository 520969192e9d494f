/**
 * A VM as the deciding core sees it: what it asks for, where it is, what keeps it from moving.
 */
import type { Arch, HostId, Resources } from './host.ts';

export type VmId = string;

/**
 *   pending ──▶ starting ──▶ running ◀──▶ migrating
 *                              │  ▲            │
 *                              ▼  │            ▼
 *               stopped ◀── stopping        unknown   (both sides must be heard first)
 *
 * `crashed`: it was running and its process is gone without anybody having asked for that.
 */
export type VmState =
  | 'pending'
  | 'starting'
  | 'running'
  | 'migrating'
  | 'stopping'
  | 'stopped'
  | 'crashed'
  | 'unknown';

/** How a VM may be moved while it runs; `paused` where nothing on the pool guards the disk by a lock. */
export type MigrationMode = 'live' | 'paused';

/** The part of a VM that placement looks at; enough to ask for a place before the VM exists. */
export interface VmShape {
  readonly request: Resources;
  readonly arch: Arch;
  /** Versioned machine type; absent: the newest that the chosen host has. */
  readonly machine?: string;
  readonly pools: readonly string[];
  readonly bridges: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface Vm extends VmShape {
  readonly id: VmId;
  readonly name: string;
  readonly state: VmState;
  /** The one host that owns it; absent while it is not placed. */
  readonly hostId?: HostId;
  /** Grows with each change of owner. */
  readonly generation: number;
  readonly migrationMode: MigrationMode;
  readonly usage?: Resources;
}
