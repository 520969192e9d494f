/** Saved VMs over the API: what may be asked for, what is refused meanwhile, and how they are shown. */
import { keys } from '@drover/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { machine, pools, volume, volumeId } from './support/storage.ts';
import { operation, vmId, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
  await world.put(pools);
});
afterEach(async () => world[Symbol.asyncDispose]());

const pool = 'vms';
const disks = [{ pool, volume: volumeId }];
const vm = (hostId?: string) => world.put(machine(vmId, 'web-1', disks, hostId));
const saved = {
  pool,
  file: `${vmId}-r1.memory`,
  facts: { storedBytes: 5, changedMs: 6, inode: 7 },
  allocatedBytes: 4,
  operationId: 'r1',
  hostId: 'h1',
  accelerator: 'kvm',
  qemuVersion: 1,
  atMs: 2,
};

async function savedVm(): Promise<void> {
  await vm();
  await world.put({
    [keys.assignment(vmId)]: { v: 1, vmId, generation: 1, state: 'saved', saved },
  });
}

async function requestOf(path: string, body?: object) {
  const { status, body: answer } = await world.send('POST', `/v1/vms/web-1/${path}`, body);
  return { status, request: world.read(keys.request(String(answer['id']))), code: answer['code'] };
}

it('a VM that runs is saved, where that is said; another one is not', async () => {
  await vm('h1');
  expect(await requestOf('save', { pool: 'none' })).toMatchObject({ code: 'pool-not-found' });
  expect(await requestOf('resume')).toMatchObject({ status: 409, code: 'vm-not-saved' });
  const { status, request } = await requestOf('save', { pool });
  expect(status).toBe(202);
  expect(request).toMatchObject({ type: 'save', vmId, pool });
});

it('one that is off cannot be saved', async () => {
  await vm();
  expect(await requestOf('save')).toMatchObject({ status: 409, code: 'vm-not-running' });
});

it('a save is cancelled while memory is written, and not any more when it is being named', async () => {
  await vm('h1');
  const { body } = await world.send('POST', '/v1/vms/web-1/save');
  const id = String(body['id']);
  const step = (at: string) => ({
    [keys.operation(id)]: operation(id, { type: 'save', step: at, pool }),
  });
  await world.put(step('publish'));
  const late = await world.send('DELETE', `/v1/operations/${id}`);
  expect(late).toMatchObject({ status: 409, body: { code: 'not-cancellable' } });
  await world.put(step('save'));
  expect((await world.send('DELETE', `/v1/operations/${id}`)).status).toBe(202);
  expect(world.read(keys.request(id))).toHaveProperty('cancelled');
});

it('a saved one is shown with its memory, and starts from it unless somebody says otherwise', async () => {
  await savedVm();
  const { body } = await world.send('GET', '/v1/vms/web-1');
  expect(body).toMatchObject({ state: 'saved', saved: { pool, storedBytes: 5, hostId: 'h1' } });
  const { request } = await requestOf('resume');
  expect(request).toMatchObject({ type: 'start', vmId });
  expect(request).not.toHaveProperty('discardSaved');
});

it('its memory is thrown away by a word of the start', async () => {
  await savedVm();
  const { request } = await requestOf('start', { discardSaved: true });
  expect(request).toMatchObject({ type: 'start', discardSaved: true });
});

it('its disks do not change, and its pool stays', async () => {
  await savedVm();
  await world.put(volume());
  const path = '/v1/volumes/data';
  const asks = [
    world.send('POST', `${path}/resize`, { sizeMib: 40_960 }),
    world.send('POST', `${path}/snapshots`, { name: 'one' }),
    world.send('POST', `${path}/move`, { pool: 'fast' }),
    world.send('POST', `${path}/download`),
    world.send('POST', `${path}/copy`, { name: 'copy' }),
  ];
  for (const ask of asks) {
    expect((await ask).body).toMatchObject({ code: 'vm-saved' });
  }
  const gone = await world.send('DELETE', `/v1/pools/${pool}`);
  expect(gone).toMatchObject({ status: 409, body: { code: 'pool-in-use' } });
});
