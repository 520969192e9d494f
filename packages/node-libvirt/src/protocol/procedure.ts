/**
 * The shape of one row of the procedure table. A row says everything the connection needs to make the
 * call; the rows themselves are in `procedures/`.
 */
import { none, struct, type Codec, type TypeOf } from '../xdr/codec.ts';
import type { ProgramName } from './programs.ts';

export type StreamKind = 'read' | 'write' | 'both';

export interface Procedure<A = unknown, R = unknown> {
  readonly number: number;
  readonly program: ProgramName;
  readonly args: Codec<A>;
  readonly ret: Codec<R>;
  /** `high`: the daemon may serve it on workers that never wait for a hypervisor. */
  readonly priority: 'high' | 'low';
  /** After its reply the call goes on as a stream in this direction, seen from here. */
  readonly stream?: StreamKind;
}

type Fields = Readonly<Record<string, Codec<unknown>>>;
type Row<A extends Fields | undefined, R extends Fields | undefined> = Procedure<
  A extends Fields ? TypeOf<ReturnType<typeof struct<A>>> : undefined,
  R extends Fields ? TypeOf<ReturnType<typeof struct<R>>> : undefined
>;

interface RowOptions {
  readonly program?: ProgramName;
  readonly stream?: StreamKind;
}

function row(priority: 'high' | 'low') {
  return <A extends Fields | undefined, R extends Fields | undefined>(
    number: number,
    args: A,
    ret: R,
    options: RowOptions = {},
  ): Row<A, R> =>
    ({
      number,
      program: options.program ?? 'remote',
      args: args === undefined ? none : struct(args),
      ret: ret === undefined ? none : struct(ret),
      priority,
      ...(options.stream === undefined ? {} : { stream: options.stream }),
    }) as Row<A, R>;
}

/** `high(number, arguments, results)`; `undefined` where there are none. */
export const high = row('high');
export const low = row('low');
