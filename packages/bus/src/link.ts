/**
 * Keeps one connection to NATS alive, for ever. Each is a new one, and the client's own reconnecting is
 * off: it would send, late, what was published while it was away. Subscribing again is the owner's.
 */
import { setTimeout as wait } from 'node:timers/promises';
import {
  connect,
  type ConnectionOptions,
  type NatsConnection,
  nkeyAuthenticator,
  nkeys,
  PermissionViolationError,
} from '@nats-io/transport-node';
import type { BusOptions } from './port.ts';

const backoffMs = { first: 100, most: 2_000 } as const;

export interface LinkHandlers {
  onUp(connection: NatsConnection): void;
  onDown(): void;
  onPermissionViolation(): void;
  /** It could not connect, or the server said why it disconnects. */
  onError(why: string): void;
}

export class Link {
  readonly #servers: readonly string[];
  readonly #options: Omit<ConnectionOptions, 'servers'>;
  readonly #handlers: LinkHandlers;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  #connection: NatsConnection | undefined;

  constructor(options: BusOptions, handlers: LinkHandlers) {
    if (options.servers.length === 0) throw new Error('the bus needs a server');
    this.#servers = options.servers;
    this.#options = connectionOptions(options);
    this.#handlers = handlers;
    this.#running = this.#run();
  }

  /** `undefined`: disconnected. */
  get connection(): NatsConnection | undefined {
    return this.#connection;
  }

  /** Sends what was handed over already, if that takes no longer than a moment. */
  async close(): Promise<void> {
    this.#ending.abort();
    const connection = this.#connection;
    if (connection) {
      await Promise.race([connection.flush().catch(() => undefined), wait(500)]);
      await connection.close();
    }
    await this.#running;
  }

  async #run(): Promise<void> {
    let delayMs: number = backoffMs.first;
    // Not all of a thousand agents begin with the same server.
    let turn = Math.floor(Math.random() * this.#servers.length);
    while (!this.#ending.signal.aborted) {
      const server = this.#servers[turn % this.#servers.length];
      turn += 1;
      // Refused credentials are retried like everything else: the server's configuration may follow.
      const connection = await connect({ ...this.#options, servers: [server ?? ''] }).catch(
        (error: unknown) => {
          this.#handlers.onError(`${server}: ${String(error)}`);
          return undefined;
        },
      );
      if (connection) {
        delayMs = backoffMs.first;
        await this.#serve(connection);
      }
      await this.#pause(delayMs * (0.5 + Math.random()));
      delayMs = Math.min(delayMs * 2, backoffMs.most);
    }
  }

  /** Returns when the connection has ended. */
  async #serve(connection: NatsConnection): Promise<void> {
    if (this.#ending.signal.aborted) return await connection.close();
    const closed = connection.closed();
    const watching = this.#watch(connection);
    this.#connection = connection;
    this.#handlers.onUp(connection);
    const error = await closed;
    if (error) this.#handlers.onError(String(error));
    this.#down();
    await watching;
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.#down();
      if (status.type === 'error' && status.error instanceof PermissionViolationError) {
        this.#handlers.onPermissionViolation();
      }
    }
  }

  #down(): void {
    if (!this.#connection) return;
    this.#connection = undefined;
    this.#handlers.onDown();
  }

  async #pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#ending.signal }).catch(() => undefined);
  }
}

function connectionOptions(options: BusOptions): Omit<ConnectionOptions, 'servers'> {
  const { name, nkeySeed, inboxPrefix } = options;
  const seed = typeof nkeySeed === 'string' ? new TextEncoder().encode(nkeySeed) : nkeySeed;
  // A seed that is none would only show as a server that refuses us for ever.
  if (seed !== undefined) nkeys.fromSeed(seed);
  return {
    name,
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
    ...(seed === undefined ? {} : { authenticator: nkeyAuthenticator(seed) }),
    reconnect: false,
    timeout: 5_000,
    // A dead peer is noticed after two unanswered pings.
    pingInterval: 5_000,
    maxPingOut: 2,
    ignoreClusterUpdates: true,
    noAsyncTraces: true,
  };
}
