/** Leading: what is committed before what is sent, conflicts, loads, takeovers, and the end of an office. */
import { describe, expect, it } from 'vitest';
import { keys } from '@drover/protocol';
import { Driver } from './driver.ts';
import { uuidOf } from './fake-agent.ts';

const vm = uuidOf(1);

describe('a commit', () => {
  it('comes before the command: nothing is sent while it is not acknowledged', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    const id = driver.ask({ type: 'start', vmId: vm });
    const again = Driver.settled();
    again.vm(vm);
    again.onCommit = ({ puts }) =>
      puts.some(({ key }) => key === keys.assignment(vm)) ? 'hold' : 'apply';
    again.ask({ type: 'start', vmId: vm });
    again.advance(30_000);
    expect(again.held?.puts.map(({ key }) => key)).toEqual([
      keys.operation('r1'),
      keys.assignment(vm),
    ]);
    expect(again.sent()).toEqual([]);
    again.settle();
    expect(again.sent()).toEqual(['h1 start-vm']);
    expect(driver.op(id).state).toBe('succeeded');
  });

  it('is one at a time, and names the revision of each object that it was made from', () => {
    const driver = Driver.settled();
    driver.vm(vm, { on: 'h1' });
    const operation = () => driver.store.get(keys.operation('r1'))?.modRevision ?? 0;
    const assignment = () => driver.store.get(keys.assignment(vm))?.modRevision ?? 0;
    const named: (readonly number[])[] = [];
    const found: (readonly number[])[] = [];
    driver.onCommit = ({ puts }) => {
      named.push(puts.map(({ expectedModRevision }) => expectedModRevision));
      found.push(puts.map(({ key }) => (key === keys.assignment(vm) ? assignment() : operation())));
      return 'apply';
    };
    driver.ends(driver.ask({ type: 'stop', vmId: vm, mode: 'force' }));
    expect(named).toEqual(found);
    expect(named).toHaveLength(3);
  });

  it('that conflicts is decided anew from a fresh load, and its command is sent once', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    let conflicts = 0;
    driver.onCommit = ({ puts }) => {
      if (!puts.some(({ key }) => key === keys.assignment(vm)) || conflicts === 3) return 'apply';
      conflicts += 1;
      return 'conflict';
    };
    const id = driver.ask({ type: 'start', vmId: vm });
    expect(driver.ends(id).state).toBe('succeeded');
    expect(conflicts).toBe(3);
    expect(driver.out.filter(({ type }) => type === 'reload')).toHaveLength(3);
    expect(driver.sent()).toEqual(['h1 start-vm']);
  });

  it('is decided by what is there: a VM that was given an owner meanwhile is not started', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    driver.onCommit = ({ puts }) => {
      const isPlacing = puts.some(({ key }) => key === keys.assignment(vm));
      return isPlacing && !driver.held ? 'hold' : 'apply';
    };
    const id = driver.ask({ type: 'start', vmId: vm });
    driver.until(() => driver.held !== undefined);
    driver.watching = false;
    const record = { v: 1, vmId: vm, hostId: 'h3', generation: 5, state: 'running' };
    driver.write(keys.assignment(vm), record);
    driver.onCommit = () => 'apply';
    driver.settle();
    expect(driver.ends(id)).toMatchObject({ reason: 'it is running on h3 already' });
    expect(driver.sent()).toEqual([]);
  });
});

