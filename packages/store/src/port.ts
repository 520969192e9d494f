/**
 * What Drover needs of etcd, as a port: reads at one revision, transactions that are sent at most once,
 * watches that either miss nothing or say so, and an election whose epoch fences every write. Values are
 * UTF-8 text; what lies in them, and which keys exist, is protocol's.
 */

/** Revisions are etcd's; checked to be safe integers when they arrive. */
export interface StoreEntry {
  readonly key: string;
  readonly value: string;
  readonly modRevision: number;
  readonly createRevision: number;
}

export interface RangeResult {
  /** All entries are as of this revision; a watch continues from `revision + 1`. */
  readonly revision: number;
  /** In ascending order of keys (bytes). */
  readonly entries: readonly StoreEntry[];
}

export interface GetResult {
  readonly entry?: StoreEntry;
  readonly revision: number;
}

/** Every one given must hold. Revision 0 says: the key does not exist. */
export interface Compare {
  readonly key: string;
  readonly modRevision?: number;
  /** An epoch (decimal text) or a number. */
  readonly createRevision?: string | number;
}

export interface Put {
  readonly key: string;
  readonly value: string;
  /** Decimal text, as `Leadership` and etcd have it. */
  readonly leaseId?: string;
}

export interface Txn {
  readonly compares: readonly Compare[];
  readonly puts: readonly Put[];
  /** Keys; one that does not exist is no error. */
  readonly deletes: readonly string[];
}

/** `conflict`: a compare did not hold, nothing was written. */
export type TxnResult =
  | { readonly type: 'done'; readonly revision: number }
  | { readonly type: 'conflict'; readonly revision: number };

/**
 * `details.outcome` of a `store-unavailable` error. `not-sent`: etcd has not seen it, asking again is
 * safe. `unknown`: it may have happened; only a read can tell.
 */
export type StoreOutcome = 'not-sent' | 'unknown';

export interface Change {
  readonly key: string;
  /** Absent: the key was deleted. */
  readonly value?: string;
  readonly modRevision: number;
}

export interface ChangeBatch {
  /** Of the newest change in it. All changes of one revision come in one batch. */
  readonly revision: number;
  /** In ascending order of revisions; at least one. */
  readonly changes: readonly Change[];
}

/** `compacted`: etcd no longer keeps the changes asked for. `doubt`: something that must not happen did. */
export type WatchLoss = 'compacted' | 'doubt';

export interface WatchHandlers {
  onChanges(batch: ChangeBatch): void;
  /** At most once, and the last call: list again and watch anew. */
  onLost(reason: WatchLoss): void;
}

export interface Watch {
  /** No handler is called after this. */
  close(): void;
}

export interface Campaign {
  /** Ends with `/`; the leader's key is `<prefix><lease id in hex>`. */
  readonly prefix: string;
  /** Who campaigns, for people and for the API to find the leader. */
  readonly value: string;
  /** At least 2 (etcd raises what is smaller than its election takes). */
  readonly ttlSeconds: number;
  /** Gives up. A campaign that was won is ended by `resign`. */
  readonly signal: AbortSignal;
}

export interface Leadership {
  /** The create revision of `leaderKey`: what each transaction compares and each command carries. */
  readonly epoch: string;
  readonly leaderKey: string;
  /** Checks the deadline on the monotonic clock, so it is right even before `lost` resolves. */
  isCurrent(): boolean;
  /** Resolves once, with why: after 0.6 of the TTL without an acknowledgement, or the key gone. */
  readonly lost: Promise<string>;
  /** Gives the office up at once, so that another need not wait for the lease. Never rejects. */
  resign(): Promise<void>;
}

/** Every rejection is a `DroverError` with code `store-unavailable`, but for an aborted campaign. */
export interface Store extends AsyncDisposable {
  /** All keys with the prefix, linearizable, read page by page at one revision. */
  range(prefix: string): Promise<RangeResult>;
  /** One key, linearizable. */
  get(key: string): Promise<GetResult>;
  /** At most 128 operations. Sent at most once: see `StoreOutcome`. */
  txn(txn: Txn): Promise<TxnResult>;
  /** Changes under any of the prefixes from `fromRevision` on, that one included. */
  watch(prefixes: readonly string[], fromRevision: number, handlers: WatchHandlers): Watch;
  /** Waits, however long, until elected. Rejects with the signal's reason when it aborts. */
  campaign(campaign: Campaign): Promise<Leadership>;
}

export interface StoreOptions {
  /** `http://127.0.0.1:2379`, one or more. */
  readonly endpoints: readonly string[];
  /** Of one call to etcd, connecting included; default 5000. */
  readonly requestTimeoutMs?: number;
}
