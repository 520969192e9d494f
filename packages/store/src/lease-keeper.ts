/**
 * Keeps one lease alive and knows until when we may believe in it: 0.6 of the TTL after the *sending* of
 * the last renewal that was acknowledged, on the monotonic clock. etcd counts from a later moment, so we
 * stop believing before it can give the lease to another.
 */
import type { Clock } from './clock.ts';
import type { Etcd } from './etcd.ts';

const believed = 0.6;

export class LeaseKeeper {
  readonly #etcd: Etcd;
  readonly #clock: Clock;
  readonly #leaseId: string;
  readonly #ttlMs: number;
  readonly #lost = Promise.withResolvers<string>();
  #deadline: number;
  #lostWhy: string | undefined;
  #cancelRenewal: (() => void) | undefined;
  #cancelDeadline: (() => void) | undefined;

  /** `sentAt`: when the grant was sent, on the clock. */
  constructor(
    etcd: Etcd,
    clock: Clock,
    lease: { readonly id: string; readonly ttlMs: number; readonly sentAt: number },
  ) {
    this.#etcd = etcd;
    this.#clock = clock;
    this.#leaseId = lease.id;
    this.#ttlMs = lease.ttlMs;
    this.#deadline = lease.sentAt + believed * lease.ttlMs;
    this.#watchDeadline();
    this.#renewIn(lease.ttlMs / 3 - (clock.now() - lease.sentAt));
  }

  /** Resolves once, with why. */
  get lost(): Promise<string> {
    return this.#lost.promise;
  }

  isCurrent(): boolean {
    return this.#lostWhy === undefined && this.#clock.now() < this.#deadline;
  }

  /** Stops renewing for good. */
  lose(why: string): void {
    if (this.#lostWhy !== undefined) return;
    this.#lostWhy = why;
    this.#cancelRenewal?.();
    this.#cancelDeadline?.();
    this.#lost.resolve(why);
  }

  #watchDeadline(): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = this.#clock.after(Math.max(0, this.#deadline - this.#clock.now()), () =>
      this.lose('etcd has not acknowledged the lease for 0.6 of its time'),
    );
  }

  #renewIn(ms: number): void {
    this.#cancelRenewal = this.#clock.after(Math.max(0, ms), () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const sentAt = this.#clock.now();
    let ttl: number;
    try {
      ttl = await this.#etcd.keepAlive(this.#leaseId, this.#ttlMs / 6);
    } catch {
      if (this.#lostWhy === undefined) this.#renewIn(this.#ttlMs / 20);
      return;
    }
    if (this.#lostWhy !== undefined) return;
    if (ttl <= 0) return this.lose('etcd has ended the lease');
    // An answer after the deadline comes too late: something may have been given up already.
    if (!this.isCurrent()) {
      return this.lose('etcd has not acknowledged the lease for 0.6 of its time');
    }
    this.#deadline = sentAt + believed * this.#ttlMs;
    this.#watchDeadline();
    this.#renewIn(this.#ttlMs / 3 - (this.#clock.now() - sentAt));
  }
}
