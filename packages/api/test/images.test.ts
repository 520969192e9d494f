/** Images: what may be brought in, under which name, and what may be deleted. */
import { keys } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gib, image, imageId, machine, otherImageId, pools, volume } from './support/storage.ts';
import { operation, otherVmId, spec, vmId, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
  await world.put(pools);
});
afterEach(async () => world[Symbol.asyncDispose]());

const file = { type: 'file', file: 'debian.qcow2' };
const debian = { name: 'debian-13', pool: 'vms', source: file, format: 'qcow2' };
const sha256 = 'ab'.repeat(32);
const url = { type: 'url', url: 'https://cloud.debian.org/debian-13.qcow2' };

const idIn = (body: Readonly<Record<string, unknown>>, what: 'image' | 'operation') =>
  (body[what] as { id: string }).id;
const codeOf = async (body: object, role = 'operator') =>
  (await world.send('POST', '/v1/images', body, { role })).body['code'];

describe('an image that is asked for', () => {
  it('is in etcd with its name and its request when the answer comes', async () => {
    const labels = { os: 'debian' };
    const body = { ...debian, labels, sha256 };
    const answer = await world.send('POST', '/v1/images', body, { role: 'operator' });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({
      image: { name: 'debian-13', version: 1, state: 'importing', labels, userCount: 0 },
      operation: { type: 'image-import', subject: 'debian-13@1', cancellable: true, done: false },
    });
    const id = idIn(answer.body, 'operation');
    expect(answer.headers['location']).toBe(`/v1/operations/${id}`);
    const made = idIn(answer.body, 'image');
    expect(world.read(keys.request(id))).toMatchObject({ type: 'image-import', imageId: made });
    expect(world.read(keys.imageIntent(made))).toMatchObject({ ...body, by: 'the-operator' });
    expect(world.read(keys.imageName('debian-13'))).toEqual({ v: 1, newest: 1 });
    expect((await world.send('GET', '/v1/images/debian-13')).body).toMatchObject({ id: made });
  });

  it('is refused under a name that is taken, unless it is said to be a new version', async () => {
    await world.put(image());
    const taken = await world.send('POST', '/v1/images', debian);
    expect(taken).toMatchObject({ status: 409, body: { code: 'name-taken' } });
    expect(taken.body['detail']).toContain('debian-13@1');
    const { body } = await world.send('POST', '/v1/images', { ...debian, newVersion: true });
    expect(body['image']).toMatchObject({ version: 2 });
    const made = idIn(body, 'image');
    expect(world.read(keys.imageIntent(made))).not.toHaveProperty('newVersion');
  });

  it('may have the name of one whose import has failed, and counts on', async () => {
    await world.put(image({}, { state: 'failed' }));
    const { status, body } = await world.send('POST', '/v1/images', debian);
    expect({ status, image: body['image'] }).toMatchObject({ status: 202, image: { version: 2 } });
  });

  it('twice at the same moment under one name is there once', async () => {
    const both = await Promise.all([1, 2].map(() => world.send('POST', '/v1/images', debian)));
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([202, 409]));
    expect(world.keysUnder('intent/images')).toHaveLength(1);
  });

  it.each([
    [{ ...debian, pool: 'none' }, 'pool-not-found'],
    [{ ...debian, pool: 'iso' }, 'pool-unsuited'],
    [{ ...debian, pool: 'own' }, 'pool-unsuited'],
    [{ ...debian, name: imageId }, 'invalid-body'],
    [{ ...debian, format: 'iso' }, 'invalid-body'],
    [{ ...debian, source: { ...file, file: '../etc/passwd' } }, 'invalid-body'],
    [{ ...debian, source: { type: 'upload', bytes: 0 } }, 'invalid-body'],
    [{ ...debian, source: { type: 'upload', bytes: 65 * gib } }, 'too-large'],
    [{ ...debian, source: url, sha256 }, 'source-refused'],
  ])('%j is refused: %s', async (body, code) => {
    const before = world.store.revision;
    expect(await codeOf(body)).toBe(code);
    expect(world.store.revision).toBe(before);
  });

  it('is not a viewer’s to ask for', async () => {
    expect(await codeOf(debian, 'viewer')).toBe('forbidden');
  });
});

