/** What only the fake can be asked, and what the store itself checks before anything is sent. */
import { describe, expect, it } from 'vitest';
import type { Change } from '../src/index.ts';
import { createFakeStore } from '../src/testing/index.ts';

const none = { compares: [], puts: [], deletes: [] } as const;

describe('a transaction', () => {
  it('of more than 128 operations is a defect', async () => {
    const store = createFakeStore();
    const puts = Array.from({ length: 129 }, (_, index) => ({ key: `/k${index}`, value: '' }));
    await expect(store.txn({ ...none, puts })).rejects.toThrow('at most 128');
    await store.txn({ ...none, puts: puts.slice(1) });
    expect(store.entries()).toHaveLength(128);
  });

  it('that writes a key twice is a defect', async () => {
    const store = createFakeStore();
    const put = { key: '/a', value: '' };
    await expect(store.txn({ ...none, puts: [put, put] })).rejects.toThrow('twice');
    await expect(store.txn({ ...none, puts: [put], deletes: ['/a'] })).rejects.toThrow('twice');
    expect(store.revision).toBe(1);
  });

  it('that changes nothing makes no revision', async () => {
    const store = createFakeStore();
    const result = await store.txn({ ...none, deletes: ['/never'] });
    expect(result).toEqual({ type: 'done', revision: 1 });
  });
});

describe('the fake', () => {
  it('carries out what it does not answer, once', async () => {
    const store = createFakeStore();
    store.loseNextReply();
    await expect(store.txn({ ...none, puts: [{ key: '/a', value: '1' }] })).rejects.toMatchObject({
      code: 'store-unavailable',
      details: { outcome: 'unknown' },
    });
    expect(store.entries()).toMatchObject([{ key: '/a', value: '1', modRevision: 2 }]);
    expect(store.revision).toBe(2);
  });

  it('cuts one client off and not another', async () => {
    const store = createFakeStore();
    const other = store.connect();
    store.setOnline(false);
    await expect(store.range('/')).rejects.toMatchObject({ details: { outcome: 'not-sent' } });
    expect((await other.range('/')).entries).toEqual([]);
  });

  it('ends a lease when its time has passed, and with it its keys', async () => {
    const store = createFakeStore();
    const giveUp = new AbortController();
    const leader = await store.campaign({
      prefix: '/l/',
      value: 'x',
      ttlSeconds: 10,
      signal: giveUp.signal,
    });
    store.setOnline(false);
    await store.advance(9_000);
    expect(leader.isCurrent()).toBe(false);
    expect(store.entries()).toHaveLength(1);
    await store.advance(5_000);
    expect(store.entries()).toEqual([]);
  });

  it('reads a large range at the revision of its first page', async () => {
    const store = createFakeStore();
    const keys = Array.from({ length: 600 }, (_, index) => `/k/${String(index).padStart(3, '0')}`);
    for (const key of keys) await store.txn({ ...none, puts: [{ key, value: 'old' }] });
    const other = store.connect();
    const reading = store.range('/k/');
    const writing = other.txn({
      ...none,
      puts: [{ key: '/k/599', value: 'new' }],
      deletes: ['/k/598'],
    });
    const [read] = await Promise.all([reading, writing]);
    expect(read.entries.map((entry) => entry.key)).toEqual(keys);
    expect(read.entries.every((entry) => entry.value === 'old')).toBe(true);
    expect(read.revision).toBe(601);
  });

  it('delivers nothing to a watch or a store that was closed', async () => {
    const store = createFakeStore();
    const other = store.connect();
    const seen: Change[] = [];
    const handlers = {
      onChanges: ({ changes }: { changes: readonly Change[] }) => void seen.push(...changes),
      onLost: () => {
        throw new Error('lost');
      },
    };
    const watch = store.watch(['/'], 1, handlers);
    other.watch(['/'], 1, handlers);
    await store.settle();
    watch.close();
    await other[Symbol.asyncDispose]();
    await store.txn({ ...none, puts: [{ key: '/a', value: '1' }] });
    await store.advance(10_000);
    expect(seen).toEqual([]);
    await expect(other.get('/a')).rejects.toMatchObject({ code: 'store-unavailable' });
  });
});
