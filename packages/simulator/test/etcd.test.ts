import { describe, expect, it } from 'vitest';
import { Etcd } from '../src/etcd.ts';
import { type Answer, EtcdClient, fairEtcd } from '../src/etcd-client.ts';
import { Life } from '../src/life.ts';
import { Random } from '@drover/core';
import { steady } from '../src/tempo.ts';
import { Timeline } from '../src/timeline.ts';
import { runFor } from './support.ts';

const put = (key: string, value: string, leaseId?: number) => ({
  compares: [],
  puts: [{ key, value, ...(leaseId === undefined ? {} : { leaseId }) }],
  deletes: [],
});

function reachable() {
  const timeline = new Timeline();
  const etcd = new Etcd(timeline);
  const weather = fairEtcd();
  const life = new Life(timeline, { monoMs: 0, wallMs: 0 });
  const reach = {
    timeline,
    etcd,
    weather,
    random: new Random(1),
    tempo: steady,
    mark: () => undefined,
  };
  return { timeline, etcd, weather, life, client: new EtcdClient(reach, 's1', life) };
}

describe('etcd', () => {
  it('gives each key the revisions of its creation and of its last change', () => {
    const etcd = new Etcd(new Timeline());
    etcd.txn(put('a', '1'));
    etcd.txn(put('b', '1'));
    etcd.txn(put('a', '2'));
    expect(etcd.get('a')).toMatchObject({ value: '2', createRevision: 2, modRevision: 4 });
    etcd.txn({ compares: [], puts: [], deletes: ['a'] });
    etcd.txn(put('a', '3'));
    expect(etcd.get('a')?.createRevision).toBe(6);
  });

  it('makes a transaction wholly where all compares hold, else not at all', () => {
    const etcd = new Etcd(new Timeline());
    etcd.txn(put('a', '1'));
    const puts = [{ key: 'b', value: '1' }];
    const compares = [
      { key: 'a', modRevision: 2 },
      { key: 'b', modRevision: 0 },
    ];
    expect(etcd.txn({ compares, puts, deletes: ['a'] }).type).toBe('done');
    expect(etcd.txn({ compares, puts, deletes: [] }).type).toBe('conflict');
    expect(etcd.range('').entries.map(({ key }) => key)).toEqual(['b']);
    expect(etcd.revision).toBe(3);
  });

  it('ends a lease with its keys when nobody renews it, and not before', () => {
    const timeline = new Timeline();
    const etcd = new Etcd(timeline);
    const leaseId = etcd.grant(1_000);
    etcd.txn(put('leader', 's1', leaseId));
    timeline.after(900, () => etcd.keepAlive(leaseId));
    runFor(timeline, 1_800);
    expect(etcd.get('leader')).toBeDefined();
    runFor(timeline, 200);
    expect(etcd.get('leader')).toBeUndefined();
    expect(etcd.keepAlive(leaseId)).toBe(0);
    expect(etcd.txn(put('leader', 's1', leaseId)).type).toBe('no-lease');
  });

  it('ends no lease while it has no quorum', () => {
    const timeline = new Timeline();
    const etcd = new Etcd(timeline);
    etcd.txn(put('leader', 's1', etcd.grant(1_000)));
    etcd.isStalled = true;
    runFor(timeline, 5_000);
    expect(etcd.get('leader')).toBeDefined();
  });

  it('tells a watch everything from its revision on, and refuses what is compacted', () => {
    const etcd = new Etcd(new Timeline());
    for (const value of ['1', '2', '3']) etcd.txn(put('a', value));
    const seen: string[] = [];
    etcd.watch(['a'], 3, (revision, changes) => seen.push(`${revision}=${changes[0]?.value}`));
    etcd.txn(put('b', 'x'));
    etcd.txn(put('a', '4'));
    expect(seen).toEqual(['3=2', '4=3', '6=4']);
    etcd.compact();
    expect(etcd.watch(['a'], 3, () => undefined)).toBeUndefined();
  });
});

