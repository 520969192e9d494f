/**
 * The end of a transfer that waits: on one port, for who has the key of its operation, until all is there, or nothing has
 * come for too long. What a request means is its handler's affair.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { DroverError } from '@drover/protocol';
import { keyOf, tlsOptions } from './headers.ts';

export interface TransferHandler {
  /** Never rejects; what it cannot answer it ends. `onByte` is called for whatever passes. */
  handle(request: IncomingMessage, response: ServerResponse, onByte: () => void): Promise<void>;
  /** Everything that was to pass has passed. */
  readonly isWhole: boolean;
}

export interface TransferServerOptions {
  readonly opId: string;
  readonly secret: string;
  /** All addresses if absent. */
  readonly host?: string;
  /** The first that is free is taken. */
  readonly ports: readonly number[];
  readonly idleMs: number;
  readonly handler: TransferHandler;
  /** Perhaps more than once. */
  readonly onWhole?: () => void;
}

export type TransferEnding = 'whole' | 'idle' | 'closed';

/** Who did not hear that all is there asks again; and then there should be somebody to say so. */
const lingerMs = 10_000;
const handshakeMs = 10_000;
const connectionsMax = 8;
/** Of what came and was not taken yet. */
const bufferedBytes = 1024 * 1024;

export class TransferServer implements Disposable {
  readonly ended: Promise<TransferEnding>;
  readonly #options: TransferServerOptions;
  readonly #server: Server;
  readonly #end = Promise.withResolvers<TransferEnding>();
  readonly #idle: NodeJS.Timeout;

  private constructor(options: TransferServerOptions) {
    this.#options = options;
    this.ended = this.#end.promise;
    const psk = keyOf(options.secret);
    this.#server = createServer(
      {
        ...tlsOptions,
        handshakeTimeout: handshakeMs,
        headersTimeout: handshakeMs,
        // An upload takes as long as it takes; silence has an end below.
        requestTimeout: 0,
        highWaterMark: bufferedBytes,
        pskCallback: (_socket, identity) => (identity === options.opId ? psk : null),
      },
      (request, response) => void this.#handle(request, response),
    );
    this.#server.maxConnections = connectionsMax;
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
    this.#idle = setTimeout(
      () => this.#stop(options.handler.isWhole ? 'whole' : 'idle'),
      options.idleMs,
    );
  }

  /** Throws `job-failed` where no port is free. */
  static async listen(options: TransferServerOptions): Promise<TransferServer> {
    const made = new TransferServer(options);
    for (const port of options.ports) {
      try {
        made.#server.listen(port, options.host);
        await once(made.#server, 'listening');
        return made;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
        made.#stop('closed');
        throw error;
      }
    }
    made.#stop('closed');
    const { ports } = options;
    throw new DroverError(
      'job-failed',
      `ports ${ports[0]} to ${ports.at(-1)} are all in use by transfers or others`,
    );
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { handler } = this.#options;
    this.#idle.refresh();
    const { promise: answered, resolve } = Promise.withResolvers<void>();
    response.on('close', resolve);
    await handler.handle(request, response, () => this.#idle.refresh());
    await answered;
    if (handler.isWhole) {
      this.#options.onWhole?.();
      const waitMs = Math.min(lingerMs, this.#options.idleMs);
      setTimeout(() => this.#stop('whole'), waitMs).unref();
    }
  }

  #stop(how: TransferEnding): void {
    clearTimeout(this.#idle);
    this.#server.close();
    this.#server.closeAllConnections();
    this.#end.resolve(how);
  }

  [Symbol.dispose](): void {
    this.#stop('closed');
  }
}
