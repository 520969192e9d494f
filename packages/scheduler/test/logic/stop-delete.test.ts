import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB } from './lab.ts';
import { failed } from './scripted-host.ts';

function aLab(): Lab {
  const lab = Lab.withHosts(2);
  lab.runningVm(vmA, 'h1');
  return lab;
}
const stop = (mode: 'graceful' | 'force' = 'graceful') =>
  ({ type: 'stop', vmId: vmA, mode }) as const;

describe('a stop', () => {
  it('uses the mode that was asked for, and no other', () => {
    for (const mode of ['graceful', 'force'] as const) {
      const lab = aLab();
      expect(lab.ended(lab.request(stop(mode))).state).toBe('succeeded');
      expect(lab.leader.sends('stop-vm').map((one) => one.body)).toMatchObject([{ mode }]);
      expect(lab.etcd.assignment(vmA)).toEqual({
        v: 1,
        vmId: vmA,
        generation: 1,
        state: 'stopped',
      });
    }
  });

  it('that the VM does not heed fails: it runs on, and the plug is not pulled', () => {
    const lab = aLab();
    lab.host('h1').scripts.set('stop-vm', () => failed('stop-timeout'));
    expect(lab.ended(lab.request(stop()))).toMatchObject({ error: { code: 'stop-timeout' } });
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h1', state: 'running' });
    lab.pass(120_000);
    expect(lab.leader.sends('stop-vm')).toHaveLength(1);
    expect(lab.running(vmA)).toEqual(['h1']);
  });

  it('whose end is unknown is resolved by the host’s libvirt', () => {
    for (const gone of [true, false]) {
      const lab = aLab();
      lab.host('h1').scripts.set('stop-vm', () => {
        if (gone) lab.host('h1').vms.clear();
        return { outcome: 'unknown' };
      });
      expect(lab.ended(lab.request(stop())).state).toBe(gone ? 'succeeded' : 'failed');
      expect(lab.etcd.assignment(vmA)?.hostId).toBe(gone ? undefined : 'h1');
    }
  });

  it('on a silent host waits, says for whom, and goes on when the host is heard', () => {
    const lab = aLab();
    lab.host('h1').silent = true;
    lab.pass(60_000);
    const id = lab.request(stop());
    lab.pass(600_000);
    expect(lab.operation(id)).toMatchObject({
      state: 'running',
      reason: 'waits for h1, it is down',
    });
    const commits = lab.leader.commits().length;
    lab.pass(60_000);
    expect(lab.leader.commits()).toHaveLength(commits);
    lab.host('h1').silent = false;
    expect(lab.ended(id).state).toBe('succeeded');
    expect(lab.operation(id).reason).toBeUndefined();
  });

  it('of a VM that runs nowhere is a success', () => {
    const lab = Lab.withHosts(1);
    lab.declareVm(vmA);
    expect(lab.ended(lab.request(stop())).reason).toBe('it runs nowhere');
  });
});

describe('requests for one VM', () => {
  it('are served one after the other, the oldest first, and the others say what they wait for', () => {
    const lab = aLab();
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    const move = lab.request({ type: 'migrate', vmId: vmA, target: 'h2' });
    const second = lab.request(stop());
    const third = lab.request({ type: 'start', vmId: vmA });
    lab.pass(30_000);
    const waiting = { state: 'pending', reason: `waits for operation ${move}` };
    expect(lab.operation(second)).toMatchObject(waiting);
    expect(lab.operation(third)).toMatchObject(waiting);
    const [command] = lab.host('h1').acted;
    if (command) lab.host('h1').end(command, lab.host('h1').obey(command));
    expect(lab.ended(move).state).toBe('succeeded');
    expect(lab.ended(second)).toMatchObject({ state: 'succeeded', source: 'h2' });
    expect(lab.ended(third)).toMatchObject({ state: 'succeeded' });
    expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'running', generation: 4 });
    expect(lab.running(vmA)).toHaveLength(1);
  });

  it('do not wait for those of another VM', () => {
    const lab = aLab();
    lab.runningVm(vmB, 'h1');
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    lab.request({ type: 'migrate', vmId: vmB, target: 'h2' });
    expect(lab.ended(lab.request(stop())).state).toBe('succeeded');
  });

  it('that a pruned or ended holder left behind go on', () => {
    const lab = Lab.withHosts(1);
    lab.declareVm(vmA);
    const held = { v: 1, vmId: vmA, generation: 3, state: 'stopped', operationId: 'long-gone' };
    lab.etcd.write(keys.assignment(vmA), held);
    const id = lab.request({ type: 'start', vmId: vmA });
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', generation: 4 });
  });
});

