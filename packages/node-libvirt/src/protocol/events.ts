/**
 * The event table: name to event number, message number and payload type. Rows turn the two wire shapes
 * (early events nest their payload, later ones are flat) into one flat value. A new event is a new row.
 */
import { readJobCompleted } from '../job-stats.ts';
import { i32, i64, struct, u32, type Codec, type StructOf, type TypeOf } from '../xdr/codec.ts';
import { typedParams } from '../xdr/typed-params.ts';
import { ioErrorActions, lifecycleNames, nameOf, poolLifecycleTypes } from './states.ts';
import { domain, listMax, optionalText, storagePool, text } from './types.ts';

/** Which register call switches the event on. */
export type EventScope = 'domain' | 'storagePool';

export interface EventRow<W = unknown, V = unknown> {
  readonly scope: EventScope;
  readonly eventId: number;
  /** The procedure number of its messages. */
  readonly message: number;
  readonly wire: Codec<W>;
  readonly value: (wire: W) => V;
}

type Fields = Readonly<Record<string, Codec<unknown>>>;

/** Every event message begins with the id of the registration that it answers. */
function afterCallbackId<T>(body: Codec<T>): Codec<T> {
  return {
    minBytes: i32.minBytes + body.minBytes,
    shape: body.shape,
    write: (writer, value) => {
      writer.i32(0);
      body.write(writer, value);
    },
    read: (reader) => {
      reader.i32();
      return body.read(reader);
    },
  };
}

function row<F extends Fields, V>(
  scope: EventScope,
  eventId: number,
  message: number,
  fields: F,
  value: (wire: StructOf<F>) => V,
): EventRow<StructOf<F>, V> {
  return { scope, eventId, message, wire: afterCallbackId(struct(fields)), value };
}

const same = <T>(value: T): T => value;

export const events = {
  lifecycle: row('domain', 0, 318, { dom: domain, event: i32, detail: i32 }, (wire) => ({
    dom: wire.dom,
    ...lifecycleNames(wire.event, wire.detail),
    typeCode: wire.event,
    detailCode: wire.detail,
  })),
  reboot: row('domain', 1, 319, { dom: domain }, same),
  rtcChange: row('domain', 2, 320, { dom: domain, offset: i64 }, same),
  watchdog: row('domain', 3, 321, { dom: domain, action: i32 }, same),
  ioErrorReason: row(
    'domain',
    6,
    324,
    { dom: domain, path: text, device: text, action: i32, reason: text },
    (wire) => ({ ...wire, action: nameOf(ioErrorActions, wire.action) }),
  ),
  deviceRemoved: row('domain', 15, 333, { dom: domain, device: text }, same),
  agentLifecycle: row('domain', 18, 348, { dom: domain, state: i32, reason: i32 }, same),
  migrationIteration: row('domain', 20, 359, { dom: domain, iteration: i32 }, same),
  jobCompleted: row(
    'domain',
    21,
    363,
    { dom: domain, params: typedParams(listMax.jobStats) },
    (wire) => ({ dom: wire.dom, stats: readJobCompleted(wire.params) }),
  ),
  metadataChange: row('domain', 23, 379, { dom: domain, type: i32, uri: optionalText }, same),
  memoryFailure: row(
    'domain',
    25,
    423,
    { dom: domain, recipient: i32, action: i32, flags: u32 },
    same,
  ),
  poolLifecycle: row(
    'storagePool',
    0,
    370,
    { pool: storagePool, event: i32, detail: i32 },
    (wire) => ({ pool: wire.pool, type: nameOf(poolLifecycleTypes, wire.event) }),
  ),
  poolRefresh: row('storagePool', 1, 373, { pool: storagePool }, same),
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
