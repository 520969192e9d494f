/**
 * A daemon that speaks the protocol and does what a test scripts: a typed handler per procedure, events,
 * replies held back or never sent, raw bytes. It authenticates nobody and runs nothing; on purpose it
 * stops reading at `maxRequests` calls in progress, as a real daemon does.
 */
import { createServer, type Server } from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import type { EventName, EventWireOf } from '../protocol/events.ts';
import type { ArgsOf, ProcedureName, RetOf } from '../protocol/procedures.ts';
import { FakeConnection } from './fake-connection.ts';

/** Throw a `LibvirtError` for an error reply. A promise that never settles is a call that hangs. */
export type Handler<P extends ProcedureName> = (
  args: ArgsOf<P>,
  connection: FakeConnection,
) => RetOf<P> | Promise<RetOf<P>>;

export type Handlers = { readonly [P in ProcedureName]?: Handler<P> };

export interface FakeDaemonOptions {
  /** Calls in progress at which it stops reading. */
  readonly maxRequests?: number;
  readonly answersPings?: boolean;
}

export class FakeDaemon implements AsyncDisposable {
  readonly #handlers: Handlers;
  readonly #options: Required<FakeDaemonOptions>;
  readonly #connections = new Set<FakeConnection>();
  #server: Server | undefined;

  constructor(handlers: Handlers = {}, options: FakeDaemonOptions = {}) {
    this.#handlers = { ...defaultHandlers(), ...handlers };
    this.#options = { maxRequests: 5, answersPings: true, ...options };
  }

  /** The client's end of a new connection, for `connect({ transport })`. */
  open(): Duplex {
    const [client, server] = duplexPair();
    this.accept(server);
    return client;
  }

  /** Listens on a unix socket, for `connect({ socketPath })`. */
  listen(path: string): Promise<void> {
    const server = createServer((socket) => this.accept(socket));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  }

  /** Serves the daemon's end of a stream that the test made, such as a TLS socket. */
  accept(transport: Duplex): void {
    const connection = new FakeConnection(transport, this.#handlers, this.#options);
    this.#connections.add(connection);
    transport.once('close', () => this.#connections.delete(connection));
  }

  /** The connections that are open now, oldest first. */
  get connections(): readonly FakeConnection[] {
    return [...this.#connections];
  }

  /** To every connection that registered the event; tells to how many. */
  emit<N extends EventName>(name: N, wire: EventWireOf<N>): number {
    return this.connections.filter((connection) => connection.emit(name, wire)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    const server = this.#server;
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }
}

function defaultHandlers(): Handlers {
  let callbackId = 0;
  return {
    authList: () => ({ types: [0] }),
    connectSupportsFeature: () => ({ supported: true }),
    connectOpen: () => undefined,
    connectClose: () => undefined,
    connectDomainEventCallbackRegisterAny: () => ({ callbackId: callbackId++ }),
    connectDomainEventCallbackDeregisterAny: () => undefined,
    connectStoragePoolEventRegisterAny: () => ({ callbackId: callbackId++ }),
    connectStoragePoolEventDeregisterAny: () => undefined,
    connectNetworkEventRegisterAny: () => ({ callbackId: callbackId++ }),
    connectNetworkEventDeregisterAny: () => undefined,
    connectSecretEventRegisterAny: () => ({ callbackId: callbackId++ }),
    connectSecretEventDeregisterAny: () => undefined,
    connectNodeDeviceEventRegisterAny: () => ({ callbackId: callbackId++ }),
    connectNodeDeviceEventDeregisterAny: () => undefined,
    connectRegisterCloseCallback: () => undefined,
    connectUnregisterCloseCallback: () => undefined,
    qemuConnectDomainMonitorEventRegister: () => ({ callbackId: callbackId++ }),
    qemuConnectDomainMonitorEventDeregister: () => undefined,
  };
}
