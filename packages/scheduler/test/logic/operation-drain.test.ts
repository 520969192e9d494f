/** The operation `drain`: the plan that was shown, move by move, to an honest end. */
import { describe, expect, it } from 'vitest';
import { keys } from '@drover/protocol';
import { Driver } from './driver.ts';
import { uuidOf } from './fake-agent.ts';

const ids = (count: number) => Array.from({ length: count }, (_, index) => uuidOf(index + 1));

function withVms(count: number, options: ConstructorParameters<typeof Driver>[0] = {}): Driver {
  const driver = Driver.settled(options);
  for (const id of ids(count)) driver.vm(id, { on: 'h1' });
  driver.out = [];
  return driver;
}

function drain(driver: Driver, more: { plan?: [string, string][]; parallel?: number } = {}) {
  driver.cordon('h1');
  const { plan, parallel } = more;
  return driver.ask({
    type: 'drain',
    hostId: 'h1',
    ...(plan ? { plan: plan.map(([vmId, target]) => ({ vmId, target })) } : {}),
    ...(parallel === undefined ? {} : { parallel }),
  });
}

const items = (driver: Driver, id: string) => driver.op(id).items ?? [];
const statesOf = (driver: Driver, id: string) => items(driver, id).map(({ state }) => state);
const inFlight = (driver: Driver) =>
  [...driver.mirror.operations.values()].filter(
    ({ value }) => value.type === 'migrate' && value.state === 'running',
  ).length;

