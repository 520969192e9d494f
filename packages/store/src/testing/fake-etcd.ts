/**
 * An etcd in memory, with leases on a clock and as many clients as wanted. Each client can be cut off or
 * made to lose a reply, which is how a test gets the outcomes that are rare in life.
 */
import type { Clock } from '../clock.ts';
import {
  type Etcd,
  type KeyRange,
  type Stream,
  type StreamHandlers,
  unavailable,
} from '../etcd.ts';
import type { Change, TxnResult } from '../port.ts';
import { FakeHistory } from './fake-history.ts';

/** As etcd does for a watch that catches up. */
const revisionsPerResponse = 1_000;
/** Of one call to a server that is paused. */
const requestTimeoutMs = 1_000;

interface OpenStream {
  readonly client: FakeClient;
  readonly range: KeyRange;
  readonly handlers: StreamHandlers;
  next: number;
  opened: boolean;
}

export class FakeEtcd {
  readonly history = new FakeHistory();
  readonly #clock: Clock;
  readonly #leases = new Map<string, { readonly ttlMs: number; cancel: () => void }>();
  readonly #streams = new Set<OpenStream>();
  #leaseCount = 0;
  #down = false;
  /** Present while the server is paused: what to do when it goes on. */
  #paused: (() => void)[] | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get down(): boolean {
    return this.#down;
  }

  setDown(down: boolean): void {
    this.#down = down;
    if (down) this.breakStreams();
  }

  /** Paused: calls get no answer, nothing is delivered, no lease ends; connections stay. */
  setPaused(paused: boolean): void {
    const waiting = this.#paused;
    if (paused === (waiting !== undefined)) return;
    this.#paused = paused ? [] : undefined;
    for (const go of waiting ?? []) go();
  }

  /** Now, or when the server goes on. */
  whenRunning(go: () => void): void {
    if (this.#paused) this.#paused.push(go);
    else go();
  }

  /** Resolves when the server runs; `false`: it was paused for as long as a client waits. */
  answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(requestTimeoutMs, () => resolve(false));
      this.whenRunning(() => {
        cancel();
        resolve(true);
      });
    });
  }

  client(): FakeClient {
    return new FakeClient(this);
  }

  commit(txn: Parameters<FakeHistory['txn']>[0]): TxnResult {
    const missing = txn.puts.find((put) => put.leaseId && !this.#leases.has(put.leaseId));
    if (missing) throw unavailable('unknown', `etcd has no lease ${missing.leaseId}`);
    const result = this.history.txn(txn);
    for (const stream of this.#streams) this.wake(stream);
    return result;
  }

  grant(ttlSeconds: number): string {
    this.#leaseCount += 1;
    const id = String(1_000 + this.#leaseCount);
    const lease = { ttlMs: ttlSeconds * 1_000, cancel: () => {} };
    this.#leases.set(id, lease);
    this.renew(id);
    return id;
  }

  /** Seconds left; 0: no such lease. */
  renew(id: string): number {
    const lease = this.#leases.get(id);
    if (!lease) return 0;
    lease.cancel();
    lease.cancel = this.#clock.after(lease.ttlMs, () => this.whenRunning(() => this.revoke(id)));
    return lease.ttlMs / 1_000;
  }

  revoke(id: string): void {
    this.#leases.get(id)?.cancel();
    this.#leases.delete(id);
    const deletes = this.history.keysOfLease(id);
    if (deletes.length > 0) this.commit({ compares: [], puts: [], deletes });
  }

  addStream(stream: OpenStream): void {
    this.#streams.add(stream);
    this.wake(stream);
  }

  removeStream(stream: OpenStream): void {
    this.#streams.delete(stream);
  }

  /** Breaks every stream, of one client or of all, as a restart of the server does. */
  breakStreams(client?: FakeClient): void {
    for (const stream of this.#streams) {
      if (client && stream.client !== client) continue;
      this.#streams.delete(stream);
      stream.handlers.onEnded('broken');
    }
  }

  wake(stream: OpenStream): void {
    queueMicrotask(() => this.whenRunning(() => this.#serve(stream)));
  }

  #serve(stream: OpenStream): void {
    if (!this.#streams.has(stream)) return;
    if (!stream.opened) {
      stream.opened = true;
      stream.handlers.onOpened(this.history.revision);
    }
    // A stream that keeps up is not harmed by a compaction.
    if (stream.next < this.history.compactedRevision) {
      this.#streams.delete(stream);
      return stream.handlers.onEnded('compacted');
    }
    const all = this.history.changesFrom(stream.next);
    const first = all[0];
    if (!first) return;
    const until = first.modRevision + revisionsPerResponse;
    const changes = all.filter((change) => change.modRevision < until && within(stream, change));
    stream.next = Math.min(until, this.history.revision + 1);
    if (changes.length > 0) stream.handlers.onEvents(changes);
    if (stream.next <= this.history.revision) this.wake(stream);
  }
}

function within(stream: OpenStream, change: Change): boolean {
  return change.key >= stream.range.start && change.key < stream.range.end;
}

/** One process' connection to the fake. */
export class FakeClient implements Etcd {
  readonly #server: FakeEtcd;
  #online = true;
  #closed = false;
  #losesReply = false;

  constructor(server: FakeEtcd) {
    this.#server = server;
  }

  /** Offline: calls fail unsent and streams break, until it is online again. */
  setOnline(online: boolean): void {
    this.#online = online;
    if (!online) this.#server.breakStreams(this);
  }

  /** The next call is carried out, but its answer is lost. */
  loseNextReply(): void {
    this.#losesReply = true;
  }

  range(range: KeyRange, limit: number, revision?: number) {
    return this.#call(() => {
      const { history } = this.#server;
      if (revision !== undefined && revision < history.compactedRevision) return 'compacted';
      const all = history
        .entriesAt(revision ?? history.revision)
        .filter((entry) => entry.key >= range.start && entry.key < range.end);
      return {
        headerRevision: history.revision,
        entries: all.slice(0, limit),
        more: all.length > limit,
      };
    });
  }

  txn(txn: Parameters<Etcd['txn']>[0]) {
    return this.#call(() => this.#server.commit(txn));
  }

  grantLease(ttlSeconds: number) {
    return this.#call(() => ({ id: this.#server.grant(ttlSeconds), ttlSeconds }));
  }

  keepAlive(leaseId: string) {
    return this.#call(() => this.#server.renew(leaseId));
  }

  revokeLease(leaseId: string) {
    return this.#call(() => this.#server.revoke(leaseId));
  }

  watch(range: KeyRange, fromRevision: number, handlers: StreamHandlers): Stream {
    const stream = { client: this, range, handlers, next: fromRevision, opened: false };
    if (this.#reaches()) this.#server.addStream(stream);
    else queueMicrotask(() => handlers.onEnded('broken'));
    return { close: () => this.#server.removeStream(stream) };
  }

  close(): void {
    this.#closed = true;
    this.#server.breakStreams(this);
  }

  #reaches(): boolean {
    return this.#online && !this.#closed && !this.#server.down;
  }

  async #call<T>(answer: () => T): Promise<T> {
    await Promise.resolve();
    if (!this.#reaches()) throw unavailable('not-sent', 'etcd cannot be reached');
    if (!(await this.#server.answers())) {
      // What was sent is still carried out when the server goes on.
      this.#server.whenRunning(() => attempt(answer));
      throw unavailable('unknown', 'etcd did not answer');
    }
    const result = answer();
    await Promise.resolve();
    if (this.#losesReply) {
      this.#losesReply = false;
      throw unavailable('unknown', 'etcd did not answer');
    }
    return result;
  }
}

/** For a call whose caller has gone: its failure is nobody's. */
function attempt(answer: () => unknown): void {
  try {
    answer();
  } catch {
    // Nobody is left to tell.
  }
}