describe('a delete', () => {
  function stopped(): Lab {
    const lab = Lab.withHosts(2);
    lab.declarePool('p');
    const disks = [
      { pool: 'p', image: 'base.qcow2' },
      { pool: 'p', volume: 'mine.raw' },
    ];
    lab.declareVm(vmA, { disks });
    lab.ended(lab.request({ type: 'start', vmId: vmA }));
    lab.ended(lab.request(stop()));
    return lab;
  }

  it('removes only the volumes that were made for the VM, then everything that names it, at once', () => {
    const lab = stopped();
    lab.settle();
    const id = lab.request({ type: 'delete', vmId: vmA });
    expect(lab.ended(id).state).toBe('succeeded');
    const [command] = lab.leader.sends('storage-job');
    expect(command?.body).toMatchObject({
      job: { job: 'delete', files: [{ pool: { name: 'p' }, file: `${vmA}-0.qcow2` }] },
    });
    for (const key of [keys.vmIntent(vmA), keys.vmName('vm-a'), keys.assignment(vmA)]) {
      expect([key, lab.etcd.has(key)]).toEqual([key, false]);
    }
    const last = lab.leader.commits().at(-1);
    expect(last?.puts).toHaveLength(4);
  });

  it('takes with it what the VM was told at its first boot, also where none of its disks goes', () => {
    const lab = Lab.withHosts(2);
    lab.declarePool('p');
    lab.declareVm(vmA, {
      disks: [{ pool: 'p', volume: 'mine.raw' }],
      cloudInit: { hostname: 'web' },
    });
    const intent = lab.etcd.entries().find(({ key }) => key === keys.vmIntent(vmA));
    const marked = {
      ...JSON.parse(intent?.value ?? ''),
      seedHash: '0123456789ab',
      hasSeedFile: true,
    };
    lab.etcd.write(keys.vmIntent(vmA), marked as object);
    lab.ended(lab.request({ type: 'start', vmId: vmA }));
    expect(lab.leader.sends('start-vm')[0]?.body).toMatchObject({
      vm: { seed: { pool: { name: 'p' }, hash: '0123456789ab', hostname: 'web' } },
    });
    lab.ended(lab.request(stop()));
    lab.ended(lab.request({ type: 'delete', vmId: vmA }));
    expect(lab.leader.sends('delete-seeds').map(({ body }) => body)).toMatchObject([
      { pools: [{ name: 'p' }] },
    ]);
  });

  it('of a VM that runs is refused', () => {
    const lab = aLab();
    const id = lab.request({ type: 'delete', vmId: vmA });
    expect(lab.ended(id)).toMatchObject({ state: 'failed', error: { code: 'vm-running' } });
    expect(lab.running(vmA)).toEqual(['h1']);
  });

  it('whose volumes could not be deleted keeps the VM', () => {
    const lab = stopped();
    for (const host of lab.hosts.values()) {
      host.scripts.set('storage-job', () => failed('pool-unavailable'));
    }
    const id = lab.request({ type: 'delete', vmId: vmA });
    expect(lab.ended(id)).toMatchObject({ error: { code: 'pool-unavailable' } });
    expect(lab.etcd.has(keys.vmIntent(vmA))).toBe(true);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'stopped' });
  });

  it('waits for a host that reaches the pools, and says so', () => {
    const lab = stopped();
    for (const host of lab.hosts.values()) {
      host.about = { pools: [] };
      host.report();
    }
    const id = lab.request({ type: 'delete', vmId: vmA });
    lab.pass(60_000);
    const reason = 'waits for a host that is up and reaches pool p';
    expect(lab.operation(id)).toMatchObject({ state: 'pending', reason });
    for (const host of lab.hosts.values()) host.about = {};
    lab.host('h2').report();
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', hostId: 'h2' });
  });

  it('of a VM that was never started needs no host', () => {
    const lab = Lab.withHosts(1);
    lab.declareVm(vmA);
    lab.host('h1').silent = true;
    expect(lab.ended(lab.request({ type: 'delete', vmId: vmA })).state).toBe('succeeded');
    expect(lab.etcd.has(keys.vmIntent(vmA))).toBe(false);
  });
});
