import { keys } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spec, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(async () => world[Symbol.asyncDispose]());

const path = '/v1/settings/migration';
const settings = {
  cluster: { preset: 'gentle', bandwidthMibps: 200 },
  byLabel: [{ label: 'tier=db', wish: { throttle: false } }],
};

describe('how VMs may be moved', () => {
  it('is nothing that was set at first, and the presets are told in full', async () => {
    const { status, body } = await world.send('GET', path);
    expect(status).toBe(200);
    expect(body['settings']).toEqual({});
    expect(body['presets']).toMatchObject({
      gentle: { whenStuck: 'give-up' },
      balanced: { throttle: { startPercent: 10 } },
      'must-finish': { streams: 1 },
    });
  });

  it('is set as a whole by an admin, is in etcd when the answer comes, and says who set it', async () => {
    const { status, body } = await world.send('PUT', path, settings);
    expect(status).toBe(200);
    expect(body).toMatchObject({ settings, by: 'the-admin' });
    expect(world.read(keys.settings('migration'))).toMatchObject({ settings, by: 'the-admin' });
    await world.send('PUT', path, { cluster: { streams: 2 } });
    expect((await world.send('GET', path)).body['settings']).toEqual({ cluster: { streams: 2 } });
  });

  it('is not an operator’s to set', async () => {
    const { status, body } = await world.send('PUT', path, settings, { role: 'operator' });
    expect({ status, code: body['code'] }).toEqual({ status: 403, code: 'forbidden' });
  });

  it.each([
    [{ cluster: { downtimeLadderMs: [300, 200] } }, '/cluster'],
    [
      { byLabel: [{ label: 'a', wish: { streams: 2, whenStuck: 'post-copy' } }] },
      '/byLabel/0/wish',
    ],
    [{ cluster: { preset: 'brutal' } }, '/cluster/preset'],
    [{ cluster: { streams: 0 } }, '/cluster/streams'],
    [{ cluster: { speed: 3 } }, '/cluster'],
  ])('%j is refused with the place that is wrong, and nothing is written', async (body, where) => {
    const before = world.store.revision;
    const { status, body: problem } = await world.send('PUT', path, body);
    expect({ status, code: problem['code'] }).toEqual({ status: 400, code: 'invalid-body' });
    expect(JSON.stringify(problem)).toContain(where);
    expect(world.store.revision).toBe(before);
  });

  it('may be said of a VM, and is refused there where it cannot be meant', async () => {
    const make = (migration: object) =>
      world.send('POST', '/v1/vms', { name: 'a', spec: { ...spec, migration } });
    expect((await make({ downtimeLadderMs: [2, 1] })).status).toBe(400);
    const { body } = await make({ preset: 'must-finish' });
    expect(body['vm']).toMatchObject({ spec: { migration: { preset: 'must-finish' } } });
  });
});
