/**
 * The face of one daemon: what is there, grouped by kind, each as an object that can be acted on. Every
 * procedure of the table can also be called as it is with `call`.
 */
import type { CallArguments, Caller, Listening, Resync } from './connection/caller.ts';
import type { EventFilter } from './connection/event-registrar.ts';
import { openEventStream, type EventStream } from './connection/event-stream.ts';
import type { CallOptions, EventStreamOptions } from './connection/options.ts';
import { Domains } from './face/domains.ts';
import { Host } from './face/host.ts';
import { Networks } from './face/networks.ts';
import { Secrets } from './face/secrets.ts';
import { StoragePools } from './face/storage-pools.ts';
import type { EventName, EventOf } from './protocol/events.ts';
import type { ProcedureName, RetOf } from './protocol/procedures.ts';

export class Libvirt implements AsyncDisposable {
  /** What carries the calls: for streams and for what has no method here. */
  readonly caller: Caller;
  readonly host: Host;
  readonly domains: Domains;
  readonly pools: StoragePools;
  readonly networks: Networks;
  readonly secrets: Secrets;

  /** Over an open connection or pool; `connect` makes one from a URI. */
  constructor(caller: Caller) {
    this.caller = caller;
    this.host = new Host(caller);
    this.domains = new Domains(caller);
    this.pools = new StoragePools(caller);
    this.networks = new Networks(caller);
    this.secrets = new Secrets(caller);
  }

  /** Is the daemon there right now? */
  get isConnected(): boolean {
    return this.caller.isUsable;
  }

  /** Any procedure of the table, with its arguments and results as they are on the wire. */
  call<P extends ProcedureName>(
    name: P,
    ...rest: CallArguments<P, CallOptions>
  ): Promise<RetOf<P>> {
    return this.caller.call(name, ...rest);
  }

  /**
   * Events from now on, until disposed. Then list and look: what happened before is not told. The same
   * again at each `resync`. With `{ dom }` only that domain's.
   */
  listen<N extends EventName>(
    names: readonly N[],
    listener: (event: EventOf<N> | Resync) => void,
    filter?: EventFilter,
  ): Promise<Listening> {
    return this.caller.listen(names, listener, filter);
  }

  /** The same as an async iterable with a bounded buffer; ends when this is closed. */
  events<N extends EventName>(
    names: readonly N[],
    options?: EventStreamOptions,
  ): Promise<EventStream<N>> {
    return openEventStream(this.caller, names, options);
  }

  /** Ends all connections; calls that run reject. */
  close(): Promise<void> {
    return this.caller.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
