/** The loader: everything at one revision, then what changes; after a lost watch the same again. */
import { keys } from '@drover/protocol';
import { createFakeStore } from '@drover/store/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SchedulerEvent } from '../../src/logic/index.ts';
import { Loader } from '../../src/shell/loader.ts';

const open: Loader[] = [];
afterEach(() => {
  for (const loader of open.splice(0)) loader[Symbol.dispose]();
});

async function setUp() {
  const store = createFakeStore();
  const writer = store.connect();
  const events: SchedulerEvent[] = [];
  const warn = vi.fn();
  const loader = new Loader(store, (event) => events.push(event), warn);
  open.push(loader);
  const write = (key: string, value: string) =>
    writer.txn({ compares: [], puts: [{ key, value }], deletes: [] });
  await write(keys.pool('p'), '1');
  await write(keys.leader('1'), 'somebody');
  await write(keys.operation('o'), '1');
  const loads = () => events.filter((event) => event.type === 'loaded');
  const changes = () => events.flatMap((event) => (event.type === 'changed' ? event.changes : []));
  return { store, loader, events, warn, write, loads, changes };
}

describe('a load', () => {
  it('has intents and decisions at one revision, and nothing of the election', async () => {
    const { loader, store, loads } = await setUp();
    loader.load();
    await vi.waitFor(() => expect(loads()).toHaveLength(1));
    expect(loads()[0]).toMatchObject({
      revision: store.revision,
      entries: [{ key: keys.operation('o') }, { key: keys.pool('p') }],
    });
  });

  it('is followed by what changes, nothing missed and nothing twice', async () => {
    const { loader, write, loads, changes } = await setUp();
    loader.load();
    await vi.waitFor(() => expect(loads()).toHaveLength(1));
    await write(keys.pool('q'), '1');
    await write(keys.leader('2'), 'another');
    await write(keys.operation('o'), '2');
    await vi.waitFor(() => expect(changes()).toHaveLength(2));
    expect(changes().map(({ key }) => key)).toEqual([keys.pool('q'), keys.operation('o')]);
  });

  it('that is asked for while one is under way is made once more, afterwards', async () => {
    const { loader, store, loads } = await setUp();
    for (let n = 0; n < 5; n += 1) loader.load();
    await vi.waitFor(() => expect(loads()).toHaveLength(2));
    await store.settle();
    expect(loads()).toHaveLength(2);
  });

  it('is tried again while etcd cannot be read', async () => {
    const { loader, store, loads, warn } = await setUp();
    store.setOnline(false);
    loader.load();
    await vi.waitFor(() => expect(warn).toHaveBeenCalled());
    store.setOnline(true);
    await vi.waitFor(() => expect(loads()).toHaveLength(1), 5_000);
  });
});

describe('a watch that is lost', () => {
  it('is made good by a new load, with what was missed', async () => {
    const { loader, store, write, loads, changes } = await setUp();
    loader.load();
    await vi.waitFor(() => expect(loads()).toHaveLength(1));
    await store.settle();
    store.setOnline(false);
    await write(keys.pool('missed'), '1');
    store.compact();
    store.setOnline(true);
    await store.advance(60_000);
    await vi.waitFor(() => expect(loads()).toHaveLength(2), 5_000);
    expect(JSON.stringify(loads()[1])).toContain(keys.pool('missed'));
    await write(keys.pool('later'), '1');
    await vi.waitFor(() => expect(changes().map(({ key }) => key)).toContain(keys.pool('later')));
  });

  it('says nothing more once the loader is disposed of', async () => {
    const { loader, store, write, events, loads } = await setUp();
    loader.load();
    await vi.waitFor(() => expect(loads()).toHaveLength(1));
    loader[Symbol.dispose]();
    await write(keys.pool('q'), '1');
    await store.settle();
    expect(events).toHaveLength(1);
  });
});
