/** What every act of an agent's shell works on, and the answers that are the same for all of them. */
import type { ActionOutcome, HypervisorAction } from '@drover/agent/logic';
import type { Random } from '@drover/core';
import type { MigrationProgress, StorageProgress } from '@drover/protocol';
import type { Host } from '../host.ts';
import type { Life } from '../life.ts';
import type { Migrations } from '../migration.ts';
import type { Tempo } from '../tempo.ts';

/** Something done to a VM that ends it, or could. */
export type Harm = 'power-button' | 'plug' | 'reset' | 'paused' | 'destroyed';

export interface ActsWorld {
  readonly life: Life;
  readonly host: Host;
  readonly random: Random;
  readonly tempo: Tempo;
  readonly migrations: Migrations;
  readonly hostAt: (address: string) => Host | undefined;
  readonly onProgress: (progress: MigrationProgress) => void;
  readonly onJobProgress: (progress: StorageProgress) => void;
  /** Jobs of this agent's life that are under way, by operation and step: how each is cancelled. */
  readonly jobs: Map<string, () => void>;
  readonly onHarm: (harm: Harm, vmId: string, opId: string) => void;
  /** A file goes because it is said to be an orphan. */
  readonly onDeleted: (pool: string, file: string, opId: string) => void;
  readonly onAnswer: (outcome: ActionOutcome) => void;
}

export type Of<T extends HypervisorAction['type']> = Extract<HypervisorAction, { type: T }>;

/** Of a call of libvirt. */
export const callMs = 30_000;
export const lookMs = 1_000;
export const locked = 'Failed to get "write" lock';

export const done: ActionOutcome = { outcome: 'done' };

export const unanswered: ActionOutcome = {
  outcome: 'unknown',
  error: { code: 'hypervisor-unreachable', message: 'the call was not answered in time' },
};

export const unreachable: ActionOutcome = {
  outcome: 'failed',
  error: { code: 'hypervisor-unreachable', message: 'libvirt does not answer' },
};

export function failed(code: string, message: string): ActionOutcome {
  return { outcome: 'failed', error: { code, message } };
}
