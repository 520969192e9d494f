/** Another size for a VM: an operation; what would be done the leader says. */
import { keys, type QueryReply } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spec, vmId, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(async () => world[Symbol.asyncDispose]());

const assigned = (state: string, more: object = {}) =>
  world.put({ [keys.assignment(vmId)]: { v: 1, vmId, generation: 1, state, ...more } });
const resize = (body: object, query = '', role = 'operator') =>
  world.send('POST', `/v1/vms/web-1/resize${query}`, body, { role });

describe('a resize', () => {
  it('is an operation, and changes nothing by itself', async () => {
    await world.vm();
    const before = world.read(keys.vmIntent(vmId));
    const { status, body } = await resize({ vcpus: 4, memoryMib: 2_048 });
    expect([status, body['type']]).toEqual([202, 'resize']);
    const request = world.read(keys.request(String(body['id'])));
    expect(request).toMatchObject({ type: 'resize', vmId, vcpus: 4, memoryMib: 2_048 });
    expect(request).not.toHaveProperty('atNextStart');
    expect(world.read(keys.vmIntent(vmId))).toEqual(before);
  });

  it('is for its next start where that is asked for', async () => {
    await world.vm();
    const { body } = await resize({ vcpus: 4, atNextStart: true });
    expect(world.read(keys.request(String(body['id'])))).toMatchObject({ atNextStart: true });
  });

  it.each([
    [{}, 400],
    [{ atNextStart: true }, 400],
    [{ vcpus: 0 }, 400],
    [{ memoryMib: 1 }, 400],
  ])('%j is refused', async (body, status) => {
    await world.vm();
    expect((await resize(body)).status).toBe(status);
  });

  it('of one whose memory is saved is refused, and of a paused one at once', async () => {
    await world.vm();
    await assigned('paused', { hostId: 'h1' });
    expect((await resize({ vcpus: 4 })).body['code']).toBe('vm-not-running');
    expect((await resize({ vcpus: 4, atNextStart: true })).status).toBe(202);
  });

  it('is planned by the leader with dryRun=true, for a viewer too', async () => {
    await world.vm();
    let reply: QueryReply = { type: 'resize-plan', when: 'now', what: 'it gets 4 vCPUs' };
    world.answer = (query) => {
      expect(query).toEqual({ type: 'resize-plan', vmId, vcpus: 4 });
      return reply;
    };
    const plan = await resize({ vcpus: 4 }, '?dryRun=true', 'viewer');
    expect(plan.body).toEqual({
      vmId,
      vmName: 'web-1',
      hostId: 'h1',
      when: 'now',
      what: 'it gets 4 vCPUs',
    });
    reply = { type: 'error', code: 'no-room-to-grow', message: 'web-1: no room to grow' };
    const refused = await resize({ vcpus: 4 }, '?dryRun=true', 'viewer');
    expect([refused.status, refused.body['code']]).toEqual([409, 'no-room-to-grow']);
    expect(world.keysUnder('intent/requests')).toEqual([]);
  });
});

it('what is promised to a VM is shown where it is not what its next start takes', async () => {
  await world.vm();
  expect((await world.send('GET', '/v1/vms/web-1')).body).not.toHaveProperty('promised');
  const promised = { vcpus: 1, memoryMib: 512 };
  await assigned('running', { hostId: 'h1', promised });
  expect((await world.send('GET', '/v1/vms/web-1')).body['promised']).toEqual(promised);
});

it('a VM is not made that could grow to less than it starts with', async () => {
  const made = (more: object) =>
    world.send('POST', '/v1/vms', { name: 'web-2', spec: { ...spec, ...more }, start: false });
  const { vcpus, memoryMib } = spec;
  const wrong = await made({ maxVcpus: vcpus, maxMemoryMib: memoryMib - 1 });
  expect([wrong.status, wrong.body['code']]).toEqual([400, 'invalid-body']);
  expect((await made({ maxVcpus: vcpus + 1, maxMemoryMib: memoryMib })).status).toBe(202);
});
