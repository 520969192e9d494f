/**
 * Several connections to one daemon behind the face of one: short calls and events, statistics, and one
 * for each long call, so that none of them can keep another waiting. Connects again by itself; a call that
 * was under way is never repeated, and after a gap every listener gets a `resync`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { CallArguments, Caller, Listening, Resync } from '../connection/caller.ts';
import type { Connection } from '../connection/connection.ts';
import type { EventFilter } from '../connection/event-registrar.ts';
import {
  defaults,
  type CallOptions,
  type Lane,
  type StreamOptions,
} from '../connection/options.ts';
import type { LibvirtStream } from '../connection/stream.ts';
import { CallAbandonedError, ConnectionError, isPermanent } from '../errors.ts';
import type { EventName, EventOf } from '../protocol/events.ts';
import type { ArgsOf, ProcedureName, RetOf } from '../protocol/procedures.ts';
import { Budget } from './budget.ts';
import { KeptConnection, type OpenConnection } from './kept-connection.ts';
import { laneOf } from './lanes.ts';
import { LongConnections } from './long-connections.ts';
import { poolDefaults, type PoolOptions, type PoolStatus } from './options.ts';
import { Subscriptions, type PoolListener } from './subscriptions.ts';

export class ConnectionPool implements Caller, AsyncDisposable {
  readonly #control: KeptConnection;
  readonly #statistics: KeptConnection;
  readonly #long: LongConnections;
  readonly #subscriptions = new Subscriptions();
  readonly #waitMs: number;
  readonly #callTimeoutMs: number;
  readonly #onStatus: (status: PoolStatus) => void;
  readonly #pauses: { readonly firstPauseMs: number; readonly longestPauseMs: number };
  #closed = false;

  /** `openConnection` makes one connection, ready for calls. */
  constructor(
    openConnection: OpenConnection,
    options: PoolOptions & { readonly callTimeoutMs?: number } = {},
  ) {
    const all = { ...poolDefaults, ...options };
    this.#waitMs = all.waitMs;
    this.#callTimeoutMs = options.callTimeoutMs ?? defaults.callTimeoutMs;
    this.#onStatus = options.onStatus ?? (() => undefined);
    this.#pauses = { firstPauseMs: all.firstPauseMs, longestPauseMs: all.longestPauseMs };
    this.#control = new KeptConnection({
      ...this.#pauses,
      always: true,
      open: (signal) => this.#openControl(openConnection, signal),
      onUp: () => this.#onStatus({ state: 'connected' }),
      onDown: ({ reason, error }) => this.#tellDown(new ConnectionError(reason, false, error)),
      onFailure: (error) => this.#tellDown(error),
    });
    this.#statistics = new KeptConnection({ ...this.#pauses, always: false, open: openConnection });
    this.#long = new LongConnections({
      open: openConnection,
      max: all.maxLong,
      idleMs: all.idleMs,
    });
  }

  /** Makes the first connection, in one attempt. */
  open(signal?: AbortSignal): Promise<void> {
    return this.#control.start(signal);
  }

  /** Is there a control connection right now? */
  get isUsable(): boolean {
    return this.#control.current !== undefined;
  }

  async call<P extends ProcedureName>(
    name: P,
    ...[args, options = {}]: CallArguments<P, CallOptions>
  ): Promise<RetOf<P>> {
    const run = (connection: Connection, left: CallOptions) =>
      connection.call(name, ...([args, left] as CallArguments<P, CallOptions>));
    return this.#on(name, options, run);
  }

  async openStream<P extends ProcedureName>(
    name: P,
    args: ArgsOf<P>,
    options: StreamOptions = {},
  ): Promise<LibvirtStream> {
    const run = (connection: Connection, left: CallOptions) =>
      connection.openStream(name, args, { ...options, ...left });
    return this.#on(name, options, run);
  }

  async listen<N extends EventName>(
    names: readonly N[],
    listener: (event: EventOf<N> | Resync) => void,
    filter: EventFilter = {},
  ): Promise<Listening> {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const subscription = this.#subscriptions.add({
      names,
      listener: listener as PoolListener,
      filter,
      end,
    });
    // However long the first connection takes: none counts as up without its listeners.
    using budget = new Budget({ timeoutMs: Number.POSITIVE_INFINITY }, 0, Number.POSITIVE_INFINITY);
    try {
      await this.#retried('control', budget, async (connection) => {
        await this.#subscriptions.register(subscription, connection);
      });
    } catch (error) {
      await this.#subscriptions.remove(subscription);
      throw error;
    }
    return { ended, [Symbol.asyncDispose]: () => this.#subscriptions.remove(subscription) };
  }

  /** Ends all connections; calls that run reject. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#control.close(), this.#statistics.close(), this.#long.close()]);
    this.#subscriptions.endAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #openControl(open: OpenConnection, signal: AbortSignal): Promise<Connection> {
    const connection = await open(signal);
    try {
      await this.#subscriptions.registerAll(connection);
    } catch (error) {
      connection.destroy('connect-failed', error as Error);
      throw error;
    }
    return connection;
  }

  async #on<T>(
    name: ProcedureName,
    options: CallOptions,
    run: (connection: Connection, left: CallOptions) => Promise<T>,
  ): Promise<T> {
    using budget = new Budget(options, this.#callTimeoutMs, this.#waitMs);
    try {
      return await this.#retried(options.lane ?? laneOf(name), budget, (connection) =>
        run(connection, budget.left()),
      );
    } catch (error) {
      const { spent } = budget;
      if (spent === undefined || !isUnsent(error)) throw error;
      throw new CallAbandonedError(spent, name, false, error);
    }
  }

  /** What never left may be said again, on the next connection. */
  async #retried<T>(lane: Lane, budget: Budget, use: (connection: Connection) => Promise<T>) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#over(lane, budget, use);
      } catch (error) {
        if (this.#closed || !isUnsent(error) || isPermanent(error.cause)) throw error;
        // A connection that has just gone is no reason to give up, a failed attempt to make one may be.
        if (error.reason === 'connect-failed' && budget.hasWaited) throw error;
        if (attempt > 0) await this.#rest(attempt, budget.signal);
      }
    }
  }

  async #over<T>(lane: Lane, budget: Budget, use: (connection: Connection) => Promise<T>) {
    // Where the control connection is away so is the daemon.
    const control = this.#control.current ?? (await this.#control.get(budget.waitSignal));
    if (lane === 'control') return use(control);
    if (lane === 'long') return this.#long.with(budget.signal, use);
    return use(this.#statistics.current ?? (await this.#statistics.get(budget.signal)));
  }

  async #rest(attempt: number, signal: AbortSignal): Promise<void> {
    const { firstPauseMs, longestPauseMs } = this.#pauses;
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempt, 16));
    await pause(pauseMs, undefined, { signal }).catch(() => undefined);
  }

  #tellDown(error: Error): void {
    if (!this.#closed) this.#onStatus({ state: 'disconnected', error });
  }
}

/** It never reached the daemon. */
function isUnsent(error: unknown): error is ConnectionError {
  return error instanceof ConnectionError && !error.sent;
}
