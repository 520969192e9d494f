/** A drain beside migrations that are not its own: to its host, and away from it. */
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB, vmC } from './lab.ts';

describe('a drain', () => {
  it('does not end while a VM is on its way there, says so, and moves that one away too', () => {
    const lab = Lab.withHosts(3);
    lab.runningVm(vmA, 'h2', { memoryMib: 256 });
    const source = lab.host('h2');
    source.scripts.set('migrate-out', () => undefined);
    const inbound = lab.request({ type: 'migrate', vmId: vmA, target: 'h1' });
    const id = lab.request({ type: 'drain', hostId: 'h1' });
    lab.pass(20_000);
    expect(lab.operation(id)).toMatchObject({
      state: 'running',
      reason: `waits for migration ${inbound} to this host`,
    });
    source.scripts.clear();
    const order = source.acted.find(({ body }) => body.kind === 'migrate-out');
    if (!order) throw new Error('it was not sent');
    source.end(order, source.obey(order));
    expect(lab.ended(id)).toMatchObject({
      state: 'succeeded',
      items: [{ vmId: vmA, state: 'moved' }],
    });
    expect(lab.operation(inbound).state).toBe('succeeded');
    expect(lab.operation(id)).not.toHaveProperty('reason');
    expect(lab.host('h1').vms.size).toBe(0);
  });

  it('that is cancelled does not wait for it', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h2', { memoryMib: 256 });
    lab.host('h2').scripts.set('migrate-out', () => undefined);
    lab.request({ type: 'migrate', vmId: vmA, target: 'h1' });
    const id = lab.request({ type: 'drain', hostId: 'h1' });
    lab.pass(1_000);
    lab.cancel(id);
    expect(lab.ended(id).state).toBe('cancelled');
  });

  it('does not move a VM on that has left by a migration of its own', () => {
    const lab = Lab.withHosts(4);
    for (const vm of [vmA, vmB, vmC]) lab.runningVm(vm, 'h1', { memoryMib: 256 });
    const source = lab.host('h1');
    source.scripts.set('migrate-out', () => undefined);
    // Both slots out of h1 are taken, so this one and then the drain's wait for one.
    for (const vmId of [vmB, vmC]) lab.request({ type: 'migrate', vmId, target: 'h2' });
    const own = lab.request({ type: 'migrate', vmId: vmA, target: 'h3' });
    const plan = [{ vmId: vmA, target: 'h4' }];
    const id = lab.request({ type: 'drain', hostId: 'h1', plan });
    lab.pass(1_000);
    const child = () => lab.etcd.operations().find(({ parentId }) => parentId === id);
    expect(child()).toMatchObject({ state: 'pending', vmId: vmA });
    source.scripts.clear();
    for (const order of source.acted.filter(({ body }) => body.kind === 'migrate-out')) {
      source.end(order, source.obey(order));
    }
    expect(lab.ended(id).state).toBe('succeeded');
    expect(lab.operation(own).state).toBe('succeeded');
    expect(lab.running(vmA)).toEqual(['h3']);
    expect(child()).toMatchObject({ state: 'failed', error: { code: 'target-changed' } });
  });
});