describe('a load', () => {
  it('that comes while a commit is in flight is made good afterwards', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    driver.vm(uuidOf(2));
    driver.onCommit = () => 'hold';
    driver.ask({ type: 'start', vmId: vm });
    // The watch is lost; what it misses is in the load, and the new watch begins after that.
    driver.watching = false;
    const missed = driver.ask({ type: 'start', vmId: uuidOf(2) });
    driver.load();
    driver.watching = true;
    driver.onCommit = () => 'apply';
    driver.settle();
    driver.advance(3_000);
    expect(driver.op(missed).state).toBe('succeeded');
  });

  it('of an older revision than what is known is not believed, and asked for again', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    const entries = [...driver.store].map(([key, entry]) => ({ key, ...entry }));
    const revision = driver.revision;
    driver.ends(driver.ask({ type: 'start', vmId: vm }));
    driver.out = [];
    driver.feed({ type: 'loaded', revision, entries });
    expect(driver.out.filter(({ type }) => type === 'reload')).toHaveLength(1);
    expect(driver.query({ type: 'snapshot' })).toMatchObject({
      snapshot: { vms: [{ id: vm, state: 'running' }] },
    });
  });

  it('from before a conflict is not decided from', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    const entries = [...driver.store].map(([key, entry]) => ({ key, ...entry }));
    const before = driver.revision;
    driver.onCommit = () => 'hold';
    driver.ask({ type: 'start', vmId: vm });
    driver.revision += 5;
    driver.loading = false;
    driver.settle('conflict');
    driver.out = [];
    driver.feed({ type: 'loaded', revision: before, entries });
    expect(driver.out.map(({ type }) => type)).toEqual(['reload']);
  });

  it('is asked for every minute, whatever the watch said', () => {
    const driver = Driver.settled();
    driver.watching = false;
    driver.vm(vm);
    const id = driver.ask({ type: 'start', vmId: vm });
    expect(driver.ends(id, 70_000).state).toBe('succeeded');
  });

  it('brings back what a lost watch has hidden: a deletion, too', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    driver.watching = false;
    driver.write(keys.vmIntent(vm), undefined);
    driver.load();
    expect(driver.query({ type: 'explain', vmId: vm })).toMatchObject({ code: 'vm-not-found' });
  });
});

describe('a record that cannot be read', () => {
  it('is named once and left alone, and stops nobody else', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    driver.vm(uuidOf(2));
    driver.write(keys.operation('r1'), '{"v":2}');
    driver.write(keys.assignment(uuidOf(2)), '{"v":2}');
    driver.ask({ type: 'start', vmId: vm });
    const other = driver.ask({ type: 'start', vmId: uuidOf(2) });
    driver.vm(uuidOf(3));
    const third = driver.ask({ type: 'start', vmId: uuidOf(3) });
    expect(driver.ends(third).state).toBe('succeeded');
    driver.advance(120_000);
    expect(driver.store.get(keys.operation('r1'))?.value).toBe('{"v":2}');
    expect(driver.op(other).state).toBe('pending');
    const named = driver.traces().filter((text) => text.includes('cannot be read'));
    expect(named).toHaveLength(2);
    expect(driver.out.filter(({ type }) => type === 'commit').length).toBeLessThan(8);
  });

  it('is acted on as soon as it can be read again', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    driver.write(keys.assignment(vm), '{"v":2}');
    const id = driver.ask({ type: 'start', vmId: vm });
    driver.advance(2_000);
    driver.write(keys.assignment(vm), undefined);
    expect(driver.ends(id, 2_000).state).toBe('succeeded');
  });
});

describe('a leader that is deposed', () => {
  it('says exit and then nothing more, whatever happens', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    driver.out = [];
    driver.feed({ type: 'deposed', reason: 'the key is gone' });
    expect(driver.out).toEqual([{ type: 'exit', reason: 'the key is gone' }]);
    driver.ask({ type: 'start', vmId: vm });
    driver.advance(10_000);
    driver.load();
    expect(driver.query({ type: 'snapshot' })).toBeUndefined();
    expect(driver.out).toHaveLength(1);
  });

  it('does not act before it is elected, nor before it has loaded', () => {
    const driver = new Driver();
    driver.vm(vm);
    driver.ask({ type: 'start', vmId: vm });
    driver.load();
    driver.advance(10_000);
    expect(driver.out).toEqual([]);
  });
});

