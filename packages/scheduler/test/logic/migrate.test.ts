import type { ReportedVm } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB } from './lab.ts';
import { failed } from './scripted-host.ts';

const migrate = (target?: string) =>
  ({ type: 'migrate', vmId: vmA, ...(target === undefined ? {} : { target }) }) as const;

/** vmA runs on h1; the migration to h2 is asked for when the test does. */
function aLab(count = 2, more: Parameters<Lab['runningVm']>[2] = {}): Lab {
  const lab = Lab.withHosts(count);
  lab.runningVm(vmA, 'h1', more);
  return lab;
}

const owner = (lab: Lab) => {
  const { hostId, generation, state, operationId } = lab.etcd.assignment(vmA) ?? {};
  return { hostId, generation, state, operationId };
};
const at = (hostId: string | undefined, generation: number, state: string) => ({
  hostId,
  generation,
  state,
  operationId: undefined,
});

describe('a migration', () => {
  it('prepares, performs, asks both hosts, and takes two generations', () => {
    const lab = aLab();
    lab.host('h1').scripts.set('migrate-out', (command) => {
      expect(owner(lab)).toMatchObject({ hostId: 'h1', generation: 2, state: 'migrating' });
      return lab.host('h1').obey(command);
    });
    const id = lab.request(migrate('h2'));
    const { state, generation, downtimeMs, transferredBytes, error } = lab.ended(id);
    expect({ state, generation, downtimeMs, transferredBytes, error }).toEqual({
      state: 'succeeded',
      generation: 2,
      downtimeMs: 40,
      transferredBytes: 1_000,
      error: undefined,
    });
    expect(owner(lab)).toEqual(at('h2', 3, 'running'));
    expect(lab.running(vmA)).toEqual(['h2']);
    const steps = lab.leader.sends().filter((one) => one.opId === id);
    expect(steps.map((one) => [one.hostId, one.body.kind, one.generation])).toEqual([
      ['h2', 'prepare-incoming', 2],
      ['h1', 'migrate-out', 2],
    ]);
  });

  it('hands the source the tunnel’s end and the address that the target gave', () => {
    const lab = aLab();
    lab.ended(lab.request(migrate('h2')));
    expect(lab.leader.sends('migrate-out')[0]?.body).toMatchObject({
      target: 'h2',
      tunnel: { host: 'h2', port: 7_000 },
      migrationAddress: '10.0.0.2',
      mode: 'live',
    });
  });

  it('sends each step only when it is committed', () => {
    const lab = aLab();
    lab.commitMode = 'hold';
    const id = lab.request(migrate('h2'));
    const kinds = () => lab.leader.sends().filter((one) => one.opId === id).length;
    for (const [step, before] of [
      ['place', 0],
      ['prepare', 0],
      ['perform', 1],
      ['resolve', 2],
    ] as const) {
      lab.until(`${step} is held`, () => lab.leader.inFlight !== undefined);
      lab.pass(3_000);
      expect([step, kinds()]).toEqual([step, before]);
      lab.release('hold');
    }
  });

  it('chooses the best host where none was named', () => {
    const lab = aLab(3);
    lab.runningVm(vmB, 'h2', { memoryMib: 2_000 });
    const id = lab.request(migrate());
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', target: 'h3' });
  });

  it('is refused with reasons where the named host does not fit', () => {
    const lab = aLab();
    lab.cordon('h2');
    expect(lab.ended(lab.request(migrate('h2')))).toMatchObject({
      state: 'failed',
      error: { code: 'no-host-fits', message: expect.stringContaining('h2: it is cordoned') },
    });
    expect(owner(lab)).toEqual(at('h1', 1, 'running'));
  });

  it('of a VM that does not run is refused', () => {
    const lab = Lab.withHosts(2);
    lab.declareVm(vmA);
    expect(lab.ended(lab.request(migrate()))).toMatchObject({ error: { code: 'vm-not-running' } });
  });

  it('holds what the VM requests on both hosts until its outcome is known, whoever leads', () => {
    const lab = aLab(2, { memoryMib: 3_000 });
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    const id = lab.request(migrate('h2'));
    const spec = { vcpus: 1, memoryMib: 2_000, disks: [], networks: [] };
    const places = () => {
      const reply = lab.ask({ type: 'place', spec, count: 1 });
      return reply?.type === 'place' ? reply.answers.map((one) => one.type) : [];
    };
    expect(places()).toEqual(['refused']);
    lab.takeOver();
    lab.pass(3_000);
    expect(places()).toEqual(['refused']);
    const [command] = lab.host('h1').acted;
    if (command) lab.host('h1').end(command, lab.host('h1').obey(command));
    lab.ended(id);
    expect(places()).toEqual(['placed']);
  });

  it('waits for a slot on its source', () => {
    const lab = Lab.withHosts(4);
    for (const vm of [vmA, vmB]) lab.runningVm(vm, 'h1', { memoryMib: 256 });
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    const ids = [vmA, vmB].map((vmId) => lab.request({ type: 'migrate', vmId }));
    lab.pass(10_000);
    expect(ids.map((id) => lab.operation(id).state)).toEqual(['running', 'pending']);
    expect(lab.operation(ids[1] ?? '').reason).toBe(
      'waits for a free slot for a migration out of h1',
    );
    lab.host('h1').scripts.clear();
    const [first] = lab.host('h1').acted;
    if (first) lab.host('h1').end(first, lab.host('h1').obey(first));
    lab.until('the second begins', () => lab.operation(ids[1] ?? '').state !== 'pending');
  });

  it('stays where it was when the target cannot prepare', () => {
    const lab = aLab();
    lab.host('h2').scripts.set('prepare-incoming', () => failed('tunnel-failed'));
    const id = lab.request(migrate('h2'));
    expect(lab.ended(id)).toMatchObject({ state: 'failed', error: { code: 'tunnel-failed' } });
    expect(owner(lab)).toEqual(at('h1', 2, 'running'));
    expect(lab.leader.sends('migrate-out')).toEqual([]);
  });

  it('goes as both hosts find its disks guarded, whatever its pool lets expect', () => {
    const lab = Lab.withHosts(2);
    lab.declarePool('p');
    lab.runningVm(vmA, 'h1', { disks: [{ pool: 'p', volume: 'a.raw' }] });
    lab.host('h1').unlocked.add(vmA);
    const id = lab.request({ type: 'migrate', vmId: vmA });
    const { state, mode, reason } = lab.ended(id);
    expect({ state, mode }).toEqual({ state: 'succeeded', mode: 'paused' });
    expect(reason).toBe(
      'in paused mode: no lock guards vda on both hosts (NFS of QEMU; NFS of QEMU)',
    );
  });

  it('goes paused where the disks have no locks, and is resumed on the target only', () => {
    const lab = Lab.withHosts(2);
    lab.declarePool('d', 'nfs-direct');
    lab.runningVm(vmA, 'h1', { disks: [{ pool: 'd', volume: 'a.raw' }] });
    const id = lab.request(migrate('h2'));
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', mode: 'paused' });
    expect(lab.leader.sends('resume-vm')).toMatchObject([{ hostId: 'h2', generation: 3 }]);
    expect(owner(lab)).toEqual(at('h2', 3, 'running'));
    expect(lab.running(vmA)).toEqual(['h2']);
  });
});

