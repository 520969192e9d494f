/** Hosts: what is heard, what silence means and what it never means, pools, records that are kept true. */
import { describe, expect, it } from 'vitest';
import { keys, type OperationRecord } from '@drover/protocol';
import { Driver } from './driver.ts';
import { uuidOf } from './fake-agent.ts';

const vm = uuidOf(1);
const healthOf = (driver: Driver, hostId: string) => {
  const reply = driver.query({ type: 'snapshot' });
  if (reply?.type !== 'snapshot') throw new Error('no snapshot');
  return reply.snapshot.hosts.find(({ id }) => id === hostId)?.health;
};

describe('a host', () => {
  it('is recorded when it reports for the first time', () => {
    const driver = Driver.settled({ hosts: ['h1'] });
    expect(driver.mirror.hosts.get('h1')?.value).toMatchObject({
      id: 'h1',
      hostUuid: '11111111-1111-4111-8111-111111111111',
    });
    driver.addHost('h7');
    driver.advance(3_000);
    expect([...driver.mirror.hosts.keys()]).toEqual(['h1', 'h7']);
  });

  it('is suspect after 8 seconds of silence and down after 30, by when it was heard', () => {
    const driver = Driver.settled();
    driver.hear('h1', driver.agent('h1').heartbeat());
    driver.agent('h1').silent = true;
    const heard = driver.monoMs;
    for (const [afterMs, health] of [
      [7_800, 'up'],
      [8_200, 'suspect'],
      [29_800, 'suspect'],
      [30_200, 'down'],
    ] as const) {
      driver.advance(heard + afterMs - driver.monoMs);
      expect(healthOf(driver, 'h1')).toBe(health);
    }
    driver.agent('h1').silent = false;
    driver.advance(2_100);
    expect(healthOf(driver, 'h1')).toBe('up');
  });

  it('that calls itself degraded is suspect', () => {
    const driver = Driver.settled();
    driver.agent('h1').state = 'degraded';
    driver.advance(2_100);
    expect(healthOf(driver, 'h1')).toBe('suspect');
  });

  it('that is silent makes nothing stop and nothing start, for an hour', () => {
    const driver = Driver.settled();
    driver.vm(vm, { on: 'h1' });
    driver.advance(3_000);
    driver.out = [];
    const before = driver.commits.length;
    for (const agent of driver.agents.values()) agent.silent = true;
    driver.advance(3_600_000);
    expect(driver.sent()).toEqual([]);
    expect(driver.commits).toHaveLength(before);
    expect(driver.owner(vm)).toEqual({ hostId: 'h1', generation: 1, state: 'running' });
  });

  it('whose VMs have changed is asked for an inventory', () => {
    const driver = Driver.settled();
    driver.out = [];
    driver.agent('h1').has(uuidOf(9));
    driver.advance(2_500);
    const syncs = driver.out.filter(({ type }) => type === 'send');
    expect(syncs).toMatchObject([{ command: { hostId: 'h1', body: { kind: 'sync' } } }]);
    const reply = driver.query({ type: 'snapshot' });
    expect(JSON.stringify(reply)).toContain('"foreignVmCount":1');
  });
});

describe('a VM that is gone from its host', () => {
  const withVm = () => {
    const driver = Driver.settled();
    driver.vm(vm, { on: 'h1' });
    driver.advance(5_000);
    driver.out = [];
    return driver;
  };

  it('is said to be crashed after a second inventory, and is not restarted', () => {
    const driver = withVm();
    driver.agent('h1').vms.clear();
    driver.hear('h1', driver.agent('h1').inventory());
    expect(driver.owner(vm)).toMatchObject({ hostId: 'h1', state: 'running' });
    driver.until(() => driver.owner(vm)?.state === 'crashed');
    expect(driver.owner(vm)).toEqual({ generation: 1, state: 'crashed' });
    driver.advance(60_000);
    expect(driver.sent()).toEqual([]);
  });

  it('is not, when the next inventory has it again', () => {
    const driver = withVm();
    const agent = driver.agent('h1');
    for (let round = 0; round < 5; round += 1) {
      agent.vms.clear();
      const without = agent.inventory();
      agent.has(vm);
      driver.hear('h1', without);
      driver.hear('h1', agent.inventory());
    }
    driver.advance(30_000);
    expect(driver.owner(vm)).toMatchObject({ hostId: 'h1', state: 'running' });
  });

  it('is not, while an operation has it', () => {
    const driver = withVm();
    driver.agent('h1').script('stop-vm', () => 'no-answer');
    driver.ask({ type: 'stop', vmId: vm, mode: 'graceful' });
    driver.agent('h1').vms.clear();
    driver.advance(30_000);
    expect(driver.owner(vm)).toMatchObject({ hostId: 'h1', state: 'stopping' });
  });

  it('is not by the silence of its host', () => {
    const driver = withVm();
    driver.agent('h1').silent = true;
    driver.advance(600_000);
    expect(driver.owner(vm)).toMatchObject({ hostId: 'h1', state: 'running' });
  });
});

