/**
 * How a decision comes into etcd, step by step: one transaction, sent once. What became of one that was not answered
 * is read, never assumed; where somebody else was faster, it is decided again from what is there now. Who performs the
 * steps, and waits, is the shell.
 */
import { DroverError, parseKey, type RecordMirror } from '@drover/protocol';
import type { Decide, Write, WritePut } from './write.ts';

const attempts = 5;
/** How long a lost race may take to show in the watch. */
const catchUpMs = 2_000;
const readBackMs = { total: 8_000, between: 200 } as const;

export interface WriteEntry {
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
}

export interface WriteTxn {
  readonly compares: readonly { readonly key: string; readonly modRevision: number }[];
  readonly puts: readonly { readonly key: string; readonly value: string }[];
  readonly deletes: readonly string[];
}

/** Each is answered by what is named with it. */
export type WriteStep =
  /** `done`, `conflict`, or `unknown`. */
  | { readonly type: 'send'; readonly txn: WriteTxn }
  /** `entries`; where etcd does not answer, there is no more to be done. */
  | { readonly type: 'read'; readonly keys: readonly string[] }
  /** `entries`, of that one key, as soon as etcd answers; `unknown` where it does not in that time. */
  | {
      readonly type: 'read-back';
      readonly key: string;
      readonly totalMs: number;
      readonly betweenMs: number;
    }
  /** `heard`: the watch has told of it, or the time is over. */
  | { readonly type: 'hear'; readonly revision: number; readonly totalMs: number };

export type WriteNews =
  | { readonly type: 'done'; readonly revision: number }
  | { readonly type: 'conflict' }
  | { readonly type: 'unknown'; readonly why?: unknown }
  | { readonly type: 'entries'; readonly entries: readonly (WriteEntry | undefined)[] }
  | { readonly type: 'heard' };

/** Whose records are decided from. */
interface Known {
  readonly records: RecordMirror;
  wrote(revision: number, puts: readonly WritePut[]): void;
}

type Outcome = Extract<WriteNews, { type: 'done' | 'conflict' }>;
type Steps<T> = Generator<WriteStep, T, WriteNews>;

/** Ends when it is in etcd, or was so already; throws what `decide` refuses with, and what etcd does not say. */
export function* writing(
  decide: Decide,
  known: Known,
  count: (outcome: 'done' | 'conflict' | 'unknown') => void,
): Steps<void> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const write = decide(known.records);
    if (write === undefined) return;
    const outcome = yield* commit(write, count);
    count(outcome.type);
    if (outcome.type === 'done') return known.wrote(outcome.revision, write.puts);
    yield* catchUp(write);
  }
  throw new DroverError('conflict', 'others change the same things all the time; ask again');
}

function* commit(write: Write, count: (outcome: 'unknown') => void): Steps<Outcome> {
  const news = yield { type: 'send', txn: transactionOf(write) };
  if (news.type === 'done' || news.type === 'conflict') return news;
  count('unknown');
  return yield* readBack(write, news);
}

function transactionOf({ puts, compares }: Write): WriteTxn {
  return {
    compares: [
      ...puts.map(({ key, expectedModRevision }) => ({ key, modRevision: expectedModRevision })),
      ...compares,
    ],
    puts: puts.flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value }])),
    deletes: puts.flatMap(({ key, value }) => (value === undefined ? [key] : [])),
  };
}

/** The first record tells: nobody else can have written the same. */
function* readBack({ puts: [proof] }: Write, news: WriteNews): Steps<Outcome> {
  const { total: totalMs, between: betweenMs } = readBackMs;
  const found = yield { type: 'read-back', key: proof.key, totalMs, betweenMs };
  const entry = found.type === 'entries' ? found.entries[0] : undefined;
  const isGone = found.type === 'entries' && entry === undefined && proof.value === undefined;
  // Whoever took it away: it was to go.
  const revision = isGone ? proof.expectedModRevision : entry && ownRevision(proof, entry);
  if (revision !== undefined) return { type: 'done', revision };
  throw new DroverError(
    'store-unavailable',
    `etcd did not say whether it was written, and it was not found there; look (${proof.key}) before you ask again`,
    news.type === 'unknown' ? { cause: news.why } : {},
  );
}

/** Waits until what made the compare fail is known. */
function* catchUp({ puts, compares }: Write): Steps<void> {
  const found = yield { type: 'read', keys: [...puts, ...compares].map(({ key }) => key) };
  const entries = found.type === 'entries' ? found.entries : [];
  const newest = Math.max(0, ...entries.map((entry) => entry?.modRevision ?? 0));
  yield { type: 'hear', revision: newest, totalMs: catchUpMs };
}

/** At which revision this wrote the entry; nothing: somebody else did. */
function ownRevision(proof: WritePut, entry: WriteEntry): number | undefined {
  if (proof.value === undefined) return undefined;
  if (entry.value === proof.value) return entry.modRevision;
  // Made anew under an id of its own: it is ours, though somebody has changed it since. A host's id is no
  // such id; two people may make the first record of one host. Settings have none.
  const isNew = proof.expectedModRevision === 0 && parseKey(proof.key).type !== 'host-intent';
  const id = idOf(proof.value);
  return isNew && id !== undefined && idOf(entry.value) === id ? entry.createRevision : undefined;
}

function idOf(text: string): string | undefined {
  const { id, uuid } = JSON.parse(text) as { readonly id?: string; readonly uuid?: string };
  return uuid ?? id;
}
