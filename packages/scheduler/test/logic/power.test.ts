/** Reboot, pause and unpause: one order, only by a person's word; and what a paused VM is to all the rest. */
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB } from './lab.ts';
import { failed } from './scripted-host.ts';

const state = (lab: Lab, vmId = vmA) => lab.etcd.assignment(vmId)?.state;
const drain = { type: 'drain', hostId: 'h1' } as const;

function aLab(): Lab {
  const lab = Lab.withHosts(2);
  lab.runningVm(vmA, 'h1');
  return lab;
}

function paused(): Lab {
  const lab = aLab();
  lab.ended(lab.request({ type: 'pause', vmId: vmA }));
  lab.host('h1').report();
  lab.settle();
  return lab;
}

describe('a reboot', () => {
  it('presses the power button, and leaves the VM where it is', () => {
    const lab = aLab();
    const ended = lab.ended(lab.request({ type: 'reboot', vmId: vmA, mode: 'graceful' }));
    expect(ended).toMatchObject({ state: 'succeeded', source: 'h1' });
    expect(lab.leader.sends('reboot-vm').map(({ body }) => body)).toMatchObject([
      { mode: 'graceful' },
    ]);
    expect(lab.etcd.assignment(vmA)).toMatchObject({
      hostId: 'h1',
      state: 'running',
      generation: 1,
    });
    expect(lab.etcd.assignment(vmA)?.operationId).toBeUndefined();
  });

  it('that does not come about fails, and is never forced', () => {
    const lab = aLab();
    lab.host('h1').scripts.set('reboot-vm', () => failed('stop-timeout'));
    const ended = lab.ended(lab.request({ type: 'reboot', vmId: vmA, mode: 'graceful' }));
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'stop-timeout' } });
    expect(lab.leader.sends('reboot-vm')).toHaveLength(1);
    expect(state(lab)).toBe('running');
  });

  it('of which nobody knows whether it was done is not done again', () => {
    const lab = aLab();
    lab.host('h1').scripts.set('reboot-vm', () => ({ outcome: 'unknown' }));
    const ended = lab.ended(lab.request({ type: 'reboot', vmId: vmA, mode: 'force' }));
    expect(ended.error?.message).toMatch(/nobody knows whether it was done; it is running on h1/);
    expect(lab.leader.sends('reboot-vm')).toHaveLength(1);
  });

  it('is not for a VM that is off', () => {
    const lab = Lab.withHosts(2);
    lab.declareVm(vmA);
    const ended = lab.ended(lab.request({ type: 'reboot', vmId: vmA, mode: 'graceful' }));
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'vm-not-running' } });
  });
});

describe('a pause', () => {
  it('is kept in the record, and taken back by a person', () => {
    const lab = paused();
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h1', state: 'paused' });
    const again = lab.ended(lab.request({ type: 'pause', vmId: vmA }));
    expect(again).toMatchObject({ state: 'succeeded', reason: 'it is paused already' });
    expect(lab.ended(lab.request({ type: 'unpause', vmId: vmA })).state).toBe('succeeded');
    expect(state(lab)).toBe('running');
  });

  it('whose answer is lost is what its host says it is', () => {
    const lab = aLab();
    const h1 = lab.host('h1');
    h1.scripts.set('pause-vm', (command) => {
      h1.obey(command);
      return { outcome: 'unknown' };
    });
    expect(lab.ended(lab.request({ type: 'pause', vmId: vmA })).state).toBe('succeeded');
    expect(state(lab)).toBe('paused');
  });

  it('keeps the VM where it is: no move, no drain, no restart', () => {
    const lab = paused();
    const move = lab.ended(lab.request({ type: 'migrate', vmId: vmA, target: 'h2' }));
    expect(move).toMatchObject({ state: 'failed', error: { code: 'vm-not-running' } });
    const id = lab.request(drain);
    expect(lab.ended(id).state).toBe('blocked');
    expect(lab.operation(id).items?.[0]).toMatchObject({
      reason: 'vm-paused',
      remedy: 'unpause it, or stop it',
    });
    lab.pass(60_000);
    expect(state(lab)).toBe('paused');
    expect(lab.leader.sends('unpause-vm')).toEqual([]);
  });

  it('keeps its room', () => {
    const lab = Lab.withHosts(1);
    lab.runningVm(vmA, 'h1', { memoryMib: 3_000 });
    lab.ended(lab.request({ type: 'pause', vmId: vmA }));
    lab.declareVm(vmB, { memoryMib: 2_000 });
    const start = lab.ended(lab.request({ type: 'start', vmId: vmB }));
    expect(start.error?.message).toContain('needs 2000 MiB, has 1096 MiB free');
  });

  it('hears no power button; its plug can be pulled', () => {
    const lab = paused();
    const graceful = lab.ended(lab.request({ type: 'stop', vmId: vmA, mode: 'graceful' }));
    expect(graceful).toMatchObject({ state: 'failed', error: { code: 'vm-not-running' } });
    expect(lab.leader.sends('stop-vm')).toEqual([]);
    expect(lab.ended(lab.request({ type: 'stop', vmId: vmA, mode: 'force' })).state).toBe(
      'succeeded',
    );
    expect(state(lab)).toBe('stopped');
  });

  it('of a VM that is gone is seen to be', () => {
    const lab = paused();
    lab.host('h1').vms.delete(vmA);
    lab.host('h1').report();
    lab.until('it is said to be gone', () => state(lab) !== 'paused');
    expect(state(lab)).toBe('crashed');
  });
});
