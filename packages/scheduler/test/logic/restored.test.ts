/** etcd was restored from a backup: what was acknowledged since is gone, and the hosts know more than the records. */
import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, type Leader, vmA, vmB, vmC } from './lab.ts';
import { done } from './scripted-host.ts';

function raiseEra(lab: Lab, era = 1): void {
  lab.etcd.write(keys.era(), { v: 1, era, by: 'test', atMs: 1 });
  lab.settle();
}

const isHeld = (lab: Lab) => lab.etcd.entries().some(({ key }) => key === keys.restored());
const problem = (lab: Lab) => {
  const reply = lab.ask({ type: 'leader' });
  return reply?.type === 'leader' ? reply.leader.problem : undefined;
};

/** The backup, then what `meanwhile` did, then the backup again; another scheduler leads. */
function restored(hosts: number, before: (lab: Lab) => void, meanwhile: (lab: Lab) => void): Lab {
  const lab = Lab.withHosts(hosts);
  before(lab);
  const backup = lab.etcd.backup();
  meanwhile(lab);
  lab.settle();
  lab.etcd.restore(backup);
  return lab;
}

const stopped = (lab: Lab, vmId: string) => lab.request({ type: 'stop', vmId, mode: 'force' });

describe('a scheduler', () => {
  it('that knew more than etcd has now decides nothing more, nor does any after it', () => {
    const lab = restored(
      2,
      (at) => at.runningVm(vmA, 'h1'),
      (at) => {
        at.runningVm(vmB, 'h2');
        at.ended(stopped(at, vmB));
      },
    );
    // Its next full load finds less than it knew.
    lab.pass(61_000);
    expect(isHeld(lab)).toBe(true);
    expect(problem(lab)).toMatch(/^it went back from revision \d+ to \d+$/);
    const id = stopped(lab, vmA);
    lab.pass(20_000);
    lab.takeOver();
    lab.pass(20_000);
    expect(lab.etcd.operation(id)).toBeUndefined();
    expect(lab.running(vmA)).toEqual(['h1']);
  });

  it('finds so too where its own commit comes out below what it knew', () => {
    const lab = restored(
      1,
      () => undefined,
      (at) => {
        for (let count = 0; count < 9; count += 1) at.cordon('h1');
      },
    );
    lab.takeOver(lab.follow());
    lab.pass(2_000);
    expect(isHeld(lab)).toBe(false);
    const followers: Leader[] = [];
    const other = restored(
      1,
      () => undefined,
      (at) => {
        followers.push(at.follow());
        for (let count = 0; count < 9; count += 1) at.cordon('h1');
      },
    );
    other.leader.dead = true;
    other.elect(followers[0]);
    other.pass(2_000);
    expect(isHeld(other)).toBe(true);
  });

  it('that followed the etcd of before does nothing that was asked for there', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    const follower = lab.follow();
    lab.leader.dead = true;
    const backup = lab.etcd.backup();
    const id = stopped(lab, vmA);
    lab.settle();
    lab.etcd.restore(backup);
    // By now etcd counts on beyond what the follower had heard of.
    for (let count = 0; count < 9; count += 1) lab.cordon('h2');
    raiseEra(lab);
    lab.elect(follower);
    lab.pass(30_000);
    expect(lab.running(vmA)).toEqual(['h1']);
    expect(lab.etcd.operation(id)).toBeUndefined();
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h1', state: 'running' });
  });

  it('promises a VM what it has, though its resize is in no record any more', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1', { vcpus: 1, memoryMib: 512 });
    lab.host('h1').runs(vmA, { vcpus: 3, memoryMib: 1_024 });
    raiseEra(lab);
    lab.takeOver();
    lab.pass(20_000);
    expect(lab.etcd.assignment(vmA)?.promised).toEqual({ vcpus: 3, memoryMib: 1_024 });
  });

  it('below the epochs that most hosts have obeyed decides nothing; one host alone may say what it likes', () => {
    const lab = Lab.withHosts(3);
    lab.host('h1').maxEpoch = '900';
    lab.host('h1').beat();
    lab.pass(3_000);
    expect(isHeld(lab)).toBe(false);
    lab.host('h2').maxEpoch = '900';
    lab.pass(3_000);
    expect(isHeld(lab)).toBe(true);
  });

  it('below the epoch of the host that is heard first waits for what the others say', () => {
    const lab = Lab.withHosts(3);
    lab.host('h1').maxEpoch = '900';
    for (const id of ['h2', 'h3']) lab.host(id).silent = true;
    lab.takeOver();
    lab.pass(20_000);
    expect(isHeld(lab)).toBe(false);
    lab.host('h2').silent = false;
    lab.pass(3_000);
    expect(isHeld(lab)).toBe(false);
    lab.host('h3').silent = false;
    lab.host('h3').maxEpoch = '900';
    lab.pass(3_000);
    expect(isHeld(lab)).toBe(true);
  });

  it('goes by those that are heard once the others have had their time', () => {
    const lab = Lab.withHosts(5);
    for (const id of ['h1', 'h2']) lab.host(id).maxEpoch = '900';
    for (const id of ['h3', 'h4', 'h5']) lab.host(id).silent = true;
    lab.takeOver();
    lab.pass(4_000);
    expect(isHeld(lab)).toBe(false);
    lab.pass(4_000);
    expect(isHeld(lab)).toBe(true);
  });

  it('asks hosts new questions: what they answered before is about something else', () => {
    const lab = restored(
      2,
      (at) => {
        at.runningVm(vmA, 'h1');
        at.runningVm(vmB, 'h1');
      },
      (at) => {
        const host = at.host('h1');
        host.scripts.set('inspect-vm', ({ vmId = '' }) => {
          const facts = { ...host.factsOf(vmId), snapshots: vmId === vmA ? 1 : 0 };
          return { ...done, answer: { kind: 'inspect-vm', facts } };
        });
        at.ask({ type: 'plan-move', vmId: vmA });
        for (let count = 0; count < 9; count += 1) at.cordon('h3');
      },
    );
    lab.pass(61_000);
    expect(isHeld(lab)).toBe(true);
    const reply = lab.ask({ type: 'plan-move', vmId: vmB });
    expect(reply).toMatchObject({ plan: { target: 'h2', reasons: [] } });
  });

  it('is not irritated by a picture that is only older than its own commit', () => {
    const lab = Lab.withHosts(1);
    const older = { revision: lab.etcd.revision, entries: lab.etcd.entries() };
    lab.declareVm(vmA);
    lab.ended(lab.request({ type: 'start', vmId: vmA }));
    lab.leader.feed({ type: 'loaded', ...older });
    lab.pass(3_000);
    expect(isHeld(lab)).toBe(false);
  });
});

