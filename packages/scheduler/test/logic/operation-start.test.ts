/** The operation `start`: a place, an owner, a command, and the truth about what came of it. */
import { describe, expect, it } from 'vitest';
import { keys } from '@drover/protocol';
import { Driver } from './driver.ts';
import { uuidOf } from './fake-agent.ts';

const vm = uuidOf(1);
const failed = (code: string) => () =>
  ({ outcome: 'failed', error: { code, message: 'no' } }) as const;

describe('a start', () => {
  it('commits owner and generation, sends the command, and ends as running', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    const id = driver.ask({ type: 'start', vmId: vm });
    expect(driver.ends(id)).toMatchObject({
      state: 'succeeded',
      target: 'h1',
      generation: 1,
      vmName: 'vm-01',
    });
    expect(driver.owner(vm)).toEqual({ hostId: 'h1', generation: 1, state: 'running' });
    expect(driver.sent()).toEqual(['h1 start-vm']);
    expect(driver.agent('h1').got[0]).toMatchObject({ opId: id, vmId: vm, generation: 1 });
  });

  it('takes a new generation each time', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    driver.ends(driver.ask({ type: 'start', vmId: vm }));
    driver.ends(driver.ask({ type: 'stop', vmId: vm, mode: 'force' }));
    driver.ends(driver.ask({ type: 'start', vmId: vm }));
    expect(driver.owner(vm)?.generation).toBe(2);
  });

  it('is refused with each host’s reason where none fits', () => {
    const driver = Driver.settled();
    driver.vm(vm, { spec: { memoryMib: 9000 } });
    driver.cordon('h3');
    const { state, error } = driver.ends(driver.ask({ type: 'start', vmId: vm }));
    expect(state).toBe('failed');
    expect(error).toMatchObject({ code: 'no-host-fits' });
    expect(error?.rejections).toEqual([
      { hostId: 'h1', reason: 'not-enough-memory', required: 9000, available: 4096, unit: 'MiB' },
      { hostId: 'h2', reason: 'not-enough-memory', required: 9000, available: 4096, unit: 'MiB' },
      { hostId: 'h3', reason: 'host-cordoned' },
    ]);
    expect(driver.sent()).toEqual([]);
  });

  it('names the pool that is not declared', () => {
    const driver = Driver.settled();
    driver.vm(vm, { spec: { disks: [{ pool: 'p', volume: 'v' }] } });
    const { error } = driver.ends(driver.ask({ type: 'start', vmId: vm }));
    expect(error).toMatchObject({ code: 'pool-not-found' });
  });

  it('of a VM that runs already changes nothing', () => {
    const driver = Driver.settled();
    driver.vm(vm, { on: 'h2' });
    const ended = driver.ends(driver.ask({ type: 'start', vmId: vm }));
    expect(ended).toMatchObject({ state: 'succeeded', reason: 'it is running on h2 already' });
    expect(driver.sent()).toEqual([]);
  });

  it('tries the next host where one could not, three in all', () => {
    const driver = Driver.settled({ hosts: ['h1', 'h2', 'h3', 'h4'] });
    for (const agent of driver.agents.values()) {
      agent.script('start-vm', failed('hypervisor-error'));
    }
    driver.vm(vm);
    const ended = driver.ends(driver.ask({ type: 'start', vmId: vm }));
    expect(driver.sent()).toEqual(['h1 start-vm', 'h2 start-vm', 'h3 start-vm']);
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'hypervisor-error' } });
    expect(driver.owner(vm)).toEqual({ generation: 3, state: 'stopped' });
  });

  it('does not try elsewhere what would fail everywhere', () => {
    const driver = Driver.settled();
    driver.agent('h1').script('start-vm', failed('unknown-command'));
    driver.vm(vm);
    expect(driver.ends(driver.ask({ type: 'start', vmId: vm })).state).toBe('failed');
    expect(driver.sent()).toEqual(['h1 start-vm']);
  });

  it('waits for its result however long it takes, and starts nothing elsewhere', () => {
    const driver = Driver.settled();
    driver.agent('h1').script('start-vm', () => ({ outcome: 'begun' }));
    driver.vm(vm);
    const id = driver.ask({ type: 'start', vmId: vm });
    driver.advance(120_000);
    expect(driver.op(id).state).toBe('running');
    expect(new Set(driver.sent())).toEqual(new Set(['h1 start-vm']));
    const [command] = driver.agent('h1').got;
    if (!command) throw new Error('it was not sent');
    driver.agent('h1').has(vm);
    driver.hear('h1', driver.agent('h1').ends(command, { outcome: 'done' }));
    expect(driver.op(id).state).toBe('succeeded');
  });

  it('does not go elsewhere from a host that has fallen silent', () => {
    const driver = Driver.settled();
    driver.agent('h1').script('start-vm', () => {
      driver.agent('h1').silent = true;
      return 'no-answer';
    });
    driver.vm(vm);
    const id = driver.ask({ type: 'start', vmId: vm });
    driver.advance(300_000);
    expect(driver.op(id)).toMatchObject({ state: 'running', target: 'h1' });
    expect(driver.sent()).toEqual(['h1 start-vm']);
    expect(driver.owner(vm)).toMatchObject({ hostId: 'h1', state: 'starting' });
  });

  it('is sent again where the command was lost, under the same step', () => {
    const driver = Driver.settled();
    let lost = 0;
    driver.onSend = ({ body }) => body.kind !== 'start-vm' || (lost += 1) > 1;
    driver.vm(vm);
    expect(driver.ends(driver.ask({ type: 'start', vmId: vm })).state).toBe('succeeded');
    expect(driver.sent()).toEqual(['h1 start-vm', 'h1 start-vm']);
    expect(driver.agent('h1').got).toHaveLength(1);
  });

  it('whose outcome the agent does not know is what libvirt shows', () => {
    for (const runs of [true, false]) {
      const driver = Driver.settled({ hosts: ['h1'] });
      driver.agent('h1').script('start-vm', () => {
        if (runs) driver.agent('h1').has(vm);
        return { outcome: 'unknown' };
      });
      driver.vm(vm);
      const ended = driver.ends(driver.ask({ type: 'start', vmId: vm }));
      expect(ended.state).toBe(runs ? 'succeeded' : 'failed');
      expect(driver.owner(vm)?.hostId).toBe(runs ? 'h1' : undefined);
    }
  });

  it('is not taken for failed where the step is known with other content: libvirt shows', () => {
    const driver = Driver.settled();
    driver.agent('h1').script('start-vm', () => {
      driver.agent('h1').has(vm);
      return { outcome: 'refused', error: { code: 'duplicate-differs', message: 'no' } };
    });
    driver.vm(vm);
    expect(driver.ends(driver.ask({ type: 'start', vmId: vm })).state).toBe('succeeded');
    expect(driver.owner(vm)).toMatchObject({ hostId: 'h1', state: 'running' });
  });

  it('uses the newest heartbeat’s nonce and the agent’s present life', () => {
    const driver = Driver.settled();
    const agent = driver.agent('h1');
    agent.incarnation = 'i2';
    driver.hear('h1', agent.heartbeat());
    const freshness = agent.nonce;
    driver.vm(vm);
    driver.ends(driver.ask({ type: 'start', vmId: vm }));
    expect(agent.got.at(-1)).toMatchObject({ incarnation: 'i2', freshness });
  });

  it('that came too late for the agent’s life is sent again', () => {
    const driver = Driver.settled();
    driver.agent('h1').incarnation = 'i2';
    driver.vm(vm);
    expect(driver.ends(driver.ask({ type: 'start', vmId: vm })).state).toBe('succeeded');
  });
});

