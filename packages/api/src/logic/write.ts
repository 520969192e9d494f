/**
 * What the API wants to write, as a value: one transaction, each key with the revision that it was decided
 * from. Who may write which key is protocol's; sending it, and finding out what became of it, is the shell's.
 */
import type { RecordMirror, Stored } from '@drover/protocol';

export interface WritePut {
  readonly key: string;
  /** JSON text; absent: it goes. */
  readonly value?: string;
  /** 0: it must not exist. */
  readonly expectedModRevision: number;
}

export interface Write {
  /** The first one proves, when read back, that the transaction went through. */
  readonly puts: readonly [WritePut, ...WritePut[]];
  /** Other records that the decision rests on. */
  readonly compares: readonly { readonly key: string; readonly modRevision: number }[];
}

/** From the records as they are now; nothing: it is so already. Throws a `DroverError` to refuse. */
export type Decide = (records: RecordMirror) => Write | undefined;

/** Who asks, when (for people to read), and the id of what is made. */
export interface Ask {
  readonly by: string;
  readonly atMs: number;
  readonly id: string;
}

export function putRecord(
  key: string,
  record: object,
  former: Stored<unknown> | undefined,
): WritePut {
  return { key, value: JSON.stringify(record), expectedModRevision: former?.modRevision ?? 0 };
}

export function dropRecord(key: string, former: Stored<unknown>): WritePut {
  return { key, expectedModRevision: former.modRevision };
}
