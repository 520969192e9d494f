/** Pools over the API: what is refused and why, what may change, and how one goes. */
import { keys } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { poolStatus, spec, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
  await declare('vms', { type: 'shared', path: '/srv/vms' });
});
afterEach(async () => world[Symbol.asyncDispose]());

const nfs = { type: 'nfs', server: 'nas', export: '/vms', version: '4.2', path: '/srv/nfs' };
const declare = (name: string, pool: object, more: object = {}) =>
  world.send('POST', '/v1/pools', { name, spec: pool, ...more });

describe('a declaration', () => {
  it.each([
    [{ ...nfs, options: ['nconnect=4', 'soft'] }, '/spec/options/1', 'soft is refused'],
    [{ ...nfs, options: ['nolock'] }, '/spec/options/0', 'nolock is refused'],
    [{ ...nfs, options: ['bg'] }, '/spec/options/0', 'bg is no option that may be set'],
    [{ ...nfs, options: ['noatime', 'noatime'] }, '/spec/options/1', 'noatime is there twice'],
    [{ ...nfs, version: '3' }, '/spec/version', ''],
    [{ ...nfs, path: 'srv' }, '/spec/path', ''],
    [{ type: 'local', path: '/srv', server: 'nas' }, '/spec', 'has no field server'],
    [{ type: 'iscsi', path: '/srv' }, '/spec/type', 'shared, nfs, nfs-direct, local'],
    [{ type: 'nfs', server: 'nas', export: '/vms', path: '/srv' }, '/spec', 'version'],
  ])('%j is refused by its field', async (pool, path, message) => {
    const { status, body } = await declare('p', pool);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'invalid-body', errors: [{ path }] });
    expect(JSON.stringify(body)).toContain(message);
    expect(world.keysUnder('intent/pools')).not.toContain(keys.pool('p'));
  });

  it('has its limits, and those of all where it has none', async () => {
    const made = await declare('p', { ...nfs, options: ['nconnect=4'] }, { alarmPercent: 70 });
    expect(made).toMatchObject({ status: 201, body: { alarmPercent: 70, thinLimitPercent: 400 } });
    expect(world.read(keys.pool('p'))).toMatchObject({
      spec: { options: ['nconnect=4'] },
      alarmPercent: 70,
    });
  });

  it('of a directory that another pool has is refused', async () => {
    await declare('p', { type: 'shared', path: '/srv/p' });
    const { status, body } = await declare('q', { type: 'local', path: '/srv/p' });
    expect(status).toBe(409);
    expect(body['detail']).toBe('pool p is at that path already');
  });
});

describe('a pool', () => {
  it('is shown with what the leader knows of it', async () => {
    const { body } = await world.send('GET', '/v1/pools/vms');
    expect(body).toMatchObject({ name: 'vms', status: poolStatus, thinLimitPercent: 400 });
    const { body: list } = await world.send('GET', '/v1/pools');
    expect(list['items']).toEqual([body]);
    expect(await world.send('GET', '/v1/pools/none')).toMatchObject({ status: 404 });
  });

  it('changes its limits, and nothing else', async () => {
    const path = '/v1/pools/vms';
    const before = world.read(keys.pool('vms'));
    const set = await world.send('PATCH', path, { alarmPercent: 90, thinLimitPercent: 150 });
    expect(set).toMatchObject({ status: 200, body: { alarmPercent: 90, thinLimitPercent: 150 } });
    expect(world.read(keys.pool('vms'))).toEqual({
      ...before,
      alarmPercent: 90,
      thinLimitPercent: 150,
    });
    for (const body of [{}, { alarmPercent: 0 }, { thinLimitPercent: 50 }, { path: '/x' }]) {
      expect(await world.send('PATCH', path, body)).toMatchObject({ status: 400 });
    }
  });

  it('that has something in it stays, and it is named', async () => {
    const disks = [{ pool: 'vms', image: 'debian.qcow2' }];
    await world.send('POST', '/v1/vms', { name: 'web', spec: { ...spec, disks } });
    const { status, body } = await world.send('DELETE', '/v1/pools/vms');
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'pool-in-use' });
    expect(body['detail']).toContain('VM web');
    expect(world.read(keys.pool('vms'))).toBeDefined();
  });

  it('goes when nothing is in it, also where etcd’s answer is lost', async () => {
    await declare('p', { type: 'local', path: '/srv/p' });
    await declare('q', { type: 'local', path: '/srv/q' });
    expect(await world.send('DELETE', '/v1/pools/p')).toMatchObject({ status: 200 });
    world.store.loseNextReply();
    expect(await world.send('DELETE', '/v1/pools/q')).toMatchObject({ status: 200 });
    const { body } = await world.send('GET', '/v1/pools');
    expect((body['items'] as { name: string }[]).map(({ name }) => name)).toEqual(['vms']);
  });

  it('is looked at by an operation; viewers may not ask for that', async () => {
    const path = '/v1/pools/vms/doctor';
    const { status, body } = await world.send('POST', path);
    expect(status).toBe(202);
    expect(body).toMatchObject({ type: 'pool-doctor', pool: 'vms', state: 'pending' });
    expect(world.read(keys.request(String(body['id'])))).toMatchObject({ pool: 'vms' });
    const viewer = { role: 'viewer' } as const;
    expect(await world.send('POST', path, undefined, viewer)).toMatchObject({ status: 403 });
    expect(await world.send('POST', '/v1/pools/none/doctor')).toMatchObject({ status: 404 });
  });
});
