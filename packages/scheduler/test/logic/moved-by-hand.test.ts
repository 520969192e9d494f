/** A VM that a person moved past Drover: the record follows, and nothing is done to the VM. */
import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA } from './lab.ts';

/** The record says h1; h2 runs it. */
function moved(count = 2): Lab {
  const lab = Lab.withHosts(count);
  lab.runningVm(vmA, 'h1');
  lab.host('h1').vms.clear();
  lab.host('h2').runs(vmA);
  for (const id of ['h1', 'h2']) lab.host(id).report();
  return lab;
}

describe('a VM that runs elsewhere than its record says', () => {
  it('is followed, with a generation of its own, once both hosts have looked', () => {
    const lab = moved();
    const before = lab.etcd.assignment(vmA)?.generation ?? 0;
    lab.pass(10_000);
    expect(lab.etcd.assignment(vmA)).toMatchObject({
      hostId: 'h2',
      state: 'running',
      generation: before + 1,
    });
    expect(lab.running(vmA)).toEqual(['h2']);
    expect(lab.leader.sends('stop-vm')).toEqual([]);
  });

  it('is promised there what it has, where its spec says something else for its next start', () => {
    const lab = moved();
    lab.host('h2').runs(vmA, { vcpus: 3, memoryMib: 3_072 });
    lab.host('h2').report();
    lab.pass(10_000);
    expect(lab.etcd.assignment(vmA)).toMatchObject({
      hostId: 'h2',
      promised: { vcpus: 3, memoryMib: 3_072 },
    });
  });

  it('is not followed while its owner says nothing: it may run there too', () => {
    const lab = moved();
    lab.host('h1').silent = true;
    lab.pass(120_000);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h1', state: 'running' });
    lab.host('h1').silent = false;
    lab.pass(10_000);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h2' });
  });

  it('is not said to be gone while the host that was seen to run it says nothing', () => {
    const lab = moved();
    lab.host('h2').silent = true;
    for (let round = 0; round < 5; round += 1) {
      lab.host('h1').report();
      lab.pass(5_000);
    }
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h1', state: 'running' });
    lab.host('h2').silent = false;
    lab.pass(10_000);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h2', state: 'running' });
  });

  it('is not followed while two hosts run it: a person must decide', () => {
    const lab = moved(3);
    lab.host('h3').runs(vmA);
    lab.host('h3').report();
    lab.pass(60_000);
    expect(lab.etcd.assignment(vmA)?.hostId).not.toBe('h2');
    expect(lab.etcd.assignment(vmA)?.hostId).not.toBe('h3');
  });

  it('is not said to be stopped where it should have been, and can be stopped where it is', () => {
    const lab = moved();
    const stop = { type: 'stop', vmId: vmA, mode: 'graceful' } as const;
    const first = lab.ended(lab.request(stop));
    expect(first).toMatchObject({ state: 'failed', error: { code: 'vm-running' } });
    expect(first.error?.message).toMatch(/runs on h2: somebody moved it.*then stop it again/);
    lab.pass(20_000);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h2', state: 'running' });
    expect(lab.ended(lab.request(stop)).state).toBe('succeeded');
    expect(lab.running(vmA)).toEqual([]);
  });

  it('is found again after it was said to be gone', () => {
    const lab = moved();
    lab.host('h2').vms.clear();
    lab.host('h2').report();
    lab.pass(20_000);
    expect(lab.etcd.assignment(vmA)?.state).toBe('crashed');
    lab.host('h2').runs(vmA);
    lab.host('h2').report();
    lab.pass(20_000);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h2', state: 'running' });
  });

  it('is not taken for one that should run where a person had stopped it', () => {
    const lab = Lab.withHosts(2);
    lab.declareVm(vmA);
    lab.etcd.write(keys.assignment(vmA), { v: 1, vmId: vmA, generation: 4, state: 'stopped' });
    lab.host('h2').runs(vmA);
    lab.host('h2').report();
    lab.pass(20_000);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'stopped' });
  });
});
