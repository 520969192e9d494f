/** A host that is gone for good: it goes from the records, and nobody remembers what it said. */
import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB, vmC, vmD } from './lab.ts';

const forget = { type: 'forget-host', hostId: 'h3' } as const;

function gone(...vmIds: readonly string[]): Lab {
  const lab = Lab.withHosts(3);
  for (const vmId of vmIds) lab.runningVm(vmId, 'h3');
  lab.pass(3_000);
  lab.host('h3').silent = true;
  lab.pass(31_000);
  return lab;
}

function viewed(lab: Lab): readonly string[] {
  const reply = lab.ask({ type: 'hosts' });
  return reply?.type === 'hosts' ? reply.hosts.map(({ id }) => id).toSorted() : [];
}

const back = (lab: Lab) => {
  lab.host('h3').silent = false;
  lab.host('h3').beat();
  lab.host('h3').report();
  lab.pass(5_000);
};

describe('a host that is forgotten', () => {
  it('is in no record and in no list, and stays away', () => {
    const lab = gone();
    expect(viewed(lab)).toEqual(['h1', 'h2', 'h3']);
    expect(lab.ended(lab.request(forget)).state).toBe('succeeded');
    lab.pass(70_000);
    expect(lab.etcd.has(keys.host('h3'))).toBe(false);
    expect(viewed(lab)).toEqual(['h1', 'h2']);
  });

  it('stays away under the next leader, who heard it once and followed etcd all along', () => {
    const lab = gone();
    const follower = lab.follow();
    lab.host('h3').silent = false;
    lab.pass(3_000);
    lab.host('h3').silent = true;
    lab.pass(31_000);
    expect(lab.ended(lab.request(forget)).state).toBe('succeeded');
    lab.takeOver(follower);
    lab.pass(10_000);
    expect(lab.etcd.has(keys.host('h3'))).toBe(false);
    expect(viewed(lab)).toEqual(['h1', 'h2']);
  });

  it('stays away where the leader learns only from a new picture that it was written', () => {
    const lab = gone();
    lab.commitMode = 'hold';
    const id = lab.request(forget);
    lab.release('hold');
    lab.applyUnheard();
    lab.commitMode = 'apply';
    lab.load(lab.leader);
    lab.acknowledge();
    lab.pass(5_000);
    expect(lab.operation(id).state).toBe('succeeded');
    expect(lab.etcd.has(keys.host('h3'))).toBe(false);
    expect(viewed(lab)).toEqual(['h1', 'h2']);
  });

  it('that reports again is a new host, which may be forgotten again', () => {
    const lab = gone();
    lab.ended(lab.request(forget));
    back(lab);
    expect(lab.etcd.host('h3')).toMatchObject({ id: 'h3' });
    expect(viewed(lab)).toEqual(['h1', 'h2', 'h3']);
    lab.cordon('h1');
    lab.cordon('h2');
    lab.declareVm(vmB);
    expect(lab.ended(lab.request({ type: 'start', vmId: vmB }))).toMatchObject({ target: 'h3' });
    lab.pass(5_000);
    lab.ended(lab.request({ type: 'stop', vmId: vmB, mode: 'force' }));
    lab.pass(5_000);
    lab.host('h3').silent = true;
    lab.pass(31_000);
    expect(lab.ended(lab.request(forget)).state).toBe('succeeded');
    expect(lab.etcd.has(keys.host('h3'))).toBe(false);
  });

  it('is not held for forgotten where etcd has only lost its record', () => {
    const lab = gone();
    lab.ended(lab.request(forget));
    back(lab);
    lab.host('h3').silent = true;
    lab.pass(31_000);
    lab.etcd.write(keys.host('h3'), undefined);
    lab.pass(1_000);
    expect(viewed(lab)).toEqual(['h1', 'h2', 'h3']);
  });

  it('and is back with VMs that were started elsewhere: they are nobody’s, and none is touched', () => {
    const lab = gone(vmA);
    lab.ended(lab.request({ type: 'recover', hostId: 'h3' }));
    const owner = lab.etcd.assignment(vmA)?.hostId;
    expect(lab.ended(lab.request(forget)).state).toBe('succeeded');
    back(lab);
    lab.pass(60_000);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: owner, state: 'running' });
    expect(lab.running(vmA)).toEqual([owner, 'h3']);
    expect(lab.leader.sends().filter(({ hostId, vmId }) => hostId === 'h3' && vmId)).toEqual([]);
    const reply = lab.ask({ type: 'hosts', hostId: 'h3' });
    expect(reply).toMatchObject({ hosts: [{ foreignVmCount: 1 }] });
    // Nor is it started a second time, once it has stopped where it is meant to run.
    lab.ended(lab.request({ type: 'stop', vmId: vmA, mode: 'force' }));
    const start = lab.ended(lab.request({ type: 'start', vmId: vmA }));
    expect(start.error).toMatchObject({
      code: 'vm-running',
      message: expect.stringContaining('h3'),
    });
  });

  it('held up a start, which does not wait for it any more', () => {
    const lab = gone(vmA);
    lab.ended(lab.request({ type: 'recover', hostId: 'h3' }));
    lab.ended(lab.request({ type: 'stop', vmId: vmA, mode: 'force' }));
    lab.ended(lab.request(forget));
    expect(lab.ended(lab.request({ type: 'start', vmId: vmA })).state).toBe('succeeded');
  });

  it('and was forgotten already: there is nothing to do', () => {
    const lab = gone();
    lab.ended(lab.request(forget));
    expect(lab.ended(lab.request(forget))).toMatchObject({
      state: 'succeeded',
      reason: 'no record names it any more',
    });
  });
});