describe('where images may come from', () => {
  const path = '/v1/settings/images';

  it('is nowhere before an admin has said so, and the refusal says how', async () => {
    const { body } = await world.send('POST', '/v1/images', { ...debian, source: url, sha256 });
    expect(body['detail']).toContain('drover image sources add cloud.debian.org');
    expect((await world.send('GET', path)).body).toEqual({
      settings: {},
      effective: {
        hosts: [],
        schemes: ['https'],
        maxBytes: 64 * gib,
        maxVirtualBytes: 2048 * gib,
      },
    });
  });

  it('is set as a whole by an admin, and then needs a checksum', async () => {
    const settings = { hosts: ['cloud.debian.org'], maxBytes: 10 };
    expect((await world.send('PUT', path, settings, { role: 'operator' })).status).toBe(403);
    const { body } = await world.send('PUT', path, settings);
    expect(body).toMatchObject({ settings, by: 'the-admin', effective: { maxBytes: 10 } });
    expect(await codeOf({ ...debian, source: url })).toBe('invalid-body');
    expect(await codeOf({ ...debian, source: { type: 'upload', bytes: 11 } })).toBe('too-large');
    expect(await codeOf({ ...debian, source: url, sha256 })).toBeUndefined();
  });

  it.each([
    { hosts: ['https://cloud.debian.org'] },
    { hosts: ['a', 'a'] },
    { hosts: ['cloud.debian.org:443'] },
    { hosts: ['10.0.0.9:443'] },
    { schemes: [] },
    { schemes: ['ftp'] },
  ])('%j is refused', async (settings) => {
    expect((await world.send('PUT', path, settings)).body['code']).toBe('invalid-body');
  });
});

describe('images that there are', () => {
  it('are listed with how much stands on them, and shown with what that is', async () => {
    await world.put({
      ...image(),
      ...machine(vmId, 'web1', [{ pool: 'vms', image: imageId }]),
      ...volume({ source: { type: 'image', imageId }, mode: 'thin' }, { imageId }),
    });
    const { body } = await world.send('GET', '/v1/images', undefined, { role: 'viewer' });
    expect(body['items']).toMatchObject([{ name: 'debian-13', state: 'ready', userCount: 2 }]);
    for (const ref of ['debian-13', 'debian-13@1', imageId]) {
      const shown = await world.send('GET', `/v1/images/${ref}`);
      expect(shown.body).toMatchObject({
        stored: { virtualBytes: 2 * gib },
        users: [{ name: 'data' }, { name: 'web1', vmId }],
      });
    }
    expect((await world.send('GET', '/v1/images/other')).body['code']).toBe('image-not-found');
  });

  it('are given other labels, and keep everything else', async () => {
    await world.put(image());
    const labels = { os: 'debian', tier: 'base' };
    const { status, body } = await world.send('PATCH', '/v1/images/debian-13', { labels });
    expect({ status, labels: body['labels'] }).toEqual({ status: 200, labels });
    expect(world.read(keys.imageIntent(imageId))).toMatchObject({ labels, version: 1, by: 'x' });
  });

  it('are verified by an operation, one thing at a time', async () => {
    await world.put(image());
    const { status, body } = await world.send('POST', '/v1/images/debian-13/verify');
    expect({ status, body }).toMatchObject({ status: 202, body: { type: 'image-verify' } });
    const again = await world.send('POST', '/v1/images/debian-13/verify');
    expect(again.body).toMatchObject({ code: 'image-not-ready' });
    expect(again.body['detail']).toContain(String(body['id']));
  });
});

