/** Storage that does not answer: nothing is moved into it or out of it, and what cannot be done now waits. */
import type { Inventory } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB } from './lab.ts';
import { done, failed } from './scripted-host.ts';

const reason = 'its server does not answer';
const space = { capacityMib: 1_000, freeMib: 500 };
const ailing: Inventory['pools'][number] = { name: 'p', state: 'error', ...space, reason };

function reaches(lab: Lab, hostId: string, state: 'active' | 'error'): void {
  const pool = state === 'active' ? { name: 'p', state, ...space } : ailing;
  lab.host(hostId).about = { pools: [pool] };
  lab.host(hostId).report();
  lab.settle();
}

const disks = [{ pool: 'p', volume: 'a.raw' }];

function withPool(hosts = 2): Lab {
  const lab = Lab.withHosts(hosts);
  lab.declarePool('p');
  lab.runningVm(vmA, 'h1', { disks });
  return lab;
}

describe('a VM whose host does not reach its pool', () => {
  it('is not moved, by a person or a drain, before it does; and the wait says why', () => {
    for (const request of [
      { type: 'migrate', vmId: vmA, target: 'h2' },
      { type: 'drain', hostId: 'h1' },
    ] as const) {
      const lab = withPool();
      reaches(lab, 'h1', 'error');
      const id = lab.request(request);
      lab.pass(20_000);
      expect(lab.operation(id).reason).toBe(`waits for pool p on h1: ${reason}`);
      expect(lab.leader.sends('prepare-incoming')).toEqual([]);
      reaches(lab, 'h1', 'active');
      expect(lab.ended(id).state).toBe('succeeded');
      expect(lab.running(vmA)).toEqual(['h2']);
    }
  });

  it('can be left where it is after all: the migration that waits can be cancelled', () => {
    const lab = withPool();
    reaches(lab, 'h1', 'error');
    const id = lab.request({ type: 'migrate', vmId: vmA });
    lab.cancel(id);
    expect(lab.ended(id).state).toBe('cancelled');
  });
});

describe('a target that is found not to reach the disk before it has said so of the pool', () => {
  it.each([
    { type: 'migrate', vmId: vmA } as const,
    { type: 'migrate', vmId: vmA, target: 'h2' } as const,
    { type: 'drain', hostId: 'h1' } as const,
  ])('is asked how its pools are, and waited for: $type', (request) => {
    const lab = withPool();
    const host = lab.host('h2');
    host.about = { pools: [ailing] };
    host.scripts.set('check-incoming', ({ body: { kind } }) => {
      if (kind !== 'check-incoming') return undefined;
      const findings = [{ code: 'path-silent', subject: '/p/a.raw' } as const];
      return { ...done, answer: { kind, incoming: { findings, kernel: 'k', guards: [] } } };
    });
    const id = lab.request(request);
    lab.pass(20_000);
    expect(lab.operation(id)).toMatchObject({ reason: `waits for pool p on h2: ${reason}` });
    host.scripts.delete('check-incoming');
    reaches(lab, 'h2', 'active');
    expect(lab.ended(id).state).toBe('succeeded');
  });
});

describe('a drain', () => {
  it('does not give a VM up because no other host reaches its pool at the moment', () => {
    const lab = withPool();
    reaches(lab, 'h2', 'error');
    const id = lab.request({ type: 'drain', hostId: 'h1' });
    lab.pass(20_000);
    expect(lab.operation(id)).toMatchObject({
      state: 'running',
      reason: `waits for pool p on h2: ${reason}`,
    });
    reaches(lab, 'h2', 'active');
    expect(lab.ended(id).state).toBe('succeeded');
  });

  it('does so where another host reaches it and has no room', () => {
    const lab = withPool(3);
    reaches(lab, 'h2', 'error');
    lab.runningVm(vmB, 'h3', { memoryMib: 4_000, disks });
    expect(lab.ended(lab.request({ type: 'drain', hostId: 'h1' })).state).toBe('blocked');
  });
});

describe('a host', () => {
  it('says which pool it cannot use, and why', () => {
    const lab = withPool();
    reaches(lab, 'h1', 'error');
    const reply = lab.ask({ type: 'hosts', hostId: 'h1' });
    expect(reply).toMatchObject({ hosts: [{ reasons: [`pool p: ${reason}`] }] });
  });

  it('is told to make a pool, but not while it is at it, and not where it has it and cannot use it', () => {
    const lab = Lab.withHosts(1);
    lab.host('h1').scripts.set('ensure-pool', () => undefined);
    lab.declarePool('new');
    lab.pass(20_000);
    const sent = lab.leader.sends('ensure-pool');
    expect(sent).toHaveLength(1);
    const [order] = sent;
    if (order) lab.host('h1').end(order, failed('pool-unavailable'));
    lab.pass(8_000);
    expect(lab.leader.sends('ensure-pool')).toHaveLength(2);
    const ailing = withPool();
    reaches(ailing, 'h1', 'error');
    ailing.pass(20_000);
    expect(ailing.leader.sends('ensure-pool')).toEqual([]);
  });
});

describe('a start of a recovery', () => {
  const locked = failed('disk-locked', 'Failed to get "write" lock');

  function recovering(): { readonly lab: Lab; readonly id: string } {
    const lab = withPool(3);
    lab.host('h1').silent = true;
    for (const id of ['h2', 'h3']) lab.host(id).scripts.set('start-vm', () => locked);
    lab.pass(31_000);
    const id = lab.request({ type: 'recover', hostId: 'h1' });
    lab.pass(12_000);
    return { lab, id };
  }

  it('waits for the lock that the host took with it, and says so', () => {
    const { lab, id } = recovering();
    expect(lab.operation(`${id}-0`)).toMatchObject({ state: 'pending' });
    expect(lab.operation(`${id}-0`).reason).toMatch(/; waits for the lock of its disk/);
    for (const one of ['h2', 'h3']) lab.host(one).scripts.clear();
    expect(lab.ended(id).state).toBe('succeeded');
    expect(lab.etcd.assignment(vmA)?.state).toBe('running');
  });

  it('gives up after minutes: who holds a lock for so long is not off', () => {
    const { lab, id } = recovering();
    lab.pass(300_000);
    expect(lab.operation(id)).toMatchObject({ state: 'blocked' });
    const [item] = lab.operation(id).items ?? [];
    expect(item?.remedy).toBe('make sure that h1 is off, then drover vm start vm-a');
    expect(lab.operation(`${id}-0`).error?.code).toBe('disk-locked');
    // It was only silent: what runs there is followed.
    lab.host('h1').silent = false;
    lab.pass(10_000);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h1', state: 'running' });
    expect(lab.running(vmA)).toEqual(['h1']);
  });

  it('and no other start waits: a person has asked, and hears why not', () => {
    const lab = withPool();
    lab.declareVm(vmB, { disks });
    for (const id of ['h1', 'h2']) lab.host(id).scripts.set('start-vm', () => locked);
    const id = lab.request({ type: 'start', vmId: vmB });
    lab.pass(10_000);
    expect(lab.operation(id)).toMatchObject({
      state: 'failed',
      error: { code: 'disk-locked' },
    });
  });
});
