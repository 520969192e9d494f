/**
 * The event table: name to event number, message number and payload type. A new event is a new row in
 * `events/`.
 */
import type { TypeOf } from '../xdr/codec.ts';
import { connectionEvents } from './events/connection.ts';
import { domainEvents } from './events/domain.ts';
import { monitorEvents } from './events/monitor.ts';
import { networkEvents } from './events/network.ts';
import { nodeDeviceEvents } from './events/node-device.ts';
import type { EventRow } from './events/row.ts';
import { secretEvents } from './events/secret.ts';
import { storagePoolEvents } from './events/storage-pool.ts';

export const events = {
  ...domainEvents,
  ...storagePoolEvents,
  ...networkEvents,
  ...secretEvents,
  ...nodeDeviceEvents,
  ...connectionEvents,
  ...monitorEvents,
};

export type EventName = keyof typeof events;

/** What a listener gets for one event: its name and its payload's fields. */
export type EventOf<N extends EventName> = {
  [K in N]: { readonly name: K } & ReturnType<(typeof events)[K]['value']>;
}[N];

/** The event as it is on the wire, without its callback id. */
export type EventWireOf<N extends EventName> = TypeOf<(typeof events)[N]['wire']>;

export function eventRowOf(name: EventName): EventRow {
  return events[name] as EventRow;
}

export const eventNames = Object.keys(events) as readonly EventName[];
