import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB, vmC, vmD } from './lab.ts';
import { failed } from './scripted-host.ts';

interface Wanted {
  plan?: { vmId: string; target: string }[];
  parallel?: number;
  deadlineMs?: number;
  message?: string;
}
const drain = (more: Wanted = {}) => ({ type: 'drain', hostId: 'h1', ...more }) as const;

function aLab(hosts: number, vms: readonly string[], memoryMib = 256): Lab {
  const lab = Lab.withHosts(hosts);
  for (const vm of vms) lab.runningVm(vm, 'h1', { memoryMib });
  return lab;
}

const items = (lab: Lab, id: string) => lab.operation(id).items ?? [];
const item = (lab: Lab, id: string, vmId: string) =>
  items(lab, id).find((one) => one.vmId === vmId);

/** Migrations out of h1 go on until they are let through. */
function held(lab: Lab): () => void {
  const h1 = lab.host('h1');
  h1.scripts.set('migrate-out', () => undefined);
  return () => {
    h1.scripts.clear();
    const ended = new Set(
      lab.etcd
        .operations()
        .filter((one) => one.endedAtMs)
        .map((one) => one.id),
    );
    for (const command of h1.acted) {
      if (command.body.kind === 'migrate-out' && !ended.has(command.opId)) {
        h1.end(command, h1.obey(command));
      }
    }
  };
}

