/** Until when a leader may believe in its lease. */
import { describe, expect, it } from 'vitest';
import type { Etcd } from '../src/etcd.ts';
import { LeaseKeeper } from '../src/lease-keeper.ts';
import { FakeEtcd } from '../src/testing/fake-etcd.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';

const ttlMs = 10_000;

/** A lease whose renewals take as long as the test wants, or fail. */
function start() {
  const clock = new ManualClock();
  const server = new FakeEtcd(clock);
  const client = server.client();
  const network = { delayMs: 0, broken: false };
  const sent: number[] = [];
  const etcd: Etcd = Object.assign(Object.create(client) as Etcd, {
    keepAlive: async (leaseId: string) => {
      sent.push(clock.now());
      if (network.broken) throw new Error('reset');
      const left = server.renew(leaseId);
      await new Promise<void>((resolve) => {
        clock.after(network.delayMs, resolve);
      });
      return left;
    },
  });
  const id = server.grant(ttlMs / 1_000);
  const keeper = new LeaseKeeper(etcd, clock, { id, ttlMs, sentAt: clock.now() });
  const lost: string[] = [];
  void keeper.lost.then((why) => lost.push(why));
  return { clock, server, network, sent, id, keeper, lost };
}

describe('a lease keeper', () => {
  it('believes for as long as renewals are acknowledged', async () => {
    const { clock, keeper, lost, sent } = start();
    await clock.advance(60_000);
    expect(keeper.isCurrent()).toBe(true);
    expect(lost).toEqual([]);
    expect(sent.length).toBeGreaterThanOrEqual(17);
    expect(sent.length).toBeLessThanOrEqual(19);
  });

  it('stops at 0.6 of the TTL after the last one, and says so then', async () => {
    const { clock, keeper, lost, network } = start();
    network.broken = true;
    await clock.advance(5_999);
    expect(keeper.isCurrent()).toBe(true);
    await clock.advance(1);
    expect(keeper.isCurrent()).toBe(false);
    expect(lost).toHaveLength(1);
  });

  it('counts from the sending of a renewal, not from its answer', async () => {
    const { clock, keeper, network, sent } = start();
    network.delayMs = 1_500;
    await clock.advance(5_000);
    expect(sent).toHaveLength(1);
    network.broken = true;
    await clock.advance((sent[0] ?? 0) + 6_000 - clock.now() - 1);
    expect(keeper.isCurrent()).toBe(true);
    await clock.advance(1);
    expect(keeper.isCurrent()).toBe(false);
  });

  it('tries again soon after a failure', async () => {
    const { clock, keeper, network } = start();
    await clock.advance(3_000);
    network.broken = true;
    await clock.advance(2_000);
    network.broken = false;
    await clock.advance(20_000);
    expect(keeper.isCurrent()).toBe(true);
  });

  it('is not revived by an answer that comes after the deadline', async () => {
    const { clock, keeper, network, lost } = start();
    network.delayMs = 5_000;
    await clock.advance(30_000);
    expect(keeper.isCurrent()).toBe(false);
    expect(lost).toHaveLength(1);
  });

  it('stops when etcd has no such lease', async () => {
    const { clock, keeper, server, id, lost } = start();
    server.revoke(id);
    await clock.advance(3_400);
    expect(keeper.isCurrent()).toBe(false);
    expect(lost).toEqual(['etcd has ended the lease']);
  });

  it('knows without a timer: a process that was stopped wakes up without its office', () => {
    const etcd = new FakeEtcd(new ManualClock()).client();
    const keeper = new LeaseKeeper(etcd, jumped(5_999), { id: '1', ttlMs, sentAt: 0 });
    expect(keeper.isCurrent()).toBe(true);
    const late = new LeaseKeeper(etcd, jumped(6_000), { id: '1', ttlMs, sentAt: 0 });
    expect(late.isCurrent()).toBe(false);
  });
});

/** A clock that has gone on while no timer ran. */
function jumped(now: number) {
  return { now: () => now, after: () => () => {} };
}
