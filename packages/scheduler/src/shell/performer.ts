/**
 * Feeds the logic with events and performs what it answers: transactions under the leader's key, commands
 * and replies over the bus, timers. Decides nothing. Events are handled one after the other, in the order in
 * which they arrive.
 */
import type { Bus } from '@drover/bus';
import { keys, LastCommitRecord, parseJson, subjects } from '@drover/protocol';
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
  readonly leadership: Leadership;
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
  /** Revision of `last-commit` as this leader's newest commit left it; absent: not read yet. */
  #lastCommit: number | undefined;
  #ended = false;

  constructor(options: PerformerOptions) {
    this.#with = options;
  }

  feed(event: SchedulerEvent): void {
    if (this.#ended) return;
    const now = { monoMs: performance.now(), wallMs: Date.now() };
    for (const command of this.#with.logic.handle(now, event)) this.#perform(command);
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
    this.#reply(queryId, notLeading);
    return promise;
  }

  end(): void {
    this.#ended = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #perform(command: SchedulerCommand): void {
    const { bus, log, leadership } = this.#with;
    switch (command.type) {
      case 'commit':
        void this.#commit(command);
        return;
      case 'send':
        // Safety is the epoch's; not sending what will be refused anyway spares everybody the noise.
        if (!leadership.isCurrent()) return;
        bus.publish(subjects.command(command.command.hostId), JSON.stringify(command.command));
        return;
      case 'reply':
        this.#reply(command.queryId, JSON.stringify(command.reply));
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

  /**
   * One transaction, sent once. Whether an unanswered one went through is read, never assumed. Each compares
   * the `last-commit` that the one before it left, so that none can go through after its successor.
   */
  async #commit(command: Commit): Promise<void> {
    const { store, metrics } = this.#with;
    const { commitId } = command;
    let outcome: TxnResult;
    try {
      this.#lastCommit ??= await this.#readLastCommit();
      outcome = await store.txn({
        compares: [
          ...this.#stillUs(this.#lastCommit),
          ...command.puts.map((put) => ({ key: put.key, modRevision: put.expectedModRevision })),
        ],
        puts: [
          ...command.puts.flatMap(({ key, value }) =>
            value === undefined ? [] : [{ key, value }],
          ),
          this.#lastCommitPut(commitId),
        ],
        deletes: command.puts.filter((put) => put.value === undefined).map((put) => put.key),
      });
    } catch {
      outcome = await this.#settle(commitId);
    }
    if (this.#ended) return;
    if (outcome.type === 'done') this.#lastCommit = outcome.revision;
    metrics.committed(command, outcome.type);
    this.feed({ type: 'committed', commitId, outcome: outcome.type, revision: outcome.revision });
  }

  #stillUs(lastCommit: number): Txn['compares'] {
    const { leaderKey, epoch } = this.#with.leadership;
    return [
      { key: leaderKey, createRevision: epoch },
      { key: keys.lastCommit(), modRevision: lastCommit },
    ];
  }

  #lastCommitPut(commitId: string): Txn['puts'][number] {
    const { epoch } = this.#with.leadership;
    return { key: keys.lastCommit(), value: JSON.stringify({ v: 1, epoch, commitId }) };
  }

  async #readLastCommit(): Promise<number> {
    const { entry } = await this.#with.store.get(keys.lastCommit());
    return entry?.modRevision ?? 0;
  }

  /**
   * What became of a commit that was not answered. It may be on its way still, so reading alone does not
   * tell: a mark is written over the `last-commit` that it compares. Then it is in, or never will be. Asks
   * until etcd answers, or the leadership ends and with it the process.
   */
  async #settle(commitId: string): Promise<TxnResult> {
    const { store, log } = this.#with;
    const mark = `${commitId}-settled`;
    while (!this.#ended) {
      await pause(200);
      try {
        const { entry, revision } = await store.get(keys.lastCommit());
        const last = entry ? lastCommitOf(entry.value) : undefined;
        if (entry && last === commitId) return { type: 'done', revision: entry.modRevision };
        this.#lastCommit = entry?.modRevision ?? 0;
        if (last === mark) return { type: 'conflict', revision };
        const put = this.#lastCommitPut(mark);
        await store.txn({ compares: this.#stillUs(this.#lastCommit), puts: [put], deletes: [] });
      } catch {
        log.warn('etcd does not answer; asking again what became of the last commit');
      }
    }
    return { type: 'conflict', revision: 0 };
  }
}

function lastCommitOf(json: string): string | undefined {
  const parsed = parseJson(LastCommitRecord, json);
  return parsed.ok ? parsed.value.commitId : undefined;
}

const notLeading = JSON.stringify({
  type: 'error',
  code: 'no-leader',
  message: 'the scheduler that leads has just been elected and is still loading',
});
