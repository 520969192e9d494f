/**
 * The friendly face of one connection: calls grouped by what they are about, with units in their names.
 * Every procedure of the table can also be called as it is with `call`. Reconnecting is left to the owner.
 */
import type { CallArguments, Connection } from './connection/connection.ts';
import { openConnection } from './connection/open.ts';
import type { EventStream } from './connection/event-stream.ts';
import type {
  CallOptions,
  Closed,
  ConnectOptions,
  EventStreamOptions,
} from './connection/options.ts';
import { DomainCalls } from './face/domains.ts';
import { HostCalls } from './face/host.ts';
import { MigrationCalls } from './face/migration.ts';
import { PoolCalls } from './face/pools.ts';
import { VolumeCalls } from './face/volumes.ts';
import type { EventName, EventOf } from './protocol/events.ts';
import type { ProcedureName, RetOf } from './protocol/procedures.ts';

export class Libvirt implements AsyncDisposable {
  readonly connection: Connection;
  readonly host: HostCalls;
  readonly domains: DomainCalls;
  readonly migration: MigrationCalls;
  readonly pools: PoolCalls;
  readonly volumes: VolumeCalls;

  constructor(connection: Connection) {
    this.connection = connection;
    this.host = new HostCalls(connection);
    this.domains = new DomainCalls(connection);
    this.migration = new MigrationCalls(connection);
    this.pools = new PoolCalls(connection);
    this.volumes = new VolumeCalls(connection);
  }

  /** Resolves once, when the connection has ended, with the reason. Never rejects. */
  get closed(): Promise<Closed> {
    return this.connection.closed;
  }

  /** False once new calls are refused; running ones may still end well. */
  get isUsable(): boolean {
    return this.connection.isUsable;
  }

  /** Any procedure of the table, with its arguments and results as they are on the wire. */
  call<P extends ProcedureName>(
    name: P,
    ...rest: CallArguments<P, CallOptions>
  ): Promise<RetOf<P>> {
    return this.connection.call(name, ...rest);
  }

  /** Events from now on, until disposed. Then list and look: what happened before is not told. */
  listen<N extends EventName>(
    names: readonly N[],
    listener: (event: EventOf<N>) => void,
  ): Promise<AsyncDisposable> {
    return this.connection.listen(names, listener);
  }

  /** The same as an async iterable with a bounded buffer; ends with the connection. */
  events<N extends EventName>(
    names: readonly N[],
    options?: EventStreamOptions,
  ): Promise<EventStream<N>> {
    return this.connection.events(names, options);
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Connects, authenticates and opens the driver: `qemu:///system` if not told. A URI may also be among
 * the options.
 */
export async function connect(
  uriOrOptions: string | ConnectOptions = {},
  more: ConnectOptions = {},
): Promise<Libvirt> {
  const options =
    typeof uriOrOptions === 'string'
      ? { ...more, uri: uriOrOptions }
      : { ...more, ...uriOrOptions };
  return new Libvirt(await openConnection(options));
}
