/**
 * What the agent and a process that works in pools say to each other: one order on stdin, then perhaps words about it;
 * lines on stdout until the last one, after which it ends or waits for another order, as that says. Both are of one
 * checkout, so that nothing is checked here.
 */
import type {
  FileFacts,
  Pool,
  StorageJob,
  StorageProgress,
  StoredFacts,
  StoredFile,
} from '@drover/protocol';
import type { HypervisorAction } from '../../logic/index.ts';
import type { ListAsk, Listed } from './list-files.ts';
import type { MemoryState } from './memory.ts';
import type { Leftover, Owner } from './quarantine.ts';

export type Transfer = Extract<HypervisorAction, { type: 'open-transfer' }>['transfer'];

/** What a process is needed for. */
export type WorkJob = Exclude<StorageJob, { readonly job: 'give' }>;

export type ProcessOrder = { readonly owner: Owner } & (
  | {
      readonly kind: 'job';
      readonly opId: string;
      readonly job: WorkJob;
      /** An earlier process of the operation could not be ended: what it works in is taken from it. */
      readonly isFenced: boolean;
    }
  | {
      readonly kind: 'transfer';
      readonly opId: string;
      readonly transfer: Transfer;
      readonly secret: string;
      /** All addresses if absent. */
      readonly host?: string;
      /** The first that is free is taken. */
      readonly ports: readonly number[];
      readonly idleMs: number;
    }
  /** With the file of a VM's memory, around what libvirt does. */
  | { readonly kind: 'memory'; readonly opId: string; readonly work: MemoryWork }
  /** Takes away what earlier processes of this host have left in the pool. */
  | { readonly kind: 'sweep'; readonly pool: Pool }
  /** Looks what is there of Drover's naming. */
  | { readonly kind: 'list'; readonly pool: Pool; readonly ask: ListAsk }
  /** And what one operation of this host has. */
  | { readonly kind: 'discard'; readonly pool: Pool; readonly opId: string }
);

export type MemoryWork =
  | { readonly type: 'make-room'; readonly pool: Pool; readonly roomBytes: number }
  | {
      readonly type: 'look' | 'take' | 'give-back';
      readonly at: StoredFile;
      readonly facts: FileFacts;
    };

export type Progress = Pick<StorageProgress, 'phase' | 'doneBytes' | 'totalBytes'>;

export type ProcessLine =
  | { readonly type: 'progress'; readonly progress: Progress }
  /** Nothing to tell, but something was read or written. */
  | { readonly type: 'alive' }
  | { readonly type: 'listening'; readonly port: number }
  /** A transfer has taken all that was announced. */
  | { readonly type: 'whole' }
  | {
      readonly type: 'done';
      readonly stored?: StoredFacts;
      readonly sourceSha256?: string;
      readonly leftovers?: readonly Leftover[];
      readonly listed?: Listed;
      /** For another order: as the user that it was started as, or as whom the pools of this one belong to. */
      readonly waits?: 'as-it-was' | 'as-another';
      readonly memory?: MemoryState;
    }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };

/** A word after the order: to end, or that what it waits for may have come. */
export type ProcessWord = { readonly type: 'abort' | 'look' };
