/**
 * One connection that is there whenever somebody wants it: opened on demand or always kept up, replaced
 * when it ends or is retired, with a growing pause between attempts. What runs over it is left to the pool.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from '../connection/connection.ts';
import type { Closed } from '../connection/options.ts';
import { ConnectionError, isPermanent } from '../errors.ts';

export type OpenConnection = (signal: AbortSignal) => Promise<Connection>;

export interface KeptOptions {
  /** Opens a connection and makes it ready for use. */
  readonly open: OpenConnection;
  /** Reconnect without being asked. */
  readonly always: boolean;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  readonly onUp?: (connection: Connection) => void;
  readonly onDown?: (closed: Closed) => void;
  readonly onFailure?: (error: Error) => void;
}

interface Waiter {
  readonly resolve: (connection: Connection) => void;
  readonly reject: (error: Error) => void;
}

export class KeptConnection {
  readonly #options: KeptOptions;
  readonly #stopped = new AbortController();
  readonly #waiters = new Set<Waiter>();
  /** All that have not ended: the current one, and retired ones whose calls still run. */
  readonly #open = new Set<Connection>();
  #current: Connection | undefined;
  #isRunning = false;
  #running: Promise<void> | undefined;
  #lastError: Error | undefined;

  constructor(options: KeptOptions) {
    this.#options = options;
  }

  /** The connection, while it takes calls. */
  get current(): Connection | undefined {
    return this.#current?.isUsable === true ? this.#current : undefined;
  }

  /** One attempt, whose failure is the caller's; from then on it is kept up if that was wanted. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    const { signal: stopped } = this.#stopped;
    const either = signal === undefined ? stopped : AbortSignal.any([stopped, signal]);
    await this.#attempt(either);
    if (this.#options.always) this.#run();
  }

  /**
   * Resolves with a connection that takes calls; waits through failed attempts until the signal, then
   * rejects with the last attempt's error. An error that no second try can mend rejects at once.
   */
  async get(signal: AbortSignal): Promise<Connection> {
    const { current } = this;
    if (current !== undefined) return current;
    if (this.#stopped.signal.aborted) throw new ConnectionError('closed', false);
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    const waiter = { resolve, reject };
    const onAbort = () => {
      this.#waiters.delete(waiter);
      const why = this.#lastError ?? new Error('the daemon has not answered yet');
      reject(new ConnectionError('connect-failed', false, why));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else this.#waiters.add(waiter);
    this.#run();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    this.#settleWaiters(({ reject }) => reject(new ConnectionError('closed', false)));
    await Promise.all([...this.#open].map((connection) => connection.close()));
    await this.#running;
  }

  #run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#running = this.#keepUp();
  }

  get #isWanted(): boolean {
    if (this.#stopped.signal.aborted) return false;
    return this.#options.always || this.#waiters.size > 0;
  }

  /** Attempts until one succeeds; if always, again after each end. */
  async #keepUp(): Promise<void> {
    const { firstPauseMs, longestPauseMs } = this.#options;
    let pauseMs = firstPauseMs;
    try {
      while (this.#isWanted) {
        const { current } = this;
        if (current !== undefined) {
          if (!this.#options.always) return;
          await current.unusable;
          pauseMs = firstPauseMs;
        } else if (!(await this.#tried())) {
          await this.#rest(pauseMs);
          pauseMs = Math.min(longestPauseMs, pauseMs * 2);
        }
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** Did an attempt work? */
  async #tried(): Promise<boolean> {
    try {
      await this.#attempt(this.#stopped.signal);
      return true;
    } catch (error) {
      if (isPermanent(error)) this.#settleWaiters(({ reject }) => reject(error as Error));
      return false;
    }
  }

  /** Spread out, so that many clients of a restarted daemon do not come at once. */
  async #rest(pauseMs: number): Promise<void> {
    const spread = pauseMs * (0.5 + Math.random() / 2);
    await pause(spread, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    try {
      const connection = await this.#options.open(signal);
      if (signal.aborted) {
        await connection.close();
        throw new ConnectionError('closed', false, signal.reason);
      }
      this.#up(connection);
    } catch (error) {
      this.#lastError = error instanceof Error ? error : new Error(String(error));
      if (!signal.aborted) this.#options.onFailure?.(this.#lastError);
      throw error;
    }
  }

  #up(connection: Connection): void {
    this.#current = connection;
    this.#lastError = undefined;
    this.#open.add(connection);
    void connection.closed.then(() => this.#open.delete(connection));
    void connection.unusable.then((closed) => {
      if (this.#current !== connection) return;
      this.#current = undefined;
      this.#lastError = new ConnectionError(closed.reason, false, closed.error);
      this.#options.onDown?.(closed);
    });
    this.#options.onUp?.(connection);
    this.#settleWaiters(({ resolve }) => resolve(connection));
  }

  #settleWaiters(settle: (waiter: Waiter) => void): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) settle(waiter);
  }
}
