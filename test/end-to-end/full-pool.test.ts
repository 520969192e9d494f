/**
 * A pool becomes full while a VM in it writes, an image comes into it by an upload, another one is converted, and a clone is
 * made in it: the VM waits for room and goes on when there is some, with all that it wrote, and so does the upload; the two
 * others end, and leave nothing. The pool is a small file system that all hosts share.
 */
import type { api } from '@drover/protocol';
import { askCounter } from '@drover/deploy/lab';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cluster } from './support/cluster.ts';
import { keptSums, KeptWriting, wantedSums } from './support/kept.ts';
import { SlowCopies } from './support/slow-copies.ts';
import { until } from './support/until.ts';

const small = '/srv/small-shared';
const mib = 1024 * 1024;
/** That the VM writes, of 1 MiB: there is room for them beside the images, and not beside what is to fill the pool. */
const pieces = 80;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.observed();
  await cluster.clear();
  const spec = { type: 'shared', path: small };
  await cluster.api.expect(201, 'POST', '/v1/pools', { name: 'small', spec });
});
afterAll(async () => {
  // After a failure: an upload that nobody goes on with would be waited for.
  const path = '/v1/operations?limit=50';
  const { items } = await cluster.api.expect<{ items: api.OperationBody[] }>(200, 'GET', path);
  for (const { id } of items.filter(({ done, cancellable }) => !done && cancellable)) {
    await cluster.api.send('DELETE', `/v1/operations/${id}`);
  }
  await cluster.leave();
  await cluster.api.expect(200, 'DELETE', '/v1/pools/small');
  await cluster.shell('h1', `find ${small} -mindepth 1 -delete`);
});

const status = async () =>
  (await cluster.api.expect<api.PoolBody>(200, 'GET', '/v1/pools/small')).status;

function importOf(name: string, format: string, source: object): Promise<api.ImageImported> {
  const body = { name, pool: 'small', format, source };
  return cluster.api.expect<api.ImageImported>(202, 'POST', '/v1/images', body);
}

async function imported(name: string, file: string, format: string): Promise<string> {
  const { image, operation } = await importOf(name, format, { type: 'file', file });
  await cluster.ended(operation.id, 'succeeded');
  return image.id;
}

const contentUrl = () => new URL('/v1/images/comes/content', cluster.api.url);
const authorization = () => `Bearer ${cluster.api.token}`;

/** The status of the answer. */
async function send(bytes: Buffer, offset: number): Promise<number> {
  const headers = {
    authorization: authorization(),
    'content-type': 'application/octet-stream',
    'upload-offset': String(offset),
  };
  const body = new Uint8Array(bytes.subarray(offset));
  return (await fetch(contentUrl(), { method: 'PUT', headers, body })).status;
}

async function offsetNow(): Promise<number> {
  const headers = { authorization: authorization() };
  const { headers: told } = await fetch(contentUrl(), { method: 'HEAD', headers });
  return Number(told.get('upload-offset'));
}

it('a full pool ends what is made in it, and holds up a VM and an upload until there is room', async () => {
  await until('all hosts have the pool', async () => {
    const there = (await status())?.hosts.filter(({ condition }) => condition === 'reachable');
    return there?.length === cluster.lab.hosts.length ? true : undefined;
  });
  await cluster.shell(
    'h1',
    `cd ${small}; head -c 24M /dev/urandom > data.raw
    cp /var/lib/drover/pools/vms/tiny.qcow2 boot.qcow2; qemu-img resize -q -f qcow2 boot.qcow2 512M`,
  );
  const images = [
    await imported('boot', 'boot.qcow2', 'qcow2'),
    await imported('data', 'data.raw', 'raw'),
  ];
  await cluster.shell('h1', `rm ${small}/boot.qcow2`);
  const disks = [{ pool: 'small', image: 'boot' }];
  const vm = await cluster.runVm('fills', cluster.tinySpec({ disks }));

  // All are begun while there is room, and not at their end when there is none.
  const bytes = Buffer.alloc(16 * mib, 'drover');
  const half = bytes.subarray(0, 8 * mib);
  const upload = await importOf('comes', 'raw', { type: 'upload', bytes: bytes.length });
  await until('its first half has come', async () =>
    (await send(half, 0)) === 204 ? true : undefined,
  );
  await using copies = await SlowCopies.on(cluster, 1);
  const clone = await cluster.api.expect<api.VolumeCreated>(202, 'POST', '/v1/volumes', {
    name: 'clone',
    pool: 'small',
    source: { type: 'image', image: 'data' },
    mode: 'full',
    format: 'raw',
  });
  const convert = await importOf('late', 'raw', { type: 'file', file: 'data.raw' });
  for (const { id } of [clone.operation, convert.operation]) await copies.isCopying(small, id);

  using writing = new KeptWriting(vm.address, vm.name, pieces);
  await writing.goesOn();
  const fill = () => cluster.shell('h1', `cat /dev/zero >> ${small}/filler 2> /dev/null || true`);
  await fill();
  for (const { id } of [clone.operation, convert.operation]) {
    expect((await cluster.ended(id, 'failed')).error?.code).toBe('pool-full');
  }
  // What they had is free again.
  await fill();
  const next = await offsetNow();
  expect(await send(bytes.subarray(0, next + 4096), next)).toBe(507);
  const alarms = await until('people are told', async () => {
    const { alarms: told = [], hosts = [] } = (await status()) ?? {};
    return told.length > 0 && hosts.every(({ condition }) => condition === 'full')
      ? told
      : undefined;
  });
  expect(alarms.map(({ code }) => code)).toContain('nearly-full');
  await until('the VM is said to stand still for want of room', async () =>
    (await cluster.api.vm(vm.id)).observed === 'paused-io-error' ? true : undefined,
  );
  expect(await cluster.hostsThatRun(vm.name)).toEqual([]);
  const held = writing.written;
  const files = await cluster.shell('h1', `cd ${small}; ls; ls .drover/quarantine`);
  const wanted = [...images.map((id) => `${id}.qcow2`), `${vm.id}-0.qcow2`, 'data.raw', 'filler'];
  expect(files.trim().split('\n').toSorted()).toEqual([...wanted, upload.operation.id].toSorted());

  await copies[Symbol.asyncDispose]();
  await cluster.shell('h1', `rm ${small}/filler ${small}/data.raw`);
  expect(await send(bytes, await offsetNow())).toBe(204);
  await cluster.ended(upload.operation.id, 'succeeded');
  await writing.goesOn();
  expect(writing.written).toBeGreaterThan(held);
  const { written } = writing;
  writing[Symbol.dispose]();
  expect(await keptSums(vm.address, written)).toEqual(wantedSums(vm.name, written));
  expect((await askCounter(vm.address)).boot).toBe(vm.boot);
  expect(await cluster.api.vm(vm.id)).toMatchObject({ state: 'running', hostId: vm.hostId });
  await cluster.expectNoHarm();
  await cluster.clear();
  for (const id of [...images, upload.image.id]) {
    const gone = await cluster.api.expect<api.OperationBody>(202, 'DELETE', `/v1/images/${id}`);
    await cluster.ended(gone.id, 'succeeded');
  }
});