describe('a drain', () => {
  it('moves every VM away and says so', () => {
    const driver = withVms(4);
    const id = drain(driver);
    expect(driver.ends(id).state).toBe('succeeded');
    expect(statesOf(driver, id)).toEqual(['moved', 'moved', 'moved', 'moved']);
    expect(driver.agent('h1').vms.size).toBe(0);
    for (const vm of ids(4)) expect(driver.owner(vm)).toMatchObject({ state: 'running' });
  });

  it('performs the plan that was shown, in its order', () => {
    const driver = withVms(3);
    const [a = '', b = '', c = ''] = ids(3);
    const id = drain(driver, {
      parallel: 1,
      plan: [
        [c, 'h2'],
        [a, 'h2'],
        [b, 'h3'],
      ],
    });
    driver.ends(id);
    expect(items(driver, id).map(({ vmId, target }) => [vmId, target])).toEqual([
      [c, 'h2'],
      [a, 'h2'],
      [b, 'h3'],
    ]);
    expect(ids(3).map((vm) => driver.owner(vm)?.hostId)).toEqual(['h2', 'h3', 'h2']);
    expect(driver.agent('h1').got.map(({ vmId }) => vmId)).toEqual([c, a, b]);
  });

  it('replaces a target that is not right any more, with the reason', () => {
    const driver = withVms(1);
    driver.cordon('h2');
    const id = drain(driver, { plan: [[uuidOf(1), 'h2']] });
    expect(driver.ends(id).state).toBe('succeeded');
    expect(items(driver, id)).toMatchObject([
      { target: 'h3', state: 'moved', reason: 'not h2: h2: it is cordoned' },
    ]);
  });

  it('blocks a VM that fits nowhere, with reason and remedy, and moves the others', () => {
    const driver = withVms(1, { hosts: ['h1', 'h2'] });
    driver.vm(uuidOf(2), { on: 'h1', spec: { memoryMib: 3900 } });
    driver.agent('h2').facts = { capacity: { cpuMilli: 8000, memoryMib: 2048 } };
    driver.hear('h2', driver.agent('h2').inventory());
    const id = drain(driver);
    expect(driver.ends(id)).toMatchObject({
      state: 'blocked',
      error: { code: 'drain-blocked', message: '1 VMs could not leave: vm-02' },
    });
    const blocked = items(driver, id).find(({ state }) => state === 'blocked');
    expect(blocked?.reason).toMatch(/h2: needs 3900 MiB, has \d+ MiB free/);
    expect(blocked?.remedy).toBe('free memory on h2, or stop the VM');
    expect(driver.owner(uuidOf(1))?.hostId).toBe('h2');
    expect(driver.owner(uuidOf(2))).toMatchObject({ hostId: 'h1', state: 'running' });
  });

  it('takes along the VMs that come meanwhile', () => {
    const driver = withVms(1);
    driver.agent('h1').script('migrate-out', () => 'no-answer');
    const id = drain(driver);
    driver.until(() => inFlight(driver) === 1);
    driver.vm(uuidOf(7), { on: 'h1' });
    driver.agent('h1').scripts.clear();
    expect(driver.ends(id).state).toBe('succeeded');
    expect(items(driver, id).map(({ vmId }) => vmId)).toEqual([uuidOf(1), uuidOf(7)]);
  });

  it('passes over a VM that left by other means', () => {
    const driver = withVms(2);
    driver.agent('h1').script('migrate-out', () => 'no-answer');
    const id = drain(driver, { parallel: 1 });
    driver.until(() => inFlight(driver) === 1);
    const waiting = items(driver, id).find(({ state }) => state === 'waiting')?.vmId ?? '';
    driver.ask({ type: 'stop', vmId: waiting, mode: 'force' });
    driver.until(() => driver.owner(waiting)?.state === 'stopped');
    driver.agent('h1').scripts.clear();
    expect(driver.ends(id).state).toBe('succeeded');
    expect(items(driver, id).find(({ vmId }) => vmId === waiting)).toMatchObject({
      state: 'gone',
      reason: 'it is stopped',
    });
  });

  it('does not call a VM blocked that has left after all', () => {
    const driver = withVms(1, { hosts: ['h1', 'h2'] });
    driver.vm(uuidOf(3), { on: 'h1', spec: { memoryMib: 5000 } });
    driver.agent('h1').script('migrate-out', () => 'no-answer');
    const id = drain(driver);
    driver.until(() => statesOf(driver, id).includes('blocked'));
    driver.ask({ type: 'stop', vmId: uuidOf(3), mode: 'force' });
    driver.until(() => driver.owner(uuidOf(3))?.state === 'stopped');
    driver.agent('h1').scripts.clear();
    expect(driver.ends(id).state).toBe('succeeded');
    const item = items(driver, id).find(({ vmId }) => vmId === uuidOf(3));
    expect(item).toMatchObject({ state: 'gone', reason: 'it is stopped' });
    expect(item).not.toHaveProperty('remedy');
  });

  it('does not end while a VM is still on its way there', () => {
    const driver = Driver.settled();
    const vm = uuidOf(1);
    driver.vm(vm, { on: 'h2' });
    driver.agent('h2').script('migrate-out', () => 'no-answer');
    const inbound = driver.ask({ type: 'migrate', vmId: vm, target: 'h1' });
    driver.reaches(inbound, 'perform');
    const id = drain(driver);
    driver.advance(20_000);
    expect(driver.op(id).state).toBe('running');
    driver.agent('h2').scripts.clear();
    expect(driver.ends(id).state).toBe('succeeded');
    expect(driver.owner(vm)?.hostId).not.toBe('h1');
    expect(driver.op(inbound).state).toBe('succeeded');
  });

  it('tries a move that failed again, on any host, and gives up after three attempts', () => {
    const driver = withVms(1);
    driver.agent('h1').script('migrate-out', () => {
      return { outcome: 'failed', error: { code: 'migration-failed', message: 'no luck' } };
    });
    const id = drain(driver);
    expect(driver.ends(id).state).toBe('blocked');
    expect(items(driver, id)).toMatchObject([
      { state: 'blocked', attempts: 3, reason: 'no luck', operationId: `${id}-0-2` },
    ]);
    expect(items(driver, id)[0]?.remedy).toContain(`${id}-0-2`);
    expect(driver.sent().filter((one) => one === 'h1 migrate-out')).toHaveLength(3);
    expect(driver.owner(uuidOf(1))).toMatchObject({ hostId: 'h1', state: 'running' });
  });

  it('tries others before it tries the same again', () => {
    const driver = withVms(3);
    const order: string[] = [];
    driver.agent('h1').script('migrate-out', ({ vmId = '' }) => {
      order.push(vmId);
      return { outcome: 'failed', error: { code: 'migration-failed', message: 'no' } };
    });
    driver.ends(drain(driver, { parallel: 1 }));
    expect(order.slice(0, 3).toSorted()).toEqual(ids(3));
    expect(order).toHaveLength(9);
  });

  it('keeps to the slots of source and target, and to what was asked for', () => {
    for (const [parallel, most] of [
      [undefined, 2],
      [1, 1],
      [8, 2],
    ] as const) {
      const driver = withVms(5, { hosts: ['h1', 'h2', 'h3', 'h4'] });
      driver.agent('h1').script('migrate-out', () => 'no-answer');
      drain(driver, parallel === undefined ? {} : { parallel });
      driver.advance(10_000);
      expect(inFlight(driver)).toBe(most);
    }
  });

  it('waits for a VM that is busy, and moves it then', () => {
    const driver = withVms(1);
    driver.agent('h1').script('stop-vm', () => 'no-answer');
    driver.ask({ type: 'stop', vmId: uuidOf(1), mode: 'graceful' });
    driver.until(() => driver.owner(uuidOf(1))?.state === 'stopping');
    const id = drain(driver);
    driver.advance(10_000);
    expect(statesOf(driver, id)).toEqual(['waiting']);
    const error = { code: 'stop-timeout', message: 'no' };
    driver.agent('h1').script('stop-vm', () => ({ outcome: 'failed', error }));
    expect(driver.ends(id).state).toBe('succeeded');
    expect(driver.owner(uuidOf(1))?.hostId).toBe('h2');
  });

  it('of an empty host is done at once, and of an unknown one is refused', () => {
    const driver = Driver.settled();
    expect(driver.ends(drain(driver)).state).toBe('succeeded');
    const unknown = driver.ask({ type: 'drain', hostId: 'h9' });
    expect(driver.ends(unknown).error?.code).toBe('host-not-found');
  });

  it('lets nothing be placed on the host', () => {
    const driver = withVms(1);
    driver.agent('h1').script('migrate-out', () => 'no-answer');
    driver.cordon('h1', false);
    driver.ask({ type: 'drain', hostId: 'h1' });
    driver.until(() => inFlight(driver) === 1);
    const reply = driver.query({
      type: 'place',
      count: 1,
      spec: { vcpus: 1, memoryMib: 512, disks: [], networks: [] },
    });
    expect(JSON.stringify(reply)).toContain('"hostId":"h1","reason":"host-draining"');
  });
});

