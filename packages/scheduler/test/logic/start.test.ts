import { keys, macsOf } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB } from './lab.ts';
import { failed } from './scripted-host.ts';

const start = (vmId: string) => ({ type: 'start', vmId }) as const;

function aStart(lab = Lab.withHosts(3)): { lab: Lab; id: string } {
  lab.declareVm(vmA);
  return { lab, id: lab.request(start(vmA)) };
}

describe('a start', () => {
  it('gives the VM a host and a new generation, and ends when it runs', () => {
    const { lab, id } = aStart();
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', generation: 1, by: 'test' });
    const { target = '' } = lab.operation(id);
    expect(lab.running(vmA)).toEqual([target]);
    expect(lab.etcd.assignment(vmA)).toEqual({
      v: 1,
      vmId: vmA,
      hostId: target,
      generation: 1,
      state: 'running',
    });
  });

  it('sends nothing before its decision is acknowledged', () => {
    const lab = Lab.withHosts(2);
    lab.declareVm(vmA);
    lab.settle();
    lab.commitMode = 'hold';
    lab.request(start(vmA));
    lab.pass(5_000);
    expect(lab.leader.inFlight?.puts.map((put) => put.key)).toEqual([
      keys.operation('r1'),
      keys.assignment(vmA),
    ]);
    expect(lab.leader.sends('start-vm')).toEqual([]);
    lab.release();
    expect(lab.leader.sends('start-vm')).toHaveLength(1);
  });

  it('goes elsewhere when a host cannot, and gives up after three', () => {
    const lab = Lab.withHosts(4);
    for (const host of lab.hosts.values()) {
      host.scripts.set('start-vm', () => failed('pool-unavailable'));
    }
    const { id } = aStart(lab);
    expect(lab.ended(id)).toMatchObject({
      state: 'failed',
      error: { code: 'pool-unavailable' },
      generation: 3,
    });
    const tried = lab.leader.sends('start-vm').map((one) => one.hostId);
    expect(tried).toHaveLength(3);
    expect(new Set(tried).size).toBe(3);
    expect(lab.leader.sends('start-vm').map((one) => one.generation)).toEqual([1, 2, 3]);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'stopped', generation: 3 });
    expect(lab.etcd.assignment(vmA)?.hostId).toBeUndefined();
  });

  it('that every host tried in vain says what each said, not that it was left out', () => {
    const lab = Lab.withHosts(2);
    for (const host of lab.hosts.values()) {
      host.scripts.set('start-vm', () => failed('pool-unavailable'));
    }
    const { id } = aStart(lab);
    const { error } = lab.ended(id) ?? {};
    expect(error?.code).toBe('no-host-fits');
    expect(error?.rejections?.map(({ reason, available }) => [reason, typeof available])).toEqual([
      ['host-excluded', 'string'],
      ['host-excluded', 'string'],
    ]);
  });

  it('does not try elsewhere what would fail everywhere', () => {
    const lab = Lab.withHosts(3);
    for (const host of lab.hosts.values()) {
      host.scripts.set('start-vm', () => failed('bad-request'));
    }
    const { id } = aStart(lab);
    expect(lab.ended(id)).toMatchObject({ state: 'failed', error: { code: 'bad-request' } });
    expect(lab.leader.sends('start-vm')).toHaveLength(1);
  });

  it('is refused with every host’s reason where none fits', () => {
    const lab = Lab.withHosts(2);
    lab.declareVm(vmA, { memoryMib: 9_000 });
    const id = lab.request(start(vmA));
    const { state, error } = lab.ended(id);
    expect(state).toBe('failed');
    expect(error?.code).toBe('no-host-fits');
    expect(error?.message).toContain('needs 9000 MiB, has 4096 MiB free');
    expect(error?.rejections?.map((one) => [one.hostId, one.reason])).toEqual([
      ['h1', 'not-enough-memory'],
      ['h2', 'not-enough-memory'],
    ]);
  });

  it('names a pool that is not declared', () => {
    const lab = Lab.withHosts(2);
    lab.declareVm(vmA, { disks: [{ pool: 'p', image: 'base.qcow2' }] });
    const id = lab.request(start(vmA));
    expect(lab.ended(id).error).toMatchObject({ code: 'pool-not-found' });
  });

  it('tells the agent everything about disks and cards, the same each time', () => {
    const lab = Lab.withHosts(1);
    lab.declarePool('p');
    const disks = [
      { pool: 'p', image: 'base.qcow2' },
      { pool: 'p', volume: 'data.raw' },
    ];
    lab.declareVm(vmA, { disks, networks: [{ bridge: 'br0' }] });
    lab.ended(lab.request(start(vmA)));
    const [command] = lab.leader.sends('start-vm');
    const body = command?.body.kind === 'start-vm' ? command.body : undefined;
    const pool = { name: 'p', spec: { type: 'shared', path: '/srv/pool' } };
    expect(body?.vm.disks).toEqual([
      { pool, file: `${vmA}-0.qcow2`, format: 'qcow2', cloneOf: 'base.qcow2' },
      { pool, file: 'data.raw', format: 'raw' },
    ]);
    const [card] = body?.vm.networks ?? [];
    expect(card?.mac).toMatch(/^52:54:00(:[0-9a-f]{2}){3}$/);
    expect(
      macsOf({
        id: vmA,
        spec: { vcpus: 1, memoryMib: 1_024, disks: [], networks: [{ bridge: 'br0' }] },
      }),
    ).toEqual([card?.mac]);
  });

  it('of a VM that runs already is a success and touches nothing', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    expect(lab.ended(lab.request(start(vmA)))).toMatchObject({
      state: 'succeeded',
      reason: 'it is running on h1 already',
    });
    expect(lab.leader.sends('start-vm')).toEqual([]);
  });

  it('of a VM that is not declared fails', () => {
    const lab = Lab.withHosts(1);
    expect(lab.ended(lab.request(start(vmA)))).toMatchObject({ error: { code: 'vm-not-found' } });
  });
});

