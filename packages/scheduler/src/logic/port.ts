/**
 * The seam between the scheduler's logic and the world: events in, commands out, both plain values.
 * `shell/perform.ts` does the commands for real; the simulator interprets the same ones.
 */
import type { AgentCommand, AgentMessage, Query, QueryReply } from '@drover/protocol';

/** Decide by `monoMs`, which never jumps; write `wallMs` into records for people to read. */
export interface Now {
  readonly monoMs: number;
  readonly wallMs: number;
}

export interface StoreEntry {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  readonly modRevision: number;
}

export interface StoreChange {
  readonly key: string;
  /** Absent: deleted. */
  readonly value?: string;
  readonly modRevision: number;
}

export type SchedulerEvent =
  /** This process leads; `epoch` is the create revision of its leader key. */
  | { readonly type: 'elected'; readonly epoch: string }
  /** It leads no more (or cannot know). The logic answers with `exit`. */
  | { readonly type: 'deposed'; readonly reason: string }
  /** Everything under `intent/` and `decision/` at one revision: after election, and as periodic resync. */
  | { readonly type: 'loaded'; readonly revision: number; readonly entries: readonly StoreEntry[] }
  /** A watch's batch, in revision order; own commits are among them. */
  | {
      readonly type: 'changed';
      readonly revision: number;
      readonly changes: readonly StoreChange[];
    }
  /** Outcome of the one commit in flight. `conflict`: nothing was written. `unknown` is never sent: the
   * shell reads it back by commit id until it knows. */
  | {
      readonly type: 'committed';
      readonly commitId: string;
      readonly outcome: 'done' | 'conflict';
      readonly revision: number;
    }
  | { readonly type: 'agent-said'; readonly hostId: string; readonly message: AgentMessage }
  | { readonly type: 'asked'; readonly queryId: string; readonly query: Query }
  | { readonly type: 'woke'; readonly key: string };

export interface Put {
  readonly key: string;
  /** JSON text; absent: delete. */
  readonly value?: string;
  /** The object's revision that this decision was made from; 0: it must not exist. */
  readonly expectedModRevision: number;
}

export type SchedulerCommand =
  /** One transaction: compares the leader key's epoch and every `expectedModRevision`, then writes all and
   * the `last-commit` record. At most one is in flight: the next waits for its `committed`. */
  | { readonly type: 'commit'; readonly commitId: string; readonly puts: readonly Put[] }
  | { readonly type: 'send'; readonly command: AgentCommand }
  | { readonly type: 'reply'; readonly queryId: string; readonly reply: QueryReply }
  /** The reply comes later, and surely: hosts are asked first. */
  | { readonly type: 'defer'; readonly queryId: string }
  /** Fleeting news for the API's event stream. */
  | { readonly type: 'announce'; readonly json: string }
  | { readonly type: 'wake'; readonly key: string; readonly atMonoMs: number }
  /** Ask the shell for a fresh `loaded` (after a conflict, or when in doubt). */
  | { readonly type: 'reload' }
  | { readonly type: 'exit'; readonly reason: string }
  /** One line of the trace: fixed columns, stable words; the shell logs it. */
  | { readonly type: 'trace'; readonly level: 'info' | 'warn' | 'error'; readonly text: string };

export interface SchedulerLogic {
  /** Total and synchronous: same state, same `now`, same event, same commands. */
  handle(now: Now, event: SchedulerEvent): readonly SchedulerCommand[];
}

export interface SchedulerOptions {
  readonly instanceId: string;
  /** Defaults in logic/settings.ts. */
  readonly settings?: Partial<SchedulerSettings>;
}

/** Times in milliseconds of the monotonic clock. */
export interface SchedulerSettings {
  readonly suspectAfterMs: number;
  readonly downAfterMs: number;
  /** After election, how long hosts may be silent before silence means anything. */
  readonly startupGraceMs: number;
  /** How long a step waits for its result before it is unknown and both sides are asked. */
  readonly stepTimeoutMs: number;
  readonly gracefulStopTimeoutMs: number;
  readonly resyncMs: number;
  /** Ended operations that are kept. */
  readonly operationsKept: number;
  readonly drainAttempts: number;
  /**
   * Of memory on its way. `required`: QEMU's TLS, or the tunnel where a host cannot do that. `preferred`: QEMU's
   * TLS, or in clear. `off`: in clear.
   */
  readonly encryption: 'required' | 'preferred' | 'off';
}
