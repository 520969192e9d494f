/** The operation `migrate`: each step, each verdict, each cancellation. No answer of a command decides it. */
import { describe, expect, it } from 'vitest';
import type { ReportedVm } from '@drover/protocol';
import { Driver } from './driver.ts';
import { uuidOf } from './fake-agent.ts';

const vm = uuidOf(1);

function withVm(hosts: readonly string[] = ['h1', 'h2', 'h3']): Driver {
  const driver = Driver.settled({ hosts });
  driver.vm(vm, { on: 'h1' });
  driver.out = [];
  return driver;
}

const migrate = (driver: Driver, target?: string) =>
  driver.ask({ type: 'migrate', vmId: vm, ...(target === undefined ? {} : { target }) });

describe('a migration', () => {
  it('prepares the target, then performs at the source, and takes generations as documented', () => {
    const driver = withVm();
    driver.agent('h1').script('migrate-out', () => 'no-answer');
    const id = migrate(driver);
    driver.reaches(id, 'perform');
    expect(driver.owner(vm)).toEqual({
      hostId: 'h1',
      generation: 2,
      state: 'migrating',
      operationId: id,
    });
    driver.agent('h1').scripts.clear();
    expect(driver.ends(id)).toMatchObject({
      state: 'succeeded',
      source: 'h1',
      target: 'h2',
      mode: 'live',
      downtimeMs: 40,
      transferredBytes: 1000,
    });
    expect(driver.owner(vm)).toEqual({ hostId: 'h2', generation: 3, state: 'running' });
    expect(new Set(driver.sent())).toEqual(new Set(['h2 prepare-incoming', 'h1 migrate-out']));
    const [out] = driver.agent('h1').got;
    expect(out).toMatchObject({
      generation: 2,
      body: { target: 'h2', migrationAddress: 'h2.lan', tunnel: { port: 7000 }, mode: 'live' },
    });
  });

  it('counts on both hosts until its end', () => {
    const driver = withVm();
    driver.agent('h1').script('migrate-out', () => 'no-answer');
    driver.reaches(migrate(driver), 'perform');
    const reply = driver.query({ type: 'snapshot' });
    if (reply?.type !== 'snapshot') throw new Error('no snapshot');
    const promised = reply.snapshot.hosts.map(({ promised: { memoryMib } }) => memoryMib);
    expect(promised).toEqual([512, 512, 0]);
  });

  it('goes to the host that a person named, or is refused with its reason', () => {
    const driver = withVm();
    expect(driver.ends(migrate(driver, 'h3'))).toMatchObject({ state: 'succeeded', target: 'h3' });
    driver.cordon('h1');
    const { error } = driver.ends(migrate(driver, 'h1'));
    expect(error).toMatchObject({ code: 'no-host-fits' });
    expect(error?.rejections).toContainEqual({ hostId: 'h1', reason: 'host-cordoned' });
  });

  it('of a VM that does not run is refused', () => {
    const driver = withVm();
    driver.ends(driver.ask({ type: 'stop', vmId: vm, mode: 'force' }));
    expect(driver.ends(migrate(driver)).error?.code).toBe('vm-not-running');
  });

  it('waits for a slot on both hosts', () => {
    const driver = Driver.settled();
    driver.agent('h1').script('migrate-out', () => 'no-answer');
    const ids = [1, 2, 3].map((n) => {
      driver.vm(uuidOf(n), { on: 'h1' });
      return driver.ask({ type: 'migrate', vmId: uuidOf(n) });
    });
    driver.advance(5_000);
    const states = () => ids.map((id) => driver.op(id).state);
    expect(states()).toEqual(['running', 'running', 'pending']);
    driver.agent('h1').scripts.clear();
    for (const id of ids) driver.ends(id);
    expect(states()).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });

  it('is paused where QEMU’s own NFS client keeps no locks: the copy is resumed when the source is gone', () => {
    const driver = Driver.settled();
    driver.pool('d', { type: 'nfs-direct', server: 'nas', export: '/e' });
    driver.vm(vm, { on: 'h1', spec: { disks: [{ pool: 'd', volume: 'v' }] } });
    driver.out = [];
    const id = migrate(driver);
    expect(driver.ends(id)).toMatchObject({ state: 'succeeded', mode: 'paused' });
    expect(driver.sent()).toEqual(['h2 prepare-incoming', 'h1 migrate-out', 'h2 resume-vm']);
    expect(driver.agent('h2').got.at(-1)).toMatchObject({ generation: 3 });
    expect(driver.owner(vm)).toEqual({ hostId: 'h2', generation: 3, state: 'running' });
  });
});