describe('what the migration call returned', () => {
  it('decides nothing: a failure after which the VM is on the target is a success', () => {
    const lab = aLab();
    const h1 = lab.host('h1');
    h1.scripts.set('migrate-out', (command) => {
      h1.obey(command);
      return failed('migration-failed');
    });
    const ended = lab.ended(lab.request(migrate('h2')));
    expect(ended).toMatchObject({ state: 'succeeded' });
    expect(ended.error).toBeUndefined();
    expect(owner(lab)).toEqual(at('h2', 3, 'running'));
  });

  it('decides nothing: a success after which the VM is still on the source has failed', () => {
    const lab = aLab();
    lab.host('h1').scripts.set('migrate-out', () => ({ outcome: 'done' }));
    expect(lab.ended(lab.request(migrate('h2')))).toMatchObject({ state: 'failed' });
    expect(owner(lab)).toEqual(at('h1', 2, 'running'));
  });
});

describe('the resolver', () => {
  const state = (more: Partial<ReportedVm>): Partial<ReportedVm> => more;
  const paused = state({ state: 'paused-migrating' });

  /** The migration ends with an unknown outcome, and this is what the hosts have. */
  function resolved(
    source: Partial<ReportedVm> | undefined,
    target: Partial<ReportedVm> | undefined,
  ): { lab: Lab; id: string } {
    const lab = aLab();
    lab.host('h1').scripts.set('migrate-out', () => {
      lab.host('h1').vms.clear();
      if (source) lab.host('h1').runs(vmA, source);
      if (target) lab.host('h2').runs(vmA, target);
      return { outcome: 'unknown' };
    });
    return { lab, id: lab.request(migrate('h2')) };
  }

  it('says stayed where only the source runs it', () => {
    const { lab, id } = resolved({}, undefined);
    expect(lab.ended(id).state).toBe('failed');
    expect(owner(lab)).toEqual(at('h1', 2, 'running'));
  });

  it('has the target’s paused copy destroyed, and nothing else', () => {
    const { lab, id } = resolved({}, paused);
    expect(lab.ended(id).state).toBe('failed');
    expect(lab.leader.sends('destroy-leftover')).toMatchObject([{ hostId: 'h2', generation: 2 }]);
    expect(owner(lab)).toEqual(at('h1', 2, 'running'));
    expect(lab.running(vmA)).toEqual(['h1']);
  });

  it('has a source that was left paused resumed', () => {
    const { lab, id } = resolved(paused, undefined);
    expect(lab.ended(id).state).toBe('failed');
    expect(lab.leader.sends('resume-vm')).toMatchObject([{ hostId: 'h1', generation: 2 }]);
    expect(lab.running(vmA)).toEqual(['h1']);
  });

  it('has the source’s paused copy destroyed once the target owns the VM', () => {
    const { lab, id } = resolved(paused, {});
    lab.host('h1').scripts.set('destroy-leftover', (command) => {
      expect(owner(lab)).toMatchObject({ hostId: 'h2', generation: 3 });
      return lab.host('h1').obey(command);
    });
    expect(lab.ended(id).state).toBe('succeeded');
    expect(owner(lab)).toEqual(at('h2', 3, 'running'));
    expect(lab.host('h1').vms.size).toBe(0);
  });

  it('says lost where neither has it, and restarts nothing', () => {
    const { lab, id } = resolved(undefined, undefined);
    expect(lab.ended(id)).toMatchObject({ state: 'failed', error: { code: 'vm-crashed' } });
    expect(owner(lab)).toEqual(at(undefined, 2, 'crashed'));
    lab.pass(120_000);
    expect(lab.leader.sends('start-vm')).toEqual([]);
  });

  it('touches nothing where both run, and says so', () => {
    const { lab, id } = resolved({}, {});
    expect(lab.ended(id)).toMatchObject({ error: { code: 'both-running' } });
    expect(owner(lab)).toEqual(at('h1', 2, 'unknown'));
    lab.pass(60_000);
    const kinds = lab.leader.sends().map((one) => one.body.kind);
    expect(kinds).not.toContain('destroy-leftover');
    expect(kinds).not.toContain('stop-vm');
    expect(lab.running(vmA)).toEqual(['h1', 'h2']);
  });

  it('waits while a job runs, looks again, and takes the end', () => {
    const { lab, id } = resolved({ migrating: true }, paused);
    lab.pass(300_000);
    expect(lab.operation(id)).toMatchObject({ state: 'running', step: 'resolve' });
    lab.host('h1').vms.clear();
    lab.host('h2').runs(vmA);
    expect(lab.ended(id).state).toBe('succeeded');
  });

  it('waits for a silent host, however long, and touches nothing meanwhile', () => {
    for (const quiet of ['h1', 'h2']) {
      const lab = aLab();
      lab.host('h1').scripts.set('migrate-out', (command) => {
        lab.host('h1').obey(command);
        lab.host(quiet).silent = true;
        return undefined;
      });
      const id = lab.request(migrate('h2'));
      lab.pass(900_000);
      expect(lab.operation(id).state).toBe('running');
      expect(lab.leader.sends('destroy-leftover')).toEqual([]);
      lab.host(quiet).silent = false;
      const [command] = lab.host('h1').acted;
      if (command) lab.host('h1').end(command, { outcome: 'unknown' });
      expect(lab.ended(id).state).toBe('succeeded');
      expect(owner(lab)).toEqual(at('h2', 3, 'running'));
    }
  });

  it('believes no inventory from before it asked', () => {
    const lab = aLab();
    const h1 = lab.host('h1');
    h1.scripts.set('migrate-out', (command) => {
      h1.obey(command);
      // What h2 saw before the copy came is under way still; it answers nobody.
      lab.host('h2').about = { vms: [] };
      lab.host('h2').report();
      lab.host('h2').about = {};
      return { outcome: 'unknown' };
    });
    expect(lab.ended(lab.request(migrate('h2'))).state).toBe('succeeded');
  });
});

