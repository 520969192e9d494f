/**
 * A scheduler's candidacy, as `store` makes it: a key under an own lease, elected when no older one is left,
 * believed in for 0.6 of the lease's time after the sending of the last renewal that was answered.
 */
import { keyPrefix, keys } from '@drover/protocol';
import type { EtcdClient } from './etcd-client.ts';
import type { Life } from './life.ts';

export const leaseMs = 10_000;
const retryMs = 250;
const lookMs = 500;

export interface ElectionHandlers {
  readonly onElected: (office: Office) => void;
  readonly onLost: (reason: string) => void;
}

export interface Office {
  readonly epoch: number;
  readonly leaderKey: string;
}

export class Election {
  readonly #client: EtcdClient;
  readonly #life: Life;
  readonly #id: string;
  readonly #handlers: ElectionHandlers;
  #leaseId: number | undefined;
  #deadlineMs = 0;
  #isLost = false;
  #isElected = false;
  #isGivenBack = false;

  constructor(client: EtcdClient, life: Life, id: string, handlers: ElectionHandlers) {
    this.#client = client;
    this.#life = life;
    this.#id = id;
    this.#handlers = handlers;
  }

  stand(): void {
    const sentMs = this.#life.monoMs;
    this.#client.grant(leaseMs, (granted) => {
      if (granted.type === 'lost') return this.#again();
      this.#isLost = false;
      this.#leaseId = granted.value;
      this.#deadlineMs = sentMs + 0.6 * leaseMs;
      this.#watchDeadline(granted.value);
      this.#renewIn(leaseMs / 3, granted.value);
      this.#putKey(granted.value);
    });
  }

  isCurrent(): boolean {
    return this.#isElected && !this.#isLost && this.#life.monoMs < this.#deadlineMs;
  }

  /** Gives the office, or the candidacy, back. */
  resign(): void {
    this.#isLost = true;
    this.#isGivenBack = true;
    if (this.#leaseId !== undefined) this.#client.revoke(this.#leaseId);
  }

  #again(): void {
    if (this.#leaseId !== undefined) this.#client.revoke(this.#leaseId);
    this.#leaseId = undefined;
    this.#isLost = true;
    if (this.#isGivenBack) return;
    this.#life.after(retryMs, () => this.stand());
  }

  #putKey(leaseId: number): void {
    const key = keys.leader(leaseId.toString(16));
    const value = JSON.stringify({ instanceId: this.#id });
    const compares = [{ key, createRevision: 0 }];
    this.#client.txn({ compares, puts: [{ key, value, leaseId }], deletes: [] }, (answer) => {
      if (answer.type === 'lost' || answer.value.type === 'conflict') return this.#again();
      this.#wait({ epoch: answer.value.revision, leaderKey: key });
    });
  }

  #wait(office: Office): void {
    if (this.#isLost) return this.#again();
    this.#client.range(keyPrefix.leader, (answer) => {
      if (this.#isLost) return this.#again();
      if (answer.type === 'lost') return void this.#life.after(retryMs, () => this.#wait(office));
      const { entries } = answer.value;
      const own = entries.find((entry) => entry.key === office.leaderKey);
      if (own?.createRevision !== office.epoch) return this.#again();
      if (entries.some((entry) => entry.createRevision < office.epoch)) {
        return void this.#life.after(lookMs, () => this.#wait(office));
      }
      if (this.#life.monoMs >= this.#deadlineMs) return this.#again();
      this.#isElected = true;
      this.#guardKey(office, answer.value.revision + 1);
      this.#handlers.onElected(office);
    });
  }

  /** Somebody may end the lease while it is believed in: the key's deletion tells, if it is heard. */
  #guardKey(office: Office, fromRevision: number): void {
    const { leaderKey, epoch } = office;
    this.#client.watch(
      [leaderKey],
      fromRevision,
      (_, changes) => {
        if (changes.some(({ value }) => value === undefined)) {
          this.#lose('the key of the leader was deleted');
        }
      },
      () => this.#rereadKey(leaderKey, epoch),
    );
  }

  #rereadKey(leaderKey: string, epoch: number): void {
    if (this.#isLost) return;
    this.#client.range(leaderKey, (answer) => {
      if (answer.type === 'lost') {
        this.#life.after(retryMs, () => this.#rereadKey(leaderKey, epoch));
      } else if (answer.value.entries[0]?.createRevision === epoch) {
        this.#guardKey({ leaderKey, epoch }, answer.value.revision + 1);
      } else this.#lose('the key of the leader was deleted');
    });
  }

  #lose(reason: string): void {
    if (this.#isLost) return;
    this.#isLost = true;
    if (this.#isElected) this.#handlers.onLost(reason);
  }

  #watchDeadline(leaseId: number): void {
    this.#life.after(this.#deadlineMs - this.#life.monoMs, () => {
      if (this.#leaseId !== leaseId || this.#isLost) return;
      if (this.#life.monoMs < this.#deadlineMs) return this.#watchDeadline(leaseId);
      this.#lose('etcd has not acknowledged the lease for 0.6 of its time');
    });
  }

  #renewIn(delayMs: number, leaseId: number): void {
    this.#life.after(delayMs, () => {
      if (this.#leaseId !== leaseId || this.#isLost) return;
      const sentMs = this.#life.monoMs;
      this.#client.keepAlive(leaseId, (answer) => {
        if (this.#leaseId !== leaseId || this.#isLost) return;
        if (answer.type === 'lost') return this.#renewIn(leaseMs / 20, leaseId);
        if (answer.value <= 0) return this.#lose('etcd has ended the lease');
        if (this.#life.monoMs >= this.#deadlineMs) {
          return this.#lose('etcd has not acknowledged the lease for 0.6 of its time');
        }
        this.#deadlineMs = sentMs + 0.6 * leaseMs;
        this.#renewIn(leaseMs / 3, leaseId);
      });
    });
  }
}
