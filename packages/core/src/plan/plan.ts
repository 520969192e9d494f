/**
 * A plan is a value: asking for it touches nothing, performing it is somebody else's work.
 */
import type { HostId } from '../cluster/host.ts';
import type { MigrationMode, VmId } from '../cluster/vm.ts';
import type { RefusalReason, Rejection } from '../placement/answer.ts';

export interface Move {
  readonly vmId: VmId;
  readonly vmName: string;
  readonly source: HostId;
  readonly target: HostId;
  readonly mode: MigrationMode;
  readonly memoryMib: number;
  /** A sentence for people. */
  readonly reason: string;
}

/** Why a VM cannot leave, and what a person can do about it. */
export interface Blocker {
  readonly vmId: VmId;
  readonly vmName: string;
  readonly reason: RefusalReason | 'vm-not-running' | 'vm-busy' | 'vm-unknown' | 'no-host-fits';
  readonly rejections: readonly Rejection[];
  readonly remedy: string;
}

export interface DrainPlan {
  readonly hostId: HostId;
  /** Revision of the snapshot it was made from. */
  readonly revision: number;
  /** In the order in which they are to be performed. */
  readonly moves: readonly Move[];
  /** Indexes into `moves`; the moves of one wave may run at the same time. */
  readonly waves: readonly (readonly number[])[];
  readonly blockers: readonly Blocker[];
  /** From RAM, assumed link speed and limits. */
  readonly estimatedSeconds: number;
}
