/**
 * The shape of one row of the event table. Rows turn the two wire shapes (early events nest their payload,
 * later ones are flat: the same bytes) into one flat value; the rows themselves stand beside this file.
 */
import { i32, struct, type Codec, type StructOf } from '../../xdr/codec.ts';
import type { ProgramName } from '../programs.ts';

/** Which register call switches the event on. */
export type EventScope =
  | 'domain'
  | 'storagePool'
  | 'network'
  | 'secret'
  | 'nodeDevice'
  | 'connection'
  | 'monitor';

export interface EventRow<W = unknown, V = unknown> {
  readonly scope: EventScope;
  readonly program: ProgramName;
  readonly eventId: number;
  /** The procedure number of its messages. */
  readonly message: number;
  readonly wire: Codec<W>;
  readonly value: (wire: W) => V;
}

type Fields = Readonly<Record<string, Codec<unknown>>>;

/** Every event message but one begins with the id of the registration that it answers. */
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

/** `row(event id, message number, fields, value)` of one scope. */
export function rowsOf(scope: EventScope, program: ProgramName = 'remote') {
  return <F extends Fields, V>(
    eventId: number,
    message: number,
    fields: F,
    value: (wire: StructOf<F>) => V,
  ): EventRow<StructOf<F>, V> => ({
    scope,
    program,
    eventId,
    message,
    wire: scope === 'connection' ? struct(fields) : afterCallbackId(struct(fields)),
    value,
  });
}

/** For events whose value is what is on the wire. */
export const same = <T>(value: T): T => value;
