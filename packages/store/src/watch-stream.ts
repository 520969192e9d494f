/**
 * One gRPC stream with one watch on it: puts fragments together, tells a compaction from a break, and
 * forgets what a broken stream left half said. Resuming is `watch.ts`'s.
 */
import type { IEvent, IWatchResponse, WatchClient } from 'etcd3';
import type { KeyRange, Stream, StreamHandlers } from './etcd.ts';
import { toRevision } from './key-range.ts';
import type { Change } from './port.ts';

/** Of one response put together; etcd sends at most 1000 revisions in one. */
const maxFragmentedChanges = 200_000;

type Duplex = Awaited<ReturnType<WatchClient['watch']>>;

export function openWatchStream(
  client: WatchClient,
  range: KeyRange,
  fromRevision: number,
  handlers: StreamHandlers,
  openTimeoutMs: number,
): Stream {
  let ended = false;
  let stream: Duplex | undefined;
  const end = (why?: Parameters<StreamHandlers['onEnded']>[0]) => {
    if (ended) return;
    ended = true;
    clearTimeout(opening);
    stream?.cancel();
    if (why) handlers.onEnded(why);
  };
  // A server that accepts the stream and stays silent is as good as none.
  const opening = setTimeout(() => end('broken'), openTimeoutMs);
  const collector = new FragmentCollector();

  const onResponse = (response: IWatchResponse) => {
    if (ended) return;
    if (response.canceled)
      return end(toRevision(response.compact_revision) > 0 ? 'compacted' : 'broken');
    if (response.created) {
      clearTimeout(opening);
      handlers.onOpened(toRevision(response.header.revision));
      return;
    }
    const changes = collector.add(response);
    if (changes === 'too-large') return end('too-large');
    if (changes && changes.length > 0) handlers.onEvents(changes);
  };

  client.watch().then(
    (opened) => {
      stream = opened;
      opened.on('data', onResponse);
      opened.on('error', () => end('broken'));
      opened.on('end', () => end('broken'));
      if (ended) return opened.cancel();
      opened.write({
        create_request: {
          key: Buffer.from(range.start, 'utf8'),
          range_end: Buffer.from(range.end, 'utf8'),
          start_revision: fromRevision,
          fragment: true,
        },
      });
    },
    () => end('broken'),
  );
  return { close: () => end() };
}

/** etcd splits a response that is too large, even within one revision. */
class FragmentCollector {
  #parts: Change[] = [];

  /** The changes of a whole response; `undefined`: more of it is to come. */
  add(response: IWatchResponse): readonly Change[] | 'too-large' | undefined {
    if (this.#parts.length + response.events.length > maxFragmentedChanges) return 'too-large';
    this.#parts.push(...response.events.map(toChange));
    if (response.fragment) return undefined;
    const whole = this.#parts;
    this.#parts = [];
    return whole;
  }
}

function toChange(event: IEvent): Change {
  const key = event.kv.key.toString('utf8');
  const modRevision = toRevision(event.kv.mod_revision);
  // The proto loader gives enums by their names in etcd's .proto, which are in capitals.
  if (String(event.type).toUpperCase() === 'DELETE') return { key, modRevision };
  return { key, value: event.kv.value.toString('utf8'), modRevision };
}
