/** A drain while a VM is still on its way to the host. */
import { describe, expect, it } from 'vitest';
import { Lab, vmA } from './lab.ts';

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
});
