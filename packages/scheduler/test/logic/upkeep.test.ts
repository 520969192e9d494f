import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB } from './lab.ts';

const healthOf = (lab: Lab, hostId: string) => {
  const reply = lab.ask({ type: 'hosts', hostId });
  return reply?.type === 'hosts' ? reply.hosts[0]?.health : undefined;
};

describe('a host', () => {
  it('that reports for the first time gets its record, once', () => {
    const lab = Lab.withHosts(2);
    expect(lab.etcd.has(keys.host('h1')) && lab.etcd.has(keys.host('h2'))).toBe(true);
    const commits = lab.leader.commits().length;
    lab.pass(60_000);
    expect(lab.leader.commits()).toHaveLength(commits);
  });

  it('is suspect and then down by when it was heard last, and up as soon as it is heard', () => {
    const lab = Lab.withHosts(2, { suspectAfterMs: 8_000, downAfterMs: 30_000 });
    lab.pass(2_000);
    lab.host('h1').silent = true;
    const health = [4_000, 6_000, 15_000, 10_000].map((ms) => {
      lab.pass(ms);
      return healthOf(lab, 'h1');
    });
    expect(health).toEqual(['up', 'suspect', 'suspect', 'down']);
    expect(healthOf(lab, 'h2')).toBe('up');
    lab.host('h1').silent = false;
    lab.pass(2_500);
    expect(healthOf(lab, 'h1')).toBe('up');
  });

  it('whose agent is degraded is suspect: nothing is placed there', () => {
    const lab = Lab.withHosts(1);
    lab.host('h1').state = 'degraded';
    lab.pass(2_500);
    expect(healthOf(lab, 'h1')).toBe('suspect');
    lab.declareVm(vmA);
    expect(lab.ended(lab.request({ type: 'start', vmId: vmA }))).toMatchObject({
      error: { code: 'no-host-fits', message: expect.stringContaining('h1: it is suspect') },
    });
  });

  it('that falls silent makes nothing stop and nothing restart, however long', () => {
    const lab = Lab.withHosts(3);
    lab.runningVm(vmA, 'h1');
    lab.runningVm(vmB, 'h2');
    lab.host('h1').silent = true;
    const commits = lab.leader.commits().length;
    lab.pass(3_600_000);
    expect(lab.leader.commits()).toHaveLength(commits);
    expect(new Set(lab.leader.sends().map((one) => one.body.kind))).toEqual(new Set(['sync']));
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h1', state: 'running' });
  });

  it('is not asked all the time when it is silent', () => {
    const lab = Lab.withHosts(1);
    lab.host('h1').silent = true;
    lab.takeOver();
    const before = lab.leader.sends().length;
    lab.pass(60_000);
    expect(lab.leader.sends().length - before).toBeLessThanOrEqual(30);
  });

  it('is spoken to with the incarnation and the nonce that it said last', () => {
    const lab = Lab.withHosts(1);
    lab.host('h1').restart();
    lab.host('h1').beat();
    lab.settle();
    lab.declareVm(vmA);
    expect(lab.ended(lab.request({ type: 'start', vmId: vmA })).state).toBe('succeeded');
    const [command] = lab.leader.sends('start-vm');
    expect(command?.incarnation).toBe('i2');
    expect(command?.freshness).toMatch(/^i2-/);
  });

  it('whose heartbeat comes is looked at with the next tick: a thousand of them cost one look', () => {
    const lab = Lab.withHosts(1);
    const before = lab.leader.said.length;
    lab.host('h1').runs(vmA);
    for (let count = 0; count < 100; count += 1) lab.host('h1').beat();
    lab.settle();
    expect(lab.leader.said).toHaveLength(before);
    lab.pass(500);
    expect(lab.leader.said.slice(before)).toContainEqual(expect.objectContaining({ type: 'send' }));
  });

  it('that found an order too old gets it again, with what it said since', () => {
    const lab = Lab.withHosts(1);
    const host = lab.host('h1');
    lab.declareVm(vmA);
    lab.settle();
    // The agent has restarted, and nobody has heard of that yet.
    host.restart();
    const id = lab.request({ type: 'start', vmId: vmA });
    expect(host.acted).toEqual([]);
    expect(lab.ended(id).state).toBe('succeeded');
    const sent = lab.leader.sends('start-vm');
    expect(sent.at(0)?.incarnation).toBe('i1');
    expect(sent.at(-1)?.incarnation).toBe('i2');
    expect(new Set(sent.map((one) => one.step)).size).toBe(1);
  });
});