describe('what both hosts show decides, whatever the command answered', () => {
  type Copy = ReportedVm['state'] | undefined;
  const table: readonly {
    name: string;
    source: Copy;
    target: Copy;
    ends: string;
    owner: string | undefined;
    generation: number;
    sends: readonly string[];
  }[] = [
    {
      name: 'moved',
      source: undefined,
      target: 'running',
      ends: 'succeeded',
      owner: 'h2',
      generation: 3,
      sends: [],
    },
    {
      name: 'moved, the source’s paused copy destroyed',
      source: 'paused-migrating',
      target: 'running',
      ends: 'succeeded',
      owner: 'h2',
      generation: 3,
      sends: ['h1 destroy-leftover'],
    },
    {
      name: 'stayed',
      source: 'running',
      target: undefined,
      ends: 'failed',
      owner: 'h1',
      generation: 2,
      sends: [],
    },
    {
      name: 'stayed, the target’s copy destroyed',
      source: 'running',
      target: 'paused-migrating',
      ends: 'failed',
      owner: 'h1',
      generation: 2,
      sends: ['h2 destroy-leftover'],
    },
    {
      name: 'stayed, the source resumed',
      source: 'paused-migrating',
      target: undefined,
      ends: 'failed',
      owner: 'h1',
      generation: 2,
      sends: ['h1 resume-vm'],
    },
    {
      name: 'lost',
      source: undefined,
      target: 'shut-off',
      ends: 'failed',
      owner: undefined,
      generation: 2,
      sends: [],
    },
    {
      name: 'both run: nothing is touched',
      source: 'running',
      target: 'running',
      ends: 'failed',
      owner: 'h1',
      generation: 2,
      sends: [],
    },
  ];
  const outcomes = ['done', 'failed', 'unknown', 'refused'] as const;
  for (const row of table) {
    for (const outcome of outcomes) {
      it(`${row.name}, after ${outcome}`, () => {
        const driver = withVm();
        driver.agent('h1').script('migrate-out', () => {
          driver.agent('h1').vms.delete(vm);
          if (row.source) driver.agent('h1').has(vm, row.source);
          if (row.target) driver.agent('h2').has(vm, row.target);
          const error = { code: 'migration-failed', message: 'no' };
          return { outcome, ...(outcome === 'done' ? {} : { error }) };
        });
        const ended = driver.ends(migrate(driver));
        expect(ended.state).toBe(row.ends);
        const { hostId, generation } = driver.owner(vm) ?? {};
        expect([hostId, generation]).toEqual([row.owner, row.generation]);
        expect(driver.sent().slice(2)).toEqual(row.sends);
      });
    }
  }

  it('names the end for people: lost is a crash, both running is for a person', () => {
    for (const [source, target, code, state] of [
      [undefined, undefined, 'vm-crashed', 'crashed'],
      ['running', 'running', 'both-running', 'unknown'],
    ] as const) {
      const driver = withVm();
      driver.agent('h1').script('migrate-out', () => {
        if (!source) driver.agent('h1').vms.delete(vm);
        if (target) driver.agent('h2').has(vm);
        return { outcome: 'unknown' };
      });
      expect(driver.ends(migrate(driver)).error?.code).toBe(code);
      expect(driver.owner(vm)?.state).toBe(state);
    }
  });

  it('an unknown outcome is not decided while a job runs, however long', () => {
    const driver = withVm();
    driver.agent('h1').script('migrate-out', () => {
      driver.agent('h1').has(vm, 'running', true);
      return { outcome: 'unknown' };
    });
    const id = migrate(driver);
    driver.advance(1_200_000);
    expect(driver.op(id)).toMatchObject({ state: 'running', step: 'resolve' });
    driver.agent('h1').vms.delete(vm);
    driver.agent('h2').has(vm);
    expect(driver.ends(id).state).toBe('succeeded');
  });

  for (const silent of ['h1', 'h2'] as const) {
    it(`nor while ${silent} is silent`, () => {
      const driver = withVm();
      driver.agent('h1').script('migrate-out', () => {
        driver.agent('h1').vms.delete(vm);
        driver.agent('h2').has(vm);
        driver.agent(silent).silent = true;
        return { outcome: 'unknown' };
      });
      const id = migrate(driver);
      driver.advance(600_000);
      expect(driver.op(id).state).toBe('running');
      expect(driver.owner(vm)).toMatchObject({ hostId: 'h1', state: 'migrating' });
      driver.agent(silent).silent = false;
      expect(driver.ends(id).state).toBe('succeeded');
    });
  }
});

describe('a migration that could not be prepared', () => {
  it('ends with the VM where it was, and the target’s reason', () => {
    const driver = withVm();
    const error = { code: 'tunnel-failed', message: 'no port' };
    driver.agent('h2').script('prepare-incoming', () => ({ outcome: 'failed', error }));
    expect(driver.ends(migrate(driver))).toMatchObject({ state: 'failed', error });
    expect(driver.owner(vm)).toEqual({ hostId: 'h1', generation: 2, state: 'running' });
    expect(driver.sent()).toEqual(['h2 prepare-incoming']);
  });
});

