/**
 * The port over any `Etcd`. Reading a range, watching and the election are in files of their own; here
 * is what is left: one key, checked transactions, and an end that closes what is open.
 */
import { runCampaign } from './campaign.ts';
import type { Clock } from './clock.ts';
import type { Etcd } from './etcd.ts';
import { keyRange, prefixRange } from './key-range.ts';
import type { Store, Txn } from './port.ts';
import { readRange } from './read-range.ts';
import { startWatch } from './watch.ts';

/** etcd's own default limit (`--max-txn-ops`). */
const maxTxnOperations = 128;

export function createStore(etcd: Etcd, clock: Clock): Store {
  const ending = new AbortController();
  const open = new Set<{ close(): void }>();

  return {
    range: (prefix) => readRange(etcd, prefixRange(prefix)),

    async get(key) {
      const page = await etcd.range(keyRange(key), 1);
      if (page === 'compacted') throw new Error('a read of the present cannot be compacted');
      const entry = page.entries[0];
      return entry ? { entry, revision: page.headerRevision } : { revision: page.headerRevision };
    },

    async txn(txn) {
      checkTxn(txn);
      return await etcd.txn(txn);
    },

    watch(prefixes, fromRevision, handlers) {
      const watch = startWatch(etcd, clock, prefixes, fromRevision, {
        onChanges: (batch) => handlers.onChanges(batch),
        onLost: (reason) => {
          open.delete(watch);
          handlers.onLost(reason);
        },
      });
      open.add(watch);
      return {
        close: () => {
          open.delete(watch);
          watch.close();
        },
      };
    },

    campaign: (campaign) => runCampaign({ etcd, clock, ending: ending.signal }, campaign),

    async [Symbol.asyncDispose]() {
      ending.abort(new Error('the store was closed'));
      for (const watch of open) watch.close();
      open.clear();
      etcd.close();
      await Promise.resolve();
    },
  };
}

/** What etcd would refuse is a defect of ours. */
function checkTxn(txn: Txn): void {
  const operations = Math.max(txn.compares.length, txn.puts.length + txn.deletes.length);
  if (operations > maxTxnOperations) {
    throw new Error(`a transaction of ${operations} operations; at most ${maxTxnOperations}`);
  }
  const written = [...txn.puts.map((put) => put.key), ...txn.deletes];
  if (new Set(written).size !== written.length) {
    throw new Error('a transaction writes a key twice');
  }
}
