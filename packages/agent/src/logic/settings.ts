/**
 * The agent's times and bounds, with the values a host uses. What each means is in port.ts; this file only
 * says how much.
 */
import { wireLimits } from '@drover/protocol';
import type { AgentSettings } from './port.ts';

export const defaultSettings: AgentSettings = {
  heartbeatMs: 2_000,
  inventoryMs: 60_000,
  observeMs: 4_000,
  useMs: 10_000,
  freshNonces: 8,
  parallelActions: 32,
  parallelJobs: 4,
  journalTail: wireLimits.journalTail,
  quarantineMs: 30_000,
};

/** Ended steps that are remembered, so that a repeated command is answered and not done again. */
export const keptSteps = 256;

/** VMs whose highest generation is remembered. */
export const keptGenerations = 65_536;
