/**
 * Who listens to what, across connections: each new connection is told all of it before it counts as up,
 * and each listener is then told to look at everything anew.
 */
import type { Listening, Resync } from '../connection/caller.ts';
import type { EventFilter } from '../connection/event-registrar.ts';
import type { Connection } from '../connection/connection.ts';
import type { EventName, EventOf } from '../protocol/events.ts';

export type PoolListener = (event: EventOf<EventName> | Resync) => void;

export interface Subscription {
  readonly names: readonly EventName[];
  readonly listener: PoolListener;
  readonly filter: EventFilter;
  readonly end: () => void;
  /** The connection that its events come from, and how to switch them off there. */
  registered: { readonly connection: Connection; readonly listening: Listening } | undefined;
}

export class Subscriptions {
  readonly #all = new Set<Subscription>();

  add(wanted: Omit<Subscription, 'registered'>): Subscription {
    const subscription: Subscription = { ...wanted, registered: undefined };
    this.#all.add(subscription);
    return subscription;
  }

  async remove(subscription: Subscription): Promise<void> {
    this.#all.delete(subscription);
    subscription.end();
    await subscription.registered?.listening[Symbol.asyncDispose]();
  }

  /** Switches the events of one subscription on, if they are not. */
  async register(subscription: Subscription, connection: Connection): Promise<void> {
    if (subscription.registered?.connection === connection) return;
    const { names, listener, filter } = subscription;
    const before = subscription.registered;
    // While a retired connection dies down, its events would come twice.
    const own = (event: EventOf<EventName>) => {
      if (subscription.registered?.connection === connection) listener(event);
    };
    const listening = await connection.listen(names, own, filter);
    subscription.registered = { connection, listening };
    // Resolved long ago, or about to be: its connection is of no more use.
    void before?.listening[Symbol.asyncDispose]();
    if (!this.#all.has(subscription)) await listening[Symbol.asyncDispose]();
  }

  /** For a connection that takes the place of another. Rejects when one cannot be registered. */
  async registerAll(connection: Connection): Promise<void> {
    const again = [...this.#all].filter(({ registered }) => registered !== undefined);
    await Promise.all([...this.#all].map((one) => this.register(one, connection)));
    for (const { listener } of again) listener({ name: 'resync', reason: 'reconnected', lost: 0 });
  }

  endAll(): void {
    for (const { end } of this.#all) end();
    this.#all.clear();
  }
}
