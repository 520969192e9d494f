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