describe('with the era raised', () => {
  it('the records are made true by what the hosts run, and no agent’s generation is overrun', () => {
    const lab = restored(
      3,
      (at) => {
        at.runningVm(vmA, 'h1');
        at.runningVm(vmB, 'h1');
        at.declareVm(vmC);
      },
      (at) => {
        at.ended(at.request({ type: 'migrate', vmId: vmA, target: 'h2' }));
        at.ended(stopped(at, vmB));
        at.ended(at.request({ type: 'start', vmId: vmC }));
      },
    );
    const [onC = ''] = lab.running(vmC);
    raiseEra(lab);
    lab.takeOver();
    lab.pass(5_000);
    expect(problem(lab)).toBeUndefined();
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h2', state: 'running' });
    expect(lab.etcd.assignment(vmB)).toMatchObject({ state: 'crashed' });
    expect(lab.etcd.assignment(vmC)).toMatchObject({ hostId: onC, state: 'running' });
    expect(lab.etcd.host('h1')?.era).toBe(1);
    // What is asked for now is obeyed.
    expect(lab.ended(lab.request({ type: 'migrate', vmId: vmA, target: 'h3' })).state).toBe(
      'succeeded',
    );
    expect(lab.ended(lab.request({ type: 'start', vmId: vmB })).state).toBe('succeeded');
    expect(lab.running(vmA)).toEqual(['h3']);
  });

  it('nothing of the backup is done again: a stop that was obeyed before the VM was started anew', () => {
    const lab = restored(
      1,
      (at) => {
        at.runningVm(vmA, 'h1');
        at.commitMode = 'hold';
        stopped(at, vmA);
      },
      (at) => {
        at.release();
        at.ended('r1');
        at.ended(at.request({ type: 'start', vmId: vmA }));
      },
    );
    raiseEra(lab);
    lab.takeOver();
    const after = lab.request({ type: 'stop', vmId: vmA, mode: 'force' });
    expect(lab.ended('r1')).toMatchObject({ state: 'failed', error: { code: 'restored' } });
    lab.pass(3_000);
    expect(lab.running(vmA)).toEqual([]);
    expect(lab.ended(after).state).toBe('succeeded');
  });

  it('a start that hangs on its host is waited for by what a person wants next', () => {
    const lab = Lab.withHosts(2);
    lab.declareVm(vmA);
    const backup = lab.etcd.backup();
    // Its storage does not answer.
    for (const host of ['h1', 'h2']) lab.host(host).scripts.set('start-vm', () => undefined);
    lab.request({ type: 'start', vmId: vmA });
    lab.pass(1_000);
    const [hanging] = lab.leader.sends('start-vm');
    if (hanging === undefined) throw new Error('no start');
    lab.etcd.restore(backup);
    raiseEra(lab);
    lab.takeOver();
    lab.pass(3_000);
    const deletion = lab.request({ type: 'delete', vmId: vmA });
    lab.pass(600_000);
    const reason = `waits for ${hanging.hostId}, which is busy with it`;
    expect(lab.operation(deletion)).toMatchObject({ state: 'pending', reason });
    lab.host(hanging.hostId).end(hanging, lab.host(hanging.hostId).obey(hanging));
    expect(lab.ended(deletion)).toMatchObject({ state: 'failed', error: { code: 'vm-running' } });
    expect(lab.running(vmA)).toEqual([hanging.hostId]);
  });

  it('every host has to show what it runs first, or a person says that it is off', () => {
    const lab = restored(
      3,
      (at) => at.declareVm(vmA),
      (at) => at.ended(at.request({ type: 'start', vmId: vmA })),
    );
    const [hostId = ''] = lab.running(vmA);
    lab.host(hostId).silent = true;
    raiseEra(lab);
    lab.takeOver();
    const start = lab.request({ type: 'start', vmId: vmA });
    lab.pass(40_000);
    expect(lab.etcd.operation(start)).toBeUndefined();
    expect(problem(lab)).toContain(`these hosts have to show what they run: ${hostId}`);
    lab.host(hostId).vms.clear();
    expect(lab.ended(lab.request({ type: 'recover', hostId })).state).toBe('succeeded');
    expect(lab.ended(start).state).toBe('succeeded');
    expect(lab.running(vmA)).toHaveLength(1);
  });

  it('a copy that a migration has left goes only because its owner runs the VM', () => {
    const lab = restored(
      2,
      (at) => at.runningVm(vmA, 'h1'),
      (at) => {
        at.host('h1').runs(vmA, { state: 'paused-migrating' });
        at.host('h2').runs(vmA);
      },
    );
    raiseEra(lab);
    lab.takeOver();
    lab.pass(10_000);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h2', state: 'running' });
    expect(lab.host('h1').vms.has(vmA)).toBe(false);
    expect(problem(lab)).toBeUndefined();
  });

  it('a copy whose disk has failed is the VM, and what a migration has left stays until it runs', () => {
    const lab = restored(
      2,
      (at) => at.runningVm(vmA, 'h1'),
      (at) => {
        at.host('h1').runs(vmA, { state: 'paused-migrating' });
        at.host('h2').runs(vmA, { state: 'paused-io-error' });
      },
    );
    raiseEra(lab);
    lab.takeOver();
    lab.pass(10_000);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h2', state: 'running' });
    expect(lab.host('h1').vms.has(vmA)).toBe(true);
    lab.host('h2').runs(vmA);
    lab.pass(10_000);
    expect(lab.host('h1').vms.has(vmA)).toBe(false);
    expect(problem(lab)).toBeUndefined();
  });

  it('a VM that runs twice is left to a person', () => {
    const lab = restored(
      2,
      (at) => at.runningVm(vmA, 'h1'),
      (at) => at.host('h2').runs(vmA),
    );
    raiseEra(lab);
    lab.takeOver();
    lab.pass(10_000);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h1', state: 'unknown' });
    expect(lab.running(vmA)).toEqual(['h1', 'h2']);
  });

  it('what many hosts run is read host by host, not once for each VM of the records', () => {
    const count = 200;
    const lab = Lab.withHosts(count);
    const vms = Array.from({ length: count }, (_, at) => vmA.slice(0, -3) + String(at + 100));
    let looks = 0;
    for (const [at, vmId] of vms.entries()) {
      lab.runningVm(vmId, `h${at + 1}`);
      const host = lab.host(`h${at + 1}`);
      const looked = new Proxy([...host.vms.values()], {
        get: (target, key) => {
          if (key === 'filter' || key === 'find') looks += 1;
          return Reflect.get(target, key) as unknown;
        },
      });
      host.about = { vms: looked };
    }
    raiseEra(lab);
    lab.takeOver();
    lab.until('all are admitted', () => problem(lab) === undefined);
    expect(lab.etcd.assignment(vms[7] ?? '')).toMatchObject({ hostId: 'h8', state: 'running' });
    expect(looks).toBeLessThan(count * count);
  });

  it('what was decided about a VM that the backup does not have is forgotten', () => {
    const lab = Lab.withHosts(2);
    const decided = { v: 1, vmId: vmA, hostId: 'h1', generation: 1, state: 'starting' } as const;
    lab.etcd.write(keys.assignment(vmA), { ...decided, operationId: 'lost' });
    raiseEra(lab);
    lab.takeOver();
    lab.until('all are admitted', () => problem(lab) === undefined);
    expect(lab.etcd.assignment(vmA)).toBeUndefined();
  });

  it('a VM that was gone before is gone still, and is followed where a host shows it', () => {
    const lab = Lab.withHosts(2);
    lab.declareVm(vmA);
    const gone = { v: 1, vmId: vmA, generation: 3, state: 'crashed' } as const;
    lab.etcd.write(keys.assignment(vmA), gone);
    raiseEra(lab);
    lab.takeOver();
    lab.until('all are admitted', () => problem(lab) === undefined);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'crashed' });
    lab.host('h2').runs(vmA);
    lab.host('h2').report();
    lab.until('it is followed', () => lab.etcd.assignment(vmA)?.hostId === 'h2');
    expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'running' });
  });

  it('of an older backup is not enough: hosts tell which era they have obeyed', () => {
    const lab = Lab.withHosts(2);
    const backup = lab.etcd.backup();
    raiseEra(lab, 2);
    lab.takeOver();
    lab.pass(5_000);
    lab.etcd.restore(backup);
    raiseEra(lab, 1);
    lab.takeOver();
    lab.pass(5_000);
    expect(isHeld(lab)).toBe(true);
    const reply = lab.ask({ type: 'leader' });
    expect(reply).toMatchObject({ leader: { highestEra: 2 } });
    raiseEra(lab, 3);
    lab.takeOver();
    lab.pass(5_000);
    expect(problem(lab)).toBeUndefined();
  });

  it('a leader of the era before ends: its epochs are not this era’s', () => {
    const lab = Lab.withHosts(1);
    raiseEra(lab);
    lab.pass(1_000);
    expect(lab.leader.exited).toContain('the era was raised');
  });
});
