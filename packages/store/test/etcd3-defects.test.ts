/**
 * What is wrong with etcd3's helpers (version 1.1.2), each shown on a scripted etcd, next to what this store does on
 * the same one. Its generated clients are used; these helpers are not. That no candidate whose key is gone is elected here
 * is in test/contract/store.test.ts.
 */
import { Etcd3 } from 'etcd3';
import { afterEach, describe, expect, it } from 'vitest';
import { connectStore, type Store } from '../src/index.ts';
import {
  header,
  maybeDone,
  type Message,
  type Script,
  ScriptedEtcd,
} from './support/scripted-etcd.ts';

const ends: (() => PromiseLike<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

interface Two {
  readonly theirs: Etcd3;
  readonly ours: Store;
}

async function serve(script: Script): Promise<ScriptedEtcd> {
  const etcd = await ScriptedEtcd.start(script);
  ends.push(() => etcd[Symbol.asyncDispose]());
  return etcd;
}

function connect(etcd: ScriptedEtcd): Two {
  const theirs = new Etcd3({ hosts: etcd.url });
  const ours = connectStore({ endpoints: [etcd.url], requestTimeoutMs: 200 });
  ends.push(
    () => theirs.close(),
    () => ours[Symbol.asyncDispose](),
  );
  return { theirs, ours };
}

const put = { compares: [], puts: [{ key: '/a', value: '1' }], deletes: [] };
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a transaction that may have been done', () => {
  it.each(Object.entries(maybeDone))(
    '(%s) is sent again by etcd3, and never here',
    async (_, code) => {
      const etcd = await serve({ unary: () => code });
      const { theirs, ours } = connect(etcd);
      await failed(theirs.if('/a', 'Create', '==', 0).then(theirs.put('/a').value('1')).commit());
      const byTheirs = etcd.times('Txn');
      expect(byTheirs).toBeGreaterThan(1);
      expect(await failed(ours.txn(put))).toMatchObject({ details: { outcome: 'unknown' } });
      expect(etcd.times('Txn') - byTheirs).toBe(1);
    },
  );
});

describe('a call that is never answered', () => {
  it('hangs in etcd3, and has an end here', async () => {
    const etcd = await serve({ unary: () => undefined });
    const { theirs, ours } = connect(etcd);
    let hasEnded = false;
    void failed(theirs.get('/a').string()).then(() => {
      hasEnded = true;
    });
    expect(await failed(ours.get('/a'))).toMatchObject({ code: 'store-unavailable' });
    // By then etcd3's call, which was sent before, is as old.
    expect(hasEnded).toBe(false);
  });
});

describe('a watch that breaks while it catches up', () => {
  /** Tells the first of ten changes and breaks; then what is asked for next is known. */
  async function askedAfterBreak(watch: (two: Two) => void): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    let streams = 0;
    const etcd = await serve({
      unary: () => undefined,
      watch: (stream) => {
        stream.on('error', () => undefined);
        stream.on('data', ({ create_request: create }: Message) => {
          const { start_revision: start } = (create ?? {}) as { start_revision?: string };
          if (start === undefined) return;
          streams += 1;
          if (streams === 2) resolve(Number(start));
          stream.write({ header: header(10), watch_id: '0', created: true });
          if (streams > 1) return;
          const kv = { key: Buffer.from('/a'), value: Buffer.from('1'), mod_revision: '2' };
          stream.write({ header: header(10), watch_id: '0', events: [{ type: 'PUT', kv }] });
          setImmediate(() =>
            stream.emit('error', { code: maybeDone.unavailable, details: 'broken' }),
          );
        });
      },
    });
    watch(connect(etcd));
    return promise;
  }

  it('goes on after the header’s revision in etcd3, and loses what lies between', async () => {
    const asked = await askedAfterBreak(({ theirs }) => {
      void theirs.watch().key('/a').startRevision('2').create();
    });
    expect(asked).toBe(11);
  });

  it('goes on with the last change that came, which it does not tell again, here', async () => {
    const asked = await askedAfterBreak(({ ours }) => {
      const watch = ours.watch(['/a'], 2, { onChanges: () => {}, onLost: () => {} });
      ends.push(() => watch.close());
    });
    expect(asked).toBe(2);
  });
});

describe('a lease that is not acknowledged any more', () => {
  const ttlSeconds = 2;
  const script: Script = {
    unary: (method) => {
      if (method === 'LeaseGrant') return { header: header(1), ID: '7', TTL: String(ttlSeconds) };
      if (method === 'Txn') return { header: header(2), succeeded: true, responses: [] };
      if (method !== 'Range') return { header: header(2) };
      const kv = { key: Buffer.from('/e/7'), create_revision: '2', mod_revision: '2' };
      return {
        header: header(2),
        kvs: [{ ...kv, value: Buffer.alloc(0), lease: '7' }],
        count: '1',
      };
    },
    // Renewals arrive, and are not answered.
    keepAlive: (stream) => stream.on('error', () => undefined),
    watch: (stream) => stream.on('error', () => undefined),
  };

  it(
    'is believed in by etcd3 when it has run out, and is not here',
    { timeout: 20_000 },
    async () => {
      const etcd = await serve(script);
      const { theirs, ours } = connect(etcd);
      const lease = theirs.lease(ttlSeconds);
      let isLost = false;
      lease.on('lost', () => {
        isLost = true;
      });
      await lease.grant();
      const grantedMs = performance.now();
      const signal = new AbortController().signal;
      const leadership = await ours.campaign({ prefix: '/e/', value: '', ttlSeconds, signal });
      expect(leadership.isCurrent()).toBe(true);
      await leadership.lost;
      expect(performance.now() - grantedMs).toBeLessThan(ttlSeconds * 1_000);
      expect(isLost).toBe(false);
      expect(leadership.isCurrent()).toBe(false);
      const over = Promise.withResolvers<void>();
      const leftMs = ttlSeconds * 1_000 - (performance.now() - grantedMs);
      setTimeout(() => over.resolve(), leftMs + 50);
      await over.promise;
      // etcd has given it to another by now.
      expect(isLost).toBe(false);
      lease.release();
    },
  );
});
