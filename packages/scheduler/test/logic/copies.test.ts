import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA } from './lab.ts';

const start = { type: 'start', vmId: vmA } as const;

describe('a copy that no record owns', () => {
  /** The record says stopped; h2 runs it. */
  function aLab(): Lab {
    const lab = Lab.withHosts(2);
    lab.declareVm(vmA);
    lab.etcd.write(keys.assignment(vmA), { v: 1, vmId: vmA, generation: 4, state: 'stopped' });
    lab.host('h2').runs(vmA);
    lab.host('h2').report();
    lab.settle();
    return lab;
  }

  it('keeps a second one from being started, and is named with what to do', () => {
    const lab = aLab();
    const { state, error } = lab.ended(lab.request(start));
    expect(state).toBe('failed');
    expect(error?.code).toBe('vm-running');
    expect(error?.message).toMatch(/a copy of it is on h2.*virsh/);
    expect(lab.running(vmA)).toEqual(['h2']);
    expect(lab.leader.sends('start-vm')).toEqual([]);
  });

  it('keeps its disks from being deleted', () => {
    const lab = aLab();
    const id = lab.request({ type: 'delete', vmId: vmA });
    expect(lab.ended(id)).toMatchObject({ state: 'failed', error: { code: 'vm-running' } });
    expect(lab.etcd.has(keys.vmIntent(vmA))).toBe(true);
  });

  it('that is gone by a newer look is no obstacle', () => {
    const lab = aLab();
    lab.host('h2').vms.clear();
    expect(lab.ended(lab.request(start)).state).toBe('succeeded');
  });

  it('on a host that is silent since may still run: the start waits, and says for whom', () => {
    const lab = aLab();
    lab.host('h2').silent = true;
    const id = lab.request(start);
    lab.pass(600_000);
    const reason = 'waits for h2, which reported a copy of it';
    expect(lab.operation(id)).toMatchObject({ state: 'pending', reason });
    lab.host('h2').vms.clear();
    lab.host('h2').silent = false;
    expect(lab.ended(id).state).toBe('succeeded');
  });

  it('after both sides of a migration ran on, a stop of one makes no start of a third', () => {
    const lab = Lab.withHosts(3);
    lab.runningVm(vmA, 'h1');
    lab.host('h1').scripts.set('migrate-out', () => {
      lab.host('h2').runs(vmA);
      return { outcome: 'unknown' };
    });
    const id = lab.request({ type: 'migrate', vmId: vmA, target: 'h2' });
    expect(lab.ended(id).error?.code).toBe('both-running');
    lab.ended(lab.request({ type: 'stop', vmId: vmA, mode: 'graceful' }));
    expect(lab.ended(lab.request(start)).error?.code).toBe('vm-running');
    expect(lab.running(vmA)).toEqual(['h2']);
  });
});
