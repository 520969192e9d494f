/**
 * Who listens to which event on one connection. Registers an event with the daemon for its first listener
 * and deregisters it after the last; once for all domains, and once for each domain that is asked for by
 * itself. Events are hints without replay: what they mean is looked up.
 */
import { eventNames, eventRowOf, type EventName, type EventOf } from '../protocol/events.ts';
import type { EventRow } from '../protocol/events/row.ts';
import type { Packet } from '../protocol/header.ts';
import { program } from '../protocol/programs.ts';
import { decode } from '../xdr/codec.ts';
import type { EventFilter } from './event-registrar.ts';

export type EventListener = (event: EventOf<EventName>) => void;

export interface Registrar {
  register(row: EventRow, filter: EventFilter): Promise<number>;
  deregister(row: EventRow, callbackId: number): Promise<void>;
}

interface Registration {
  readonly listeners: Set<EventListener>;
  /** Of a registration for one domain alone. */
  readonly uuid: string | undefined;
  readonly ready: Promise<number>;
  callbackId: number | undefined;
}

const nameByMessage: ReadonlyMap<string, EventName> = new Map(
  eventNames.map((name) => {
    const row = eventRowOf(name);
    return [`${program[row.program]}/${row.message}`, name];
  }),
);

export class EventHub {
  readonly #registrar: Registrar;
  readonly #registrations = new Map<EventName, Registration[]>();

  constructor(registrar: Registrar) {
    this.#registrar = registrar;
  }

  /** Resolves when the daemon sends the event from now on. */
  async add(name: EventName, filter: EventFilter, listener: EventListener): Promise<void> {
    const registration = this.#find(name, filter) ?? this.#register(name, filter);
    registration.listeners.add(listener);
    try {
      await registration.ready;
    } catch (error) {
      registration.listeners.delete(listener);
      throw error;
    }
  }

  async remove(name: EventName, filter: EventFilter, listener: EventListener): Promise<void> {
    const registration = this.#find(name, filter);
    if (registration === undefined || !registration.listeners.delete(listener)) return;
    if (registration.listeners.size > 0) return;
    this.#forget(name, registration);
    await this.#registrar.deregister(eventRowOf(name), await registration.ready);
  }

  dispatch(packet: Packet): void {
    const { header, payload } = packet;
    const name = nameByMessage.get(`${header.program}/${header.procedure}`);
    if (name === undefined) return;
    const registrations = this.#registrations.get(name);
    if (registrations === undefined) return;
    const row = eventRowOf(name);
    const event = { name, ...(row.value(decode(row.wire, payload)) as object) };
    const callbackId = row.scope === 'connection' ? undefined : payload.readInt32BE(0);
    const asked =
      registrations.find((one) => one.callbackId !== undefined && one.callbackId === callbackId) ??
      registrations.find((one) => isPending(one, callbackId, event));
    for (const listener of asked?.listeners ?? []) {
      callListener(listener, event as EventOf<EventName>);
    }
  }

  #find(name: EventName, { dom }: EventFilter): Registration | undefined {
    return this.#registrations.get(name)?.find((one) => one.uuid === dom?.uuid);
  }

  #register(name: EventName, filter: EventFilter): Registration {
    const registration: Registration = {
      listeners: new Set(),
      uuid: filter.dom?.uuid,
      ready: this.#registrar.register(eventRowOf(name), filter),
      callbackId: undefined,
    };
    this.#registrations.set(name, [...(this.#registrations.get(name) ?? []), registration]);
    registration.ready.then(
      (callbackId) => {
        registration.callbackId = callbackId;
      },
      () => this.#forget(name, registration),
    );
    return registration;
  }

  #forget(name: EventName, registration: Registration): void {
    const left = this.#registrations.get(name)?.filter((one) => one !== registration) ?? [];
    if (left.length > 0) this.#registrations.set(name, left);
    else this.#registrations.delete(name);
  }
}

/**
 * A registration whose reply is still on its way has no id yet to tell it by. One that was just replaced
 * may still send: its id is nobody's, and its events would come twice.
 */
function isPending(
  registration: Registration,
  callbackId: number | undefined,
  event: object,
): boolean {
  if (callbackId === undefined) return true;
  if (registration.callbackId !== undefined) return false;
  if (registration.uuid === undefined) return true;
  return 'dom' in event && (event.dom as { readonly uuid?: string }).uuid === registration.uuid;
}

/** A listener that throws is a broken invariant of its owner: it must not look like a bad packet. */
function callListener(listener: EventListener, event: EventOf<EventName>): void {
  try {
    listener(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
