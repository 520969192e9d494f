/**
 * Connections that one long call or stream has to itself: lent out, taken back when nothing of it occupies
 * the daemon any more, kept for a while for the next. At most so many at once; the rest wait their turn.
 */
import type { Connection } from '../connection/connection.ts';
import { ConnectionError } from '../errors.ts';
import type { OpenConnection } from './kept-connection.ts';

export interface LongOptions {
  readonly open: OpenConnection;
  readonly max: number;
  readonly idleMs: number;
}

interface Idle {
  readonly connection: Connection;
  readonly timer: NodeJS.Timeout;
}

export class LongConnections {
  readonly #options: LongOptions;
  readonly #stopped = new AbortController();
  readonly #all = new Set<Connection>();
  #idle: Idle[] = [];
  #lent = 0;
  #waiting: (() => void)[] = [];

  constructor(options: LongOptions) {
    this.#options = options;
  }

  /**
   * Runs `use` with a connection of its own. The place is free again when the daemon has finished with
   * what was asked, also if the caller has given up by then.
   */
  async with<T>(signal: AbortSignal, use: (connection: Connection) => Promise<T>): Promise<T> {
    await this.#turn(signal);
    let connection: Connection;
    try {
      connection = this.#takeIdle() ?? (await this.#new(signal));
    } catch (error) {
      this.#giveTurn();
      throw error;
    }
    try {
      return await use(connection);
    } finally {
      void connection.whenIdle().then(() => this.#takeBack(connection));
    }
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    for (const { timer } of this.#idle) clearTimeout(timer);
    for (const wake of this.#waiting) wake();
    await Promise.all([...this.#all].map((connection) => connection.close()));
  }

  async #turn(signal: AbortSignal): Promise<void> {
    while (this.#lent >= this.#options.max) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      this.#waiting = this.#waiting.filter((wake) => wake !== resolve);
      this.#check(signal);
    }
    this.#check(signal);
    this.#lent += 1;
  }

  #check(signal: AbortSignal): void {
    if (this.#stopped.signal.aborted) throw new ConnectionError('closed', false);
    if (signal.aborted) throw new ConnectionError('connect-failed', false, signal.reason);
  }

  #giveTurn(): void {
    this.#lent -= 1;
    this.#waiting.shift()?.();
  }

  #takeIdle(): Connection | undefined {
    for (;;) {
      const idle = this.#idle.pop();
      if (idle === undefined) return undefined;
      clearTimeout(idle.timer);
      if (idle.connection.isUsable) return idle.connection;
    }
  }

  async #new(signal: AbortSignal): Promise<Connection> {
    const either = AbortSignal.any([signal, this.#stopped.signal]);
    const connection = await this.#options.open(either);
    this.#all.add(connection);
    void connection.closed.then(() => this.#all.delete(connection));
    if (this.#stopped.signal.aborted) {
      await connection.close();
      throw new ConnectionError('closed', false);
    }
    return connection;
  }

  #takeBack(connection: Connection): void {
    this.#giveTurn();
    if (!connection.isUsable || this.#stopped.signal.aborted) return;
    const timer = setTimeout(() => {
      this.#idle = this.#idle.filter((idle) => idle.connection !== connection);
      void connection.close();
    }, this.#options.idleMs);
    this.#idle.push({ connection, timer });
  }
}