describe('a drain that is cancelled', () => {
  it('before it began does nothing', () => {
    const driver = withVms(1);
    for (const agent of driver.agents.values()) agent.silent = true;
    driver.elect();
    driver.out = [];
    const id = drain(driver);
    driver.cancel(id);
    expect(driver.ends(id).state).toBe('cancelled');
    expect(driver.sent()).toEqual([]);
  });

  it('starts no further move, aborts the one in flight, and leaves where it is what has moved', () => {
    const driver = withVms(3);
    const source = driver.agent('h1');
    let moves = 0;
    source.script('migrate-out', ({ vmId = '' }) => {
      moves += 1;
      if (moves > 1) return 'no-answer';
      source.vms.delete(vmId);
      driver.agent('h2').has(vmId);
      return { outcome: 'done' };
    });
    const id = drain(driver, { parallel: 1 });
    driver.until(() => moves === 2);
    const flying = items(driver, id).find(({ state }) => state === 'moving');
    source.script('abort-migration', () => {
      const out = source.got.findLast(({ body }) => body.kind === 'migrate-out');
      const error = { code: 'migration-aborted', message: 'aborted' };
      if (out) driver.hear('h1', source.ends(out, { outcome: 'failed', error }));
      return { outcome: 'done' };
    });
    driver.cancel(id);
    expect(driver.ends(id).state).toBe('cancelled');
    expect(statesOf(driver, id).toSorted()).toEqual(['cancelled', 'cancelled', 'moved']);
    expect(inFlight(driver)).toBe(0);
    expect(driver.op(flying?.operationId ?? '').state).toBe('cancelled');
    for (const vm of ids(3)) expect(driver.owner(vm)).toMatchObject({ state: 'running' });
    expect(driver.sent()).toContain('h1 abort-migration');
  });
});

describe('a drain belongs to the cluster', () => {
  it('and goes on under every next leader, to the same end', () => {
    const driver = withVms(6);
    const id = drain(driver);
    let commits = driver.commits.length;
    driver.until(
      () => {
        if (driver.commits.length > commits) {
          commits = driver.commits.length;
          driver.elect();
        }
        return driver.op(id).endedAtMs !== undefined;
      },
      'the end',
      600_000,
    );
    expect(driver.op(id).state).toBe('succeeded');
    expect(statesOf(driver, id)).toEqual(Array(6).fill('moved'));
    const outs = driver.agent('h1').got.filter(({ body }) => body.kind === 'migrate-out');
    expect(new Set(outs.map(({ opId }) => opId)).size).toBe(6);
    expect(driver.store.has(keys.operation(id))).toBe(true);
  });
});
