/**
 * What a request for a place is answered with: a host with its reasons, or every host's refusal.
 */
import type { HostId } from '../cluster/host.ts';
import type { VmId, VmShape } from '../cluster/vm.ts';
import type { ScorePolicy } from '../cluster/policy.ts';
import type { PreflightReason } from '../migration/preflight.ts';

/** Closed list: each reason has one filter that gives it. */
export type RefusalReason =
  | 'host-not-up'
  | 'host-cordoned'
  | 'host-draining'
  | 'host-excluded'
  | 'not-asked-for'
  | 'wrong-architecture'
  | 'accelerator-differs'
  | 'cpu-differs'
  | 'cpu-feature-missing'
  | 'cpu-baseline-missing'
  | 'machine-type-missing'
  | 'qemu-older'
  | 'not-enough-memory'
  | 'not-enough-cpu'
  | 'not-enough-huge-pages'
  | 'numa-cell-too-small'
  | 'pool-not-reachable'
  | 'pool-local'
  | 'pool-full'
  | 'pool-promised'
  | 'bridge-missing'
  | 'held-by-device'
  | 'preflight-failed'
  | 'device-missing'
  | 'rule-broken'
  | 'no-migration-slot'
  | 'headroom-lost';

/** One host's no, with what was needed and what was there. */
export interface Rejection {
  readonly hostId: HostId;
  readonly reason: RefusalReason;
  readonly required?: number | string;
  readonly available?: number | string;
  /** Unit of the two, where they are numbers: `MiB`, `mCPU`, `migrations`. */
  readonly unit?: string;
  /** Of `preflight-failed`: everything that the host itself found. */
  readonly reasons?: readonly PreflightReason[];
}

/** `points = weight * value`; the points of a candidate add up to its score. Integers. */
export interface ScoreTerm {
  readonly name: string;
  readonly weight: number;
  readonly value: number;
  readonly points: number;
}

export interface Candidate {
  readonly hostId: HostId;
  readonly score: number;
  readonly terms: readonly ScoreTerm[];
}

export interface PlacementRequest {
  readonly shape: VmShape;
  /** Set when a VM moves: the host it runs on, never a candidate, and the floor for QEMU's version. */
  readonly source?: HostId;
  /** Only this host will do: a person named it. */
  readonly only?: HostId;
  readonly exclude?: readonly HostId[];
  /** Where it was before, of a VM that is started again: a little better than others. */
  readonly home?: HostId;
  /** The VM's own, or the cluster's, if absent. */
  readonly policy?: ScorePolicy;
  /** VMs that move from the same host at the same time, because a rule keeps them together. */
  readonly along?: readonly VmId[];
  /** Ruled out is also a host after which the loss of some host is not borne that is borne now. */
  readonly keepsHeadroom?: boolean;
  /** A move that is to begin now: a host without a free slot for it is ruled out. */
  readonly needsSlot?: boolean;
}

/** Candidates best first, rejections by host id. A host is in exactly one of the two lists. */
export type PlacementAnswer =
  | {
      readonly type: 'placed';
      readonly hostId: HostId;
      readonly candidates: readonly Candidate[];
      readonly rejections: readonly Rejection[];
    }
  | { readonly type: 'refused'; readonly rejections: readonly Rejection[] };
