/**
 * Which calls wait, which are at the daemon, and which of those nobody waits for any more. At most
 * `maxInFlight` are at the daemon: with five it stops reading the socket, pings and aborts included.
 * An abandoned call still occupies the daemon, so it keeps its place here until its reply comes.
 */
import type { Packet } from '../protocol/header.ts';
import type { Procedure } from '../protocol/procedure.ts';
import type { StreamOptions } from './options.ts';
import type { ProcedureName } from '../protocol/procedures.ts';

export interface Call {
  readonly name: ProcedureName;
  readonly row: Procedure;
  readonly payload: Buffer;
  readonly settle: (outcome: CallOutcome) => void;
  serial: number;
  abandoned: boolean;
  /** Of its stream, where the daemon sends data before the reply. */
  readonly early: Packet[];
  /** For a call that opens a stream, those of the stream. */
  readonly options: StreamOptions;
}

export type CallOutcome =
  | { readonly ok: true; readonly value: unknown; readonly serial: number }
  | { readonly ok: false; readonly error: Error };

const maxSerial = 0xffff_ffff;

export class CallQueue {
  readonly #maxInFlight: number;
  readonly #maxQueued: number;
  readonly #inFlight = new Map<number, Call>();
  #high: Call[] = [];
  #low: Call[] = [];
  #lastSerial = 0;

  constructor(maxInFlight: number, maxQueued: number) {
    this.#maxInFlight = maxInFlight;
    this.#maxQueued = maxQueued;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  get queued(): number {
    return this.#high.length + this.#low.length;
  }

  get abandoned(): number {
    return [...this.#inFlight.values()].filter((call) => call.abandoned).length;
  }

  /** False when the queue is full. High-priority calls go before all others. */
  enqueue(call: Call): boolean {
    if (this.queued >= this.#maxQueued) return false;
    (call.row.priority === 'high' ? this.#high : this.#low).push(call);
    return true;
  }

  /** The next call to send, with its serial, if there is room for one. */
  next(): Call | undefined {
    if (this.#inFlight.size >= this.#maxInFlight) return undefined;
    const call = this.#high.shift() ?? this.#low.shift();
    if (call === undefined) return undefined;
    call.serial = this.#takeSerial();
    this.#inFlight.set(call.serial, call);
    return call;
  }

  #takeSerial(): number {
    do {
      this.#lastSerial = this.#lastSerial >= maxSerial ? 1 : this.#lastSerial + 1;
    } while (this.#inFlight.has(this.#lastSerial));
    return this.#lastSerial;
  }

  get(serial: number): Call | undefined {
    return this.#inFlight.get(serial);
  }

  /** Its reply came: the place is free. */
  complete(serial: number): void {
    this.#inFlight.delete(serial);
  }

  /** True when the call was sent already, and now only occupies its place. */
  abandon(call: Call): boolean {
    if (this.#inFlight.get(call.serial) === call) {
      call.abandoned = true;
      return true;
    }
    this.#high = this.#high.filter((other) => other !== call);
    this.#low = this.#low.filter((other) => other !== call);
    return false;
  }

  takeQueued(): readonly Call[] {
    const calls = [...this.#high, ...this.#low];
    this.#high = [];
    this.#low = [];
    return calls;
  }

  takeInFlight(): readonly Call[] {
    const calls = [...this.#inFlight.values()];
    this.#inFlight.clear();
    return calls;
  }
}
