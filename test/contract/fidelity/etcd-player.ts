/** Plays drawn operations on an etcd, the simulated or a real one, and writes down what its callers see. */
import { type DrawnTxn, type EtcdOperation, prefixes } from './etcd-operations.ts';
import { type Player, type Step, stepwise } from './play.ts';

export interface SeenEntry {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
}

export interface SeenChange {
  readonly key: string;
  readonly value?: string;
  readonly modRevision: number;
}

export interface SideTxn {
  readonly compares: readonly {
    readonly key: string;
    readonly createRevision?: number;
    readonly modRevision?: number;
  }[];
  readonly puts: readonly {
    readonly key: string;
    readonly value: string;
    readonly lease?: number;
  }[];
  readonly deletes: readonly string[];
}

export interface WatchEars {
  readonly onChanges: (changes: readonly SeenChange[]) => void;
  readonly onLost: () => void;
}

/** One etcd, as the callers of the store have it. Leases are counted from 0, in the order of their granting. */
export interface EtcdSide extends AsyncDisposable {
  readonly name: string;
  /** Its newest revision. */
  revision(): Promise<number>;
  /** `lost`: no answer, or an error; what became of it only a read can tell. */
  txn(
    txn: SideTxn,
    isHeard: boolean,
  ): Promise<{ readonly type: 'done' | 'conflict'; readonly revision: number } | 'lost'>;
  range(
    prefix: string,
  ): Promise<{ readonly revision: number; readonly entries: readonly SeenEntry[] }>;
  /** `short`: a second or two. */
  grant(how: 'long' | 'short'): Promise<void>;
  /** Whether the lease is there. */
  keepAlive(lease: number): Promise<boolean>;
  revoke(lease: number): Promise<void>;
  watch(prefixes: readonly string[], fromRevision: number, ears: WatchEars): { close(): void };
  compact(revision: number): Promise<void>;
  /** Breaks the watchers' connections, and mends them afterwards. */
  whileBroken(work: () => Promise<void>): Promise<void>;
  /** All news that there are have come, as far as can be told without `isEnough`. */
  settle(isEnough: () => boolean): Promise<void>;
  /** How time passes here while something is waited for. */
  pass(ms: number): Promise<void>;
  /** Everything since the start: each revision, what it changed, what was there before. */
  commits(): Promise<readonly string[]>;
}

/** `open`: an empty etcd, or one that was emptied. */
export function etcdPlayer(name: string, open: () => Promise<EtcdSide>): Player<EtcdOperation> {
  return {
    name,
    play: async (operations, expected) => {
      await using side = await open();
      const play = new EtcdPlay(side, await side.revision(), expected);
      const { steps, isElsewhere } = await stepwise(operations, expected, (one) => play.step(one));
      return isElsewhere ? steps : await play.end();
    },
  };
}

interface Watching {
  readonly log: string[];
  close(): void;
}

class EtcdPlay {
  readonly #side: EtcdSide;
  readonly #base: number;
  readonly #expected: readonly Step[] | undefined;
  readonly #steps: string[][] = [];
  readonly #watches: Watching[] = [];
  #leases = 0;
  #compacted: number;

  constructor(side: EtcdSide, base: number, expected: readonly Step[] | undefined) {
    this.#side = side;
    this.#base = base;
    this.#compacted = base;
    this.#expected = expected;
  }

  async step(operation: EtcdOperation): Promise<Step> {
    const lines: string[] = [];
    this.#steps.push(lines);
    await this.#do(operation, lines);
    return lines;
  }

