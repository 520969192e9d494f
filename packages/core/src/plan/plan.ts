/**
 * A plan is a value: asking for it touches nothing, performing it is somebody else's work.
 */
import type { HostId } from '../cluster/host.ts';
import type { MigrationMode, VmId } from '../cluster/vm.ts';
import type { PreflightReason } from '../migration/preflight.ts';
import type { RefusalReason, Rejection } from '../placement/answer.ts';

/** One of the things that make a cluster uneven, in millionths, before a move and after it. */
export interface MoveTerm {
  readonly name: string;
  readonly before: number;
  readonly after: number;
}

export interface Move {
  readonly vmId: VmId;
  readonly vmName: string;
  readonly source: HostId;
  readonly target: HostId;
  readonly mode: MigrationMode;
  readonly memoryMib: number;
  /**
   * How uneven the cluster is before and after, in millionths (see `loads.ts`); 0 is even. Absent where a
   * place was asked for, not a better cluster.
   */
  readonly unevenBefore?: number;
  readonly unevenAfter?: number;
  /** What the two are made of; they add up to them. */
  readonly terms?: readonly MoveTerm[];
  /** VMs that have to move at the same time, because a rule keeps them together. */
  readonly along?: readonly VmId[];
  /** A sentence for people. */
  readonly reason: string;
}

/** Why a VM cannot leave, and what a person can do about it. */
export interface Blocker {
  readonly vmId: VmId;
  readonly vmName: string;
  readonly reason:
    | RefusalReason
    | 'vm-not-running'
    | 'vm-busy'
    | 'vm-paused'
    | 'vm-unknown'
    | 'vm-not-to-move'
    | 'no-host-fits'
    /** There is a place for it in the end, but no order of moves that brings it there. */
    | 'no-safe-order';
  readonly rejections: readonly Rejection[];
  /** Of `preflight-failed`: what holds the VM, whatever the target. */
  readonly held?: readonly PreflightReason[];
  readonly remedy: string;
}

/** What would come of moving one VM now. */
export interface MovePlan {
  readonly vmId: VmId;
  readonly vmName: string;
  readonly source?: HostId;
  /** Where it would go; absent where it cannot. */
  readonly target?: HostId;
  readonly mode?: MigrationMode;
  /** Why it would not go live. */
  readonly modeReason?: string;
  /** Everything that the preflight found, of every host that was asked. */
  readonly reasons: readonly PreflightReason[];
  /** Why other hosts are none. */
  readonly rejections: readonly Rejection[];
  /** The hosts did not answer in time. */
  readonly unchecked: boolean;
}

/** Moves and their order. */
export interface Plan {
  /** Revision of the snapshot it was made from. */
  readonly revision: number;
  /** In the order in which they are to be performed. */
  readonly moves: readonly Move[];
  /** Indexes into `moves`; the moves of one wave may run at the same time. For people: nobody waits for a wave. */
  readonly waves: readonly (readonly number[])[];
  /** From what is to be copied, the links and the limits. */
  readonly estimatedSeconds: number;
}

export interface DrainPlan extends Plan {
  /** The first of them, where several are emptied together. */
  readonly hostId: HostId;
  readonly hostIds: readonly HostId[];
  readonly blockers: readonly Blocker[];
  /** Rules that had to bend. */
  readonly bent: readonly string[];
}
