/**
 * A store without etcd, for tests of those who use one. What it shares with the real store is everything
 * but etcd itself: the paging, the resuming watches and the election run the same code.
 */
import { type Clock, systemClock } from '../clock.ts';
import type { Store, StoreEntry } from '../port.ts';
import { createStore } from '../store.ts';
import { type FakeClient, FakeEtcd } from './fake-etcd.ts';
import { ManualClock, settle } from './manual-clock.ts';

/** One process' store, and what may happen to its connection. */
export interface FakeStoreClient extends Store {
  /** `false`: cut off. Calls fail with outcome `not-sent`; watches break and resume later. */
  setOnline(online: boolean): void;
  /** The next call is carried out and then fails with outcome `unknown`. */
  loseNextReply(): void;
}

/** The first client, and the etcd behind it. */
export interface FakeStore extends FakeStoreClient {
  /** Another process of the same etcd. */
  connect(): FakeStoreClient;
  readonly revision: number;
  /** Everything in it, in order of keys. */
  entries(): readonly StoreEntry[];
  /** Forgets the history up to and including the revision; default: all of it. */
  compact(revision?: number): void;
  /** Breaks every watch stream once, as a restart of etcd does. */
  breakStreams(): void;
  /** No client reaches it: calls fail with outcome `not-sent`, watches break and resume later. */
  setDown(down: boolean): void;
  /** As a stopped etcd process: calls end in outcome `unknown` after 1 s, and take effect later. */
  setPaused(paused: boolean): void;
  /** Lets time pass for leases, keepalives and retries. Only with the manual clock. */
  advance(ms: number): Promise<void>;
  /** Lets everything that needs no time happen. */
  settle(): Promise<void>;
}

export interface FakeStoreOptions {
  /** `manual` (default): time passes only by `advance`. */
  readonly clock?: 'manual' | 'system';
}

export function createFakeStore(options: FakeStoreOptions = {}): FakeStore {
  const manual = options.clock === 'system' ? undefined : new ManualClock();
  const clock: Clock = manual ?? systemClock;
  const etcd = new FakeEtcd(clock);
  return {
    ...fakeClient(etcd.client(), clock),
    connect: () => fakeClient(etcd.client(), clock),
    get revision() {
      return etcd.history.revision;
    },
    entries: () => etcd.history.entries(),
    compact: (revision = etcd.history.revision) => etcd.history.compact(revision),
    breakStreams: () => etcd.breakStreams(),
    setDown: (down) => etcd.setDown(down),
    setPaused: (paused) => etcd.setPaused(paused),
    advance: async (ms) => {
      if (!manual) throw new Error('only a manual clock can be advanced');
      await manual.advance(ms);
    },
    settle,
  };
}

function fakeClient(client: FakeClient, clock: Clock): FakeStoreClient {
  return {
    ...createStore(client, clock),
    setOnline: (online) => client.setOnline(online),
    loseNextReply: () => client.loseNextReply(),
  };
}
