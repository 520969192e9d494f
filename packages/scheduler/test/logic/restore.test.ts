/** A restore: what a drain moved away goes back, and nothing else does. */
import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB, vmC } from './lab.ts';
import { failed } from './scripted-host.ts';

/** Two VMs of h1 that a drain moved away; one that was always on h2. h1 takes VMs again. */
function drained(): Lab {
  const lab = Lab.withHosts(3);
  for (const vm of [vmA, vmB]) lab.runningVm(vm, 'h1', { memoryMib: 256 });
  lab.runningVm(vmC, 'h2', { memoryMib: 256 });
  lab.ended(lab.request({ type: 'drain', hostId: 'h1' }));
  return lab;
}

const restore = { type: 'restore', hostId: 'h1' } as const;
const items = (lab: Lab, id: string) => lab.operation(id).items ?? [];

describe('a restore', () => {
  it('brings back what the drain moved away, and leaves others alone', () => {
    const lab = drained();
    expect(lab.running(vmA)).not.toEqual(['h1']);
    const id = lab.request(restore);
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', hostId: 'h1' });
    expect(items(lab, id).map(({ state }) => state)).toEqual(['moved', 'moved']);
    expect([vmA, vmB, vmC].map((vm) => lab.running(vm))).toEqual([['h1'], ['h1'], ['h2']]);
  });

  it('has nothing to do the second time', () => {
    const lab = drained();
    lab.ended(lab.request(restore));
    expect(lab.ended(lab.request(restore))).toMatchObject({ state: 'succeeded', items: [] });
  });

  it('is planned without touching anything, as if the host took VMs already', () => {
    const lab = drained();
    lab.cordon('h1');
    const reply = lab.ask({ type: 'plan-restore', hostId: 'h1' });
    expect(reply?.type).toBe('plan-restore');
    if (reply?.type !== 'plan-restore') return;
    expect(reply.plan.moves.map(({ vmId, target }) => [vmId, target])).toEqual(
      expect.arrayContaining([
        [vmA, 'h1'],
        [vmB, 'h1'],
      ]),
    );
    expect(reply.unchecked).toEqual([]);
  });

  it('does not bring back what a person has moved since', () => {
    const lab = drained();
    const [at = ''] = lab.running(vmA);
    const target = at === 'h2' ? 'h3' : 'h2';
    expect(lab.ended(lab.request({ type: 'migrate', vmId: vmA, target })).state).toBe('succeeded');
    const id = lab.request(restore);
    lab.ended(id);
    expect(items(lab, id).map(({ vmId }) => vmId)).toEqual([vmB]);
    expect(lab.running(vmA)).toEqual([target]);
  });

  it('remembers the first home of what was drained twice', () => {
    const lab = drained();
    const [second = ''] = lab.running(vmA);
    lab.cordon('h1');
    lab.ended(lab.request({ type: 'drain', hostId: second }));
    lab.etcd.write(keys.hostIntent('h1'), {
      v: 1,
      id: 'h1',
      cordoned: false,
      by: 'test',
      atMs: 1,
    });
    lab.settle();
    lab.ended(lab.request(restore));
    expect(lab.running(vmA)).toEqual(['h1']);
  });

  it('says of each that cannot go back why, and leaves it running', () => {
    const lab = drained();
    for (const id of ['h2', 'h3']) {
      lab.host(id).scripts.set('migrate-out', () => failed('migration-failed', 'no route'));
    }
    const id = lab.request(restore);
    expect(lab.ended(id)).toMatchObject({ state: 'blocked', error: { code: 'restore-blocked' } });
    expect(
      items(lab, id).every(({ state, reason }) => state === 'blocked' && reason === 'no route'),
    ).toBe(true);
    expect(lab.running(vmA)).toHaveLength(1);
  });

  it('goes on under the next leader', () => {
    const lab = drained();
    for (const id of ['h2', 'h3']) lab.host(id).scripts.set('migrate-out', () => undefined);
    const id = lab.request(restore);
    lab.pass(1_000);
    lab.takeOver();
    for (const host of lab.hosts.values()) host.scripts.clear();
    for (const host of lab.hosts.values()) {
      for (const command of host.acted) {
        if (command.body.kind === 'migrate-out' && command.opId.startsWith(id)) {
          host.end(command, host.obey(command));
        }
      }
    }
    expect(lab.ended(id).state).toBe('succeeded');
    expect([vmA, vmB].map((vm) => lab.running(vm))).toEqual([['h1'], ['h1']]);
  });

  it('that is cancelled begins nothing further', () => {
    const lab = drained();
    for (const id of ['h2', 'h3']) lab.host(id).scripts.set('migrate-out', () => undefined);
    const id = lab.request(restore);
    lab.pass(1_000);
    lab.cancel(id);
    for (const host of lab.hosts.values()) {
      for (const command of host.acted) {
        if (command.body.kind === 'migrate-out' && command.opId.startsWith(id)) {
          host.end(command, failed('migration-aborted'));
        }
      }
    }
    expect(lab.ended(id).state).toBe('cancelled');
    expect(items(lab, id).every(({ state }) => state === 'cancelled')).toBe(true);
  });
});
