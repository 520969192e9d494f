import { keys, type MigrationProgress, type Query } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operation, vmId, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(async () => world[Symbol.asyncDispose]());

const path = '/v1/vms/web-1/migrate';
const operationId = '01K00000000000000000000001';
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

  it('is made by what is asked of the move or of the drain, and has what the move is expected to take', async () => {
    await world.vm();
    const asked: Query[] = [];
    const { answer } = world;
    const forecast = {
      elapsedMs: 9_000,
      downtimeMs: 80,
      transferredMib: 700,
      rounds: 2,
      converges: true,
      throttlePercent: 0,
    };
    world.answer = (query) => {
      asked.push(query);
      const reply = answer(query);
      return reply.type === 'plan-move' ? { ...reply, forecast } : reply;
    };
    const migration = { preset: 'gentle' };
    const { body } = await world.send('POST', `${path}?dryRun=true`, { migration });
    expect(body).toMatchObject({ forecast });
    await world.send('POST', '/v1/hosts/h1/drain?dryRun=true', { parallel: 3, migration });
    await world.send('POST', '/v1/hosts/h1/drain?dryRun=true');
    expect(asked).toEqual([
      { type: 'plan-move', vmId, migration },
      { type: 'plan-drain', hostId: 'h1', parallel: 3, migration },
      { type: 'plan-drain', hostId: 'h1' },
    ]);
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

describe('a VM', () => {
  it('has the move that is under way, with its progress', async () => {
    await world.vm();
    const moving = { mode: 'live', source: 'h1', target: 'h2' };
    const record = { v: 1, vmId, hostId: 'h1', generation: 2, state: 'migrating' };
    await world.put({
      [keys.operation(operationId)]: operation(operationId, moving),
      [keys.assignment(vmId)]: { ...record, operationId },
    });
    const other = world.answer;
    const figures = { elapsedMs: 1, totalBytes: 1, remainingBytes: 1, transferredBytes: 0 };
    const progress = { v: 1, opId: operationId, vmId, percent: 40, ...figures, iteration: 1 };
    world.answer = (query) =>
      query.type === 'progress'
        ? { type: 'progress', migrations: [progress as MigrationProgress] }
        : other(query);
    const { body } = await world.send('GET', '/v1/vms/web-1');
    expect(body['migration']).toMatchObject({
      ...moving,
      operationId,
      step: 'perform',
      progress: { percent: 40 },
    });
    const list = await world.send('GET', '/v1/vms');
    expect(list.body['items']).toMatchObject([{ migration: { operationId } }]);
  });

  it('that is off and was moved has the host where it starts next', async () => {
    await world.vm('stopped');
    const record = { v: 1, vmId, generation: 2, state: 'stopped', nextHostId: 'h2' };
    await world.put({ [keys.assignment(vmId)]: record });
    expect((await world.send('GET', '/v1/vms/web-1')).body['nextHostId']).toBe('h2');
  });
});

it('a migration whose record does not say from where to where is not listed', async () => {
  await world.put({
    [keys.operation('m-1')]: operation('m-1', { source: 'h1', target: 'h2' }),
    [keys.operation('m-2')]: operation('m-2', { target: 'h2' }),
  });
  const { body } = await world.send('GET', '/v1/migrations');
  expect(body).toMatchObject({ items: [{ operationId: 'm-1', source: 'h1', target: 'h2' }] });
  expect(body['items']).toHaveLength(1);
});