describe('within one revision', () => {
  const heardOf = (act: (etcd: Etcd, leaseId: number) => void) => {
    const etcd = new Etcd(new Timeline());
    const leaseId = etcd.grant(1_000);
    for (const key of ['b', 'c', 'a']) etcd.txn(put(key, '1', leaseId));
    const seen: string[] = [];
    etcd.watch([''], 5, (_, changes) => {
      seen.push(changes.map(({ key, value }) => `${key}=${value ?? 'gone'}`).join(' '));
    });
    act(etcd, leaseId);
    return seen;
  };

  it('what is put comes before what is deleted', () => {
    const puts = [{ key: 'd', value: '2' }];
    expect(heardOf((etcd) => etcd.txn({ compares: [], puts, deletes: ['a'] }))).toEqual([
      'd=2 a=gone',
    ]);
  });

  it('the keys of a lease go in their order', () => {
    expect(heardOf((etcd, leaseId) => etcd.revoke(leaseId))).toEqual(['a=gone b=gone c=gone']);
  });

  it('a compaction forgets up to it and no more', () => {
    const seen: number[] = [];
    heardOf((etcd) => {
      etcd.compact(3);
      expect(etcd.watch(['a'], 3, () => undefined)).toBeUndefined();
      etcd.watch([''], 4, (revision) => seen.push(revision));
    });
    expect(seen).toEqual([4]);
  });
});

describe('the way to etcd', () => {
  it('can lose the answer of what was done', () => {
    const { timeline, etcd, weather, client } = reachable();
    weather.lostAnswers = 1_000;
    const answers: Answer<unknown>[] = [];
    client.txn(put('a', '1'), (answer) => answers.push(answer));
    runFor(timeline, 5_000);
    expect(answers).toEqual([{ type: 'lost' }]);
    expect(etcd.get('a')?.value).toBe('1');
  });

  it('tells a put under a lease that is gone as no answer, and does not do it', () => {
    const { timeline, etcd, client } = reachable();
    const answers: Answer<unknown>[] = [];
    client.txn(put('a', '1', 99), (answer) => answers.push(answer));
    runFor(timeline, 5_000);
    expect(answers).toEqual([{ type: 'lost' }]);
    expect(etcd.get('a')).toBeUndefined();
  });

  it('can deliver a request after its sender has given up, and after its death', () => {
    const { timeline, etcd, weather, client, life } = reachable();
    weather.lateRequests = 1_000;
    client.txn(put('a', '1'), () => undefined);
    runFor(timeline, 1_000);
    expect(etcd.get('a')).toBeUndefined();
    life.end();
    runFor(timeline, 10_000);
    expect(etcd.get('a')?.value).toBe('1');
  });

  it('answers nobody without a quorum, and does nothing', () => {
    const { timeline, etcd, weather, client } = reachable();
    weather.isAway = true;
    const answers: Answer<unknown>[] = [];
    client.txn(put('a', '1'), (answer) => answers.push(answer));
    runFor(timeline, 5_000);
    expect(answers).toEqual([{ type: 'lost' }]);
    expect(etcd.revision).toBe(1);
  });

  it('brings a watch’s news late and in order, goes on after a break, and says when it is lost', () => {
    const { timeline, etcd, weather, client } = reachable();
    weather.lagMs = [0, 2_000];
    const seen: (string | undefined)[] = [];
    let lost = 0;
    client.watch(
      ['a'],
      1,
      (_, changes) => seen.push(changes[0]?.value),
      () => (lost += 1),
    );
    for (const value of ['1', '2', '3', '4']) etcd.txn(put('a', value));
    expect(seen).toEqual([]);
    runFor(timeline, 3_000);
    expect(seen).toEqual(['1', '2', '3', '4']);
    weather.cutOff.add('s1');
    etcd.txn(put('a', '5'));
    etcd.txn(put('a', '6'));
    runFor(timeline, 10_000);
    expect([seen.length, lost]).toEqual([4, 0]);
    weather.cutOff.clear();
    runFor(timeline, 10_000);
    expect([seen, lost]).toEqual([['1', '2', '3', '4', '5', '6'], 0]);
    weather.cutOff.add('s1');
    etcd.txn(put('a', '7'));
    runFor(timeline, 1_000);
    etcd.txn(put('a', '8'));
    etcd.compact();
    weather.cutOff.clear();
    runFor(timeline, 10_000);
    expect([seen.length, lost]).toEqual([6, 1]);
  });
});
