/** What else is asked of a VM: reboot, pause, another name, a new one like it. */
import { keys } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spec, vmId, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(async () => world[Symbol.asyncDispose]());

const intent = (more: object = {}) => ({
  v: 1,
  id: vmId,
  name: 'web-1',
  spec,
  desired: 'running',
  by: 'x',
  createdAtMs: 1,
  ...more,
});
const assigned = (state: string, more: object = {}) => ({
  [keys.assignment(vmId)]: { v: 1, vmId, generation: 1, state, ...more },
});

describe('reboot, pause and unpause', () => {
  it.each([
    ['reboot', undefined, { type: 'reboot', mode: 'graceful' }],
    ['reboot', { mode: 'force' }, { type: 'reboot', mode: 'force' }],
    ['pause', undefined, { type: 'pause' }],
  ])('%s %j is an operation, and leaves what is wanted of it', async (verb, body, asked) => {
    await world.vm();
    const answer = await world.send('POST', `/v1/vms/web-1/${verb}`, body);
    expect(answer.status).toBe(202);
    expect(world.read(keys.request(String(answer.body['id'])))).toMatchObject({ ...asked, vmId });
    expect(world.read(keys.vmIntent(vmId))).toMatchObject({ desired: 'running' });
  });

  it('are only told with dryRun=true, for a viewer too', async () => {
    await world.vm();
    const dry = await world.send('POST', '/v1/vms/web-1/reboot?dryRun=true', undefined, {
      role: 'viewer',
    });
    expect(dry.body).toMatchObject({
      vmName: 'web-1',
      hostId: 'h1',
      what: expect.stringContaining('power button') as string,
    });
    expect(world.keysUnder('intent/requests')).toEqual([]);
  });

  it.each([
    ['stopped', 'reboot', 'vm-not-running'],
    ['stopped', 'pause', 'vm-not-running'],
    ['running', 'unpause', 'vm-not-paused'],
  ] as const)('of a VM that is %s: %s is refused', async (state, verb, code) => {
    await world.vm(state);
    for (const query of ['', '?dryRun=true']) {
      const { status, body } = await world.send('POST', `/v1/vms/web-1/${verb}${query}`);
      expect([status, body['code']]).toEqual([409, code]);
    }
  });

  it('a paused VM runs on, is not stopped gracefully, and does not move', async () => {
    await world.vm();
    await world.put(assigned('paused', { hostId: 'h1' }));
    expect((await world.send('GET', '/v1/vms/web-1')).body['state']).toBe('paused');
    for (const [verb, body] of [
      ['stop', { mode: 'graceful' }],
      ['migrate', { target: 'h2' }],
    ] as const) {
      const answer = await world.send('POST', `/v1/vms/web-1/${verb}`, body);
      expect([answer.status, answer.body['code']]).toEqual([409, 'vm-not-running']);
    }
    expect((await world.send('POST', '/v1/vms/web-1/unpause')).status).toBe(202);
  });
});

describe('another name', () => {
  it('is for a VM that is off; what it calls itself inside stays', async () => {
    await world.vm('stopped');
    const cloudInit = { by: 'smbios' };
    await world.put({ [keys.vmIntent(vmId)]: intent({ spec: { ...spec, cloudInit } }) });
    const { status, body } = await world.send('POST', '/v1/vms/web-1/rename', { name: 'shop' });
    expect([status, body['name'], body['id']]).toEqual([200, 'shop', vmId]);
    expect(world.read(keys.vmName('shop'))).toEqual({ v: 1, vmId });
    expect(world.read(keys.vmName('web-1'))).toBeUndefined();
    expect(world.read(keys.vmIntent(vmId))).toMatchObject({
      name: 'shop',
      spec: { cloudInit: { hostname: 'web-1' } },
    });
  });

  it('is refused while it runs, where the name is taken, and with dryRun=true not given', async () => {
    await world.vm();
    const rename = (name: string, query = '') =>
      world.send('POST', `/v1/vms/web-1/rename${query}`, { name });
    expect((await rename('shop')).body['code']).toBe('vm-running');
    await world.put(assigned('stopped'));
    expect((await rename('web-1')).body['code']).toBe('name-taken');
    expect((await rename(vmId)).body['code']).toBe('invalid-body');
    expect((await rename('shop', '?dryRun=true')).body).toMatchObject({
      what: expect.stringContaining('shop') as string,
    });
    expect(world.read(keys.vmName('shop'))).toBeUndefined();
  });
});

describe('a clone', () => {
  const pool = { type: 'shared', path: '/srv/vms' };
  const disks = [{ pool: 'vms', image: 'tiny.qcow2' }];
  const networks = [{ bridge: 'br0', mac: '52:54:00:00:00:01' }];
  const clone = (body: object = { name: 'web-2' }, query = '') =>
    world.send('POST', `/v1/vms/web-1/clone${query}`, body);

  beforeEach(async () => {
    await world.vm('stopped');
    await world.put({
      [keys.pool('vms')]: { v: 1, name: 'vms', uuid: vmId, spec: pool, by: 'x', createdAtMs: 1 },
      [keys.vmIntent(vmId)]: intent({ spec: { ...spec, disks, networks, labels: { a: 'b' } } }),
    });
  });

  it('is like the other one, on copies of its disks, with addresses of its own', async () => {
    const { status, body } = await clone();
    expect(status).toBe(202);
    const made = body['vm'] as { id: string; spec: { disks: { volume: string }[] } };
    const volumeId = made.spec.disks[0]?.volume ?? '';
    expect(world.read(keys.vmIntent(made.id))).toMatchObject({
      name: 'web-2',
      desired: 'stopped',
      spec: { labels: { a: 'b' }, networks: [{ bridge: 'br0' }], disks: [{ pool: 'vms' }] },
    });
    expect(JSON.stringify(world.read(keys.vmIntent(made.id)))).not.toContain('52:54:00:00:00:01');
    expect(world.read(keys.volumeIntent(volumeId))).toMatchObject({
      name: 'web-2-0',
      mode: 'full',
      source: { type: 'volume', volumeId: `${vmId}-0` },
    });
    expect(body['operations']).toMatchObject([{ type: 'volume-create', volumeId }]);
  });

  it('is started where that is asked for, and the other one is not while it is read', async () => {
    const { body } = await clone({ name: 'web-2', start: true });
    expect(body['operations']).toMatchObject([{ type: 'volume-create' }, { type: 'start' }]);
    const start = await world.send('POST', '/v1/vms/web-1/start');
    expect([start.status, start.body['code']]).toEqual([409, 'volume-busy']);
  });

  it('is refused of one that runs, and where the name is taken; dryRun=true says what it takes', async () => {
    const dry = await clone({ name: 'web-2' }, '?dryRun=true');
    expect(dry.body).toMatchObject({ what: '1 disk is copied in full into pool vms' });
    expect((await clone({ name: 'web-1' })).body['code']).toBe('name-taken');
    await world.put(assigned('running', { hostId: 'h1' }));
    for (const query of ['', '?dryRun=true']) {
      expect((await clone({ name: 'web-2' }, query)).body['code']).toBe('vm-running');
    }
    expect(world.read(keys.vmName('web-2'))).toBeUndefined();
  });

  it('asked for again with the same key is the same one', async () => {
    const headers = { 'idempotency-key': 'k1' };
    const ask = () => world.send('POST', '/v1/vms/web-1/clone', { name: 'web-2' }, headers);
    const first = await ask();
    const again = await ask();
    expect([again.status, again.body['vm']]).toEqual([202, first.body['vm']]);
  });
});
