/**
 * The contract of the store, the same for the fake and for a real etcd: what the scheduler and the API
 * rely on when they call a thing decided.
 */
import { keyPrefix } from '@drover/protocol';
import type { Change, Leadership, Store, WatchLoss } from '@drover/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeStoreHarness, realStoreHarness, type StoreHarness } from './support/store-harness.ts';
import { until } from './support/until.ts';

const none = { compares: [], puts: [], deletes: [] } as const;
const ttlSeconds = 5;
const never = new AbortController().signal;

describe.each([
  { name: 'the fake', start: fakeStoreHarness },
  { name: 'etcd', start: realStoreHarness },
])('a store over $name', ({ start }) => {
  let harness: StoreHarness;
  let store: Store;
  let count = 0;

  beforeAll(async () => {
    harness = await start();
    store = harness.connect();
  });
  afterAll(async () => {
    await harness?.[Symbol.asyncDispose]();
  });

  /** A folder that no other test has. */
  const folder = () => {
    count += 1;
    return `${keyPrefix.decision}test-${count}/`;
  };
  const put = async (key: string, value: string, from = store) => {
    const result = await from.txn({ ...none, puts: [{ key, value }] });
    expect(result.type).toBe('done');
    return result.revision;
  };
  const eventually = async <T>(what: string, read: () => T | Promise<T>, timeoutMs = 20_000) =>
    await until(what, read, { timeoutMs, pause: (ms) => harness.pass(ms) });
  /** Waits for a promise while time passes. */
  const outcome = async <T>(promise: Promise<T>): Promise<T> => {
    let ended = false;
    const note = () => {
      ended = true;
    };
    promise.then(note, note);
    await eventually('a call ends', () => ended);
    return await promise;
  };
  const record = (from: Store, prefixes: readonly string[], fromRevision: number) => {
    const seen: Change[] = [];
    const batches: number[] = [];
    const lost: WatchLoss[] = [];
    const watch = from.watch(prefixes, fromRevision, {
      onChanges: ({ revision, changes }) => {
        batches.push(changes.length);
        expect(revision).toBe(changes.at(-1)?.modRevision);
        seen.push(...changes);
      },
      onLost: (reason) => lost.push(reason),
    });
    return { seen, batches, lost, close: () => watch.close() };
  };
  const campaign = (from: Store, prefix: string, value: string, signal = never) =>
    from.campaign({ prefix, value, ttlSeconds, signal });

  describe('transactions', () => {
    it('write all of it, at one revision', async () => {
      const at = folder();
      const revision = await put(`${at}gone`, 'x');
      const result = await store.txn({
        compares: [{ key: `${at}gone`, modRevision: revision }],
        puts: [
          { key: `${at}a`, value: '{"name":"Zürich ✓"}' },
          { key: `${at}b`, value: '' },
        ],
        deletes: [`${at}gone`, `${at}never-existed`],
      });
      expect(result).toEqual({ type: 'done', revision: revision + 1 });
      const read = await store.range(at);
      expect(read.revision).toBe(result.revision);
      expect(read.entries).toEqual([
        {
          key: `${at}a`,
          value: '{"name":"Zürich ✓"}',
          modRevision: result.revision,
          createRevision: result.revision,
        },
        { key: `${at}b`, value: '', modRevision: result.revision, createRevision: result.revision },
      ]);
    });

    it('keep the create revision of what is overwritten', async () => {
      const at = folder();
      const created = await put(`${at}a`, '1');
      const modified = await put(`${at}a`, '2');
      const { entry, revision } = await store.get(`${at}a`);
      expect(entry).toEqual({
        key: `${at}a`,
        value: '2',
        modRevision: modified,
        createRevision: created,
      });
      expect(revision).toBe(modified);
      expect(await store.get(`${at}b`)).toEqual({ revision: modified });
    });

    it.each([
      ['a mod revision that has changed', (r: number) => ({ modRevision: r - 1 })],
      ['a key that should not exist', () => ({ modRevision: 0 })],
      ['a create revision of another', (r: number) => ({ createRevision: String(r + 1) })],
      ['one of two compares', (r: number) => ({ modRevision: r, createRevision: 0 })],
    ])('write nothing on a conflict: %s', async (_claim, compare) => {
      const at = folder();
      const revision = await put(`${at}a`, '1');
      const before = await store.range(keyPrefix.decision);
      const result = await store.txn({
        compares: [
          { key: `${at}b`, modRevision: 0 },
          { key: `${at}a`, ...compare(revision) },
        ],
        puts: [{ key: `${at}b`, value: 'new' }],
        deletes: [`${at}a`],
      });
      expect(result).toEqual({ type: 'conflict', revision });
      expect(await store.range(keyPrefix.decision)).toEqual(before);
    });

    it('write once, of many that compare the same', async () => {
      const key = `${folder()}a`;
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          store.txn({
            compares: [{ key, modRevision: 0 }],
            puts: [{ key, value: String(index) }],
            deletes: [],
          }),
        ),
      );
      expect(results.filter((result) => result.type === 'done')).toHaveLength(1);
    });
  });

  it('a range of many pages is complete, in order, and as of one revision', async () => {
    const at = folder();
    const keys = Array.from(
      { length: 1_200 },
      (_, index) => `${at}${String(index).padStart(5, '0')}`,
    );
    for (let first = 0; first < keys.length; first += 100) {
      const puts = keys.slice(first, first + 100).map((key) => ({ key, value: 'old' }));
      await store.txn({ ...none, puts });
    }
    const last = keys.at(-1) ?? '';
    const other = harness.connect();
    const writes: Promise<number>[] = [];
    const reading = store.range(at);
    for (let index = 0; index < 20; index += 1) writes.push(put(last, `new ${index}`, other));
    const read = await reading;
    const revisions = (await Promise.all(writes)).toSorted((a, b) => a - b);
    expect(read.entries.map((entry) => entry.key)).toEqual(keys);
    for (const entry of read.entries) expect(entry.modRevision).toBeLessThanOrEqual(read.revision);
    // A watch from there sees exactly what the range did not.
    const { seen, close } = record(store, [at], read.revision + 1);
    const missed = [
      ...revisions.filter((revision) => revision > read.revision),
      await put(last, 'end'),
    ];
    await eventually('the watch has caught up', () => seen.at(-1)?.value === 'end');
    expect(seen.map((change) => change.modRevision)).toEqual(missed);
    close();
  });

  describe('watches', () => {
    it('deliver the past and the present of their prefixes, each transaction in one piece', async () => {
      const at = folder();
      const first = await put(`${at}a/1`, 'one');
      await put(`${at}b/1`, 'not asked for');
      const watch = record(store, [`${at}a/`, `${at}c/`], first);
      await eventually('the past', () => watch.seen.length === 1);
      const result = await store.txn({
        ...none,
        puts: [
          { key: `${at}c/1`, value: 'two' },
          { key: `${at}b/1`, value: 'not asked for' },
          { key: `${at}a/2`, value: 'three' },
        ],
        deletes: [`${at}a/1`],
      });
      await eventually('the present', () => watch.seen.length >= 4);
      expect(watch.seen[0]).toEqual({ key: `${at}a/1`, value: 'one', modRevision: first });
      const modRevision = result.revision;
      expect(watch.seen.slice(1).toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
        { key: `${at}a/1`, modRevision },
        { key: `${at}a/2`, value: 'three', modRevision },
        { key: `${at}c/1`, value: 'two', modRevision },
      ]);
      expect(watch.batches).toEqual([1, 3]);
      watch.close();
      const later = record(store, [at], modRevision + 1);
      const end = await put(`${at}a/9`, 'after the close');
      await eventually('the later watch', () => later.seen.length === 1);
      expect(later.seen[0]?.modRevision).toBe(end);
      expect(watch.seen).toHaveLength(4);
      later.close();
    });

    it('miss nothing and repeat nothing when etcd restarts', async () => {
      const at = folder();
      const watch = record(store, [at], (await store.get(at)).revision + 1);
      const written: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        written.push(await put(`${at}a`, `before ${round}`));
        written.push(await put(`${at}b`, `before ${round}`));
        await harness.restart();
        const revision = await eventually('etcd takes writes', () =>
          put(`${at}c`, `after ${round}`).catch(() => undefined),
        );
        written.push(revision);
      }
      await eventually('all arrived', () => watch.seen.length >= written.length);
      expect(watch.seen.map((change) => change.modRevision)).toEqual(written);
      expect(watch.lost).toEqual([]);
      watch.close();
    });

    it('miss nothing when the stream breaks while they catch up', async () => {
      const at = folder();
      const revisions: number[] = [];
      for (let index = 0; index < 2_500; index += 1) {
        revisions.push(await put(`${at}${index % 7}`, 'x'.repeat(200)));
      }
      const breaking = await harness.connectBreaking();
      const seen: number[] = [];
      const lost: WatchLoss[] = [];
      const watch = breaking.store.watch([at], revisions[0] ?? 0, {
        onChanges: ({ changes }) => {
          seen.push(...changes.map((change) => change.modRevision));
          breaking.onDelivery();
        },
        onLost: (reason) => lost.push(reason),
      });
      await eventually('all arrived', () => seen.length >= revisions.length);
      expect(seen).toEqual(revisions);
      expect(lost).toEqual([]);
      watch.close();
    });

    it('say so when what they need was compacted', async () => {
      const at = folder();
      const first = await put(`${at}a`, '1');
      const last = await put(`${at}a`, '2');
      const following = record(store, [at], last + 1);
      const more = await put(`${at}a`, '3');
      await eventually('it follows', () => following.seen.length === 1);
      await harness.compact(more);
      const late = record(store, [at], first);
      await eventually('the late one is told', () => late.lost.length > 0);
      expect(late.lost).toEqual(['compacted']);
      expect(late.seen).toEqual([]);
      // One that has kept up is not harmed.
      await put(`${at}a`, '4');
      await eventually('the other follows on', () => following.seen.length === 2);
      expect(following.lost).toEqual([]);
      following.close();
    });

    it('say so when a deletion was compacted that they begin with', async () => {
      const at = folder();
      await put(`${at}a`, '1');
      const deleted = await store.txn({ ...none, deletes: [`${at}a`] });
      await harness.compact(deleted.revision);
      const late = record(store, [at], deleted.revision);
      const next = record(store, [at], deleted.revision + 1);
      await put(`${at}b`, '2');
      await eventually('one is told, one follows', () => late.lost.length + next.seen.length > 1);
      expect([late.lost, next.lost]).toEqual([['compacted'], []]);
    });

    it('say so when a broken stream cannot be resumed', async () => {
      const at = folder();
      const { store: cut, setCutOff } = await harness.connectCutOff();
      const watch = record(cut, [at], (await put(`${at}a`, '1')) + 1);
      await put(`${at}a`, '2');
      await eventually('it follows', () => watch.seen.length === 1);
      setCutOff(true);
      await put(`${at}a`, '3');
      await harness.compact(await put(`${at}a`, '4'));
      setCutOff(false);
      await eventually('it is told', () => watch.lost.length > 0);
      expect(watch.lost).toEqual(['compacted']);
      expect(watch.seen).toHaveLength(1);
    });
  });

  describe('what cannot be known', () => {
    const failure = async (promise: Promise<unknown>) =>
      await outcome(
        promise.then(
          () => undefined,
          (error: unknown) => error,
        ),
      );

    it('is called unknown when etcd does not answer, and a read tells later', async () => {
      const key = `${folder()}a`;
      const { seen, close } = record(store, [key], (await put(key, 'before')) + 1);
      await harness.setPaused(true);
      const error = await failure(store.txn({ ...none, puts: [{ key, value: 'during' }] }));
      expect(error).toMatchObject({
        code: 'store-unavailable',
        details: { outcome: 'unknown' },
      });
      await harness.setPaused(false);
      const { revision } = await eventually('etcd answers', () =>
        store.get(key).catch(() => undefined),
      );
      await put(key, 'after');
      // It may have happened or not; what may not be is that it was sent twice, or again later.
      await eventually('the watch has seen it', () => seen.at(-1)?.value === 'after');
      expect([['after'], ['during', 'after']]).toContainEqual(seen.map((change) => change.value));
      expect(seen.slice(0, -1).every((change) => change.modRevision <= revision)).toBe(true);
      close();
    });

    it('is called not sent when etcd cannot be reached', async () => {
      const key = `${folder()}a`;
      const { store: cut, setCutOff } = await harness.connectCutOff();
      await put(key, 'before', cut);
      setCutOff(true);
      await harness.pass(100);
      const error = await failure(cut.txn({ ...none, puts: [{ key, value: 'during' }] }));
      expect(error).toMatchObject({
        code: 'store-unavailable',
        details: { outcome: 'not-sent' },
      });
      setCutOff(false);
      const read = await eventually('it is back', () => cut.get(key).catch(() => undefined));
      expect(read.entry?.value).toBe('before');
    });

    it('is called not sent when the store was closed', async () => {
      const closed = harness.connect();
      await closed.range(keyPrefix.decision);
      await closed[Symbol.asyncDispose]();
      expect(await failure(closed.get('/x'))).toMatchObject({
        code: 'store-unavailable',
        details: { outcome: 'not-sent' },
      });
    });

    it('has an end when etcd is down', async () => {
      await harness.whileDown(async () => {
        const error = await failure(store.range(keyPrefix.decision));
        expect(error).toMatchObject({ code: 'store-unavailable' });
      });
      await eventually('it is back', () => store.get('/x').catch(() => undefined));
    });
  });

  describe('the election', () => {
    /** Everything that was ever elected here, to look at overlaps. */
    const leaderOf = (promise: Promise<Leadership>) => {
      const box: { leadership?: Leadership; error?: unknown } = {};
      promise.then(
        (leadership) => {
          box.leadership = leadership;
        },
        (error: unknown) => {
          box.error = error;
        },
      );
      return box;
    };

    it('elects one of two, and the other when it resigns, with a higher epoch', async () => {
      const prefix = folder();
      const [one, two] = [harness.connect(), harness.connect()];
      const first = await outcome(campaign(one, prefix, 'one'));
      const waiting = leaderOf(campaign(two, prefix, 'two'));
      await eventually(
        'the other stands',
        async () => (await store.range(prefix)).entries.length === 2,
      );
      expect(first.isCurrent()).toBe(true);
      expect(waiting.leadership).toBeUndefined();
      const { entry } = await store.get(first.leaderKey);
      expect(entry).toMatchObject({ value: 'one', createRevision: Number(first.epoch) });

      await first.resign();
      expect(first.isCurrent()).toBe(false);
      expect(await first.lost).toBe('resigned');
      const second = await eventually('the other leads', () => waiting.leadership);
      expect(second.isCurrent()).toBe(true);
      expect(Number(second.epoch)).toBeGreaterThan(Number(first.epoch));
      await second.resign();
      expect((await store.range(prefix)).entries).toEqual([]);
    });

    it('keeps a leader in office for longer than its TTL', async () => {
      const prefix = folder();
      const leader = await outcome(campaign(harness.connect(), prefix, 'one'));
      await harness.pass(ttlSeconds * 1_000 * 1.5);
      expect(leader.isCurrent()).toBe(true);
      expect((await store.get(leader.leaderKey)).entry?.value).toBe('one');
      await leader.resign();
    });

    it('lets the second take over when the process of the first is gone', async () => {
      const prefix = folder();
      const dying = harness.connect();
      const first = await outcome(campaign(dying, prefix, 'one'));
      const waiting = leaderOf(campaign(harness.connect(), prefix, 'two'));
      await dying[Symbol.asyncDispose]();
      expect(first.isCurrent()).toBe(false);
      const second = await eventually('the second leads', () => waiting.leadership);
      expect(Number(second.epoch)).toBeGreaterThan(Number(first.epoch));
      // What the first would still write is refused.
      const late = await store.txn({
        compares: [{ key: first.leaderKey, createRevision: first.epoch }],
        puts: [{ key: `${prefix}late`, value: 'x' }],
        deletes: [],
      });
      expect(late.type).toBe('conflict');
      await second.resign();
    });

    it('ends before the lease can, when etcd does not answer', async () => {
      const prefix = folder();
      const leader = await outcome(campaign(harness.connect(), prefix, 'one'));
      let why: string | undefined;
      void leader.lost.then((reason) => {
        why = reason;
      });
      await harness.setPaused(true);
      const startedAt = Date.now();
      let passed = 0;
      await until('the leadership is lost', () => why, {
        timeoutMs: ttlSeconds * 1_000 * 0.6 + 500,
        pause: async (ms) => {
          passed += ms;
          await harness.pass(ms);
        },
      });
      expect(leader.isCurrent()).toBe(false);
      // The lease was renewed at most before the pause, so it lives a whole TTL from then or less.
      expect(Math.max(passed, Date.now() - startedAt)).toBeLessThan(ttlSeconds * 1_000);
      await harness.setPaused(false);
      await eventually('etcd answers', () => store.get('/x').catch(() => undefined));
      expect(leader.isCurrent()).toBe(false);
      await leader.resign();
    });

    it('ends when somebody deletes the key', async () => {
      const prefix = folder();
      const leader = await outcome(campaign(harness.connect(), prefix, 'one'));
      await store.txn({ ...none, deletes: [leader.leaderKey] });
      expect(await outcome(leader.lost)).toMatch('deleted');
      expect(leader.isCurrent()).toBe(false);
      await leader.resign();
    });

    it('survives a restart of etcd', async () => {
      const prefix = folder();
      const leader = await outcome(campaign(harness.connect(), prefix, 'one'));
      await harness.restart();
      await eventually('etcd answers', () => store.get('/x').catch(() => undefined));
      await harness.pass(ttlSeconds * 1_000);
      // Whether or not it held over the restart, what it says and what etcd says agree.
      const { entry } = await store.get(leader.leaderKey);
      const agrees = !leader.isCurrent() || entry?.createRevision === Number(leader.epoch);
      expect(agrees).toBe(true);
      await leader.resign();
    });

    it('elects no phantom: a candidate whose key is gone does not lead without a new one', async () => {
      const prefix = folder();
      const first = await outcome(campaign(harness.connect(), prefix, 'first'));
      const { store: cut, setCutOff } = await harness.connectCutOff();
      const phantom = leaderOf(campaign(cut, prefix, 'phantom'));
      const standing = async (value: string) =>
        (await store.range(prefix)).entries.find((entry) => entry.value === value);
      const oldKey = (await eventually('it stands', () => standing('phantom'))).key;
      setCutOff(true);
      await eventually('its lease has ended', async () => !(await standing('phantom')));
      const third = leaderOf(campaign(harness.connect(), prefix, 'third'));
      await eventually('the third stands', () => standing('third'));
      await first.resign();
      const leader = await eventually('the third leads', () => third.leadership);
      setCutOff(false);
      const again = await eventually('it stands again', () => standing('phantom'));
      expect(again.key).not.toBe(oldKey);
      await harness.pass(1_000);
      expect(phantom.leadership).toBeUndefined();
      expect(leader.isCurrent()).toBe(true);
      await leader.resign();
      const late = await eventually('it leads', () => phantom.leadership);
      expect(late.leaderKey).toBe(again.key);
      expect((await store.get(late.leaderKey)).entry?.createRevision).toBe(Number(late.epoch));
      await late.resign();
    });

    it('is given up by its signal, and leaves no key', async () => {
      const prefix = folder();
      const leader = await outcome(campaign(harness.connect(), prefix, 'one'));
      const giveUp = new AbortController();
      const waiting = leaderOf(campaign(harness.connect(), prefix, 'two', giveUp.signal));
      await eventually('it stands', async () => (await store.range(prefix)).entries.length === 2);
      giveUp.abort(new Error('enough'));
      await eventually('it rejects', () => waiting.error);
      expect(waiting.error).toMatchObject({ message: 'enough' });
      expect((await store.range(prefix)).entries.map((entry) => entry.value)).toEqual(['one']);
      await leader.resign();
    });
  });
});
