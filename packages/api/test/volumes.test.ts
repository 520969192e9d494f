/** Volumes: making them, what is asked of them, and who may not have them at the same time. */
import { keys } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  gib,
  image,
  imageId,
  machine,
  pools,
  volume,
  volumeId,
  volumeRecord,
} from './support/storage.ts';
import { operation, otherVmId, spec, vmId, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
  await world.put(pools);
});
afterEach(async () => world[Symbol.asyncDispose]());

const empty = { name: 'logs', pool: 'vms', source: { type: 'empty' }, sizeMib: 1024 };
const create = (body: object) => world.send('POST', '/v1/volumes', body, { role: 'operator' });
const intentOf = (body: Readonly<Record<string, unknown>>) =>
  world.read(keys.volumeIntent((body['volume'] as { id: string }).id));

describe('a volume that is asked for', () => {
  it('is in etcd with its name and its request when the answer comes', async () => {
    const { status, body } = await create({ ...empty, labels: { tier: 'db' } });
    expect(status).toBe(202);
    expect(body).toMatchObject({
      volume: { name: 'logs', state: 'creating', virtualBytes: gib, users: [], snapshots: [] },
      operation: { type: 'volume-create', subject: 'logs', cancellable: true },
    });
    expect(intentOf(body)).toMatchObject({
      mode: 'full',
      format: 'qcow2',
      virtualBytes: gib,
      labels: { tier: 'db' },
    });
    const { id } = body['volume'] as { id: string };
    expect(world.read(keys.volumeName('logs'))).toEqual({ v: 1, volumeId: id });
  });

  it('from an image is thin, or full in any pool', async () => {
    await world.put(image());
    const source = { type: 'image', image: 'debian-13' };
    const thin = await create({ name: 'a', pool: 'vms', source });
    expect(intentOf(thin.body)).toMatchObject({
      mode: 'thin',
      source: { type: 'image', imageId },
    });
    const across = await create({ name: 'b', pool: 'fast', source });
    expect(across.body).toMatchObject({ code: 'invalid-body' });
    expect(across.body['detail']).toContain('only a full copy can lie in another pool');
    const full = await create({ name: 'b', pool: 'fast', source, mode: 'full', format: 'raw' });
    expect(intentOf(full.body)).toMatchObject({ mode: 'full', format: 'raw', pool: 'fast' });
  });

  it('twice at the same moment under one name is there once', async () => {
    const both = await Promise.all([create(empty), create(empty)]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([202, 409]));
    expect(world.keysUnder('intent/volumes')).toHaveLength(1);
  });

  it.each([
    [{ ...empty, pool: 'none' }, 'pool-not-found'],
    [{ ...empty, pool: 'iso' }, 'pool-unsuited'],
    [{ ...empty, pool: 'own' }, 'pool-unsuited'],
    [{ ...empty, name: volumeId }, 'invalid-body'],
    [{ ...empty, name: `${vmId}-0` }, 'invalid-body'],
    [{ ...empty, name: 'data' }, 'name-taken'],
    [{ ...empty, mode: 'thin' }, 'invalid-body'],
    [{ ...empty, virtualBytes: gib }, 'invalid-body'],
    [{ name: 'logs', pool: 'vms', source: { type: 'empty' } }, 'invalid-body'],
    [{ ...empty, source: { type: 'image', image: 'other' } }, 'image-not-found'],
    [{ ...empty, source: { type: 'image', image: 'debian-13' } }, 'invalid-body'],
    [{ ...empty, sizeMib: 4096, source: { type: 'volume', volume: 'nobody' } }, 'volume-not-found'],
    [{ ...empty, source: { type: 'volume', volume: 'data' } }, 'invalid-body'],
  ])('%j is refused: %s', async (body, code) => {
    await world.put({ ...image(), ...volume() });
    const before = world.store.revision;
    expect((await create(body)).body['code']).toBe(code);
    expect(world.store.revision).toBe(before);
  });

  it('as a copy has what that has, and is full', async () => {
    await world.put(volume({ format: 'raw' }, { format: 'raw' }));
    const { status, body } = await world.send('POST', '/v1/volumes/data/copy', { name: 'data-2' });
    expect(status).toBe(202);
    expect(intentOf(body)).toMatchObject({
      pool: 'vms',
      mode: 'full',
      format: 'raw',
      source: { type: 'volume', volumeId },
    });
  });
});

