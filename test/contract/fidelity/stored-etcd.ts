/** A real etcd, through what `store` calls it with: its RPCs, its watches. Leases run out in real time. */
import { setTimeout as wait } from 'node:timers/promises';
import { KVClient } from 'etcd3';
import { systemClock } from '../../../packages/store/src/clock.ts';
import { EtcdChannel } from '../../../packages/store/src/etcd-channel.ts';
import { connectEtcd } from '../../../packages/store/src/etcd-rpc.ts';
import type { Etcd } from '../../../packages/store/src/etcd.ts';
import { prefixRange } from '../../../packages/store/src/key-range.ts';
import { readRange } from '../../../packages/store/src/read-range.ts';
import { startWatch } from '../../../packages/store/src/watch.ts';
import type { RealServer } from '../support/real-servers.ts';
import { until } from '../support/until.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { recordHistory } from './etcd-history.ts';
import type { EtcdSide } from './etcd-player.ts';

const everything = { start: '\0', end: '\0' } as const;
const leaseSeconds = { long: 600, short: 1 } as const;
/** etcd serves a watch of the past in rounds of 100 ms. */
const roundMs = 150;
const unheardMs = 400;

/** One etcd for many plays, each from an etcd that was emptied. */
export class StoredEtcd implements AsyncDisposable {
  readonly #server: RealServer;
  readonly #actor: Etcd;
  readonly #channel: EtcdChannel;

  constructor(server: RealServer) {
    this.#server = server;
    this.#actor = connectEtcd({ endpoints: [server.url] });
    this.#channel = new EtcdChannel([server.url], 5_000);
  }

  async play(): Promise<EtcdSide> {
    const kv = new KVClient(this.#channel);
    await kv.deleteRange({ key: Buffer.from('\0'), range_end: Buffer.from('\0') });
    const actor = this.#actor;
    const revision = async () => {
      const page = await actor.range(everything, 1);
      if (page === 'compacted') throw new Error('the present is compacted');
      return page.headerRevision;
    };
    const stack = new AsyncDisposableStack();
    const history = stack.use(await recordHistory(this.#channel, await revision()));
    const proxy = stack.use(await startTcpProxy(this.#server.port));
    const watcher = stack.use(new Watcher(await startTcpProxy(this.#server.port)));
    const unheard = connectEtcd({
      endpoints: [`http://127.0.0.1:${proxy.port}`],
      requestTimeoutMs: unheardMs,
    });
    stack.defer(() => unheard.close());
    const leases: string[] = [];
    return {
      name: 'etcd',
      revision,
      txn: async ({ compares, puts, deletes }, isHeard) => {
        const leased = puts.map(({ lease, ...put }) =>
          lease === undefined ? put : { ...put, leaseId: leases[lease] ?? '1' },
        );
        const txn = { compares, puts: leased, deletes };
        if (isHeard) return await actor.txn(txn).catch(() => 'lost' as const);
        // Connected first, so that the transaction is sent; then nothing comes back.
        await until('it is connected', () => unheard.range(everything, 1).catch(() => undefined));
        proxy.setDeaf(true);
        try {
          return await unheard.txn(txn).catch(() => 'lost' as const);
        } finally {
          proxy.setDeaf(false);
        }
      },
      range: async (prefix) => await readRange(actor, prefix ? prefixRange(prefix) : everything),
      grant: async (how) => {
        leases.push((await actor.grantLease(leaseSeconds[how])).id);
      },
      keepAlive: async (lease) => (await actor.keepAlive(leases[lease] ?? '1', 5_000)) > 0,
      revoke: async (lease) => await actor.revokeLease(leases[lease] ?? '1').catch(() => undefined),
      watch: (prefixes, fromRevision, { onChanges, onLost }) =>
        startWatch(watcher.etcd, systemClock, prefixes, fromRevision, {
          onChanges: ({ changes }) => onChanges(changes),
          onLost: () => onLost(),
        }),
      compact: async (compacted) =>
        void (await kv.compact({ revision: String(compacted), physical: true })),
      whileBroken: async (work) => await watcher.whileBroken(work),
      settle: async (isEnough) => {
        await watcher.whenOpen();
        await until('all news came', isEnough, { timeoutMs: 1_500 }).catch(() => undefined);
      },
      pass: async (ms) => await wait(ms),
      commits: async () => await history.until(await revision()),
      [Symbol.asyncDispose]: async () => await stack.disposeAsync(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#actor.close();
    this.#channel.close();
    await Promise.resolve();
  }
}

/** The client whose watches are looked at; its connections can be broken. */
class Watcher implements AsyncDisposable {
  readonly #proxy: TcpProxy;
  readonly #client: Etcd;
  readonly #opening = new Set<object>();
  #hasNews = false;

  constructor(proxy: TcpProxy) {
    this.#proxy = proxy;
    this.#client = connectEtcd({ endpoints: [`http://127.0.0.1:${proxy.port}`] });
  }

  /** Knows which streams etcd has not accepted yet. */
  get etcd(): Etcd {
    const client = this.#client;
    return {
      ...client,
      watch: (range, fromRevision, handlers) => {
        const mark = {};
        this.#opening.add(mark);
        this.#hasNews = true;
        const stream = client.watch(range, fromRevision, {
          ...handlers,
          onOpened: (revision) => {
            this.#opening.delete(mark);
            handlers.onOpened(revision);
          },
          onEnded: (why) => {
            this.#opening.delete(mark);
            handlers.onEnded(why);
          },
        });
        return {
          close: () => {
            this.#opening.delete(mark);
            stream.close();
          },
        };
      },
    };
  }

  async whenOpen(): Promise<void> {
    await until('every watch is open', () => this.#opening.size === 0);
    if (this.#hasNews) await wait(roundMs);
    this.#hasNews = false;
  }

  async whileBroken(work: () => Promise<void>): Promise<void> {
    this.#proxy.setBlocked(true);
    await work();
    this.#proxy.setBlocked(false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.#proxy[Symbol.asyncDispose]();
  }
}
