/**
 * The few calls to etcd that the store is made of, without any cleverness: each is sent at most once and
 * ends in an answer or a `store-unavailable` error. Implemented over gRPC (`etcd-rpc.ts`) and in memory
 * (`testing/fake-etcd.ts`), so that watch resumption and election are the same code on both.
 */
import { DroverError } from '@drover/protocol';
import type { Change, StoreEntry, StoreOutcome, Txn, TxnResult } from './port.ts';

/** Keys from `start` up to, not including, `end`. */
export interface KeyRange {
  readonly start: string;
  readonly end: string;
}

export interface Page {
  /** Of the store when it answered; not of the page when an older one was asked for. */
  readonly headerRevision: number;
  readonly entries: readonly StoreEntry[];
  readonly more: boolean;
}

/** The revision asked for is no longer kept. */
export type RangeReply = Page | 'compacted';

export interface StreamHandlers {
  /** The server has accepted the watch; its revision then. */
  onOpened(headerRevision: number): void;
  /** Whole revisions only, in order; a batch that came in fragments is put together already. */
  onEvents(changes: readonly Change[]): void;
  /** The last call. `compacted` carries no changes that may still be asked for. */
  onEnded(why: 'compacted' | 'too-large' | 'broken'): void;
}

export interface Stream {
  close(): void;
}

export interface Lease {
  /** Decimal text: 64 bits. */
  readonly id: string;
  readonly ttlSeconds: number;
}

export interface Etcd {
  range(range: KeyRange, limit: number, revision?: number): Promise<RangeReply>;
  txn(txn: Txn): Promise<TxnResult>;
  grantLease(ttlSeconds: number): Promise<Lease>;
  /** Seconds that the lease has left now; 0: there is no such lease. Rejects after `timeoutMs`. */
  keepAlive(leaseId: string, timeoutMs: number): Promise<number>;
  revokeLease(leaseId: string): Promise<void>;
  watch(range: KeyRange, fromRevision: number, handlers: StreamHandlers): Stream;
  close(): void;
}

export function unavailable(outcome: StoreOutcome, message: string, cause?: unknown): DroverError {
  return new DroverError('store-unavailable', message, { cause, details: { outcome } });
}