describe('a drain', () => {
  it('empties the host, move by move, and says what became of each VM', () => {
    const lab = aLab(3, [vmA, vmB, vmC]);
    const id = lab.request(drain());
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', hostId: 'h1' });
    expect(lab.host('h1').vms.size).toBe(0);
    expect(items(lab, id).map((one) => one.state)).toEqual(['moved', 'moved', 'moved']);
    const children = lab.etcd.operations().filter((one) => one.parentId === id);
    expect(children.map((one) => [one.type, one.state])).toEqual(
      Array(3).fill(['migrate', 'succeeded']),
    );
  });

  it('begins no move after its deadline; what is under way is made, and the rest stays', () => {
    const lab = aLab(3, [vmA, vmB]);
    const letThrough = held(lab);
    const plan = [vmA, vmB].map((vmId) => ({ vmId, target: 'h2' }));
    const deadlineMs = 1_700_000_000_000 + Math.floor(lab.monoMs) + 60_000;
    const message = 'new kernel';
    const id = lab.request(drain({ plan, parallel: 1, deadlineMs, message }));
    lab.pass(30_000);
    expect(items(lab, id).map(({ state }) => state)).toEqual(['moving', 'waiting']);
    lab.pass(40_000);
    expect(items(lab, id).map(({ state }) => state)).toEqual(['moving', 'blocked']);
    letThrough();
    expect(lab.ended(id)).toMatchObject({ state: 'blocked', message });
    expect(items(lab, id).map(({ state }) => state)).toEqual(['moved', 'blocked']);
    expect(item(lab, id, vmB)?.reason).toBe('the time that the drain was given is over');
    expect(lab.running(vmB)).toEqual(['h1']);
  });

  it('performs the plan that was shown, in its order', () => {
    const lab = aLab(3, [vmA, vmB, vmC]);
    const plan = [
      { vmId: vmC, target: 'h3' },
      { vmId: vmA, target: 'h3' },
      { vmId: vmB, target: 'h2' },
    ];
    const id = lab.request(drain({ plan, parallel: 1 }));
    expect(lab.ended(id).state).toBe('succeeded');
    const moves = lab.leader.sends('migrate-out').map((one) => one.vmId);
    expect(moves).toEqual([vmC, vmA, vmB]);
    expect(lab.running(vmC)).toEqual(['h3']);
    expect(lab.running(vmA)).toEqual(['h3']);
    expect(lab.running(vmB)).toEqual(['h2']);
  });

  it('takes another target, with the reason, where the planned one is not right any more', () => {
    const lab = aLab(3, [vmA]);
    lab.cordon('h2');
    const id = lab.request(drain({ plan: [{ vmId: vmA, target: 'h2' }] }));
    expect(lab.ended(id).state).toBe('succeeded');
    expect(item(lab, id, vmA)).toMatchObject({
      state: 'moved',
      target: 'h3',
      reason: 'not h2: h2: it is cordoned',
    });
  });

  it('tries a move again elsewhere or later, as often as is set, then blocks it with a remedy', () => {
    const lab = aLab(2, [vmA, vmB]);
    lab
      .host('h1')
      .scripts.set('migrate-out', (command) =>
        command.vmId === vmA ? failed('migration-failed', 'no way') : lab.host('h1').obey(command),
      );
    const id = lab.request(drain());
    expect(lab.ended(id)).toMatchObject({ state: 'blocked', error: { code: 'drain-blocked' } });
    expect(item(lab, id, vmA)).toMatchObject({ state: 'blocked', attempts: 3, reason: 'no way' });
    expect(item(lab, id, vmA)?.remedy).toContain('see operation');
    expect(item(lab, id, vmB)?.state).toBe('moved');
    const attempts = lab.leader.sends('migrate-out').filter((one) => one.vmId === vmA);
    expect(attempts).toHaveLength(3);
    expect(lab.running(vmA)).toEqual(['h1']);
  });

  it('blocks what fits nowhere with each host’s reason and a remedy, and stops nothing', () => {
    const lab = aLab(2, [vmA, vmB]);
    lab.runningVm(vmC, 'h2', { memoryMib: 3_900 });
    const id = lab.request(drain());
    expect(lab.ended(id).state).toBe('blocked');
    for (const vm of [vmA, vmB]) {
      expect(lab.running(vm)).toEqual(['h1']);
      expect(item(lab, id, vm)?.reason).toContain('needs 256 MiB, has 196 MiB free');
      expect(item(lab, id, vm)?.remedy).toBe('free memory on h2, or stop the VM');
    }
    expect(lab.leader.sends('stop-vm')).toEqual([]);
  });

  it('succeeds in the end when what was blocked has left by other means', () => {
    const lab = aLab(2, [vmA, vmB]);
    const go = held(lab);
    lab
      .host('h2')
      .scripts.set('prepare-incoming', (command) =>
        command.vmId === vmA ? failed('tunnel-failed') : lab.host('h2').obey(command),
      );
    const id = lab.request(drain({ parallel: 2 }));
    lab.until('A is blocked', () => item(lab, id, vmA)?.state === 'blocked');
    lab.ended(lab.request({ type: 'stop', vmId: vmA, mode: 'graceful' }));
    go();
    expect(lab.ended(id).state).toBe('succeeded');
    expect(item(lab, id, vmA)).toMatchObject({ state: 'gone', reason: 'it is stopped' });
  });

  it('takes along VMs that came meanwhile', () => {
    const lab = aLab(2, [vmA]);
    const go = held(lab);
    const id = lab.request(drain());
    lab.runningVm(vmB, 'h1', { memoryMib: 256 });
    lab.until('B is an item', () => item(lab, id, vmB) !== undefined);
    go();
    expect(lab.ended(id).state).toBe('succeeded');
    expect(item(lab, id, vmB)?.state).toBe('moved');
  });

  it('lets go of VMs that left by other means', () => {
    const lab = aLab(2, [vmA, vmB]);
    const go = held(lab);
    const id = lab.request(drain({ parallel: 1 }));
    lab.ended(lab.request({ type: 'stop', vmId: vmB, mode: 'force' }));
    go();
    expect(lab.ended(id).state).toBe('succeeded');
    expect(item(lab, id, vmB)).toMatchObject({ state: 'gone', reason: 'it is stopped' });
  });

  it('of a host that never reported fails', () => {
    const lab = Lab.withHosts(1);
    const id = lab.request({ type: 'drain', hostId: 'h9' });
    expect(lab.ended(id)).toMatchObject({ state: 'failed', error: { code: 'host-not-found' } });
  });

  it('of an empty host is done at once', () => {
    const lab = Lab.withHosts(1);
    expect(lab.ended(lab.request(drain())).state).toBe('succeeded');
  });

  it('keeps everything else from being placed there', () => {
    const lab = aLab(2, [vmA]);
    held(lab);
    lab.request(drain());
    lab.runningVm(vmB, 'h2');
    const reply = lab.ask({ type: 'explain', vmId: vmB });
    expect(reply?.type === 'explain' && reply.sentences).toContain('h1: it is being drained');
  });

  it('of a host that is silent begins no move, and goes on when the host is heard', () => {
    const lab = aLab(2, [vmA]);
    lab.host('h1').silent = true;
    lab.pass(60_000);
    const id = lab.request(drain());
    lab.pass(120_000);
    expect(lab.etcd.operations().filter((one) => one.type === 'migrate')).toEqual([]);
    expect(lab.operation(id)).toMatchObject({
      state: 'running',
      reason: 'waits for h1, it is down',
    });
    lab.host('h1').silent = false;
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded' });
    expect(lab.operation(id).reason).toBeUndefined();
  });
});

describe('a drain’s slots', () => {
  const most = (lab: Lab, id: string): number => {
    let moving = 0;
    lab.until('it has ended', () => {
      const now = items(lab, id).filter((one) => one.state === 'moving').length;
      moving = Math.max(moving, now);
      return lab.operation(id).endedAtMs !== undefined;
    });
    return moving;
  };
  function slow(lab: Lab): void {
    const h1 = lab.host('h1');
    h1.scripts.set('migrate-out', (command) => {
      h1.obey(command);
      return undefined;
    });
  }

  it('are one out of a host, as many as were asked for, and no more than half of the hosts in all', () => {
    for (const [parallel, expected] of [
      [undefined, 1],
      [1, 1],
      [2, 2],
      [8, 2],
    ] as const) {
      const lab = aLab(4, [vmA, vmB, vmC, vmD]);
      slow(lab);
      const id = lab.request(drain(parallel === undefined ? {} : { parallel }));
      lab.pass(3_000);
      const running = lab.etcd
        .operations()
        .filter((one) => one.parentId === id && one.state === 'running');
      expect([parallel, running.length]).toEqual([parallel, expected]);
      const h1 = lab.host('h1');
      const finish = () => {
        for (const command of h1.acted) {
          const child = lab.etcd.operation(command.opId);
          if (command.body.kind === 'migrate-out' && child?.step === 'perform') {
            h1.end(command, { outcome: 'done' });
          }
        }
        h1.scripts.clear();
      };
      finish();
      expect(most(lab, id)).toBeLessThanOrEqual(Math.max(expected, parallel ?? 1));
      expect(lab.operation(id).state).toBe('succeeded');
    }
  });

  it('are one into a host, whoever drains', () => {
    const lab = Lab.withHosts(3);
    for (const vm of [vmA, vmB]) lab.runningVm(vm, 'h1', { memoryMib: 256 });
    for (const vm of [vmC, vmD]) lab.runningVm(vm, 'h2', { memoryMib: 256 });
    for (const id of ['h1', 'h2']) lab.host(id).scripts.set('migrate-out', () => undefined);
    lab.request(drain());
    lab.request({ type: 'drain', hostId: 'h2' });
    lab.pass(20_000);
    const into = lab.etcd.operations().filter((one) => one.type === 'migrate');
    expect(into.map((one) => [one.target, one.state])).toEqual([['h3', 'running']]);
  });
});

