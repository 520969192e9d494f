/**
 * What a caller may set on a connection and on one call, with the defaults and why they are so.
 */
import type { Duplex } from 'node:stream';
import type { CredentialSource } from '../auth/sasl.ts';
import type { CloseReason } from '../errors.ts';
import type { EventFilter } from './event-registrar.ts';
import type { KeepaliveOptions } from './link.ts';

export interface ConnectOptions {
  /**
   * The way to the daemon and the driver to open there, such as `qemu:///system` or
   * `qemu+tls://h2/system`. With `socketPath` or `transport` the driver alone, sent as it is.
   */
  readonly uri?: string;
  /** The daemon's unix socket, whatever `uri` says. */
  readonly socketPath?: string;
  /**
   * Any connected byte stream to a daemon, or how to get one, whatever `uri` and `socketPath` say. With
   * one stream there is one connection and no reconnecting.
   */
  readonly transport?: Duplex | ((signal: AbortSignal) => Duplex | Promise<Duplex>);
  readonly readOnly?: boolean;
  /** For a daemon that asks for a password (SASL). Over TCP without TLS none is ever proved. */
  readonly auth?: CredentialSource;
  /** For the whole connect sequence. */
  readonly connectTimeoutMs?: number;
  /** For a call that names no deadline of its own. */
  readonly callTimeoutMs?: number;
  /** Calls at the daemon at once; more than 4 freeze a daemon with default settings. */
  readonly maxInFlight?: number;
  /** Calls that may wait for a place. */
  readonly maxQueued?: number;
  readonly keepalive?: KeepaliveOptions | false;
  readonly signal?: AbortSignal;
}

/**
 * Which of a pool's connections a call goes over. `control`: short calls and events. `statistics`: what
 * may wait for storage, a busy domain or a slow probe. `long`: takes as long as it takes, each on a
 * connection of its own.
 */
export type Lane = 'control' | 'statistics' | 'long';

export interface CallOptions {
  /** From now, the wait for a connection and a place included. `Infinity` for none. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** In a pool, instead of the procedure's own lane. */
  readonly lane?: Lane;
}

/** A call whose behaviour flags change: the bits of the constant that its docstring names. */
export interface FlagOptions extends CallOptions {
  readonly flags?: number;
}

/** The signal ends the open stream as well; the deadline is for its opening. */
export interface StreamOptions extends CallOptions {
  /** How long an open stream may make no progress. */
  readonly idleMs?: number;
  /** Holes may pass both ways; the call's own flag has to say so too. */
  readonly sparse?: boolean;
}

export interface EventStreamOptions extends EventFilter {
  /** Events held for a slow reader. */
  readonly limit?: number;
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

/** How a connection ended. */
export interface Closed {
  readonly reason: CloseReason;
  readonly error: Error | undefined;
}

export const defaults = {
  uri: 'qemu:///system',
  connectTimeoutMs: 10_000,
  // The daemon itself waits up to 30 s for a domain's job lock and then says so; hear it out.
  callTimeoutMs: 40_000,
  maxInFlight: 4,
  maxQueued: 1024,
  keepalive: { intervalMs: 5000, count: 5 },
  /** Abandoned calls that make a connection not worth keeping. */
  maxAbandoned: 2,
  closeTimeoutMs: 1000,
  streamIdleMs: 60_000,
  eventLimit: 1024,
} as const;