describe('a host is not forgotten', () => {
  /** Code and message; the host is still there. */
  function refusal(lab: Lab): readonly unknown[] {
    const { state, error } = lab.ended(lab.request(forget));
    const isThere = lab.etcd.has(keys.host('h3')) && viewed(lab).includes('h3');
    return [state, isThere, error?.code, error?.message];
  }

  const because = (code: string, message: RegExp) => [
    'failed',
    true,
    code,
    expect.stringMatching(message),
  ];

  it('while it is heard', () => {
    const stop =
      /^h3 was heard \d+ s ago: stop its agent first \(systemctl disable --now drover-ag/;
    const lab = Lab.withHosts(3);
    expect(refusal(lab)).toEqual(because('host-not-down', stop));
    lab.host('h3').silent = true;
    lab.pass(10_000);
    expect(refusal(lab)).toEqual(because('host-not-down', stop));
  });

  it('before the silence of hosts means anything', () => {
    const lab = gone();
    lab.takeOver();
    const id = lab.request(forget);
    lab.pass(5_000);
    expect(lab.operation(id).state).toBe('pending');
    expect(lab.etcd.has(keys.host('h3'))).toBe(true);
    expect(lab.ended(id).state).toBe('succeeded');
  });

  it('while VMs are placed on it, which are named up to a few', () => {
    const lab = gone(vmA, vmB, vmC, vmD);
    expect(refusal(lab)).toEqual(
      because('host-in-use', /^vm-a, vm-b, vm-c and 1 more are on h3: .*drover host recover h3/),
    );
    lab.etcd.write(keys.assignment(vmA), { v: 1, vmId: vmA, generation: 9, state: 'stopped' });
    expect(refusal(lab)).toEqual(because('host-in-use', /^vm-b, vm-c, vm-d are on h3/));
  });

  it('with a VM of ours in its last report, unless a person says that it is off', () => {
    const lab = gone(vmA);
    lab.etcd.write(keys.assignment(vmA), { v: 1, vmId: vmA, generation: 9, state: 'crashed' });
    expect(refusal(lab)).toEqual(
      because('host-in-use', /^vm-a is on h3, as it said last: .*drover host recover h3/),
    );
    lab.ended(lab.request({ type: 'recover', hostId: 'h3' }));
    expect(lab.ended(lab.request(forget)).state).toBe('succeeded');
  });

  it('while an operation on it has not ended', () => {
    const lab = gone();
    const move = {
      v: 1,
      id: 'move-1',
      type: 'migrate',
      state: 'running',
      step: 'perform',
      stepIndex: 1,
      vmId: vmA,
      source: 'h1',
      target: 'h3',
      generation: 1,
      epoch: lab.leader.epoch,
      by: 'test',
      createdAtMs: 1,
    };
    lab.runningVm(vmA, 'h1');
    lab.etcd.write(keys.operation('move-1'), move);
    expect(refusal(lab)).toEqual(because('host-in-use', /^operation move-1 is about h3/));
  });
});
