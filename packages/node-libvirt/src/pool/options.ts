/**
 * What a caller may set on a pool of connections, with the defaults and why they are so.
 */
export interface PoolStatus {
  readonly state: 'connected' | 'disconnected';
  /** Why the connection was lost, or the last attempt failed. */
  readonly error?: Error;
}

export interface PoolOptions {
  /** The pause after a failed attempt to connect; it doubles up to `longestPauseMs`. */
  readonly firstPauseMs?: number;
  readonly longestPauseMs?: number;
  /** How long a call waits for a connection, besides its own deadline. 0: not at all. */
  readonly waitMs?: number;
  /** Long calls and streams at once, each on a connection of its own; more wait. */
  readonly maxLong?: number;
  /** How long a connection for long calls is kept after its last one. */
  readonly idleMs?: number;
  /** Told at each change, and at each failed attempt. */
  readonly onStatus?: (status: PoolStatus) => void;
}

export const poolDefaults = {
  firstPauseMs: 100,
  longestPauseMs: 5000,
  waitMs: Number.POSITIVE_INFINITY,
  // A daemon takes 20 requests at once (`max_workers`); some have to be left for the short ones.
  maxLong: 12,
  idleMs: 30_000,
} as const;
