export { createAgent } from './agent.ts';
export { compact, replay } from './journal.ts';
export { defaultSettings } from './settings.ts';
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