describe('starts that come together', () => {
  it('do not both get the room that is there once', () => {
    const driver = Driver.settled({ hosts: ['h1', 'h2'] });
    driver.agent('h1').script('start-vm', () => ({ outcome: 'begun' }));
    driver.agent('h2').script('start-vm', () => ({ outcome: 'begun' }));
    const ids = [1, 2, 3].map((n) => {
      driver.vm(uuidOf(n), { spec: { memoryMib: 3000 } });
      return driver.ask({ type: 'start', vmId: uuidOf(n) });
    });
    driver.advance(1_000);
    expect(ids.map((id) => driver.op(id).target)).toEqual(['h1', 'h2', undefined]);
    expect(driver.op(ids[2] ?? '')).toMatchObject({ error: { code: 'no-host-fits' } });
  });

  it('for one VM go one after the other', () => {
    const driver = Driver.settled();
    driver.agent('h1').script('start-vm', () => ({ outcome: 'begun' }));
    driver.vm(vm);
    const first = driver.ask({ type: 'start', vmId: vm });
    const second = driver.ask({ type: 'stop', vmId: vm, mode: 'graceful' });
    const third = driver.ask({ type: 'start', vmId: vm });
    driver.advance(3_000);
    expect([first, second, third].map((id) => driver.op(id).state)).toEqual([
      'running',
      'pending',
      'pending',
    ]);
    const [command] = driver.agent('h1').got;
    if (!command) throw new Error('it was not sent');
    driver.agent('h1').scripts.clear();
    driver.agent('h1').has(vm);
    driver.hear('h1', driver.agent('h1').ends(command, { outcome: 'done' }));
    driver.ends(third);
    expect(driver.sent()).toEqual(['h1 start-vm', 'h1 stop-vm', 'h1 start-vm']);
    expect(driver.owner(vm)).toMatchObject({ generation: 2, state: 'running' });
  });
});

describe('a start where another host has a copy', () => {
  it('is refused: a person must decide first', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    driver.agent('h2').has(vm);
    driver.hear('h2', driver.agent('h2').inventory());
    const ended = driver.ends(driver.ask({ type: 'start', vmId: vm }));
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'vm-running' } });
    expect(ended.error?.message).toContain('h2');
    expect(driver.sent()).toEqual([]);
    expect(driver.owner(vm)?.hostId).toBeUndefined();
  });

  it('is made once the copy is seen to be gone', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    driver.agent('h2').has(vm);
    driver.hear('h2', driver.agent('h2').inventory());
    driver.agent('h2').vms.clear();
    expect(driver.ends(driver.ask({ type: 'start', vmId: vm })).state).toBe('succeeded');
  });
});

describe('a start of a VM that is gone', () => {
  it('says so', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    driver.write(keys.vmIntent(vm), undefined);
    const { error } = driver.ends(driver.ask({ type: 'start', vmId: vm }));
    expect(error?.code).toBe('vm-not-found');
  });
});
