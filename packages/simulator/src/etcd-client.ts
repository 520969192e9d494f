/**
 * One process's way to etcd: delays, deadlines, answers that are lost after the deed, requests that arrive
 * after their sender gave up, watches that lag and break. A call ends once: with its answer, or `lost`,
 * which says nothing about whether it was done.
 */
import type { Etcd, EtcdChange, EtcdEntry, EtcdTxn, TxnAnswer, TxnRefusal } from './etcd.ts';
import type { MarkName } from './marks.ts';
import type { Life } from './life.ts';
import type { Random, Range } from '@drover/core';
import type { Tempo } from './tempo.ts';
import type { Timeline } from './timeline.ts';

/** What is wrong with etcd, or with the way to it, at the moment. */
export interface EtcdWeather {
  isAway: boolean;
  /** Processes that cannot reach it. */
  readonly cutOff: Set<string>;
  /** In thousandths of the transactions. */
  lostAnswers: number;
  lateRequests: number;
  lagMs: Range;
  /** Processes that hear of changes later than others. */
  readonly behindMs: Map<string, Range>;
}

export function fairEtcd(): EtcdWeather {
  return {
    isAway: false,
    cutOff: new Set(),
    lostAnswers: 0,
    lateRequests: 0,
    lagMs: [0, 0],
    behindMs: new Map(),
  };
}

export type Answer<T> =
  | { readonly type: 'answered'; readonly value: T }
  | { readonly type: 'lost' };

const deadlineMs = 2_000;
/** Between two tries to watch again. */
const rewatchMs = 250;

export interface EtcdReach {
  readonly timeline: Timeline;
  readonly etcd: Etcd;
  readonly weather: EtcdWeather;
  readonly random: Random;
  readonly tempo: Tempo;
  readonly mark: (name: MarkName) => void;
}

export class EtcdClient {
  readonly #reach: EtcdReach;
  readonly #owner: string;
  readonly #life: Life;

  constructor(reach: EtcdReach, owner: string, life: Life) {
    this.#reach = reach;
    this.#owner = owner;
    this.#life = life;
  }

  /** A refusal is as good as no answer: the store rejects with the same error. */
  txn(txn: EtcdTxn, then: (answer: Answer<TxnAnswer>) => void): void {
    const hear = (answer: Answer<TxnAnswer | TxnRefusal>) => {
      if (answer.type === 'lost' || answer.value.type === 'no-lease') return then({ type: 'lost' });
      then({ type: 'answered', value: answer.value });
    };
    this.#call((etcd) => etcd.txn(txn), hear, 'write');
  }

  range(prefix: string, then: (answer: Answer<ReturnType<Etcd['range']>>) => void): void {
    this.#call((etcd) => etcd.range(prefix), then, 'read');
  }

  get(key: string, then: (answer: Answer<EtcdEntry | undefined>) => void): void {
    this.#call((etcd) => etcd.get(key), then, 'read');
  }

  grant(ttlMs: number, then: (answer: Answer<number>) => void): void {
    this.#call((etcd) => etcd.grant(ttlMs), then, 'read');
  }

  keepAlive(leaseId: number, then: (answer: Answer<number>) => void): void {
    this.#call((etcd) => etcd.keepAlive(leaseId), then, 'read');
  }

  revoke(leaseId: number): void {
    this.#call(
      (etcd) => etcd.revoke(leaseId),
      () => undefined,
      'read',
    );
  }

  /**
   * News in revision order, late. A watch that breaks goes on after the last news that came; `onLost`, once, where
   * etcd has forgotten what came then.
   */
  watch(
    prefixes: readonly string[],
    fromRevision: number,
    onChanges: (revision: number, changes: readonly EtcdChange[]) => void,
    onLost: () => void,
  ): { close(): void } {
    const { etcd, timeline, random, tempo, weather, mark } = this.#reach;
    let isClosed = false;
    let next = fromRevision;
    let newestMs = 0;
    let stop = () => {};
    const open = () => {
      if (isClosed) return;
      if (this.#isCutOff()) return void this.#life.after(rewatchMs, open);
      let isWhole = true;
      const watch = etcd.watch(prefixes, next, (revision, changes) => {
        if (!isWhole || isClosed) return;
        if (this.#isCutOff()) {
          isWhole = false;
          mark('watch-broken');
          stop();
          this.#life.after(deadlineMs, open);
          return;
        }
        const lagMs = weather.behindMs.get(this.#owner) ?? weather.lagMs;
        const delayMs = random.within(tempo.watchMs) + random.within(lagMs);
        newestMs = Math.max(newestMs, timeline.nowMs + delayMs);
        this.#life.after(newestMs - timeline.nowMs, () => {
          if (!isWhole || isClosed) return;
          next = revision + 1;
          onChanges(revision, changes);
        });
      });
      if (watch !== undefined) {
        stop = () => watch.close();
        return;
      }
      mark('history-compacted');
      isClosed = true;
      this.#life.after(rewatchMs, onLost);
    };
    open();
    return {
      close: () => {
        isClosed = true;
        stop();
      },
    };
  }

  #isCutOff(): boolean {
    return this.#reach.weather.isAway || this.#reach.weather.cutOff.has(this.#owner);
  }

  /** What was sent goes on without its sender; only the answer needs somebody who lives. */
  #call<T>(
    perform: (etcd: Etcd) => T,
    then: (answer: Answer<T>) => void,
    kind: 'read' | 'write',
  ): void {
    const { etcd, timeline, random, tempo, weather, mark } = this.#reach;
    const there = random.within(tempo.etcdMs);
    const back = random.within(tempo.etcdMs);
    const isLost = kind === 'write' && random.chance(weather.lostAnswers);
    const isLate = kind === 'write' && random.chance(weather.lateRequests);
    const lateMs = deadlineMs + random.within([0, 3_000]);
    let ended = false;
    const end = (answer: Answer<T>) => {
      if (ended) return;
      ended = true;
      then(answer);
    };
    const giveUp = this.#life.after(deadlineMs, () => end({ type: 'lost' }));
    if (this.#isCutOff()) return;
    timeline.after(isLate ? lateMs : there, () => {
      if (this.#isCutOff()) return;
      const value = perform(etcd);
      if (isLate) mark('late-transaction');
      if (isLost || isLate) return;
      this.#life.after(back, () => {
        if (this.#isCutOff()) return;
        giveUp.cancel();
        end({ type: 'answered', value });
      });
    });
  }
}