describe('a start that fails', () => {
  const failedStart = (before: 'crashed' | 'stopped'): Lab => {
    const lab = Lab.withHosts(3);
    lab.declareVm(vmA);
    lab.etcd.write(keys.assignment(vmA), { v: 1, vmId: vmA, generation: 3, state: before });
    for (const host of lab.hosts.values()) {
      host.scripts.set('start-vm', () => failed('pool-unavailable'));
    }
    expect(lab.ended(lab.request(start(vmA))).state).toBe('failed');
    return lab;
  };

  it('of a VM that was gone leaves it gone: where a host shows it after all, it is followed', () => {
    const lab = failedStart('crashed');
    expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'crashed' });
    lab.host('h2').runs(vmA);
    lab.host('h2').report();
    lab.until('it is followed', () => lab.etcd.assignment(vmA)?.hostId === 'h2');
    expect(lab.etcd.assignment(vmA)).toEqual({
      v: 1,
      vmId: vmA,
      hostId: 'h2',
      generation: expect.any(Number) as number,
      state: 'running',
      movedAtMs: expect.any(Number) as number,
    });
  });

  it('of a VM that was stopped leaves it stopped', () => {
    expect(failedStart('stopped').etcd.assignment(vmA)).toMatchObject({ state: 'stopped' });
  });
});

describe('two big starts', () => {
  it('do not land on one host', () => {
    const lab = Lab.withHosts(2);
    lab.declareVm(vmA, { memoryMib: 3_000 });
    lab.declareVm(vmB, { memoryMib: 3_000 });
    for (const host of lab.hosts.values()) host.scripts.set('start-vm', () => undefined);
    lab.request(start(vmA));
    lab.request(start(vmB));
    lab.pass(2_000);
    const targets = lab.leader.sends('start-vm').map((one) => one.hostId);
    expect(targets.toSorted()).toEqual(['h1', 'h2']);
  });

  it('are refused where only one fits, also by a leader that took over', () => {
    const lab = Lab.withHosts(1);
    lab.declareVm(vmA, { memoryMib: 3_000 });
    lab.declareVm(vmB, { memoryMib: 3_000 });
    lab.host('h1').scripts.set('start-vm', () => undefined);
    lab.request(start(vmA));
    lab.takeOver();
    expect(lab.ended(lab.request(start(vmB)))).toMatchObject({ error: { code: 'no-host-fits' } });
  });
});

describe('a start without an answer', () => {
  it('is never called failed: it waits for as long as the host is silent', () => {
    const lab = Lab.withHosts(1);
    lab.host('h1').scripts.set('start-vm', () => {
      lab.host('h1').silent = true;
      return undefined;
    });
    const { id } = aStart(lab);
    lab.addHost('h2');
    lab.pass(600_000);
    expect(lab.operation(id)).toMatchObject({ state: 'running', target: 'h1' });
    expect(lab.host('h2').acted).toEqual([]);
    lab.host('h1').runs(vmA);
    lab.host('h1').silent = false;
    const [command] = lab.host('h1').acted;
    if (command) lab.host('h1').end(command, { outcome: 'done' });
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded' });
  });

  it('is resolved by what the host’s libvirt says', () => {
    for (const runs of [true, false]) {
      const lab = Lab.withHosts(1);
      lab.host('h1').scripts.set('start-vm', (command) => {
        if (runs) lab.host('h1').obey(command);
        return { outcome: 'unknown' };
      });
      const { id } = aStart(lab);
      expect(lab.ended(id).state).toBe(runs ? 'succeeded' : 'failed');
      expect(lab.etcd.assignment(vmA)?.hostId).toBe(runs ? 'h1' : undefined);
    }
  });

  it('that finds it running there already is done, and it is promised what it has', () => {
    const lab = Lab.withHosts(1);
    lab.declareVm(vmA, { vcpus: 2, memoryMib: 512 });
    lab.host('h1').scripts.set('start-vm', () => {
      lab.host('h1').runs(vmA, { vcpus: 3, memoryMib: 1024 });
      return failed('vm-busy', 'it runs here already');
    });
    expect(lab.ended(lab.request({ type: 'start', vmId: vmA })).state).toBe('succeeded');
    const promised = { vcpus: 3, memoryMib: 1024 };
    expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'running', hostId: 'h1', promised });
  });

  it('is sent again only when the host says that it never began', () => {
    const lab = Lab.withHosts(1);
    const host = lab.host('h1');
    host.scripts.set('start-vm', () => undefined);
    const { id } = aStart(lab);
    // The agent dies with what was not on its disk yet.
    const [first] = host.acted;
    if (first) host.forget(first);
    host.scripts.clear();
    host.restart();
    host.beat();
    expect(lab.ended(id).state).toBe('succeeded');
    expect(lab.leader.sends('start-vm')).toHaveLength(2);
  });

  it('that began is waited for, and not sent again', () => {
    const lab = Lab.withHosts(1);
    lab.host('h1').scripts.set('start-vm', () => undefined);
    const { id } = aStart(lab);
    lab.pass(60_000);
    expect(lab.leader.sends('start-vm')).toHaveLength(1);
    const [command] = lab.host('h1').acted;
    if (command) lab.host('h1').end(command, lab.host('h1').obey(command));
    expect(lab.ended(id).state).toBe('succeeded');
  });
});
