import { describe, expect, it } from 'vitest';
import { Lab, vmA } from './lab.ts';
import { failed } from './scripted-host.ts';

const cold = (target?: string) =>
  ({
    type: 'migrate',
    vmId: vmA,
    cold: true,
    ...(target === undefined ? {} : { target }),
  }) as const;

/** The VM runs on h1. */
function aLab(): Lab {
  const lab = Lab.withHosts(3);
  lab.declarePool('p');
  for (const host of lab.hosts.values()) host.disks = ['/srv/pool/a.raw'];
  lab.runningVm(vmA, 'h1', { disks: [{ pool: 'p', volume: 'a.raw' }] });
  return lab;
}

/** It is off. */
function stopped(): Lab {
  const lab = aLab();
  lab.ended(lab.request({ type: 'stop', vmId: vmA, mode: 'graceful' }));
  return lab;
}

describe('a cold move of a VM that runs', () => {
  it('shuts it down gracefully and starts it on the host that was named', () => {
    const lab = aLab();
    const ended = lab.ended(lab.request(cold('h3')));
    expect(ended).toMatchObject({ state: 'succeeded', source: 'h1', target: 'h3', mode: 'cold' });
    expect(lab.leader.sends('stop-vm').map(({ hostId, body }) => [hostId, body])).toMatchObject([
      ['h1', { mode: 'graceful' }],
    ]);
    expect(lab.running(vmA)).toEqual(['h3']);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h3', state: 'running' });
    expect(lab.etcd.assignment(vmA)?.operationId).toBeUndefined();
  });

  it('is no migration: no target is asked whether it could move live', () => {
    const lab = aLab();
    lab.ended(lab.request(cold()));
    expect(lab.leader.sends('check-incoming')).toEqual([]);
    expect(lab.leader.sends('prepare-incoming')).toEqual([]);
  });

  it('that does not shut down fails, and the VM runs on', () => {
    const lab = aLab();
    lab.host('h1').scripts.set('stop-vm', () => failed('stop-timeout'));
    const ended = lab.ended(lab.request(cold('h3')));
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'stop-timeout' } });
    expect(lab.running(vmA)).toEqual(['h1']);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h1', state: 'running' });
  });

  it('of one that writes to an image which its record does not name is refused: it would start without it', () => {
    const lab = aLab();
    lab.host('h1').disks = ['/srv/pool/overlay.qcow2'];
    const { state, error } = lab.ended(lab.request(cold('h3')));
    expect({ state, code: error?.code }).toEqual({ state: 'failed', code: 'preflight-failed' });
    expect(error?.reasons).toMatchObject([
      {
        code: 'disk-elsewhere',
        subject: 'vda',
        available: '/srv/pool/overlay.qcow2',
        remedy: expect.stringContaining('detach-disk VM vda'),
      },
    ]);
    expect(lab.leader.sends('stop-vm')).toEqual([]);
  });

  it('to a host that takes no VM is refused before anything is shut down', () => {
    const lab = aLab();
    lab.cordon('h3');
    expect(lab.ended(lab.request(cold('h3')))).toMatchObject({ error: { code: 'no-host-fits' } });
    expect(lab.leader.sends('stop-vm')).toEqual([]);
  });

  it('whose target cannot start it after all starts it on another one, and says so', () => {
    const lab = aLab();
    lab.host('h3').scripts.set('start-vm', () => failed('hypervisor-error'));
    const ended = lab.ended(lab.request(cold('h3')));
    expect(ended.state).toBe('succeeded');
    expect(ended.reason).toContain('h3, where it was moved to, could not start it');
    expect(lab.running(vmA)).toHaveLength(1);
    expect(lab.running(vmA)).not.toContain('h3');
  });

  it('goes on under the next leader, whenever the last one died', () => {
    const lab = aLab();
    lab.commitMode = 'hold';
    const id = lab.request(cold('h3'));
    for (let commits = 0; commits < 6; commits += 1) {
      if (lab.etcd.has(`/drover/decision/operations/${id}`) && lab.operation(id).endedAtMs) break;
      lab.until('a commit', () => lab.leader.inFlight !== undefined);
      lab.applyUnheard();
      lab.takeOver();
      lab.pass(1_000);
      lab.commitMode = 'hold';
    }
    lab.commitMode = 'apply';
    if (lab.leader.inFlight) lab.release();
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded' });
    expect(lab.running(vmA)).toEqual(['h3']);
  });
});

describe('a cold move of a VM that is off', () => {
  it('changes where it starts next, and nothing else', () => {
    const lab = stopped();
    const ended = lab.ended(lab.request(cold('h3')));
    expect(ended).toMatchObject({ state: 'succeeded', target: 'h3' });
    expect(lab.running(vmA)).toEqual([]);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'stopped', nextHostId: 'h3' });
    expect(lab.ended(lab.request({ type: 'start', vmId: vmA }))).toMatchObject({ target: 'h3' });
    expect(lab.etcd.assignment(vmA)?.nextHostId).toBeUndefined();
  });

  it('holds for a start only while that host takes it, and the start says why it went elsewhere', () => {
    const lab = stopped();
    lab.ended(lab.request(cold('h3')));
    lab.cordon('h3');
    const started = lab.ended(lab.request({ type: 'start', vmId: vmA }));
    expect(started.state).toBe('succeeded');
    expect(started.target).not.toBe('h3');
    expect(started.reason).toBe('not where it was moved to: h3: it is cordoned');
  });
});
