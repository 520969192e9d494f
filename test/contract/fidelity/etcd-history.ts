/** Everything that a real etcd commits, with what was there before: one watch of our own over all keys. */
import { WatchClient } from 'etcd3';
import type { EtcdChannel } from '../../../packages/store/src/etcd-channel.ts';
import { until } from '../support/until.ts';

export interface History extends AsyncDisposable {
  /** Each revision after the first, up to that one, one line for each. */
  until(revision: number): Promise<readonly string[]>;
}

/** Revisions are counted from `base`. */
export async function recordHistory(channel: EtcdChannel, base: number): Promise<History> {
  const revisions = new Map<number, string[]>();
  const stream = await new WatchClient(channel).watch();
  let isOpen = false;
  let newest = base;
  stream.on('data', (response) => {
    if (response.created) isOpen = true;
    for (const { type, kv, prev_kv: before } of response.events) {
      const revision = Number(kv.mod_revision);
      newest = Math.max(newest, revision);
      const isDeleted = String(type).toUpperCase() === 'DELETE';
      const what = isDeleted
        ? `${String(kv.key)} deleted`
        : `${String(kv.key)}=${String(kv.value)}`;
      const was = before
        ? `${String(before.value)} of r${Number(before.mod_revision) - base}`
        : 'nothing';
      revisions.set(revision, [...(revisions.get(revision) ?? []), `${what} was ${was}`]);
    }
  });
  stream.on('error', () => undefined);
  const end = Buffer.from('\0');
  stream.write({
    create_request: {
      key: end,
      range_end: end,
      start_revision: base + 1,
      prev_kv: true,
    },
  });
  await until('the history is watched', () => isOpen);
  return {
    until: async (revision) => {
      await until('the history is whole', () => newest >= revision);
      return [...revisions].map(([at, changes]) => `r${at - base}: ${changes.join(', ')}`);
    },
    [Symbol.asyncDispose]: async () => {
      stream.cancel();
      await Promise.resolve();
    },
  };
}