describe('drains that compete for the slots of the cluster', () => {
  const others = [vmA, vmB, vmC, vmD].map((vm) => vm.replace('8000', '8001'));
  const underWay = (lab: Lab, id: string) =>
    lab.etcd.operations().filter((one) => one.parentId === id && one.state === 'running').length;

  it('take turns: a slot that gets free is that of the one with fewer moves', () => {
    const lab = aLab(6, [vmA, vmB, vmC, vmD]);
    for (const vm of others) lab.runningVm(vm, 'h2', { memoryMib: 256 });
    for (const id of ['h1', 'h2']) lab.host(id).scripts.set('migrate-out', () => undefined);
    const first = lab.request(drain({ parallel: 4 }));
    lab.pass(3_000);
    const second = lab.request({ type: 'drain', hostId: 'h2', parallel: 4 });
    lab.pass(3_000);
    const counts = () => [underWay(lab, first), underWay(lab, second)];
    expect(counts()).toEqual([3, 0]);
    const h1 = lab.host('h1');
    const [begun] = h1.acted.filter(({ body }) => body.kind === 'migrate-out');
    if (begun !== undefined) h1.end(begun, h1.obey(begun));
    lab.pass(3_000);
    expect(counts()).toEqual([2, 1]);
  });

  it('do not wait for one that lacks something else as well', () => {
    const lab = aLab(4, [vmA]);
    lab.runningVm(vmC, 'h2', { memoryMib: 256 });
    lab.cordon('h4');
    for (const id of ['h1', 'h2']) lab.host(id).scripts.set('migrate-out', () => undefined);
    const id = lab.request(drain({ parallel: 4, plan: [{ vmId: vmA, target: 'h3' }] }));
    lab.pass(3_000);
    const other = lab.request({ type: 'migrate', vmId: vmC, target: 'h3' });
    lab.pass(10_000);
    expect(lab.operation(other).reason).toBe('waits for a free slot for a migration to h3');
    lab.runningVm(vmB, 'h1', { memoryMib: 256 });
    lab.pass(3_000);
    expect(underWay(lab, id)).toBe(2);
  });
});

describe('cancelling a drain', () => {
  it('before it begins ends it and moves nothing', () => {
    const lab = aLab(2, [vmA]);
    lab.commitMode = 'hold';
    const id = lab.request(drain());
    lab.cancel(id);
    lab.release();
    expect(lab.ended(id).state).toBe('cancelled');
    expect(lab.leader.sends('prepare-incoming')).toEqual([]);
  });

  it('aborts what is in flight, begins nothing more, and keeps what has moved', () => {
    const lab = aLab(2, [vmA, vmB, vmC]);
    const h1 = lab.host('h1');
    h1.scripts.set('migrate-out', (command) =>
      command.vmId === vmA ? h1.obey(command) : undefined,
    );
    const plan = [vmA, vmB, vmC].map((vmId) => ({ vmId, target: 'h2' }));
    const id = lab.request(drain({ plan, parallel: 1 }));
    lab.until('B is moving', () => item(lab, id, vmB)?.state === 'moving');
    lab.pass(2_000);
    lab.cancel(id);
    lab.pass(1_000);
    expect(lab.leader.sends('abort-migration').map((one) => one.vmId)).toEqual([vmB]);
    const last = h1.acted.findLast((one) => one.body.kind === 'migrate-out');
    if (last) h1.end(last, failed('migration-aborted'));
    expect(lab.ended(id).state).toBe('cancelled');
    expect(items(lab, id).map((one) => one.state)).toEqual(['moved', 'cancelled', 'cancelled']);
    expect(lab.running(vmA)).toEqual(['h2']);
    expect(lab.running(vmB)).toEqual(['h1']);
    expect(lab.running(vmC)).toEqual(['h1']);
    const moves = items(lab, id).flatMap(({ operationId }) => operationId ?? []);
    expect(moves.map((one) => lab.operation(one).state)).toEqual(['succeeded', 'cancelled']);
  });
});
