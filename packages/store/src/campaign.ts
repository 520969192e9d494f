/**
 * The election. A candidate puts a key under its own lease, waits until no older key of the prefix is
 * left, and is elected only by a linearizable read that shows, at one revision, its own key and none that
 * is older. The lease makes for liveness; what makes it safe is that every write compares the epoch.
 */
import { type Clock, sleep } from './clock.ts';
import type { Etcd } from './etcd.ts';
import { keyRange, leaseHex, prefixRange } from './key-range.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import type { Campaign, Leadership } from './port.ts';
import { readRange } from './read-range.ts';
import { startWatch } from './watch.ts';

interface Context {
  readonly etcd: Etcd;
  readonly clock: Clock;
  /** Aborts when the store is closed. */
  readonly ending: AbortSignal;
}

interface Candidacy {
  readonly leaseId: string;
  readonly key: string;
  readonly createRevision: number;
  readonly keeper: LeaseKeeper;
}

const retryMs = 250;

/** Resolves when elected; rejects only with the reason of the signal, or of the store's end. */
export async function runCampaign(context: Context, campaign: Campaign): Promise<Leadership> {
  const signal = AbortSignal.any([campaign.signal, context.ending]);
  for (;;) {
    signal.throwIfAborted();
    const candidacy = await stand(context, campaign).catch(() => undefined);
    if (!candidacy) {
      await sleep(context.clock, retryMs, signal);
      continue;
    }
    const elected = await waitForTurn(context, campaign.prefix, candidacy, signal);
    if (elected !== undefined && !signal.aborted && candidacy.keeper.isCurrent()) {
      return lead(context, candidacy, elected);
    }
    // Never again with this key: an election that comes after its loss would be a phantom.
    candidacy.keeper.lose('the candidacy was given up');
    await context.etcd.revokeLease(candidacy.leaseId).catch(() => undefined);
  }
}

async function stand(context: Context, campaign: Campaign): Promise<Candidacy> {
  const { etcd, clock } = context;
  const sentAt = clock.now();
  const lease = await etcd.grantLease(campaign.ttlSeconds);
  // etcd may have raised it; believing in the smaller one is safe.
  const ttlMs = 1_000 * Math.min(lease.ttlSeconds, campaign.ttlSeconds);
  const keeper = new LeaseKeeper(etcd, clock, { id: lease.id, ttlMs, sentAt });
  const key = campaign.prefix + leaseHex(lease.id);
  try {
    const result = await etcd.txn({
      compares: [{ key, createRevision: 0 }],
      puts: [{ key, value: campaign.value, leaseId: lease.id }],
      deletes: [],
    });
    if (result.type === 'conflict') throw new Error(`${key} exists already`);
    return { leaseId: lease.id, key, createRevision: result.revision, keeper };
  } catch (error) {
    keeper.lose('the candidacy could not be recorded');
    await etcd.revokeLease(lease.id).catch(() => undefined);
    throw error;
  }
}

/** The revision at which it was elected; `undefined`: the candidacy is lost or given up. */
async function waitForTurn(
  context: Context,
  prefix: string,
  candidacy: Candidacy,
  signal: AbortSignal,
): Promise<number | undefined> {
  const over = new AbortController();
  void candidacy.keeper.lost.then(() => over.abort());
  const stop = AbortSignal.any([signal, over.signal]);
  while (!stop.aborted) {
    const read = await readRange(context.etcd, prefixRange(prefix)).catch(() => undefined);
    if (!read) {
      await sleep(context.clock, retryMs, stop);
      continue;
    }
    const own = read.entries.find((entry) => entry.key === candidacy.key);
    if (own?.createRevision !== candidacy.createRevision) return undefined;
    if (read.entries.every((entry) => entry.createRevision >= own.createRevision)) {
      return read.revision;
    }
    await changeOrPause(context, prefix, read.revision + 1, stop);
  }
  return undefined;
}

/** Watches are hints: a pause bounds how long a missed one can hold the election up. */
async function changeOrPause(
  context: Context,
  prefix: string,
  fromRevision: number,
  stop: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const wake = () => done.abort();
  const watch = startWatch(context.etcd, context.clock, [prefix], fromRevision, {
    onChanges: wake,
    onLost: wake,
  });
  await sleep(context.clock, 2_000, AbortSignal.any([stop, done.signal]));
  watch.close();
}

function lead(context: Context, candidacy: Candidacy, electedAt: number): Leadership {
  const { keeper, leaseId, key } = candidacy;
  const closeStore = () => keeper.lose('the store was closed');
  context.ending.addEventListener('abort', closeStore, { once: true });
  const stopGuard = guardKey(context, candidacy, electedAt + 1);
  void keeper.lost.then(() => {
    context.ending.removeEventListener('abort', closeStore);
    stopGuard();
  });
  return {
    epoch: String(candidacy.createRevision),
    leaderKey: key,
    isCurrent: () => keeper.isCurrent(),
    lost: keeper.lost,
    async resign() {
      keeper.lose('resigned');
      await context.etcd.revokeLease(leaseId).catch(() => undefined);
    },
  };
}

/** Loses the leadership when somebody deletes its key while the lease lives on. */
function guardKey(context: Context, candidacy: Candidacy, fromRevision: number): () => void {
  const { etcd, clock } = context;
  const over = new AbortController();
  let watch = { close: () => {} };
  const guard = (from: number) => {
    watch = startWatch(etcd, clock, [candidacy.key], from, {
      onChanges: ({ changes }) => {
        if (changes.some((one) => one.key === candidacy.key && one.value === undefined)) {
          candidacy.keeper.lose('the key of the leader was deleted');
        }
      },
      onLost: () => void reread(),
    });
  };
  const reread = async () => {
    while (!over.signal.aborted) {
      const page = await etcd.range(keyRange(candidacy.key), 1).catch(() => undefined);
      if (over.signal.aborted) return;
      if (page && page !== 'compacted') {
        if (page.entries[0]?.createRevision === candidacy.createRevision) {
          return guard(page.headerRevision + 1);
        }
        return candidacy.keeper.lose('the key of the leader was deleted');
      }
      await sleep(clock, retryMs, over.signal);
    }
  };
  guard(fromRevision);
  return () => {
    over.abort();
    watch.close();
  };
}