describe('cleaning', () => {
  it('is tried again until it is done, or found to be so', () => {
    const driver = withVm();
    driver.agent('h1').script('migrate-out', () => {
      driver.agent('h1').has(vm, 'paused-migrating');
      driver.agent('h2').has(vm);
      return { outcome: 'unknown' };
    });
    let attempts = 0;
    driver.agent('h1').script('destroy-leftover', () => {
      attempts += 1;
      if (attempts === 3) driver.agent('h1').vms.delete(vm);
      return { outcome: 'failed', error: { code: 'hypervisor-error', message: 'no' } };
    });
    const id = migrate(driver);
    expect(driver.ends(id).state).toBe('succeeded');
    expect(attempts).toBe(3);
  });
});

describe('a migration is cancelled', () => {
  it('before it began: nothing was sent', () => {
    const driver = Driver.settled();
    driver.vm(vm, { on: 'h1' });
    driver.agent('h1').script('stop-vm', () => 'no-answer');
    driver.ask({ type: 'stop', vmId: vm, mode: 'graceful' });
    const id = migrate(driver);
    driver.cancel(id);
    expect(driver.ends(id).state).toBe('cancelled');
    expect(driver.sent()).toEqual(['h1 stop-vm']);
  });

  it('while the target prepares: the VM stays, and is performed by nobody', () => {
    const driver = withVm();
    driver.agent('h2').script('prepare-incoming', () => 'no-answer');
    const id = migrate(driver);
    driver.reaches(id, 'prepare');
    driver.cancel(id);
    expect(driver.ends(id).state).toBe('cancelled');
    expect(driver.owner(vm)).toEqual({ hostId: 'h1', generation: 2, state: 'running' });
    expect(driver.sent()).not.toContain('h1 migrate-out');
  });

  it('while it is performed: the job is aborted, and what both hosts show decides', () => {
    const driver = withVm();
    const source = driver.agent('h1');
    source.script('migrate-out', () => 'no-answer');
    const id = migrate(driver);
    driver.reaches(id, 'perform');
    const out = source.got.at(-1);
    if (!out) throw new Error('it was not sent');
    source.script('abort-migration', () => {
      const error = { code: 'migration-aborted', message: 'aborted' };
      driver.hear('h1', source.ends(out, { outcome: 'failed', error }));
      return { outcome: 'done' };
    });
    driver.cancel(id);
    expect(driver.ends(id).state).toBe('cancelled');
    expect(driver.sent()).toContain('h1 abort-migration');
    expect(driver.owner(vm)).toMatchObject({ hostId: 'h1', state: 'running' });
  });

  it('too late: it has moved, and that is what is said', () => {
    const driver = withVm();
    const id = migrate(driver);
    driver.cancel(id);
    expect(driver.ends(id).state).toBe('succeeded');
    expect(driver.owner(vm)?.hostId).toBe('h2');
  });

  it('while its outcome is resolved: aborts are sent, and the verdict waits for the job to end', () => {
    const driver = withVm();
    driver.agent('h1').script('migrate-out', () => {
      driver.agent('h1').has(vm, 'running', true);
      return { outcome: 'unknown' };
    });
    driver.agent('h1').script('abort-migration', () => {
      driver.agent('h1').has(vm, 'running', false);
      return { outcome: 'done' };
    });
    const id = migrate(driver);
    driver.reaches(id, 'resolve');
    driver.cancel(id);
    expect(driver.ends(id).state).toBe('cancelled');
    expect(driver.owner(vm)).toEqual({ hostId: 'h1', generation: 2, state: 'running' });
  });
});

describe('while the source has begun and not ended to perform', () => {
  it('nothing is resolved, though the tunnel is not known any more', () => {
    const driver = withVm();
    driver.agent('h1').script('migrate-out', () => ({ outcome: 'begun' }));
    const id = migrate(driver);
    driver.reaches(id, 'perform');
    driver.agent('h2').forgetSteps();
    driver.elect();
    driver.advance(60_000);
    expect(driver.op(id)).toMatchObject({ state: 'running' });
    expect(driver.owner(vm)).toMatchObject({ hostId: 'h1', state: 'migrating' });
    const [out] = driver.agent('h1').got;
    if (!out) throw new Error('it was not sent');
    driver.agent('h1').vms.delete(vm);
    driver.agent('h2').has(vm);
    driver.hear('h1', driver.agent('h1').ends(out, { outcome: 'done' }));
    expect(driver.ends(id).state).toBe('succeeded');
    expect(driver.owner(vm)).toEqual({ hostId: 'h2', generation: 3, state: 'running' });
  });
});
