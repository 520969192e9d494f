/**
 * Requests that name themselves with an `Idempotency-Key`: carried out once, however often they come. That one was
 * carried out is written in the same transaction as what it did.
 */
import { DroverError, keys, type RecordMirror, type RepeatRecord } from '@drover/protocol';
import { type Decide, dropRecord, putRecord, type Write } from './write.ts';

/** Longer than anybody tries again. */
const keptMs = 24 * 60 * 60_000;
const keptCount = 10_000;
const forgottenAtOnce = 100;

export interface NamedRequest {
  /** Of who asks and how they named it: its place in etcd. */
  readonly digest: string;
  /** Of method, address and body. */
  readonly sha256: string;
}

/** What was made when it came first; nothing: it comes first. Throws where another request had that name. */
export function formerRequest(
  records: RecordMirror,
  { digest, sha256 }: NamedRequest,
): RepeatRecord | undefined {
  const known = records.repeats.get(digest)?.value;
  if (known === undefined || known.sha256 === sha256) return known;
  throw new DroverError(
    'repeat-differs',
    'another request was sent with this Idempotency-Key; take a new key for a new request',
  );
}

/** `idsOf` is asked when all that the request makes has its id. */
export function onlyOnce(
  decide: Decide,
  { digest, sha256 }: NamedRequest,
  made: { readonly by: string; readonly atMs: number; readonly ids: readonly string[] },
): Decide {
  return (records) => {
    if (records.repeats.has(digest)) {
      const message = 'the same request came twice at once, and the other was first; ask again';
      throw new DroverError('conflict', message);
    }
    const write = decide(records);
    if (write === undefined) return undefined;
    const { by, atMs, ids } = made;
    const record: RepeatRecord = { v: 1, sha256, ids: [...ids], by, atMs };
    return { ...write, puts: [...write.puts, putRecord(keys.repeat(digest), record, undefined)] };
  };
}

/** What nobody will repeat any more, and the oldest of too many; some of them at a time. */
export function forgetRepeats(records: RecordMirror, nowMs: number): Write | undefined {
  const oldestFirst = [...records.repeats].toSorted(
    ([, a], [, b]) => a.value.atMs - b.value.atMs || a.modRevision - b.modRevision,
  );
  const tooMany = oldestFirst.length - keptCount;
  const [first, ...others] = oldestFirst
    .filter(([, { value }], index) => index < tooMany || value.atMs < nowMs - keptMs)
    .slice(0, forgottenAtOnce)
    .map(([digest, stored]) => dropRecord(keys.repeat(digest), stored));
  return first && { puts: [first, ...others], compares: [] };
}