describe('volumes that there are', () => {
  it('are those of their own and the disks of VMs, with who has them', async () => {
    await world.put({
      ...image(),
      ...volume(),
      ...machine(vmId, 'web1', [
        { pool: 'vms', image: imageId },
        { pool: 'vms', volume: volumeId },
      ]),
    });
    const { body } = await world.send('GET', '/v1/volumes', undefined, { role: 'viewer' });
    expect(body['items']).toMatchObject([
      { id: volumeId, name: 'data', users: [{ name: 'web1' }], virtualBytes: 4 * gib },
      { id: `${vmId}-0`, vm: { name: 'web1', index: 0 }, image: 'debian-13@1', imageId },
    ]);
    for (const ref of ['web1:0', `${vmId}-0`]) {
      const shown = await world.send('GET', `/v1/volumes/${ref}`);
      expect(shown.body).toMatchObject({ id: `${vmId}-0`, virtualBytes: 2 * gib });
    }
    expect((await world.send('GET', '/v1/volumes/web1:7')).body['code']).toBe('volume-not-found');
  });

  it('have snapshots without the files of those', async () => {
    const snapshot = {
      name: 'before',
      file: 's.qcow2',
      format: 'qcow2',
      virtualBytes: gib,
      atMs: 5,
    };
    await world.put(volume({}, { snapshots: [snapshot] }));
    const { body } = await world.send('GET', '/v1/volumes/data');
    expect(body['snapshots']).toEqual([{ name: 'before', virtualBytes: gib, atMs: 5 }]);
  });
});

