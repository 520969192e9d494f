/** The operations `stop` and `delete`: only because a person asked, and only what was asked. */
import { describe, expect, it } from 'vitest';
import { keys } from '@drover/protocol';
import { Driver } from './driver.ts';
import { uuidOf } from './fake-agent.ts';

const vm = uuidOf(1);
const withVm = (more: Parameters<Driver['vm']>[1] = { on: 'h1' }) => {
  const driver = Driver.settled();
  driver.pool('p');
  driver.advance(5_000);
  driver.vm(vm, more);
  driver.out = [];
  return driver;
};

describe('a stop', () => {
  it('is sent to the owner with the mode that was asked for, and never another', () => {
    for (const mode of ['graceful', 'force'] as const) {
      const driver = withVm();
      driver.agent('h1').script('stop-vm', () => ({ outcome: 'begun' }));
      driver.ask({ type: 'stop', vmId: vm, mode });
      driver.advance(30_000);
      const modes = driver
        .agent('h1')
        .got.flatMap(({ body }) => (body.kind === 'stop-vm' ? [body.mode] : []));
      expect(new Set(modes)).toEqual(new Set([mode]));
    }
  });

  it('ends without an owner and with the same generation', () => {
    const driver = withVm();
    expect(driver.ends(driver.ask({ type: 'stop', vmId: vm, mode: 'force' }))).toMatchObject({
      state: 'succeeded',
      source: 'h1',
    });
    expect(driver.owner(vm)).toEqual({ generation: 1, state: 'stopped' });
  });

  it('that the VM did not obey leaves it running, and says so', () => {
    const driver = withVm();
    const error = { code: 'stop-timeout', message: 'it did not shut down' };
    driver.agent('h1').script('stop-vm', () => ({ outcome: 'failed', error }));
    const ended = driver.ends(driver.ask({ type: 'stop', vmId: vm, mode: 'graceful' }));
    expect(ended).toMatchObject({ state: 'failed', error });
    expect(driver.owner(vm)).toEqual({ hostId: 'h1', generation: 1, state: 'running' });
  });

  it('of a VM that runs nowhere has nothing to do', () => {
    const driver = withVm({});
    const ended = driver.ends(driver.ask({ type: 'stop', vmId: vm, mode: 'force' }));
    expect(ended).toMatchObject({ state: 'succeeded', reason: 'it runs nowhere' });
  });

  for (const runs of [true, false]) {
    it(`of unknown outcome is what libvirt shows: ${runs ? 'running' : 'gone'}`, () => {
      const driver = withVm();
      driver.agent('h1').script('stop-vm', () => {
        if (!runs) driver.agent('h1').vms.delete(vm);
        return { outcome: 'unknown' };
      });
      const ended = driver.ends(driver.ask({ type: 'stop', vmId: vm, mode: 'graceful' }));
      expect(ended.state).toBe(runs ? 'failed' : 'succeeded');
      expect(driver.owner(vm)?.hostId).toBe(runs ? 'h1' : undefined);
    });
  }

  it('waits for a silent host and decides nothing meanwhile', () => {
    const driver = withVm();
    driver.agent('h1').silent = true;
    const id = driver.ask({ type: 'stop', vmId: vm, mode: 'force' });
    driver.advance(300_000);
    expect(driver.op(id).state).toBe('running');
    expect(driver.owner(vm)).toMatchObject({ hostId: 'h1', state: 'stopping' });
    driver.agent('h1').silent = false;
    expect(driver.ends(id).state).toBe('succeeded');
  });
});

describe('a delete', () => {
  const clone = {
    spec: {
      disks: [
        { pool: 'p', image: 'i' },
        { pool: 'p', volume: 'mine' },
      ],
    },
  };

  it('of a VM that runs is refused', () => {
    const driver = withVm();
    const { error } = driver.ends(driver.ask({ type: 'delete', vmId: vm }));
    expect(error).toMatchObject({ code: 'vm-running' });
    expect(driver.sent()).toEqual([]);
    expect(driver.store.has(keys.vmIntent(vm))).toBe(true);
  });

  it('deletes the clones that we made and nothing of a person’s, then every record at once', () => {
    const driver = withVm(clone);
    driver.ends(driver.ask({ type: 'start', vmId: vm }));
    driver.ends(driver.ask({ type: 'stop', vmId: vm, mode: 'force' }));
    const id = driver.ask({ type: 'delete', vmId: vm });
    expect(driver.ends(id).state).toBe('succeeded');
    const bodies = [...driver.agents.values()]
      .flatMap(({ got }) => got)
      .flatMap(({ body }) => (body.kind === 'delete-volumes' ? [body.disks] : []));
    expect(bodies).toMatchObject([[{ file: `${vm}-0.qcow2`, cloneOf: 'i' }]]);
    const gone = [keys.vmIntent(vm), keys.vmName('vm-01'), keys.assignment(vm)];
    for (const key of gone) expect(driver.store.has(key)).toBe(false);
    const last = driver.commits.findLast((puts) => puts.some(({ value }) => value === undefined));
    expect(last?.map(({ key }) => key).toSorted()).toEqual(
      [...gone, keys.operation(id)].toSorted(),
    );
  });

  it('of a VM that never ran asks no host', () => {
    const driver = withVm(clone);
    expect(driver.ends(driver.ask({ type: 'delete', vmId: vm })).state).toBe('succeeded');
    expect(driver.sent()).toEqual([]);
    expect(driver.store.has(keys.vmIntent(vm))).toBe(false);
  });

  it('keeps everything where the volumes could not be deleted', () => {
    const driver = withVm(clone);
    driver.ends(driver.ask({ type: 'start', vmId: vm }));
    driver.ends(driver.ask({ type: 'stop', vmId: vm, mode: 'force' }));
    const error = { code: 'pool-unavailable', message: 'no' };
    for (const agent of driver.agents.values()) {
      agent.script('delete-volumes', () => ({ outcome: 'failed', error }));
    }
    const ended = driver.ends(driver.ask({ type: 'delete', vmId: vm }));
    expect(ended).toMatchObject({ state: 'failed', error });
    expect(driver.store.has(keys.vmIntent(vm))).toBe(true);
    expect(driver.owner(vm)).toEqual({ generation: 1, state: 'stopped' });
  });

  it('frees the name only where it is this VM’s', () => {
    const driver = withVm(clone);
    driver.write(keys.vmName('vm-01'), { v: 1, vmId: uuidOf(2) });
    driver.ends(driver.ask({ type: 'delete', vmId: vm }));
    expect(driver.store.has(keys.vmName('vm-01'))).toBe(true);
  });

  it('of a VM that is gone is done', () => {
    const driver = Driver.settled();
    expect(driver.ends(driver.ask({ type: 'delete', vmId: vm })).state).toBe('succeeded');
  });
});
