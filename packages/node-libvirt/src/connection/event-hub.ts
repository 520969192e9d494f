/**
 * Who listens to which event on one connection. Registers an event with the daemon for its first listener
 * and deregisters it after the last. Events are hints without replay: what they mean is looked up.
 */
import { eventRowOf, events, type EventName, type EventOf } from '../protocol/events.ts';
import { program } from '../protocol/programs.ts';
import type { Packet } from '../protocol/header.ts';
import { decode } from '../xdr/codec.ts';

export type EventListener = (event: EventOf<EventName>) => void;

export interface Registrar {
  register(name: EventName): Promise<number>;
  deregister(name: EventName, callbackId: number): Promise<void>;
}

interface Registration {
  readonly ready: Promise<number>;
  callbackId: number | undefined;
}

const nameByMessage: ReadonlyMap<number, EventName> = new Map(
  (Object.keys(events) as EventName[]).map((name) => [eventRowOf(name).message, name]),
);

export class EventHub {
  readonly #registrar: Registrar;
  readonly #listeners = new Map<EventName, Set<EventListener>>();
  readonly #registrations = new Map<EventName, Registration>();

  constructor(registrar: Registrar) {
    this.#registrar = registrar;
  }

  /** Resolves when the daemon sends the event from now on. */
  async add(name: EventName, listener: EventListener): Promise<void> {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    try {
      await this.#registration(name).ready;
    } catch (error) {
      listeners.delete(listener);
      throw error;
    }
  }

  async remove(name: EventName, listener: EventListener): Promise<void> {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined || !listeners.delete(listener) || listeners.size > 0) return;
    const registration = this.#registrations.get(name);
    this.#registrations.delete(name);
    if (registration === undefined) return;
    await this.#registrar.deregister(name, await registration.ready);
  }

  dispatch(packet: Packet): void {
    if (packet.header.program !== program.remote) return;
    const name = nameByMessage.get(packet.header.procedure);
    if (name === undefined) return;
    const registration = this.#registrations.get(name);
    const listeners = this.#listeners.get(name);
    if (registration === undefined || listeners === undefined) return;
    const row = eventRowOf(name);
    const wire = decode(row.wire, packet.payload);
    // A registration that was just replaced may still send; its events would come twice.
    const callbackId = packet.payload.readInt32BE(0);
    if (registration.callbackId !== undefined && registration.callbackId !== callbackId) return;
    const event = { name, ...(row.value(wire) as object) } as EventOf<EventName>;
    for (const listener of listeners) callListener(listener, event);
  }

  #registration(name: EventName): Registration {
    const known = this.#registrations.get(name);
    if (known !== undefined) return known;
    const registration: Registration = {
      ready: this.#registrar.register(name),
      callbackId: undefined,
    };
    this.#registrations.set(name, registration);
    registration.ready.then(
      (callbackId) => {
        registration.callbackId = callbackId;
      },
      () => {
        if (this.#registrations.get(name) === registration) this.#registrations.delete(name);
      },
    );
    return registration;
  }
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