describe('what is asked of a volume', () => {
  const snapshots = [
    { name: 'before', file: 's.qcow2', format: 'qcow2', virtualBytes: gib, atMs: 5 },
  ];

  it.each([
    ['POST', 'resize', { sizeMib: 8192 }, { type: 'volume-resize', virtualBytes: 8 * gib }],
    ['POST', 'move', { pool: 'fast' }, { type: 'volume-move', pool: 'fast' }],
    ['POST', 'snapshots', { name: 'now' }, { type: 'volume-snapshot', snapshot: 'now' }],
    ['POST', 'snapshots/before/revert', undefined, { type: 'volume-revert', snapshot: 'before' }],
    ['DELETE', 'snapshots/before', undefined, { type: 'volume-snapshot-delete' }],
    ['POST', 'download', undefined, { type: 'volume-download' }],
    ['POST', 'upload', { bytes: 7 }, { type: 'volume-upload', bytes: 7 }],
  ] as const)('%s %s becomes a request', async (method, path, body, request) => {
    await world.put(volume({}, { snapshots }));
    const asked = await world.send(method, `/v1/volumes/data/${path}`, body);
    expect({ status: asked.status, body: asked.body }).toMatchObject({
      status: 202,
      body: { type: request.type, subject: 'data' },
    });
    const id = String(asked.body['id']);
    expect(world.read(keys.request(id))).toMatchObject({ ...request, volumeId });
    const second = await world.send('POST', '/v1/volumes/data/download');
    expect(second.body).toMatchObject({ code: 'volume-busy', detail: expect.stringContaining(id) });
  });

  it.each([
    ['resize', { sizeMib: 4096 }, 'invalid-body'],
    ['move', { pool: 'vms' }, 'bad-request'],
    ['move', { pool: 'iso' }, 'pool-unsuited'],
    ['move', { pool: 'own' }, 'pool-unsuited'],
    ['move', { pool: 'none' }, 'pool-not-found'],
    ['snapshots', { name: 'before' }, 'name-taken'],
    ['snapshots/after/revert', undefined, 'snapshot-not-found'],
    ['upload', { bytes: 65 * gib }, 'too-large'],
  ])('%s %j is refused: %s', async (path, body, code) => {
    await world.put(volume({}, { snapshots }));
    expect((await world.send('POST', `/v1/volumes/data/${path}`, body)).body['code']).toBe(code);
    expect(world.keysUnder('intent/requests')).toEqual([]);
  });

  it('changes under a VM that runs, but is neither reverted nor filled under it', async () => {
    const disks = [{ pool: 'vms', volume: volumeId }];
    const before = { snapshots };
    await world.put({ ...volume({}, before), ...machine(vmId, 'web1', disks, 'h1') });
    for (const [path, body] of [
      ['snapshots/before/revert', undefined],
      ['upload', { bytes: 1024 }],
      ['download', undefined],
    ] as const) {
      const answer = await world.send('POST', `/v1/volumes/data/${path}`, body);
      expect(answer.body).toMatchObject({ code: 'volume-in-use' });
    }
    const more = await world.send('POST', '/v1/volumes/data/resize', { sizeMib: 8192 });
    expect(more.status).toBe(202);
  });

  it('is refused while one works on it', async () => {
    const disks = [{ pool: 'vms', volume: volumeId }];
    const resize = () => world.send('POST', '/v1/volumes/data/resize', { sizeMib: 8192 });
    await world.put({ ...volume(), ...machine(vmId, 'web1', disks) });
    expect((await world.send('POST', '/v1/vms/web1/start')).status).toBe(202);
    expect((await resize()).body).toMatchObject({ code: 'vm-busy' });
  });

  it('keeps its VM from being started or deleted meanwhile', async () => {
    await world.put({
      ...image(),
      ...machine(vmId, 'web1', [{ pool: 'vms', image: imageId }]),
      ...volumeRecord(`${vmId}-0`),
    });
    const { status } = await world.send('POST', '/v1/volumes/web1:0/resize', { sizeMib: 8192 });
    expect(status).toBe(202);
    expect((await world.send('POST', '/v1/vms/web1/start')).body['code']).toBe('volume-busy');
    expect((await world.send('DELETE', '/v1/vms/web1')).body['code']).toBe('volume-busy');
  });

  it('and a start of its VM at the same moment do not both come through', async () => {
    const disks = [{ pool: 'vms', volume: volumeId }];
    await world.put({ ...volume(), ...machine(vmId, 'web1', disks) });
    const both = await Promise.all([
      world.send('POST', '/v1/volumes/data/resize', { sizeMib: 8192 }),
      world.send('POST', '/v1/vms/web1/start'),
    ]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409]);
  });

  it('of a VM’s disk has to wait until that was made', async () => {
    await world.put({
      ...image(),
      ...machine(vmId, 'web1', [{ pool: 'vms', image: imageId }]),
      [keys.assignment(vmId)]: { v: 1, vmId, generation: 0, state: 'stopped' },
    });
    const { body } = await world.send('POST', '/v1/volumes/web1:0/snapshots', { name: 'now' });
    expect(body['code']).toBe('volume-not-ready');
  });
});

describe('the deletion of a volume', () => {
  it('marks it as to go; a VM is made with it no more', async () => {
    await world.put(volume());
    const { status } = await world.send('DELETE', '/v1/volumes/data');
    expect(status).toBe(202);
    expect(world.read(keys.volumeIntent(volumeId))).toMatchObject({ deleted: { by: 'the-admin' } });
    const disks = [{ pool: 'vms', volume: 'data' }];
    const vm = await world.send('POST', '/v1/vms', { name: 'a', spec: { ...spec, disks } });
    expect(vm.body['code']).toBe('volume-busy');
  });

  it('is refused while a VM has it, though that is off, and of a VM’s own disk', async () => {
    const disks = [
      { pool: 'vms', volume: volumeId },
      { pool: 'vms', volume: 'by-hand.raw' },
    ];
    await world.put({ ...volume(), ...machine(vmId, 'web1', disks) });
    for (const ref of ['data', 'web1:1']) {
      const { body } = await world.send('DELETE', `/v1/volumes/${ref}`);
      expect(body).toMatchObject({
        code: 'volume-in-use',
        detail: expect.stringContaining('web1'),
      });
    }
  });
});

