/** What is said to a drain that is under way: it is in its request when the answer comes, and shown with the operation. */
import { keys, parseValue, RequestRecord } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operation, otherVmId, vmId, World } from './support/world.ts';

let world: World;
const path = '/v1/hosts/h1/drain';
const items = [
  { vmId, vmName: 'web-1', state: 'blocked', attempts: 1, reason: 'it did not converge' },
  { vmId: otherVmId, vmName: 'db', state: 'moving', attempts: 0, operationId: 'op-1-0' },
] as const;
const aDrain = (state: 'running' | 'blocked') =>
  operation('op-1', { type: 'drain', hostId: 'h1', state, step: 'move', items: [...items] });

beforeEach(async () => {
  world = await World.start();
  await world.vm();
  const request = { v: 1, id: 'op-1', type: 'drain', hostId: 'h1', by: 'anna', createdAtMs: 1 };
  await world.put({
    [keys.request('op-1')]: { ...request, deadlineMs: 90_000 },
    [keys.operation('op-1')]: aDrain('running'),
  });
});
afterEach(async () => world[Symbol.asyncDispose]());

const written = () => {
  const request = world.read(keys.request('op-1'));
  expect(parseValue(RequestRecord, request).ok).toBe(true);
  return request;
};

describe('a drain under way', () => {
  it('is paused, which is no error twice, and says that its deadline goes on', async () => {
    const paused = await world.send('POST', `${path}/pause`);
    expect(paused.status).toBe(202);
    expect(paused.body).toMatchObject({ paused: { by: 'the-admin' }, deadlineMs: 90_000 });
    const first = written()?.['paused'];
    expect((await world.send('POST', `${path}/pause`)).status).toBe(202);
    expect(written()?.['paused']).toEqual(first);
    expect((await world.send('GET', '/v1/operations/op-1')).body['paused']).toEqual(first);
  });

  it('is resumed, whether it was paused or not', async () => {
    await world.send('POST', `${path}/pause`);
    for (const _ of [1, 2]) {
      const { status, body } = await world.send('POST', `${path}/resume`);
      expect([status, body['paused']]).toEqual([202, undefined]);
    }
    expect(written()?.['paused']).toBeUndefined();
  });

  it('tries a VM that stays once more; the newest word about it is kept', async () => {
    for (const vm of ['web-1', vmId]) {
      expect((await world.send('POST', `${path}/retry`, { vm })).status).toBe(202);
    }
    expect(written()?.['retries']).toMatchObject([{ vmId, by: 'the-admin' }]);
  });

  it('tries none again that does not stay, and none that it does not know', async () => {
    await world.put({
      [keys.operation('op-1')]: { ...aDrain('running'), items: [{ ...items[0], state: 'moved' }] },
    });
    const moved = await world.send('POST', `${path}/retry`, { vm: 'web-1' });
    expect([moved.status, moved.body['code']]).toEqual([409, 'vm-not-blocked']);
    expect(moved.body['detail']).toContain('web-1 is moved');
    const nobody = await world.send('POST', `${path}/retry`, { vm: 'nobody' });
    expect(nobody.body['code']).toBe('vm-not-found');
  });
});

describe.each(['pause', 'resume', 'retry'])('%s', (verb) => {
  const body = verb === 'retry' ? { vm: 'web-1' } : undefined;

  it('is for operators', async () => {
    const asViewer = { role: 'viewer' };
    expect((await world.send('POST', `${path}/${verb}`, body, asViewer)).status).toBe(403);
    const asOperator = { role: 'operator' };
    expect((await world.send('POST', `${path}/${verb}`, body, asOperator)).status).toBe(202);
  });

  it('says nothing to a drain that has ended, or was cancelled', async () => {
    await world.send('DELETE', path);
    const cancelled = await world.send('POST', `${path}/${verb}`, body);
    expect([cancelled.status, cancelled.body['code']]).toEqual([409, 'operation-ended']);
    await world.put({ [keys.operation('op-1')]: aDrain('blocked') });
    const ended = await world.send('POST', `${path}/${verb}`, body);
    expect([ended.status, ended.body['code']]).toEqual([409, 'operation-ended']);
    const never = await world.send('POST', `/v1/hosts/h2/drain/${verb}`, body);
    expect(never.body['code']).toBe('drain-not-found');
  });
});
