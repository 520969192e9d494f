/** What is done to an etcd, drawn at random: everything that Drover's store asks of it, and what may happen to it. */
import fc from 'fast-check';

/** What a compare is given: what the key has now, one less, or nothing, which says that it is not there. */
export type Wanted = 'now' | 'stale' | 'absent';

export interface DrawnTxn {
  readonly compares: readonly {
    readonly key: string;
    readonly field: 'modRevision' | 'createRevision';
    readonly wanted: Wanted;
  }[];
  /** `lease`: one of those granted so far, counted round; absent: none. */
  readonly puts: readonly {
    readonly key: string;
    readonly value: string;
    readonly lease?: number;
  }[];
  readonly deletes: readonly string[];
}

export type EtcdOperation =
  | ({ readonly type: 'txn'; readonly isHeard: boolean } & DrawnTxn)
  | { readonly type: 'range'; readonly prefix: string }
  | { readonly type: 'grant' }
  | { readonly type: 'keep-alive' | 'revoke'; readonly lease: number }
  /** A short lease with these keys, that nobody renews, or that is renewed for longer than its time. */
  | { readonly type: 'run-out'; readonly keys: readonly string[]; readonly isKept: boolean }
  /** `back`: so many revisions before the newest; -1: from the next one on. */
  | { readonly type: 'watch'; readonly prefixes: readonly string[]; readonly back: number }
  | { readonly type: 'unwatch'; readonly watch: number }
  | { readonly type: 'compact'; readonly back: number }
  /** The watchers' connection breaks; meanwhile every prefix changes, and history may be forgotten. */
  | {
      readonly type: 'break';
      readonly values: readonly string[];
      /** Compacted so many revisions before the newest; absent: not at all. */
      readonly compacted?: number;
      readonly isDeleted: boolean;
    };

export const prefixes = ['a/', 'b/', 'b/x', 'c'] as const;
const keys = ['a/1', 'a/2', 'a/B', 'b/1', 'b/x', 'b/x/1', 'b/x-', 'c', 'c~'] as const;

const key = fc.constantFrom(...keys);
const value = fc.constantFrom('', '1', '2', 'ä');
const slot = fc.nat({ max: 3 });
const somePrefixes = fc.uniqueArray(fc.constantFrom(...prefixes), { minLength: 1, maxLength: 2 });
const someKeys = fc.uniqueArray(key, { minLength: 1, maxLength: 3 });

const put = fc.record({ key, value, lease: slot }, { requiredKeys: ['key', 'value'] });
const compared = fc.record({
  key,
  field: fc.constantFrom('modRevision', 'createRevision'),
  wanted: fc.constantFrom<Wanted>('now', 'now', 'now', 'absent', 'stale'),
});

/** The store refuses to write a key twice in one transaction. */
const txn: fc.Arbitrary<EtcdOperation> = fc
  .record({
    compares: fc.array(compared, { maxLength: 2 }),
    puts: fc.uniqueArray(put, { selector: (one) => one.key, maxLength: 3 }),
    deletes: fc.uniqueArray(key, { maxLength: 2 }),
    isHeard: fc.constant(true),
  })
  .map((drawn) => ({
    type: 'txn',
    ...drawn,
    deletes: drawn.deletes.filter((one) => drawn.puts.every((other) => other.key !== one)),
  }));

const unheard = txn.map((drawn) => ({ ...drawn, isHeard: false }) as EtcdOperation);
const back = fc.integer({ min: -1, max: 6 });

/** `slow`: what takes the real one a second or more. */
export const etcdOperation = (slow: number): fc.Arbitrary<EtcdOperation> =>
  fc.oneof(
    { arbitrary: txn, weight: 400 },
    {
      arbitrary: fc.record({ type: fc.constant('range'), prefix: fc.constantFrom(...prefixes) }),
      weight: 60,
    },
    { arbitrary: fc.record({ type: fc.constant('grant') }), weight: 60 },
    { arbitrary: fc.record({ type: fc.constant('keep-alive'), lease: slot }), weight: 30 },
    { arbitrary: fc.record({ type: fc.constant('revoke'), lease: slot }), weight: 40 },
    {
      arbitrary: fc.record({ type: fc.constant('watch'), prefixes: somePrefixes, back }),
      weight: 60,
    },
    { arbitrary: fc.record({ type: fc.constant('unwatch'), watch: slot }), weight: 20 },
    {
      arbitrary: fc.record({ type: fc.constant('compact'), back: fc.nat({ max: 4 }) }),
      weight: 30,
    },
    {
      arbitrary: fc.record(
        {
          type: fc.constant('break'),
          values: fc.array(value, { minLength: 1, maxLength: 2 }),
          compacted: fc.nat({ max: 6 }),
          isDeleted: fc.boolean(),
        },
        { requiredKeys: ['type', 'values', 'isDeleted'] },
      ),
      weight: slow,
    },
    { arbitrary: unheard, weight: slow },
    {
      arbitrary: fc.record({ type: fc.constant('run-out'), keys: someKeys, isKept: fc.boolean() }),
      weight: slow,
    },
  ) as fc.Arbitrary<EtcdOperation>;

export function sayEtcd(operation: EtcdOperation): string {
  const { type, ...rest } = operation;
  return `${type} ${JSON.stringify(rest)}`;
}
