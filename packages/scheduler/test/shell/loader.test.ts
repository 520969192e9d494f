import { keys } from '@drover/protocol';
import { createFakeStore } from '@drover/store/testing';
import { describe, expect, it, vi } from 'vitest';
import type { SchedulerEvent } from '../../src/logic/index.ts';
import { Loader } from '../../src/shell/loader.ts';

function aLoader() {
  const etcd = createFakeStore();
  const events: SchedulerEvent[] = [];
  const warnings: string[] = [];
  const client = etcd.connect();
  const loader = new Loader(
    client,
    (event) => events.push(event),
    (text) => warnings.push(text),
  );
  const put = (key: string, value: string) =>
    etcd.txn({ compares: [], puts: [{ key, value }], deletes: [] });
  const of = <T extends SchedulerEvent['type']>(type: T) =>
    events.filter((event): event is Extract<SchedulerEvent, { type: T }> => event.type === type);
  return { etcd, client, events, warnings, loader, put, of };
}

const soon = (holds: () => void | Promise<void>) =>
  vi.waitFor(holds, { timeout: 5_000, interval: 10 });

describe('the loader', () => {
  it('feeds everything of ours at one revision, then each change from there on', async () => {
    const { etcd, loader, put, of } = aLoader();
    await put(keys.host('h1'), 'one');
    await put('/drover/leader/1f', 'not ours to load');
    await put('/elsewhere', 'nor this');
    loader.load();
    await soon(() => expect(of('loaded')).toHaveLength(1));
    expect(of('loaded')[0]?.entries.map((entry) => entry.key)).toEqual([keys.host('h1')]);
    await put(keys.host('h2'), 'two');
    await soon(() => expect(of('changed')).toHaveLength(1));
    expect(of('changed')[0]).toEqual({
      type: 'changed',
      revision: etcd.revision,
      changes: [{ key: keys.host('h2'), value: 'two', modRevision: etcd.revision }],
    });
    loader[Symbol.dispose]();
  });

  it('loads anew and watches on after a watch that was lost', async () => {
    const { etcd, client, loader, put, of } = aLoader();
    loader.load();
    await soon(() => expect(of('loaded')).toHaveLength(1));
    await etcd.settle();
    // What changes while it is cut off is compacted before it can catch up.
    client.setOnline(false);
    await put(keys.host('h1'), 'one');
    await put(keys.host('h2'), 'two');
    etcd.compact();
    await put(keys.host('h3'), 'three');
    client.setOnline(true);
    await soon(async () => {
      await etcd.advance(1_000);
      expect(of('loaded')).toHaveLength(2);
    });
    expect(of('loaded')[1]?.entries).toHaveLength(3);
    await put(keys.host('h4'), 'four');
    await soon(() =>
      expect(of('changed').flatMap(({ changes }) => changes.map(({ key }) => key))).toContain(
        keys.host('h4'),
      ),
    );
    loader[Symbol.dispose]();
  });

  it('tries until etcd can be read, and says why it cannot', async () => {
    const { etcd, loader, warnings, of } = aLoader();
    etcd.setDown(true);
    loader.load();
    await soon(() => expect(warnings[0]).toMatch(/^etcd cannot be read: /));
    etcd.setDown(false);
    await soon(() => expect(of('loaded')).toHaveLength(1));
    loader[Symbol.dispose]();
  });

  it('that is asked several times while it loads does it once more, not several times', async () => {
    const { etcd, loader, of } = aLoader();
    loader.load();
    loader.load();
    loader.load();
    await soon(() => expect(of('loaded')).toHaveLength(2));
    await etcd.settle();
    expect(of('loaded')).toHaveLength(2);
    loader[Symbol.dispose]();
  });

  it('that has ended says nothing more', async () => {
    const { etcd, loader, put, events } = aLoader();
    loader.load();
    loader[Symbol.dispose]();
    await put(keys.host('h1'), 'one');
    await etcd.settle();
    expect(events).toEqual([]);
  });
});
