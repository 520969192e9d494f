/**
 * `Etcd` over gRPC, through etcd3's generated clients. Its election, leases, watches and retries are not
 * used: they elect twice, skip changes and repeat transactions. Every call has a deadline; what fails
 * before it could be sent is told apart from what may have happened.
 */
import {
  CompareResult,
  CompareTarget,
  type ICompare,
  type IKeyValue,
  type IRequestOp,
  KVClient,
  LeaseClient,
  WatchClient,
} from 'etcd3';
import { EtcdChannel } from './etcd-channel.ts';
import { type Etcd, type Lease, unavailable } from './etcd.ts';
import { toRevision } from './key-range.ts';
import type { Compare, StoreEntry, StoreOptions, Txn } from './port.ts';
import { openWatchStream } from './watch-stream.ts';

export function connectEtcd(options: StoreOptions): Etcd {
  const timeoutMs = options.requestTimeoutMs ?? 5_000;
  // A channel each: what breaks one kind of call does not touch the others.
  const channels = {
    kv: new EtcdChannel(options.endpoints, timeoutMs),
    lease: new EtcdChannel(options.endpoints, timeoutMs),
    watch: new EtcdChannel(options.endpoints, timeoutMs, { needsLeader: true }),
  };
  const kv = new KVClient(channels.kv);
  const lease = new LeaseClient(channels.lease);
  const watch = new WatchClient(channels.watch);

  return {
    async range(range, limit, revision) {
      const request = {
        key: bytes(range.start),
        range_end: bytes(range.end),
        limit,
        ...(revision === undefined ? {} : { revision }),
      };
      try {
        const reply = await kv.range(request);
        return {
          headerRevision: toRevision(reply.header.revision),
          entries: reply.kvs.map(toEntry),
          more: reply.more,
        };
      } catch (error) {
        if (String(error).includes('required revision has been compacted')) return 'compacted';
        throw error;
      }
    },

    async txn(txn) {
      const reply = await kv.txn({
        compare: txn.compares.flatMap(toCompares),
        success: toOps(txn),
      });
      const revision = toRevision(reply.header.revision);
      return { type: reply.succeeded ? 'done' : 'conflict', revision };
    },

    async grantLease(ttlSeconds): Promise<Lease> {
      const reply = await lease.leaseGrant({ TTL: ttlSeconds });
      return { id: reply.ID, ttlSeconds: Number(reply.TTL) };
    },

    async keepAlive(leaseId, keepAliveMs) {
      return await keepAliveOnce(lease, leaseId, keepAliveMs);
    },

    async revokeLease(leaseId) {
      await lease.leaseRevoke({ ID: leaseId });
    },

    watch: (range, fromRevision, handlers) =>
      openWatchStream(watch, range, fromRevision, handlers, timeoutMs),

    close() {
      for (const channel of Object.values(channels)) channel.close();
    },
  };
}

/** A stream for one renewal: there is no old stream whose state could be wrong. */
async function keepAliveOnce(
  client: LeaseClient,
  leaseId: string,
  timeoutMs: number,
): Promise<number> {
  const stream = await client.leaseKeepAlive({ deadline: Date.now() + timeoutMs });
  return await new Promise<number>((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(unavailable('unknown', 'etcd did not acknowledge a lease', cause));
    stream.on('data', (reply) => {
      resolve(Number(reply.TTL));
      stream.end();
    });
    stream.on('error', fail);
    stream.on('end', () => fail(undefined));
    stream.write({ ID: leaseId });
  });
}

function toCompares(compare: Compare): ICompare[] {
  const common = { key: bytes(compare.key), result: CompareResult.Equal } as const;
  const all: ICompare[] = [];
  if (compare.modRevision !== undefined) {
    all.push({ ...common, target: CompareTarget.Mod, mod_revision: compare.modRevision });
  }
  if (compare.createRevision !== undefined) {
    all.push({ ...common, target: CompareTarget.Create, create_revision: compare.createRevision });
  }
  return all;
}

function toOps(txn: Txn): IRequestOp[] {
  return [
    ...txn.puts.map((put) => ({
      request_put: {
        key: bytes(put.key),
        value: bytes(put.value),
        ...(put.leaseId === undefined ? {} : { lease: put.leaseId }),
      },
    })),
    ...txn.deletes.map((key) => ({ request_delete_range: { key: bytes(key) } })),
  ];
}

function toEntry(kv: IKeyValue): StoreEntry {
  return {
    key: kv.key.toString('utf8'),
    value: kv.value.toString('utf8'),
    modRevision: toRevision(kv.mod_revision),
    createRevision: toRevision(kv.create_revision),
  };
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}
