/**
 * What carries calls, streams and events to one daemon: a single connection, or a pool of them. Whoever
 * makes calls needs to know no more.
 */
import type { EventName, EventOf } from '../protocol/events.ts';
import type { ArgsOf, ProcedureName, RetOf } from '../protocol/procedures.ts';
import type { EventFilter } from './event-registrar.ts';
import type { CallOptions, StreamOptions } from './options.ts';
import type { LibvirtStream } from './stream.ts';

/** Arguments of a call, left out where the procedure takes none. */
export type CallArguments<P extends ProcedureName, O> =
  ArgsOf<P> extends undefined ? [args?: undefined, options?: O] : [args: ArgsOf<P>, options?: O];

/** Events may have been missed: list and look at everything anew. */
export interface Resync {
  readonly name: 'resync';
  /** `reconnected`: there was no connection for a while. `overflow`: the reader fell behind. */
  readonly reason: 'reconnected' | 'overflow';
  /** How many events are known to be lost; what passed while disconnected nobody counted. */
  readonly lost: number;
}

/** A registration for events; disposing of it switches them off. */
export interface Listening extends AsyncDisposable {
  /** Resolves when no more events will come: disposed of, or the caller has closed. */
  readonly ended: Promise<void>;
}

export interface Caller {
  /** Would a call leave at once, rather than wait or be refused? */
  readonly isUsable: boolean;

  /**
   * Rejects with `LibvirtError` (the daemon said no), `CallAbandonedError`, `ConnectionError`,
   * `QueueFullError` or `ProtocolError`; `isOutcomeUnknown` tells which leave the outcome open.
   */
  call<P extends ProcedureName>(name: P, ...rest: CallArguments<P, CallOptions>): Promise<RetOf<P>>;

  /** A call that goes on as a stream once the daemon agreed. */
  openStream<P extends ProcedureName>(
    name: P,
    args: ArgsOf<P>,
    options?: StreamOptions,
  ): Promise<LibvirtStream>;

  /**
   * Calls `listener` for each of these events until disposed. Resolves when they are switched on. With a
   * filter the daemon sends no others.
   */
  listen<N extends EventName>(
    names: readonly N[],
    listener: (event: EventOf<N> | Resync) => void,
    filter?: EventFilter,
  ): Promise<Listening>;

  close(): Promise<void>;
}
