/** A host that is off by a person's word: its VMs start elsewhere, and nothing of it is waited for any more. */
import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB, vmC } from './lab.ts';
import { failed } from './scripted-host.ts';

const recover = (more: object = {}) => ({ type: 'recover', hostId: 'h1', ...more }) as const;
const fenced = (lab: Lab, hostId = 'h1') => lab.etcd.host(hostId)?.fenced !== undefined;
const items = (lab: Lab, id: string) => lab.operation(id).items ?? [];

/** h1 with its VMs has been silent long enough to be down. */
function lost(hosts = 3, ...vmIds: readonly string[]): Lab {
  const lab = Lab.withHosts(hosts);
  for (const vmId of vmIds) lab.runningVm(vmId, 'h1');
  lab.pass(3_000);
  lose(lab);
  return lab;
}

function lose(lab: Lab, hostId = 'h1'): void {
  lab.host(hostId).silent = true;
  lab.pass(31_000);
}

/** The machine boots: nothing runs on it. */
function boot(lab: Lab, hostId = 'h1'): void {
  const host = lab.host(hostId);
  host.vms.clear();
  host.restart();
  host.silent = false;
}

describe('a recovery', () => {
  it('starts every VM of the host elsewhere, under a new generation', () => {
    const lab = lost(3, vmA, vmB);
    const id = lab.request(recover());
    expect(lab.ended(id).state).toBe('succeeded');
    expect(fenced(lab)).toBe(true);
    for (const vmId of [vmA, vmB]) {
      expect(lab.etcd.assignment(vmId)).toMatchObject({ state: 'running', generation: 2 });
      expect(lab.etcd.assignment(vmId)?.hostId).not.toBe('h1');
    }
    expect(items(lab, id).map(({ state, target }) => [state, target])).toEqual([
      ['moved', lab.etcd.assignment(vmA)?.hostId],
      ['moved', lab.etcd.assignment(vmB)?.hostId],
    ]);
  });

  it('is refused while the host is heard: one that runs is drained', () => {
    const lab = Lab.withHosts(3);
    lab.runningVm(vmA, 'h1');
    expect(lab.ended(lab.request(recover()))).toMatchObject({
      state: 'failed',
      error: { code: 'host-not-down' },
    });
    expect(fenced(lab)).toBe(false);
    expect(lab.running(vmA)).toEqual(['h1']);
  });

  it('does nothing before the leader has heard the hosts, or given them their time', () => {
    const lab = Lab.withHosts(3, { startupGraceMs: 6_000 });
    lab.runningVm(vmA, 'h1');
    lab.host('h1').silent = true;
    lab.takeOver();
    const id = lab.request(recover());
    lab.pass(5_000);
    expect(lab.operation(id).state).toBe('pending');
    expect(lab.ended(id).state).toBe('succeeded');
  });

  it('brakes where many hosts are down at once, unless it is said to be meant', () => {
    const lab = lost(6, vmA);
    lose(lab, 'h2');
    expect(lab.ended(lab.request(recover())).error).toMatchObject({
      code: 'mass-loss',
      message: expect.stringMatching(/^2 of 6 hosts are down/),
    });
    expect(fenced(lab)).toBe(false);
    const meant = lab.request(recover({ despiteMassLoss: true }));
    expect(lab.ended(meant).state).toBe('succeeded');
    expect(lab.etcd.assignment(vmA)?.hostId).toMatch(/^h[3-6]$/);
  });

  it('names what finds no room, and starts the rest', () => {
    const lab = lost(2);
    for (const vmId of [vmA, vmB, vmC]) {
      const state = { v: 1, vmId, hostId: 'h1', generation: 1, state: 'running' };
      lab.declareVm(vmId, { memoryMib: 2_000 });
      lab.etcd.write(keys.assignment(vmId), state);
    }
    const id = lab.request(recover());
    expect(lab.ended(id)).toMatchObject({ state: 'blocked', error: { code: 'no-host-fits' } });
    const left = items(lab, id).filter(({ state }) => state === 'blocked');
    expect(left).toMatchObject([{ remedy: expect.stringContaining('drover vm start') }]);
    expect(left[0]?.reason).toMatch(/^no host fits/);
    expect(lab.host('h2').vms.size).toBe(2);
  });

  it('of the target of a migration leaves the VM on its source', () => {
    const lab = Lab.withHosts(3);
    lab.runningVm(vmA, 'h2');
    lab.host('h2').scripts.set('migrate-out', () => undefined);
    const move = lab.request({ type: 'migrate', vmId: vmA, target: 'h1' });
    lab.host('h1').silent = true;
    const [order] = lab.host('h2').acted.filter(({ body }) => body.kind === 'migrate-out');
    if (order) lab.host('h2').end(order, failed('migration-failed'));
    lab.pass(31_000);
    expect(lab.operation(move).state).toBe('running');
    expect(lab.ended(lab.request(recover())).state).toBe('succeeded');
    expect(lab.ended(move).state).toBe('failed');
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h2', state: 'running' });
  });

  it('of the source of a migration starts the VM elsewhere, unless it has arrived', () => {
    for (const hasArrived of [true, false]) {
      const lab = Lab.withHosts(3);
      lab.runningVm(vmA, 'h1');
      lab.host('h1').scripts.set('migrate-out', () => undefined);
      const move = lab.request({ type: 'migrate', vmId: vmA, target: 'h2' });
      lab.pass(1_000);
      if (hasArrived) lab.host('h2').runs(vmA);
      lose(lab);
      expect(lab.operation(move).state).toBe('running');
      const id = lab.request(recover());
      expect([hasArrived, lab.ended(id).state]).toEqual([hasArrived, 'succeeded']);
      expect(lab.ended(move).state).toBe(hasArrived ? 'succeeded' : 'failed');
      // What ran on h1 is still there in this libvirt: a person said that it is not.
      expect(lab.running(vmA)).toEqual(hasArrived ? ['h1', 'h2'] : ['h1']);
      const { hostId, state } = lab.etcd.assignment(vmA) ?? {};
      expect([hasArrived, hostId]).toEqual([hasArrived, hasArrived ? 'h2' : undefined]);
      expect(state).toBe(hasArrived ? 'running' : 'crashed');
    }
  });

  it('of a host that was to start, stop or delete a VM ends that', () => {
    const lab = Lab.withHosts(3);
    lab.runningVm(vmA, 'h1');
    lab.host('h1').scripts.set('stop-vm', () => undefined);
    const stop = lab.request({ type: 'stop', vmId: vmA, mode: 'graceful' });
    lab.cordon('h2');
    lab.cordon('h3');
    lab.declareVm(vmB);
    lab.host('h1').scripts.set('start-vm', () => undefined);
    const start = lab.request({ type: 'start', vmId: vmB });
    expect(lab.operation(start)).toMatchObject({ state: 'running', target: 'h1' });
    for (const id of ['h2', 'h3']) lab.etcd.write(keys.hostIntent(id), undefined);
    lose(lab);
    expect(lab.ended(lab.request(recover())).state).toBe('succeeded');
    expect(lab.ended(stop).state).toBe('succeeded');
    expect(lab.etcd.assignment(vmA)?.state).toBe('stopped');
    expect(lab.ended(start).state).toBe('succeeded');
    expect(lab.operation(start).target).not.toBe('h1');
  });
});

