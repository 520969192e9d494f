export { allocatable } from './cluster/host.ts';
export type {
  Accelerator,
  Arch,
  DeviceStock,
  Host,
  HostHealth,
  HostId,
  HostIntent,
  HostUsage,
  HugePages,
  NumaCell,
  PoolReach,
  Resources,
} from './cluster/host.ts';
export type {
  Barred,
  DiskRequest,
  MigrationMode,
  Vm,
  VmAutomation,
  VmBalance,
  VmCpu,
  VmId,
  VmShape,
  VmState,
  VmUsage,
} from './cluster/vm.ts';
export type { Pool, PoolType } from './cluster/pool.ts';
export { selects } from './cluster/rule.ts';
export type { Scope, Rule, RuleId, Selector } from './cluster/rule.ts';
export type { Cluster, MigrationInFlight, Reservation } from './cluster/cluster.ts';
export type {
  Candidate,
  PlacementAnswer,
  PlacementRequest,
  RefusalReason,
  Rejection,
  ScoreTerm,
} from './placement/answer.ts';
export type { Blocker, DrainPlan, Move, MovePlan, Plan } from './plan/plan.ts';
export type {
  MigrationVerdict,
  Observation,
  ObservedVm,
  ObservedVmState,
} from './migration/observed.ts';
export { Random, type Range } from './random.ts';
export { limits } from './limits.ts';
export { freeOn, promisedOn } from './cluster/load.ts';
export { poolSpaceLeftOn } from './cluster/stock.ts';
export { byId, byText } from './order.ts';
export { withoutVms } from './cluster/without.ts';
export { place } from './placement/place.ts';
export { PlacementIndex, type PlacementIndexOptions } from './placement/placement-index.ts';
export {
  policies,
  policyNames,
  problemWithWeights,
  scoreNames,
  type PolicyName,
  type ScoreName,
  type ScorePolicy,
  type ScoreWeights,
} from './cluster/policy.ts';
export {
  placeBatch,
  placeGang,
  type BatchAnswer,
  type GangAnswer,
  type PlacedVm,
  type RefusedVm,
} from './placement/gang.ts';
export { headroomOf, type Headroom, type HeadroomOptions, type Loss } from './headroom/headroom.ts';
export { roomFor, type RoomFor } from './headroom/room-for.ts';
export {
  planConsolidation,
  type ConsolidateOptions,
  type ConsolidationPlan,
} from './consolidate/consolidate.ts';
export { bentFor, softened } from './rules/bend.ts';
export { ruleConflicts, type RuleConflict } from './rules/conflicts.ts';
export { keptTogether } from './rules/kept-together.ts';
export { ruleState, type RuleState } from './rules/rule-state.ts';
export { planRule, type RulePlan, type RulePlanOptions } from './rules/plan-rule.ts';
export { planRestore, type RestorePlan } from './restore/restore.ts';
export { planRolling, type RollingOptions, type RollingPlan } from './rolling/rolling.ts';
export type { LeftHost, LeftReason } from './rolling/why-left.ts';
export { planRecovery, type RecoveryPlan, type Restart } from './recover/recover.ts';
export { scoreTitles } from './placement/scores.ts';
export { explainMove, explainPlan } from './explain/move.ts';
export { explainPlacement } from './explain/placement.ts';
export { explainRejection, remedyFor } from './explain/refusal.ts';
export { explainCalm, explainStay } from './explain/stay.ts';
export { unattendedBalance } from './balance/unattended.ts';
export { whyItStays, type Stay } from './balance/why-it-stays.ts';
export type { MoveTerm } from './plan/plan.ts';
export { applyMove, applyMoves, beginMove } from './plan/apply.ts';
export { checkMove } from './plan/check.ts';
export type { MoveCheck } from './plan/check.ts';
export { defaultWaveLimits, isWithin } from './plan/wave-limits.ts';
export type { WaveLimits } from './plan/wave-limits.ts';
export { heldBy, heldByItself } from './drain/blockers.ts';
export { planDrain } from './drain/drain.ts';
export { planMove, type PlannedMove } from './plan/move-one.ts';
export type { DrainOptions } from './drain/drain.ts';
export type { Transfer } from './search/costs.ts';
export { explainReason, remediesOf, remedyOf } from './explain/preflight.ts';
export { incomingCodes } from './migration/facts.ts';
export type {
  DiskFact,
  DiskGuard,
  FileFact,
  ImageFact,
  IncomingAnswer,
  IncomingCode,
  IncomingFinding,
  NetworkFact,
  VmFacts,
} from './migration/facts.ts';
export {
  coldReasons,
  heldReasons,
  modeFor,
  modeOfGuards,
  preflightCodes,
  targetReasons,
  type ModeChoice,
  type PreflightCode,
  type PreflightReason,
} from './migration/preflight.ts';
export { linkShare } from './migration/link-share.ts';
export type { LinkPace } from './migration/link-share.ts';
export { resolveMigration } from './migration/resolve.ts';
export {
  effectivePolicy,
  extrasOf,
  migrationPresetNames,
  migrationPresets,
  problemWithWish,
  type EffectivePolicy,
  type MigrationExtra,
  type MigrationField,
  type MigrationPolicy,
  type MigrationPreset,
  type MigrationWish,
  type MigrationWishes,
  type ThrottleLadder,
  type WhenStuck,
} from './migration/policy.ts';
export {
  predictMigration,
  timeoutSecondsOf,
  type MigrationForecast,
  type MigrationForecastInput,
} from './migration/predict.ts';
export type { BothSides } from './migration/resolve.ts';
export { readGaneti, writeGaneti } from './dump/ganeti.ts';
export { DumpError } from './dump/error.ts';
export { planBalance, type BalancePlan, type CalmReason } from './balance/balance.ts';
export { otherTargets, type OtherTarget } from './balance/other-targets.ts';
export { steadyBalance } from './balance/steady.ts';
export {
  balanceDefaults,
  tempers,
  type Aggressiveness,
  type BalanceOptions,
  type RecentMove,
  type Temper,
} from './balance/options.ts';
export { loadWeights, type LoadTerm, type LoadWeights } from './search/loads.ts';
export { planOrder, type Order, type TimedMove, type Wanted } from './plan/plan-order.ts';
export { dumpCluster, loadCluster } from './dump/dump.ts';
