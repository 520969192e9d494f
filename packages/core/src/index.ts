export { allocatable } from './cluster/host.ts';
export type {
  Accelerator,
  Arch,
  Host,
  HostHealth,
  HostId,
  HostIntent,
  HostUsage,
  NumaCell,
  PoolReach,
  Resources,
} from './cluster/host.ts';
export type { MigrationMode, Vm, VmId, VmShape, VmState } from './cluster/vm.ts';
export type { Cluster, MigrationInFlight, Reservation } from './cluster/cluster.ts';
export type {
  Candidate,
  PlacementAnswer,
  PlacementRequest,
  RefusalReason,
  Rejection,
  ScoreTerm,
} from './placement/answer.ts';
export type { Blocker, DrainPlan, Move } from './plan/plan.ts';
export type {
  MigrationVerdict,
  Observation,
  ObservedVm,
  ObservedVmState,
} from './migration/observed.ts';
export { limits } from './limits.ts';