describe('a pool', () => {
  it('is made active on every host, asked again until it is', () => {
    const driver = Driver.settled();
    let fails = 2;
    driver.agent('h2').script('ensure-pool', () => {
      fails -= 1;
      if (fails >= 0)
        return { outcome: 'failed', error: { code: 'pool-unavailable', message: 'x' } };
      driver.agent('h2').scripts.clear();
      return { outcome: 'unknown' };
    });
    driver.pool('p');
    const active = () =>
      [...driver.agents.values()].every(({ pools }) => pools[0]?.state === 'active');
    driver.until(active, 'the pool', 60_000);
    driver.advance(5_000);
    driver.out = [];
    driver.advance(30_000);
    expect(driver.sent()).toEqual([]);
  });

  it('of QEMU’s own NFS client needs nothing of a host', () => {
    const driver = Driver.settled();
    driver.pool('d', { type: 'nfs-direct', server: 'nas', export: '/e' });
    driver.advance(20_000);
    expect(driver.sent()).toEqual([]);
    driver.vm(vm, { spec: { disks: [{ pool: 'd', volume: 'v' }] } });
    expect(driver.ends(driver.ask({ type: 'start', vmId: vm })).state).toBe('succeeded');
  });

  it('may have a name as long as names may be', () => {
    const driver = Driver.settled();
    const name = `p${'x'.repeat(62)}`;
    driver.pool(name);
    driver.until(() => driver.agent('h1').pools[0]?.name === name, 'the pool');
  });
});

describe('operations that ended', () => {
  const ended = (id: string, atMs: number, more: Partial<OperationRecord> = {}) => ({
    v: 1,
    id,
    type: 'stop',
    state: 'succeeded',
    step: 'ended',
    stepIndex: 1,
    generation: 1,
    epoch: '1',
    by: 'p',
    createdAtMs: 1,
    endedAtMs: atMs,
    ...more,
  });
  const request = (id: string) => ({
    v: 1,
    id,
    type: 'stop',
    vmId: vm,
    mode: 'force',
    by: 'p',
    createdAtMs: 1,
  });
  const withEnded = (count: number, more: Partial<OperationRecord> = {}) => {
    const driver = Driver.settled({ settings: { operationsKept: 10 } });
    driver.watching = false;
    for (let n = 0; n < count; n += 1) {
      driver.write(keys.request(`o${n}`), request(`o${n}`));
      driver.write(keys.operation(`o${n}`), ended(`o${n}`, 100 + n, more));
    }
    return driver;
  };

  it('go, the oldest first, with their requests, when there are too many', () => {
    const driver = withEnded(35);
    driver.watching = true;
    driver.load();
    const left = [...driver.mirror.operations.keys()];
    expect(left).toEqual(Array.from({ length: 15 }, (_, n) => `o${n + 20}`));
    expect([...driver.mirror.requests.keys()]).toEqual(left);
  });

  it('stay while their drain is open', () => {
    const driver = withEnded(40, { type: 'migrate', parentId: 'd' });
    driver.vm(vm, { on: 'h1' });
    const open: Partial<OperationRecord> = {
      type: 'drain',
      state: 'running',
      step: 'move',
      hostId: 'h1',
      items: [{ vmId: vm, vmName: 'x', state: 'moving', attempts: 0, operationId: 'm' }],
    };
    const { endedAtMs: _, ...drain } = ended('d', 0, open);
    driver.write(keys.operation('d'), drain);
    const child = { type: 'migrate' as const, state: 'pending' as const, parentId: 'd', vmId: vm };
    const { endedAtMs: __, ...pending } = ended('m', 0, { ...child, step: 'place', source: 'h1' });
    driver.write(keys.operation('m'), { ...pending, target: 'h2' });
    driver.agent('h1').script('migrate-out', () => 'no-answer');
    driver.watching = true;
    driver.load();
    driver.advance(5_000);
    expect([...driver.mirror.operations.keys()].filter((id) => id.startsWith('o'))).toHaveLength(
      40,
    );
  });
});