describe('a leader that takes over', () => {
  it('acts on no VM of a host that has not passed its barrier', () => {
    const driver = Driver.settled();
    driver.vm(vm, { on: 'h1' });
    driver.agent('h1').silent = true;
    driver.elect();
    driver.ask({ type: 'stop', vmId: vm, mode: 'force' });
    driver.advance(60_000);
    expect(driver.sent()).toEqual([]);
    // It is heard, but its journal cannot take the new epoch yet.
    const agent = driver.agent('h1');
    driver.hear('h1', agent.heartbeat());
    driver.hear('h1', agent.inventory());
    expect(driver.sent()).toEqual([]);
    agent.silent = false;
    driver.advance(5_000);
    expect(driver.sent()).toEqual(['h1 stop-vm']);
  });

  it('places nothing before every known host was heard, or has had its time', () => {
    const driver = Driver.settled();
    driver.agent('h3').silent = true;
    driver.vm(vm);
    driver.elect();
    const id = driver.ask({ type: 'start', vmId: vm });
    driver.advance(5_000);
    expect(driver.op(id).state).toBe('pending');
    expect(driver.ends(id, 3_000).state).toBe('succeeded');
  });

  it('starts no VM again that its predecessor has started', () => {
    const driver = Driver.settled();
    driver.vm(vm);
    const agent = driver.agent('h1');
    agent.script('start-vm', () => ({ outcome: 'begun' }));
    const id = driver.ask({ type: 'start', vmId: vm });
    driver.reaches(id, 'start');
    const [command] = agent.got;
    if (!command) throw new Error('it was not sent');
    agent.has(vm);
    agent.ends(command, { outcome: 'done' });
    driver.elect();
    expect(driver.ends(id).state).toBe('succeeded');
    expect(agent.got).toHaveLength(1);
    expect(driver.owner(vm)).toEqual({ hostId: 'h1', generation: 1, state: 'running' });
  });

  const flows: readonly (readonly [string, (driver: Driver) => string, string | undefined])[] = [
    [
      'start',
      (driver) => {
        driver.vm(vm);
        return driver.ask({ type: 'start', vmId: vm });
      },
      'running',
    ],
    [
      'stop',
      (driver) => {
        driver.vm(vm, { on: 'h1' });
        return driver.ask({ type: 'stop', vmId: vm, mode: 'graceful' });
      },
      'stopped',
    ],
    [
      'migrate',
      (driver) => {
        driver.vm(vm, { on: 'h1' });
        return driver.ask({ type: 'migrate', vmId: vm });
      },
      'running',
    ],
    [
      'migrate, paused mode',
      (driver) => {
        driver.pool('d', { type: 'nfs-direct', server: 'nas', export: '/e' });
        driver.vm(vm, { on: 'h1', spec: { disks: [{ pool: 'd', volume: 'v' }] } });
        return driver.ask({ type: 'migrate', vmId: vm });
      },
      'running',
    ],
    [
      'migrate, with a copy to clean up at the source',
      (driver) => {
        driver.vm(vm, { on: 'h1' });
        driver.agent('h1').script('migrate-out', () => {
          driver.agent('h1').has(vm, 'paused-migrating');
          driver.agent('h2').has(vm);
          return { outcome: 'unknown' };
        });
        return driver.ask({ type: 'migrate', vmId: vm });
      },
      'running',
    ],
    [
      'delete',
      (driver) => {
        driver.pool('p');
        driver.advance(6_000);
        driver.vm(vm, { spec: { disks: [{ pool: 'p', image: 'i' }] } });
        driver.write(keys.assignment(vm), { v: 1, vmId: vm, generation: 1, state: 'stopped' });
        return driver.ask({ type: 'delete', vmId: vm });
      },
      undefined,
    ],
  ];
  for (const [name, begin, state] of flows) {
    for (let step = 1; step <= 6; step += 1) {
      for (const heard of ['acknowledged', 'written and never acknowledged'] as const) {
        it(`goes on with ${name} after its commit ${step} was ${heard}`, () => {
          const driver = Driver.settled();
          let count = -1;
          driver.onCommit = () => {
            if (count < 0) return 'apply';
            count += 1;
            return count === step ? 'hold' : 'apply';
          };
          count = 0;
          const id = begin(driver);
          driver.advance(10_000);
          if (driver.held && heard === 'acknowledged') driver.settle();
          else if (driver.held) driver.writeHeld();
          driver.elect();
          expect(driver.ends(id).state).toBe('succeeded');
          expect(driver.owner(vm)?.state).toBe(state);
          const acted = [...driver.agents.values()].flatMap(({ hostId, got }) =>
            got
              .filter(({ body }) => body.kind !== 'ensure-pool')
              .map(({ opId, step: at }) => `${hostId} ${opId}/${at}`),
          );
          // A step may be asked about again; each has one answer, from the journal.
          expect(driver.mirror.unreadable.size).toBe(0);
          expect(new Set(acted).size).toBeLessThanOrEqual(4);
        });
      }
    }
  }
});

describe('a heartbeat', () => {
  it('that says nothing new makes the leader decide nothing: the next tick does', () => {
    const driver = Driver.settled();
    driver.onSend = () => false;
    const agent = driver.addHost('h9');
    const types = () => driver.out.map(({ type }) => type);
    driver.out = [];
    driver.hear('h9', agent.heartbeat());
    expect(types()).toEqual(['send']);
    driver.monoMs += 3_000;
    driver.hear('h9', agent.heartbeat());
    expect(types()).toEqual(['send']);
    driver.feed({ type: 'woke', key: 'tick' });
    expect(types()).toEqual(['send', 'wake', 'send']);
  });
});
