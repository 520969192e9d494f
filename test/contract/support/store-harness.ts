/**
 * What the store's contract needs of an etcd, from the fake and from the real one: clients of it, and the
 * things that go wrong.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { connectStore, type Store } from '@drover/store';
import { createFakeStore } from '@drover/store/testing';
import { startEtcd } from './real-servers.ts';
import { startTcpProxy } from './tcp-proxy.ts';

export interface CutOffStore {
  readonly store: Store;
  /** Cut off: etcd is fine, but this client cannot reach it. */
  readonly setCutOff: (cutOff: boolean) => void;
}

export interface StoreHarness extends AsyncDisposable {
  /** A new client, as of another process. */
  connect(): Store;
  connectCutOff(): Promise<CutOffStore>;
  /**
   * A new client and what to call as soon as its watch has delivered something: the stream breaks before
   * it has caught up with about 2500 revisions of 200 bytes.
   */
  connectBreaking(): Promise<{ readonly store: Store; onDelivery(): void }>;
  /** How time passes here. */
  pass(ms: number): Promise<void>;
  setPaused(paused: boolean): Promise<void>;
  /** etcd's process dies and comes back with what it had on disk. */
  restart(): Promise<void>;
  /** Runs while etcd is down. */
  whileDown(work: () => Promise<void>): Promise<void>;
  compact(revision: number): Promise<void>;
}

export async function fakeStoreHarness(): Promise<StoreHarness> {
  const fake = createFakeStore();
  await fake.settle();
  return {
    connect: () => fake.connect(),
    connectCutOff: async () => {
      const store = fake.connect();
      await fake.settle();
      return { store, setCutOff: (cutOff) => store.setOnline(!cutOff) };
    },
    connectBreaking: async () => {
      const store = fake.connect();
      let broken = false;
      await fake.settle();
      return {
        store,
        onDelivery: () => {
          if (broken) return;
          broken = true;
          fake.breakStreams();
        },
      };
    },
    pass: (ms) => fake.advance(ms),
    setPaused: async (paused) => {
      fake.setPaused(paused);
      await fake.settle();
    },
    restart: async () => {
      fake.breakStreams();
      await fake.settle();
    },
    whileDown: async (work) => {
      fake.setDown(true);
      await work();
      fake.setDown(false);
    },
    compact: async (revision) => {
      fake.compact(revision);
      await fake.settle();
    },
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  };
}

export async function realStoreHarness(): Promise<StoreHarness> {
  const etcd = await startEtcd();
  const open = new AsyncDisposableStack();
  open.use(etcd);
  const connect = (endpoint = etcd.url) =>
    open.use(connectStore({ endpoints: [endpoint], requestTimeoutMs: 2_000 }));
  const proxied = async () => {
    const proxy = open.use(await startTcpProxy(etcd.port));
    return { proxy, store: connect(`http://127.0.0.1:${proxy.port}`) };
  };
  return {
    connect: () => connect(),
    connectCutOff: async () => {
      const { proxy, store } = await proxied();
      return { store, setCutOff: (cutOff) => proxy.setBlocked(cutOff) };
    },
    connectBreaking: async () => {
      const { proxy, store } = await proxied();
      // After the first thousand revisions (more than 200 KB), before the last (500 KB).
      void proxy.cutAfter(400_000);
      return { store, onDelivery: () => {} };
    },
    pass: (ms) => wait(ms),
    setPaused: (paused) => (paused ? etcd.pause() : etcd.resume()),
    restart: () => etcd.restart(),
    whileDown: async (work) => {
      await etcd.kill();
      await work();
      await etcd.start();
    },
    compact: async (revision) =>
      void (await etcd.exec('etcdctl', 'compaction', '--physical', String(revision))),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