describe('the deletion of an image', () => {
  it('is refused while something stands on it, and names that', async () => {
    await world.put({ ...image(), ...machine(vmId, 'web1', [{ pool: 'vms', image: imageId }]) });
    const { body } = await world.send('DELETE', '/v1/images/debian-13');
    expect(body).toMatchObject({ code: 'image-in-use', detail: expect.stringContaining('web1') });
    expect(world.read(keys.imageIntent(imageId))).not.toHaveProperty('deleted');
  });

  it('may wait for that, and may be taken back as long as it does', async () => {
    await world.put({ ...image(), ...machine(vmId, 'web1', [{ pool: 'vms', image: imageId }]) });
    const path = '/v1/images/debian-13?whenUnused=true';
    const { status, body } = await world.send('DELETE', path);
    expect({ status, body }).toMatchObject({ status: 202, body: { type: 'image-delete' } });
    expect(world.read(keys.imageIntent(imageId))).toMatchObject({ deleted: { by: 'the-admin' } });
    expect((await world.send('GET', '/v1/images/debian-13')).body['state']).toBe('deleting');
    expect((await world.send('DELETE', path)).body['id']).toBe(body['id']);
    const id = String(body['id']);
    expect((await world.send('DELETE', `/v1/operations/${id}`)).status).toBe(202);
    expect(world.read(keys.request(id))).toHaveProperty('cancelled');
    expect(world.read(keys.imageIntent(imageId))).not.toHaveProperty('deleted');
  });

  it('has to say which version where there are several', async () => {
    await world.put({ ...image(), ...image({ version: 2 }, {}, otherImageId) });
    const { body } = await world.send('DELETE', '/v1/images/debian-13');
    expect(body['code']).toBe('bad-request');
    expect(body['detail']).toContain('debian-13@2, debian-13@1');
    expect((await world.send('DELETE', '/v1/images/debian-13@1')).status).toBe(202);
    expect(world.read(keys.imageIntent(imageId))).toHaveProperty('deleted');
    expect(world.read(keys.imageIntent(otherImageId))).not.toHaveProperty('deleted');
  });

  it('waits for the end of its import', async () => {
    await world.put({
      ...image({}, { state: 'importing' }),
      [keys.operation('op-0')]: operation('op-0', { type: 'image-import', imageId }),
    });
    const { body } = await world.send('DELETE', '/v1/images/debian-13');
    expect(body).toMatchObject({
      code: 'image-not-ready',
      detail: expect.stringContaining('op-0'),
    });
  });
});

describe('a VM from an image', () => {
  const make = (disk: object, name = 'web1') =>
    world.send('POST', '/v1/vms', { name, spec: { ...spec, disks: [disk] } });
  const diskOf = (body: Readonly<Record<string, unknown>>) =>
    (body['vm'] as { spec: { disks: object[] } }).spec.disks[0];

  it('keeps which one it was, whatever is the newest later', async () => {
    await world.put({ ...image(), ...image({ version: 2 }, {}, otherImageId) });
    const newest = await make({ pool: 'vms', image: 'debian-13', sizeMib: 4096 });
    expect(diskOf(newest.body)).toEqual({ pool: 'vms', image: otherImageId, sizeMib: 4096 });
    const older = await make({ pool: 'vms', image: 'debian-13@1' }, 'web2');
    expect(diskOf(older.body)).toEqual({ pool: 'vms', image: imageId });
  });

  it('is as ever where the name is that of a file', async () => {
    await world.put(image());
    const disk = { pool: 'vms', image: 'debian-12.qcow2' };
    expect(diskOf((await make(disk)).body)).toEqual(disk);
  });

  it.each([
    [{ state: 'importing' }, {}, 'image-not-ready'],
    [{ state: 'failed' }, {}, 'image-not-ready'],
    [{ state: 'altered' }, {}, 'image-altered'],
    [{}, { deleted: { by: 'x', atMs: 1 } }, 'image-not-ready'],
    [{}, { pool: 'fast' }, 'invalid-body'],
  ])('is refused where that is %j %j: %s', async (record, changes, code) => {
    await world.put(image(changes, record));
    const { body } = await make({ pool: 'vms', image: 'debian-13' });
    expect(body['code']).toBe(code);
    expect(world.keysUnder('intent/vms')).toEqual([]);
  });

  it('is refused where its disk would be smaller, or the image is none', async () => {
    await world.put(image());
    const small = await make({ pool: 'vms', image: 'debian-13', sizeMib: 1024 });
    expect(small.body).toMatchObject({ errors: [{ path: '/spec/disks/0/sizeMib' }] });
    for (const nobody of ['debian-13@7', otherVmId]) {
      const answer = await make({ pool: 'vms', image: nobody });
      expect(answer.body['code']).toBe('image-not-found');
    }
  });

  it('and the deletion of that image at the same moment do not both come through unseen', async () => {
    await world.put(image());
    const [vm, deletion] = await Promise.all([
      make({ pool: 'vms', image: 'debian-13' }),
      world.send('DELETE', '/v1/images/debian-13'),
    ]);
    const isMarked = 'deleted' in (world.read(keys.imageIntent(imageId)) ?? {});
    // Either the VM came first, and is known as a user, or it was refused.
    expect(vm.status === 202 || vm.body['code'] === 'image-not-ready').toBe(true);
    expect(isMarked).toBe(deletion.status === 202);
  });
});