describe('a VM with a volume', () => {
  const make = (name: string, disk: object) =>
    world.send('POST', '/v1/vms', { name, spec: { ...spec, disks: [disk] } });

  it('keeps its id; a file that somebody put there is as ever', async () => {
    await world.put(volume());
    const own = await make('a', { pool: 'vms', volume: 'data' });
    expect(own.body).toMatchObject({ vm: { spec: { disks: [{ volume: volumeId }] } } });
    const file = await make('b', { pool: 'vms', volume: 'data.raw', format: 'raw' });
    expect(file.body).toMatchObject({ vm: { spec: { disks: [{ volume: 'data.raw' }] } } });
  });

  it('has it alone, also of two that are made at the same moment', async () => {
    await world.put(volume());
    const both = await Promise.all([
      make('a', { pool: 'vms', volume: 'data' }),
      make('b', { pool: 'vms', volume: 'data' }),
    ]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409]);
    expect(both.map(({ body }) => body['code'])).toContain('volume-in-use');
  });

  it.each([
    [{ pool: 'fast', volume: 'data' }, 'invalid-body'],
    [{ pool: 'vms', volume: 'data', format: 'raw' }, 'invalid-body'],
    [{ pool: 'vms', volume: 'data', sizeMib: 8192 }, 'invalid-body'],
    [{ pool: 'vms', volume: otherVmId }, 'volume-not-found'],
    [{ pool: 'vms', volume: 'making' }, 'volume-not-ready'],
  ])('%j is refused: %s', async (disk, code) => {
    await world.put({
      ...volume(),
      ...volume({ name: 'making', id: imageId }, 'none', imageId),
    });
    expect((await make('a', disk)).body['code']).toBe(code);
  });
});

describe('an operation on storage', () => {
  it('tells how far it is, how fast, and how long still; never the way to the bytes', async () => {
    const transfer = { host: 'h1', port: 7001, secret: 'cd'.repeat(32) };
    await world.put({
      ...volume(),
      [keys.operation('op-7')]: operation('op-7', {
        type: 'volume-download',
        vmId: undefined,
        volumeId,
        transfer,
      }),
    });
    world.answer = () => ({
      type: 'progress',
      migrations: [],
      storage: [
        { v: 1, opId: 'op-7', phase: 'copy', doneBytes: 500, totalBytes: 2_000, elapsedMs: 1_000 },
      ],
    });
    const { body } = await world.send('GET', '/v1/operations/op-7');
    expect(body).toMatchObject({
      subject: 'data',
      cancellable: false,
      storage: { phase: 'copy', bytesPerSecond: 500, etaMs: 3_000, totalBytes: 2_000 },
    });
    const list = await world.send('GET', '/v1/operations');
    expect(JSON.stringify([body, list.body])).not.toContain(transfer.secret);
  });

  it('has the name of a volume that is gone', async () => {
    const about = { type: 'volume-delete', vmId: undefined, volumeId, subject: 'data' };
    await world.put({ [keys.operation('op-8')]: operation('op-8', about) });
    const { body } = await world.send('GET', '/v1/operations/op-8');
    expect(body).toMatchObject({ type: 'volume-delete', subject: 'data' });
  });

  it('is cancelled by its request, and only while it is under way', async () => {
    const { body } = await create(empty);
    const { id } = body['operation'] as { id: string };
    const cancel = () =>
      world.send('DELETE', `/v1/operations/${id}`, undefined, { role: 'operator' });
    expect(await cancel()).toMatchObject({ status: 202, body: { cancellable: false } });
    expect(world.read(keys.request(id))).toMatchObject({ cancelled: { by: 'the-operator' } });
    expect((await cancel()).status).toBe(202);
    await world.put({ [keys.operation(id)]: operation(id, { state: 'cancelled' }) });
    expect((await cancel()).body['code']).toBe('operation-ended');
  });

  it('that is done in a moment is not cancelled, and neither are others here', async () => {
    await world.put(volume());
    const resize = await world.send('POST', '/v1/volumes/data/resize', { sizeMib: 8192 });
    const cancel = (id: string) => world.send('DELETE', `/v1/operations/${id}`);
    expect((await cancel(String(resize.body['id']))).body['code']).toBe('not-cancellable');
    await world.put({ [keys.operation('m')]: operation('m') });
    const { body } = await cancel('m');
    expect(body).toMatchObject({ code: 'not-cancellable' });
    expect(body['detail']).toContain('/v1/migrations');
  });
});
