export { extrasOf } from '@drover/core';
export { Convergence } from './converge.ts';
export type { ConvergenceOrder, ConvergenceSample, ConvergenceStep } from './converge.ts';
export { createAgent } from './agent.ts';
export {
  asksForCpu,
  incomingFindings,
  networksOf,
  pathsOf,
  urlsOf,
  type IncomingHost,
  type IncomingPart,
  type Learnt,
  type NetworkThere,
  type Stood,
} from './incoming.ts';
export { compact, replay } from './journal.ts';
export { defaultSettings } from './settings.ts';
export {
  fullBelowMib,
  poolReport,
  wrongMount,
  type PoolFiles,
  type PoolThere,
} from './pool-condition.ts';
export { TimelineKeeper } from './timeline.ts';
export { isUsageMinute, type UsageMinute } from './usage-history.ts';
export { minutesKept } from './usage-ring.ts';
export { writingOf, type Writing, type WritingSample } from './writing.ts';
export type {
  ActionOutcome,
  AgentAction,
  AgentEvent,
  AgentLogic,
  AgentOptions,
  AgentSettings,
  HostFacts,
  HypervisorAction,
  JournalRecord,
  Now,
} from './port.ts';