describe('a host that was off and is back', () => {
  it('takes nothing before it has shown that it runs nothing of old; then it is as any other', () => {
    const lab = lost(2, vmA);
    lab.ended(lab.request(recover()));
    lab.cordon('h2');
    boot(lab);
    lab.host('h1').report();
    lab.until('it is admitted again', () => !fenced(lab));
    lab.declareVm(vmB);
    expect(lab.ended(lab.request({ type: 'start', vmId: vmB }))).toMatchObject({ target: 'h1' });
  });

  it('with a copy that runs: which one is right is a person’s to say, and nothing is destroyed', () => {
    const lab = lost(2, vmA);
    lab.ended(lab.request(recover()));
    lab.host('h1').silent = false;
    lab.pass(60_000);
    expect(lab.running(vmA)).toEqual(['h1', 'h2']);
    expect(lab.leader.sends('destroy-leftover')).toEqual([]);
    const reply = lab.ask({ type: 'hosts', hostId: 'h1' });
    const reasons = reply?.type === 'hosts' ? reply.hosts[0]?.reasons : undefined;
    expect(reasons?.join('; ')).toContain('vm-a runs here and on h2');
    lab.host('h1').vms.clear();
    lab.host('h1').report();
    lab.until('it is admitted again', () => !fenced(lab));
  });

  it('with a copy that stands still: it goes once the new owner says that it runs the VM', () => {
    const lab = lost(2, vmA);
    lab.ended(lab.request(recover()));
    lab.host('h1').runs(vmA, { state: 'paused-io-error' });
    lab.host('h1').silent = false;
    lab.host('h1').beat();
    lab.settle();
    expect(fenced(lab)).toBe(true);
    lab.cordon('h2');
    lab.declareVm(vmB);
    expect(lab.ended(lab.request({ type: 'start', vmId: vmB })).error?.code).toBe('no-host-fits');
    lab.until('it is admitted again', () => !fenced(lab));
    expect(lab.running(vmA)).toEqual(['h2']);
    const orders = lab.leader.sends('destroy-leftover');
    expect(orders.map(({ hostId, vmId, generation }) => [hostId, vmId, generation])).toEqual([
      ['h1', vmA, 2],
    ]);
  });

  it('keeps its copy where the new owner does not run it: that may be the last one', () => {
    const lab = lost(2, vmA);
    lab.ended(lab.request(recover()));
    lab.host('h2').vms.clear();
    lab.host('h2').silent = true;
    lab.host('h1').silent = false;
    lab.pass(20_000);
    expect(lab.leader.sends('destroy-leftover')).toEqual([]);
    expect(lab.host('h1').vms.has(vmA)).toBe(true);
    expect(fenced(lab)).toBe(true);
  });
});
