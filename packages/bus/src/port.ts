/**
 * What Drover needs of NATS, as a port: messages that arrive at most once, queues that stay bounded, and
 * a connection that comes back by itself. What the messages say, and who may use which subject, is
 * protocol's. Nobody may rely on a message having arrived: results are asked for again by reconciling.
 */

export type BusState = 'connected' | 'disconnected';

export interface SubscribeOptions {
  /** Messages that may wait while the handler is busy. */
  readonly queueLimit: number;
  /** Which message goes when the queue is full; each is counted in `stats.dropped`. */
  readonly onOverflow: 'drop-oldest' | 'drop-newest';
}

export interface RespondOptions {
  /** Requests answered at the same time; more are dropped and counted. Default 64. */
  readonly concurrency?: number;
}

export interface Subscription {
  /** No handler is called after this. */
  close(): void;
}

export interface BusStats {
  readonly published: number;
  /** Not sent: the bus was disconnected. */
  readonly refusedDisconnected: number;
  /** Not sent: longer than `wireLimits.messageBytes`. */
  readonly refusedTooLong: number;
  readonly received: number;
  /** Received, but thrown away since a queue was full. */
  readonly dropped: number;
  /** Received, but longer than `wireLimits.messageBytes` or not UTF-8. */
  readonly malformed: number;
  /** What the server did not allow this identity to do. */
  readonly permissionViolations: number;
  readonly connects: number;
  readonly disconnects: number;
  /** Why it could not connect, or was disconnected, last; for people. */
  readonly lastError?: string;
}

export type MessageHandler = (text: string, subject: string) => void | Promise<void>;
export type RequestHandler = (text: string) => Promise<string>;

export interface Bus extends AsyncDisposable {
  readonly state: BusState;
  readonly stats: BusStats;
  /**
   * Hands one message to the connection. `false`: it was not sent and never will be, as the bus is
   * disconnected (a command must not arrive late) or the text too long.
   */
  publish(subject: string, text: string): boolean;
  /**
   * One message after the other; the next waits for the handler's promise. A handler that throws is a
   * defect and ends the process. Survives reconnects; what was sent in between is lost.
   */
  subscribe(subject: string, handler: MessageHandler, options: SubscribeOptions): Subscription;
  /**
   * Rejects with a `DroverError`: `no-leader` where nobody answers the subject, `bus-unavailable` when
   * disconnected or after `timeoutMs` (the request may have been acted on).
   */
  request(subject: string, text: string, timeoutMs: number): Promise<string>;
  respond(subject: string, handler: RequestHandler, options?: RespondOptions): Subscription;
  /** Called on every change, and once with the present state, soon. */
  onStatus(handler: (state: BusState) => void): Subscription;
}

export interface BusOptions {
  /** `nats://127.0.0.1:4222`, one or more. */
  readonly servers: readonly string[];
  /** Seed of the identity's NKey (`SU…`); absent: no authentication, for tests. */
  readonly nkeySeed?: string | Uint8Array;
  /** For people who look at the server's connections. */
  readonly name: string;
  /** Replies arrive under it; see `inboxPrefix` in protocol. Needed for `request`. */
  readonly inboxPrefix?: string;
}
