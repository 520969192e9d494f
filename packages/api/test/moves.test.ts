import { keys } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vmId, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(async () => world[Symbol.asyncDispose]());

const path = '/v1/vms/web-1/migrate';
const idIn = (body: Readonly<Record<string, unknown>>) => String(body['id']);

describe('the plan of a move', () => {
  it('has every reason with its sentence and its remedy, and writes nothing', async () => {
    await world.vm();
    const before = world.store.revision;
    const { status, body } = await world.send('POST', `${path}?dryRun=true`, { target: 'h2' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      vmName: 'web-1',
      checked: true,
      reasons: [
        {
          code: 'path-missing',
          hostId: 'h2',
          message: 'h2: it lacks /iso (cdrom)',
          remedy: expect.stringContaining('eject'),
        },
      ],
    });
    expect(world.store.revision).toBe(before);
  });

  it('is refused as the move would be', async () => {
    await world.vm('stopped');
    const { body } = await world.send('POST', `${path}?dryRun=true`);
    expect(body['code']).toBe('vm-not-running');
  });
});

describe('a cold move', () => {
  it('of a VM that runs is asked for by that word alone', async () => {
    await world.vm();
    const { status, body } = await world.send('POST', path, { cold: true, target: 'h2' });
    expect(status).toBe(202);
    expect(world.read(keys.request(idIn(body)))).toMatchObject({ cold: true, target: 'h2' });
    expect(world.read(keys.vmIntent(vmId))).toMatchObject({ desired: 'running' });
  });

  it('has no policy for memory that it does not copy', async () => {
    await world.vm();
    const body = { cold: true, migration: { preset: 'gentle' } };
    expect((await world.send('POST', path, body)).body['code']).toBe('bad-request');
  });

  it('of one that is off needs the host where it is to start next', async () => {
    await world.vm('stopped');
    expect((await world.send('POST', path, { cold: true })).body['code']).toBe('bad-request');
    expect((await world.send('POST', path, { cold: true, target: 'h9' })).body['code']).toBe(
      'host-not-found',
    );
    expect((await world.send('POST', path, { cold: true, target: 'h2' })).status).toBe(202);
  });
});

describe('the cluster’s CPU', () => {
  it('is none before it was asked for, with the hosts that lack it as the leader knows them', async () => {
    const { body } = await world.send('GET', '/v1/cluster/cpu');
    expect(body).toEqual({ cpus: [], lacking: ['h2'] });
  });

  it('is computed anew by a request', async () => {
    const { status, body } = await world.send('POST', '/v1/cluster/cpu');
    expect(status).toBe(202);
    expect(world.read(keys.request(idIn(body)))).toMatchObject({ type: 'cpu-baseline' });
  });
});
