/**
 * A watch that misses nothing or says so. After a broken stream it continues from the last change it has
 * delivered: the header of a watch response carries the store's revision, not the response's, so that
 * resuming from it would skip changes. It gives up where etcd has compacted what it would need.
 */
import type { Clock } from './clock.ts';
import type { Etcd, Stream } from './etcd.ts';
import { coveringRange } from './key-range.ts';
import type { Change, Watch, WatchHandlers, WatchLoss } from './port.ts';

const backoffMs = { first: 50, most: 2_000 } as const;

export function startWatch(
  etcd: Etcd,
  clock: Clock,
  prefixes: readonly string[],
  fromRevision: number,
  handlers: WatchHandlers,
): Watch {
  // One range for all prefixes: etcd would deliver several watches in no common order.
  const range = coveringRange(prefixes);
  let next = fromRevision;
  let ended = false;
  let stream: Stream | undefined;
  let cancelRetry: (() => void) | undefined;
  let delayMs: number = backoffMs.first;

  const end = () => {
    ended = true;
    cancelRetry?.();
    stream?.close();
  };
  const lose = (reason: WatchLoss) => {
    if (ended) return;
    end();
    handlers.onLost(reason);
  };

  const deliver = (events: readonly Change[]) => {
    const last = events.at(-1);
    if (ended || !last) return;
    // After resuming, etcd may send again what we have; it never may go back within one stream.
    const fresh = events.filter((change) => change.modRevision >= next);
    if (!ascending(events)) return lose('doubt');
    next = Math.max(next, last.modRevision + 1);
    const changes = fresh.filter((change) => prefixes.some((one) => change.key.startsWith(one)));
    const newest = changes.at(-1);
    if (newest) handlers.onChanges({ revision: newest.modRevision, changes });
  };

  const open = () => {
    if (ended) return;
    // One revision earlier than needed, so that history which ends right before is told as lost: of the revision
    // that it compacts at, etcd forgets the deletions and serves a watch from there as if nothing were missing.
    stream = etcd.watch(range, Math.max(1, next - 1), {
      onOpened: (headerRevision) => {
        delayMs = backoffMs.first;
        // A store behind what it told us earlier has been restored from a backup.
        if (headerRevision < next - 1) lose('doubt');
      },
      onEvents: deliver,
      onEnded: (why) => {
        if (ended) return;
        if (why === 'compacted') return lose('compacted');
        if (why === 'too-large') return lose('doubt');
        cancelRetry = clock.after(delayMs * (0.5 + Math.random() / 2), open);
        delayMs = Math.min(delayMs * 2, backoffMs.most);
      },
    });
    // It may have been lost while it was opened.
    if (ended) stream.close();
  };
  open();
  return { close: end };
}

function ascending(changes: readonly Change[]): boolean {
  return changes.every(
    (change, index) => index === 0 || change.modRevision >= (changes[index - 1]?.modRevision ?? 0),
  );
}
