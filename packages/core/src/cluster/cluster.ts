/**
 * The snapshot: one immutable picture of the cluster, made for one decision.
 */
import type { ScorePolicy } from './policy.ts';
import type { Host, HostId, Resources } from './host.ts';
import type { Pool } from './pool.ts';
import type { Rule } from './rule.ts';
import type { Vm, VmId } from './vm.ts';

/** Capacity held on a target from the decision until its outcome is known. */
export interface Reservation {
  readonly operationId: string;
  readonly vmId: VmId;
  readonly hostId: HostId;
  readonly request: Resources;
}

/** A migration that has been decided and has not ended; counts against the slots of both hosts. */
export interface MigrationInFlight {
  readonly operationId: string;
  readonly vmId: VmId;
  readonly source: HostId;
  readonly target: HostId;
}

export interface Cluster {
  /** etcd revision that the snapshot was made from. */
  readonly revision: number;
  readonly hosts: ReadonlyMap<HostId, Host>;
  readonly vms: ReadonlyMap<VmId, Vm>;
  /** By name; empty where nobody declared any. */
  readonly pools?: ReadonlyMap<string, Pool>;
  readonly rules?: readonly Rule[];
  /** What places are judged by where neither request nor VM says; `balanced` if absent. */
  readonly policy?: ScorePolicy;
  readonly reservations: readonly Reservation[];
  readonly migrations: readonly MigrationInFlight[];
}
