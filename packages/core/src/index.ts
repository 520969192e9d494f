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
export { freeOn, promisedOn } from './cluster/load.ts';
export { byId, byText } from './order.ts';
export { place } from './placement/place.ts';
export { explainPlacement, explainRejection, remedyFor } from './explain.ts';
export { applyMove, beginMove } from './plan/apply.ts';
export { checkMove } from './plan/check.ts';
export type { MoveCheck } from './plan/check.ts';
export { defaultWaveLimits, toWaves } from './plan/order.ts';
export type { WaveLimits } from './plan/order.ts';
export { planDrain, planMove } from './drain/drain.ts';
export type { DrainOptions } from './drain/drain.ts';
export { resolveMigration } from './migration/resolve.ts';
export type { BothSides } from './migration/resolve.ts';
