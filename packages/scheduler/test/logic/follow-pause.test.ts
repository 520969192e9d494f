/** A VM that was paused, or let run on, past Drover: its record says so, and nothing is done to it. */
import { describe, expect, it } from 'vitest';
import { Lab, vmA } from './lab.ts';

/** Its host looks once a minute. */
function later(lab: Lab, minutes = 1): void {
  for (let n = 0; n < minutes; n += 1) {
    lab.pass(60_000);
    lab.host('h1').report();
    lab.pass(1_000);
  }
}

function paused(): Lab {
  const lab = Lab.withHosts(1);
  lab.runningVm(vmA, 'h1');
  lab.host('h1').runs(vmA, { state: 'paused' });
  lab.host('h1').report();
  lab.pass(5_000);
  return lab;
}
const state = (lab: Lab) => lab.etcd.assignment(vmA)?.state;

describe('a VM that somebody pauses with virsh', () => {
  it('counts as paused once it has been so for a while, and nothing is done to it', () => {
    const lab = paused();
    expect(state(lab)).toBe('running');
    later(lab);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'paused', hostId: 'h1' });
    expect(lab.leader.sends('unpause-vm')).toEqual([]);
  });

  it('was never paused where it runs on at once, as tools do it', () => {
    const lab = paused();
    lab.host('h1').runs(vmA);
    lab.host('h1').report();
    lab.pass(1_000);
    lab.host('h1').runs(vmA, { state: 'paused' });
    lab.host('h1').report();
    lab.pass(20_000);
    expect(state(lab)).toBe('running');
  });

  it('runs on when a person tells Drover to, and by virsh as well', () => {
    const lab = paused();
    later(lab);
    expect(lab.ended(lab.request({ type: 'unpause', vmId: vmA })).state).toBe('succeeded');
    expect(lab.leader.sends('unpause-vm')).toHaveLength(1);
    lab.ended(lab.request({ type: 'pause', vmId: vmA }));
    lab.host('h1').runs(vmA);
    later(lab, 2);
    expect(state(lab)).toBe('running');
  });

  it('is left as it is while it migrates, or its disk has failed', () => {
    for (const now of [
      { state: 'paused', migrating: true },
      { state: 'paused-io-error' },
    ] as const) {
      const lab = Lab.withHosts(1);
      lab.runningVm(vmA, 'h1');
      lab.host('h1').runs(vmA, now);
      later(lab, 3);
      expect(state(lab)).toBe('running');
    }
  });
});