  async end(): Promise<readonly Step[]> {
    const lines: string[] = [];
    this.#steps.push(lines);
    await this.#settle(lines);
    lines.push(...(await this.#side.commits()).map((line) => `commit ${line}`));
    lines.push(...(await this.#state()));
    for (const watch of this.#watches) watch.close();
    return this.#steps;
  }

  async #do(operation: EtcdOperation, lines: string[]): Promise<void> {
    const side = this.#side;
    switch (operation.type) {
      case 'txn':
        return await this.#txn(operation, operation.isHeard, lines);
      case 'range': {
        const { revision, entries } = await side.range(operation.prefix);
        lines.push(`at ${this.#since(revision)}`, ...entries.map((entry) => this.#entry(entry)));
        return;
      }
      case 'grant':
        this.#leases += 1;
        return await side.grant('long');
      case 'keep-alive': {
        const lease = this.#lease(operation.lease);
        if (lease !== undefined) lines.push(`lease lives: ${await side.keepAlive(lease)}`);
        return;
      }
      case 'revoke': {
        const lease = this.#lease(operation.lease);
        if (lease !== undefined) await side.revoke(lease);
        return;
      }
      case 'run-out':
        return await this.#runOut(operation.keys, operation.isKept, lines);
      case 'watch':
        return await this.#watch(operation.prefixes, operation.back);
      case 'unwatch':
        await this.#settle(lines);
        return this.#watches[operation.watch % Math.max(1, this.#watches.length)]?.close();
      case 'compact':
        await this.#settle(lines);
        return await this.#compact(operation.back);
      case 'break':
        return await this.#break(operation, lines);
    }
  }

  async #txn(drawn: DrawnTxn, isHeard: boolean, lines: string[]): Promise<void> {
    const compares: SideTxn['compares'][number][] = [];
    for (const { key, field, wanted } of drawn.compares) {
      const entry = (await this.#side.range(key)).entries.find((one) => one.key === key);
      const now = entry?.[field] ?? 0;
      compares.push({ key, [field]: wanted === 'now' ? now : wanted === 'stale' ? now - 1 : 0 });
    }
    const puts = drawn.puts.map(({ key, value, lease }) => {
      const held = lease === undefined ? undefined : this.#lease(lease);
      return held === undefined ? { key, value } : { key, value, lease: held };
    });
    const answer = await this.#side.txn({ compares, puts, deletes: drawn.deletes }, isHeard);
    if (answer === 'lost') lines.push('no answer', ...(await this.#state()));
    else lines.push(`${answer.type} at ${this.#since(answer.revision)}`);
  }

  async #runOut(keys: readonly string[], isKept: boolean, lines: string[]): Promise<void> {
    const side = this.#side;
    await side.grant('short');
    const lease = this.#leases;
    this.#leases += 1;
    const puts = keys.map((key) => ({ key, value: 'short', lease }));
    await side.txn({ compares: [], puts, deletes: [] }, true);
    const held = async () => {
      const { entries } = await side.range('');
      return entries.filter(({ key, value }) => keys.includes(key) && value === 'short').length;
    };
    for (let tenths = 0; tenths < 80 && (await held()) > 0; tenths += 1) {
      // Twice its time, where it is kept.
      if (isKept && tenths >= 30) break;
      if (isKept) await side.keepAlive(lease);
      await side.pass(100);
    }
    lines.push(`${await held()} of ${keys.length} left`, `lives: ${await side.keepAlive(lease)}`);
    await side.revoke(lease);
  }

  async #watch(watched: readonly string[], back: number): Promise<void> {
    const from = Math.max(this.#base + 1, (await this.#side.revision()) - back);
    const log: string[] = [];
    let newest = 0;
    const watch = this.#side.watch(watched, from, {
      onChanges: (changes) => {
        for (const { key, value, modRevision } of changes) {
          const what = value === undefined ? `${key} deleted` : `${key}=${value}`;
          log.push(`${this.#since(modRevision)} ${what}`);
        }
        const first = changes[0]?.modRevision ?? 0;
        // All of a revision comes in one piece, once.
        if (first <= newest) log.push(`${this.#since(first)} came again, or in pieces`);
        newest = changes.at(-1)?.modRevision ?? 0;
      },
      onLost: () => log.push('lost'),
    });
    this.#watches.push({ log, close: () => watch.close() });
  }

  async #compact(back: number): Promise<void> {
    const revision = (await this.#side.revision()) - back;
    if (revision <= this.#compacted) return;
    this.#compacted = revision;
    await this.#side.compact(revision);
  }

  async #break(
    { values, compacted, isDeleted }: Extract<EtcdOperation, { type: 'break' }>,
    lines: string[],
  ): Promise<void> {
    await this.#settle(lines);
    await this.#side.whileBroken(async () => {
      for (const value of values) {
        // A key that every watcher watches, so that each notices.
        const puts = prefixes.map((prefix) => ({ key: `${prefix}!`, value }));
        await this.#side.txn({ compares: [], puts, deletes: [] }, true);
      }
      const deletes = isDeleted ? prefixes.map((prefix) => `${prefix}!`) : [];
      await this.#side.txn({ compares: [], puts: [], deletes }, true);
      if (compacted !== undefined) await this.#compact(compacted);
    });
    await this.#settle(lines);
  }

  /** Says what each watcher has heard in all. The real one is given time to tell what the fake told. */
  async #settle(lines: string[]): Promise<void> {
    const told = () => this.#watches.flatMap(({ log }, at) => log.map((line) => `w${at} ${line}`));
    const wanted = this.#expected?.[this.#steps.length - 1];
    const offset = lines.length;
    const enough = wanted?.slice(offset).filter((line) => /^w\d/.test(line)).length ?? 0;
    const isEnough = () => told().length >= enough;
    await this.#side.settle(isEnough);
    lines.push(...told());
  }

  async #state(): Promise<readonly string[]> {
    return (await this.#side.range('')).entries.map((entry) => this.#entry(entry));
  }

  #lease(slot: number): number | undefined {
    return this.#leases === 0 ? undefined : slot % this.#leases;
  }

  #entry({ key, value, createRevision, modRevision }: SeenEntry): string {
    return `${key}=${value} created ${this.#since(createRevision)}, changed ${this.#since(modRevision)}`;
  }

  #since(revision: number): string {
    return `r${revision - this.#base}`;
  }
}