describe('a VM that should run', () => {
  it('and is missing from two inventories in a row is said to be gone, and not restarted', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    lab.host('h1').vms.clear();
    lab.host('h1').report();
    lab.settle();
    expect(lab.etcd.assignment(vmA)?.state).toBe('running');
    lab.until('it is crashed', () => lab.etcd.assignment(vmA)?.state === 'crashed');
    expect(lab.etcd.assignment(vmA)).toEqual({ v: 1, vmId: vmA, generation: 1, state: 'crashed' });
    lab.pass(120_000);
    expect(lab.leader.sends('start-vm')).toEqual([]);
  });

  it('and is missing from one inventory only is still there', () => {
    const lab = Lab.withHosts(1);
    lab.runningVm(vmA, 'h1');
    for (let count = 0; count < 20; count += 1) {
      lab.host('h1').about = { vms: [] };
      lab.host('h1').report();
      lab.host('h1').about = {};
      lab.host('h1').report();
      lab.settle();
    }
    lab.pass(10_000);
    expect(lab.etcd.assignment(vmA)?.state).toBe('running');
  });

  it('and is missing once more than that, and then there again, is still there', () => {
    const lab = Lab.withHosts(1);
    lab.runningVm(vmA, 'h1');
    const host = lab.host('h1');
    for (const about of [{ vms: [] }, { vms: [] }, {}, { vms: [] }, { vms: [] }, {}]) {
      host.about = about;
      host.report();
    }
    lab.pass(10_000);
    expect(lab.etcd.assignment(vmA)?.state).toBe('running');
  });

  it('and crashed by what libvirt says counts as gone; paused does not', () => {
    for (const [state, expected] of [
      ['crashed', 'crashed'],
      ['shut-off', 'crashed'],
      ['paused', 'running'],
      ['paused-io-error', 'running'],
    ] as const) {
      const lab = Lab.withHosts(1);
      lab.runningVm(vmA, 'h1');
      lab.host('h1').runs(vmA, { state });
      lab.pass(30_000);
      expect([state, lab.etcd.assignment(vmA)?.state]).toEqual([state, expected]);
    }
  });

  it('is seen to be gone soon: a heartbeat tells that the host’s VMs have changed', () => {
    const lab = Lab.withHosts(1);
    lab.runningVm(vmA, 'h1');
    lab.pass(5_000);
    lab.host('h1').vms.clear();
    lab.pass(10_000);
    expect(lab.etcd.assignment(vmA)?.state).toBe('crashed');
  });
});

describe('a pool', () => {
  it('is ensured on every host that does not have it, until it does', () => {
    const lab = Lab.withHosts(2);
    lab.declarePool('new');
    lab.pass(12_000);
    const sent = lab.leader.sends('ensure-pool');
    expect(new Set(sent.map((one) => one.hostId))).toEqual(new Set(['h1', 'h2']));
    expect(sent.length).toBeGreaterThanOrEqual(4);
    expect(sent.length).toBeLessThanOrEqual(8);
    expect(sent[0]?.body).toMatchObject({
      pool: { name: 'new', spec: { type: 'shared', path: '/srv/pool' } },
      uuid: '22222222-2222-4222-8222-222222222222',
    });
    const pools = [{ name: 'new', state: 'active', capacityMib: 1, freeMib: 1 } as const];
    for (const host of lab.hosts.values()) {
      host.about = { pools };
      host.report();
    }
    lab.settle();
    const before = lab.leader.sends('ensure-pool').length;
    lab.pass(30_000);
    expect(lab.leader.sends('ensure-pool')).toHaveLength(before);
  });

  it('that QEMU reaches by itself is nobody’s to ensure, and fits everywhere', () => {
    const lab = Lab.withHosts(1);
    lab.declarePool('d', 'nfs-direct');
    lab.pass(10_000);
    expect(lab.leader.sends('ensure-pool')).toEqual([]);
    lab.declareVm(vmA, { disks: [{ pool: 'd', volume: 'a.raw' }] });
    expect(lab.ended(lab.request({ type: 'start', vmId: vmA })).state).toBe('succeeded');
  });
});

describe('old operations', () => {
  function endedOperation(lab: Lab, index: number, parentId?: string): void {
    const id = `old-${index}`;
    const base = { v: 1, id, by: 'test', createdAtMs: index };
    lab.etcd.write(keys.operation(id), {
      ...base,
      type: parentId === undefined ? 'start' : 'migrate',
      state: 'succeeded',
      step: 'ended',
      stepIndex: 1,
      vmId: vmA,
      generation: 1,
      epoch: '1',
      endedAtMs: index,
      ...(parentId === undefined ? {} : { parentId }),
    });
    lab.etcd.write(keys.request(id), { ...base, type: 'start', vmId: vmA });
  }
  const kept = (lab: Lab) => lab.etcd.operations().map((one) => one.id);

  it('go with their requests, the oldest first, when they are too many', () => {
    const lab = Lab.withHosts(1, { operationsKept: 10 });
    for (let index = 0; index < 29; index += 1) endedOperation(lab, index);
    lab.pass(2_000);
    expect(kept(lab)).toHaveLength(29);
    endedOperation(lab, 29);
    lab.pass(2_000);
    expect(kept(lab)).toEqual(Array.from({ length: 10 }, (_, index) => `old-${index + 20}`));
    expect(lab.etcd.has(keys.request('old-0'))).toBe(false);
    expect(lab.etcd.has(keys.request('old-20'))).toBe(true);
  });

  it('stay while their drain is open, and the leader is calm about it', () => {
    const lab = Lab.withHosts(1, { operationsKept: 10 });
    lab.runningVm(vmB, 'h1');
    lab.host('h1').silent = true;
    lab.pass(60_000);
    const drain = lab.request({ type: 'drain', hostId: 'h1' });
    lab.pass(20_000);
    for (let index = 0; index < 40; index += 1) endedOperation(lab, index, drain);
    const commits = lab.leader.commits().length;
    lab.pass(10_000);
    expect(kept(lab)).toHaveLength(41);
    expect(lab.leader.commits()).toHaveLength(commits);
  });
});
