/** A migration that its source has begun, under a leader that does not know the tunnel any more. */
import { describe, expect, it } from 'vitest';
import { Lab, vmA } from './lab.ts';

describe('while the source has begun to perform', () => {
  it('nothing is resolved: its job may begin at any moment', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    const [source, target] = [lab.host('h1'), lab.host('h2')];
    source.scripts.set('migrate-out', () => ({ outcome: 'begun' }));
    const id = lab.request({ type: 'migrate', vmId: vmA, target: 'h2' });
    lab.until('it is performed', () => lab.operation(id).step === 'perform');
    const [prepared] = target.acted;
    if (!prepared) throw new Error('it was not prepared');
    target.forget(prepared);
    lab.takeOver();
    lab.pass(30_000);
    expect(lab.operation(id)).toMatchObject({ state: 'running', step: 'resolve' });
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h1', state: 'migrating' });
    source.scripts.clear();
    const order = source.acted.find(({ body }) => body.kind === 'migrate-out');
    if (!order) throw new Error('it was not sent');
    source.end(order, source.obey(order));
    expect(lab.ended(id).state).toBe('succeeded');
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h2', generation: 3 });
  });
});