describe('cancelling a migration', () => {
  it('that has not been taken up yet ends it', () => {
    const lab = aLab();
    lab.declareVm(vmB);
    lab.commitMode = 'hold';
    lab.request({ type: 'start', vmId: vmB });
    const id = lab.request(migrate('h2'));
    lab.cancel(id);
    lab.release();
    expect(lab.ended(id).state).toBe('cancelled');
    expect(owner(lab)).toEqual(at('h1', 1, 'running'));
    expect(lab.leader.sends('prepare-incoming')).toEqual([]);
  });

  it('that prepares asks both hosts and leaves it on the source', () => {
    const lab = aLab();
    lab.host('h2').scripts.set('prepare-incoming', () => undefined);
    const id = lab.request(migrate('h2'));
    lab.cancel(id);
    expect(lab.ended(id).state).toBe('cancelled');
    expect(owner(lab)).toEqual(at('h1', 2, 'running'));
    expect(lab.leader.sends('migrate-out')).toEqual([]);
  });

  it('that runs aborts it on the source, again and again until it ends', () => {
    const lab = aLab();
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    const id = lab.request(migrate('h2'));
    lab.cancel(id);
    lab.pass(11_000);
    const aborts = lab.leader.sends('abort-migration');
    expect(aborts.map((one) => [one.hostId, one.vmId])).toEqual(Array(3).fill(['h1', vmA]));
    const [command] = lab.host('h1').acted;
    if (command) lab.host('h1').end(command, failed('migration-aborted'));
    expect(lab.ended(id).state).toBe('cancelled');
    expect(owner(lab)).toEqual(at('h1', 2, 'running'));
  });

  it('that is over already changes nothing: it has moved', () => {
    const lab = aLab();
    lab.host('h1').scripts.set('migrate-out', (command) => {
      lab.host('h1').obey(command);
      return undefined;
    });
    const id = lab.request(migrate('h2'));
    lab.cancel(id);
    const [command] = lab.host('h1').acted;
    if (command) lab.host('h1').end(command, failed('migration-aborted'));
    expect(lab.ended(id).state).toBe('succeeded');
    expect(owner(lab)).toEqual(at('h2', 3, 'running'));
  });

  it('that is being resolved aborts a job that still runs', () => {
    const lab = aLab();
    lab.host('h1').scripts.set('migrate-out', () => {
      lab.host('h1').runs(vmA, { migrating: true });
      return { outcome: 'unknown' };
    });
    lab.host('h1').scripts.set('abort-migration', () => {
      lab.host('h1').runs(vmA);
      return { outcome: 'done' };
    });
    const id = lab.request(migrate('h2'));
    lab.pass(5_000);
    lab.cancel(id);
    expect(lab.ended(id).state).toBe('cancelled');
    expect(lab.running(vmA)).toEqual(['h1']);
  });
});

describe('a migration that goes on after its agent has forgotten it', () => {
  it('is aborted when its time is over, as the agent would have, and not before', () => {
    const lab = aLab();
    lab.host('h1').scripts.set('migrate-out', () => {
      lab.host('h1').runs(vmA, { migrating: true });
      return failed('tunnel-failed');
    });
    lab.host('h1').scripts.set('abort-migration', () => {
      lab.host('h1').runs(vmA);
      return { outcome: 'done' };
    });
    const migration = { timeoutAtLeastSeconds: 120, timeoutFactor: 1 };
    const id = lab.request({ ...migrate('h2'), migration });
    lab.pass(110_000);
    expect(lab.operation(id)).toMatchObject({ state: 'running', step: 'resolve' });
    expect(lab.leader.sends('abort-migration')).toEqual([]);
    expect(lab.ended(id)).toMatchObject({ state: 'failed', error: { code: 'tunnel-failed' } });
    expect(lab.leader.sends('abort-migration')).not.toEqual([]);
    expect(lab.running(vmA)).toEqual(['h1']);
  });
});
