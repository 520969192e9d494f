/** Whether a VM is moved for balance: set with it, and changed at once. */
import { keys } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spec, vmId, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(async () => world[Symbol.asyncDispose]());

const change = (body: unknown) => world.send('PATCH', '/v1/vms/web-1', body);

describe('whether a VM is moved for balance', () => {
  it.each(['recommend', 'never'] as const)('changes at once to “%s”', async (balance) => {
    await world.vm();
    const { status, body } = await change({ balance });
    expect(status).toBe(200);
    expect(body['spec']).toEqual({ ...spec, balance });
    expect(world.read(keys.vmIntent(vmId))).toMatchObject({ spec: { ...spec, balance } });
  });

  it('is not kept where it is as the cluster says', async () => {
    await world.vm();
    await change({ balance: 'never' });
    expect((await change({ balance: 'cluster' })).body['spec']).toEqual(spec);
  });

  it('stays as it is when something else changes, and leaves that as it is', async () => {
    await world.vm();
    await change({ balance: 'never', labels: { tier: 'db' } });
    const labelled = await change({ labels: { tier: 'web' } });
    expect(labelled.body['spec']).toEqual({ ...spec, balance: 'never', labels: { tier: 'web' } });
    const balanced = await change({ balance: 'recommend' });
    expect(balanced.body['spec']).toMatchObject({ balance: 'recommend', labels: { tier: 'web' } });
  });

  it('changes whatever is done with the VM', async () => {
    await world.vm();
    await world.send('POST', '/v1/vms/web-1/migrate', {});
    expect((await change({ balance: 'never' })).status).toBe(200);
  });

  it.each([
    ['never', { balance: 'never' }],
    ['cluster', {}],
  ] as const)('is set with a new one: “%s”', async (balance, kept) => {
    const asked = { name: 'db', spec: { ...spec, balance }, start: false };
    const { status, body } = await world.send('POST', '/v1/vms', asked);
    expect(status).toBe(202);
    const made = (body['vm'] as { readonly spec: unknown }).spec;
    expect(made).toEqual({ ...spec, ...kept });
  });

  it('is nothing else, and no viewer’s to change', async () => {
    await world.vm();
    expect((await change({ balance: 'automatic' })).status).toBe(400);
    const viewer = { role: 'viewer' } as const;
    const { status } = await world.send('PATCH', '/v1/vms/web-1', { balance: 'never' }, viewer);
    expect(status).toBe(403);
  });
});
