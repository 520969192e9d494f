/**
 * Feeds the logic with events and performs what it answers: transactions under the leader's key, commands
 * and replies over the bus, timers. Decides nothing. Events are handled one after the other, in the order in
 * which they arrive. Before it leads the logic follows, and has nothing done.
 */
import type { Bus } from '@drover/bus';
import { keys, subjects } from '@drover/protocol';
import type { Leadership, Store, Txn, TxnResult } from '@drover/store';
import { setTimeout as pause } from 'node:timers/promises';
import type { SchedulerCommand, SchedulerEvent, SchedulerLogic } from '../logic/index.ts';
import type { Metrics } from './metrics.ts';

export interface Log {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

export interface PerformerOptions {
  readonly logic: SchedulerLogic;
  readonly store: Store;
  readonly bus: Bus;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Reads everything anew and feeds `loaded`. */
  readonly reload: () => void;
  readonly exit: (reason: string) => void;
}

type Commit = Extract<SchedulerCommand, { type: 'commit' }>;

export class Performer {
  readonly #with: PerformerOptions;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #replies = new Map<string, (json: string) => void>();
  /** Questions whose answer comes later. */
  readonly #deferred = new Set<string>();
  #ended = false;
  #leadership: Leadership | undefined;
  /** Revision of the newest commit's record; nothing: to be read before the next one. */
  #lastCommit: number | undefined;

  constructor(options: PerformerOptions) {
    this.#with = options;
  }

  feed(event: SchedulerEvent): void {
    if (this.#ended) return;
    const now = { monoMs: performance.now(), wallMs: Date.now() };
    for (const command of this.#with.logic.handle(now, event)) this.#perform(command);
  }

  /** From now on it leads. */
  lead(leadership: Leadership): void {
    this.#leadership = leadership;
    this.feed({ type: 'elected', epoch: leadership.epoch });
    void leadership.lost.then((reason) => this.feed({ type: 'deposed', reason }));
  }

  /** Resolves with the logic's reply as JSON. */
  ask(
    queryId: string,
    query: Extract<SchedulerEvent, { type: 'asked' }>['query'],
  ): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#replies.set(queryId, resolve);
    this.feed({ type: 'asked', queryId, query });
    // A leader that has not loaded yet says nothing; the asker hears that nobody leads.
    if (!this.#deferred.delete(queryId)) this.#reply(queryId, notLeading);
    return promise;
  }

  end(): void {
    this.#ended = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #perform(command: SchedulerCommand): void {
    const { bus, log } = this.#with;
    switch (command.type) {
      case 'commit':
        void this.#commit(command);
        return;
      case 'send':
        // Safety is the epoch's; not sending what will be refused anyway spares everybody the noise.
        if (this.#leadership?.isCurrent() !== true) return;
        bus.publish(subjects.command(command.command.hostId), JSON.stringify(command.command));
        return;
      case 'reply':
        this.#deferred.delete(command.queryId);
        this.#reply(command.queryId, JSON.stringify(command.reply));
        return;
      case 'defer':
        // Only while the question is being handed over.
        if (this.#replies.has(command.queryId)) this.#deferred.add(command.queryId);
        return;
      case 'announce':
        bus.publish(subjects.announcement(), command.json);
        return;
      case 'wake':
        this.#wake(command.key, command.atMonoMs);
        return;
      case 'reload':
        this.#with.reload();
        return;
      case 'exit':
        this.#with.exit(command.reason);
        return;
      case 'trace':
        log[command.level](command.text);
        return;
    }
  }

  #reply(queryId: string, json: string): void {
    this.#replies.get(queryId)?.(json);
    this.#replies.delete(queryId);
  }

  #wake(key: string, atMonoMs: number): void {
    clearTimeout(this.#timers.get(key));
    const timer = setTimeout(
      () => {
        this.#timers.delete(key);
        this.feed({ type: 'woke', key });
      },
      Math.max(0, atMonoMs - performance.now()),
    );
    this.#timers.set(key, timer);
  }

  /** One transaction, sent once. Whether an unanswered one went through is found out, never assumed. */
  async #commit(command: Commit): Promise<void> {
    const { store, metrics } = this.#with;
    const { commitId, puts } = command;
    let outcome: TxnResult;
    try {
      // A commit of nothing replaces no decision, whatever the newest one is.
      if (puts.length > 0) this.#lastCommit ??= await this.#readLastCommit();
      outcome = await store.txn(
        this.#txn(commitId, this.#lastCommit, {
          compares: puts.map((put) => ({ key: put.key, modRevision: put.expectedModRevision })),
          puts: puts.flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value }])),
          deletes: puts.filter((put) => put.value === undefined).map((put) => put.key),
        }),
      );
    } catch {
      outcome = await this.#settle(commitId);
    }
    // After a conflict it is not known which of the compares did not hold.
    this.#lastCommit = outcome.type === 'done' ? outcome.revision : undefined;
    if (this.#ended) return;
    metrics.committed(command, outcome.type);
    this.feed({ type: 'committed', commitId, outcome: outcome.type, revision: outcome.revision });
  }

  /** Under the leader's key, and, where that is known, only as the next one after the commit that was the newest. */
  #txn(commitId: string, lastCommit: number | undefined, txn: Txn): Txn {
    const { leaderKey, epoch } = this.#leadership ?? nobody;
    return {
      compares: [
        { key: leaderKey, createRevision: epoch },
        ...(lastCommit === undefined ? [] : [{ key: keys.lastCommit(), modRevision: lastCommit }]),
        ...txn.compares,
      ],
      puts: [
        ...txn.puts,
        { key: keys.lastCommit(), value: JSON.stringify({ v: 1, epoch, commitId }) },
      ],
      deletes: txn.deletes,
    };
  }

  async #readLastCommit(): Promise<number> {
    const { entry } = await this.#with.store.get(keys.lastCommit());
    return entry?.modRevision ?? 0;
  }

  /**
   * What became of a commit without an answer. One that is not in may still be on its way; an empty commit
   * takes its place, and after that it finds another one before it and does nothing. Goes on until etcd has
   * answered, or the leadership ends and with it the process.
   */
  async #settle(commitId: string): Promise<TxnResult> {
    const { store, log } = this.#with;
    for (;;) {
      await pause(200);
      if (this.#ended) return { type: 'conflict', revision: 0 };
      try {
        const { entry } = await store.get(keys.lastCommit());
        const last = entry ? (JSON.parse(entry.value) as { commitId?: string }) : {};
        if (entry && last.commitId === commitId) {
          return { type: 'done', revision: entry.modRevision };
        }
        const nothing = { compares: [], puts: [], deletes: [] };
        const placed = this.#txn(`${commitId}-void`, entry?.modRevision ?? 0, nothing);
        const { type, revision } = await store.txn(placed);
        if (type === 'done') return { type: 'conflict', revision };
      } catch {
        log.warn('etcd does not answer; asking again what became of the last commit');
      }
    }
  }
}

/** No key was ever created at such a revision. */
const nobody = { leaderKey: keys.leader('none'), epoch: '1' } as const;

const notLeading = JSON.stringify({
  type: 'error',
  code: 'no-leader',
  message: 'the scheduler that leads has just been elected and is still loading',
});
