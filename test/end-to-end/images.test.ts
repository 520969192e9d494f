/** Images and volumes over the real API, on real hosts and files: imported, uploaded, cloned, changed under a VM, gone. */
import { createHash } from 'node:crypto';
import type { api } from '@drover/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askCounter } from '@drover/deploy/lab';
import { Cluster } from './support/cluster.ts';
import { until } from './support/until.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.observed();
  await cluster.clear();
});
afterAll(() => cluster.leave());

const pool = '/var/lib/drover/pools/vms';

async function done(id: string): Promise<api.OperationBody> {
  return cluster.ended(id, 'succeeded');
}

function importOf(name: string, more: object): Promise<api.ImageImported> {
  const body = { name, pool: 'vms', format: 'qcow2', ...more };
  return cluster.api.expect<api.ImageImported>(202, 'POST', '/v1/images', body);
}

describe('an image', () => {
  it('is imported from a file of the pool, cloned by VMs, and stays while they stand on it', async () => {
    const { image, operation } = await importOf('tiny', {
      source: { type: 'file', file: 'tiny.qcow2' },
    });
    await done(operation.id);
    const ready = await cluster.api.expect<api.ImageBody>(200, 'GET', '/v1/images/tiny');
    expect(ready).toMatchObject({ id: image.id, state: 'ready', version: 1, userCount: 0 });
    const disks = [{ pool: 'vms', image: 'tiny' }];
    const vms = [];
    for (const name of ['image-a', 'image-b']) {
      vms.push(await cluster.runVm(name, cluster.tinySpec({ disks })));
    }
    expect(await cluster.api.send('DELETE', '/v1/images/tiny')).toMatchObject({
      status: 409,
      body: { code: 'image-in-use' },
    });
    const [vm] = vms;
    const snapshot = await cluster.api.expect<api.OperationBody>(
      202,
      'POST',
      `/v1/volumes/${vm?.id}-0/snapshots`,
      { name: 'before' },
    );
    await done(snapshot.id);
    const move = await cluster.api.expect<api.OperationBody>(
      202,
      'POST',
      `/v1/vms/${vm?.id}/migrate`,
      {},
    );
    await done(move.id);
    const resize = await cluster.api.expect<api.OperationBody>(
      202,
      'POST',
      `/v1/volumes/${vm?.id}-0/resize`,
      { sizeMib: 512 },
    );
    await done(resize.id);
    const forget = await cluster.api.expect<api.OperationBody>(
      202,
      'DELETE',
      `/v1/volumes/${vm?.id}-0/snapshots/before`,
    );
    await done(forget.id);
    await cluster.expectNoHarm();
    await cluster.clear();
    const gone = await cluster.api.expect<api.OperationBody>(202, 'DELETE', '/v1/images/tiny');
    await done(gone.id);
    const left = await cluster.lab.exec('h1', ['ls', '-A', pool]);
    expect(left.stdout).not.toContain(image.id);
    expect(left.stdout).not.toContain(vm?.id);
  });

  it('gives a VM a disk that goes to another pool under it', async () => {
    const other = '/var/lib/drover/pools/vms/other';
    await cluster.lab.exec('h1', ['mkdir', '-p', other]);
    const declared = { name: 'other', spec: { type: 'shared', path: other } };
    await cluster.api.expect(201, 'POST', '/v1/pools', declared);
    await until('all hosts have the pool', async () => {
      const { status } = await cluster.api.expect<api.PoolBody>(200, 'GET', '/v1/pools/other');
      const there = status?.hosts.filter(({ condition }) => condition === 'reachable') ?? [];
      return there.length === cluster.lab.hosts.length ? there : undefined;
    });
    const vm = await cluster.runVm('goes');
    const move = await cluster.api.expect<api.OperationBody>(
      202,
      'POST',
      `/v1/volumes/${vm.id}-0/move`,
      { pool: 'other' },
    );
    await done(move.id);
    const { stdout } = await cluster.lab.exec(vm.hostId, ['virsh', 'domblklist', vm.id]);
    expect(stdout).toContain(`${other}/${vm.id}-0-${move.id}.qcow2`);
    const { boot } = await askCounter(vm.address);
    expect(boot).toBe(vm.boot);
    const left = await cluster.lab.exec('h1', ['ls', pool]);
    expect(left.stdout).not.toContain(vm.id);
    await cluster.clear();
    await cluster.api.expect(200, 'DELETE', '/v1/pools/other');
    await cluster.lab.exec('h1', ['rm', '-r', other]);
  });

  it('leaves a file that nobody names; it is found, goes by a person’s word, and a VM’s disk does not', async () => {
    const vm = await cluster.runVm('stays');
    const [old, young] = ['1', '2'].map((one) => `${one.repeat(8)}${vm.id.slice(8)}.qcow2`);
    const [h1 = ''] = cluster.lab.hosts;
    await cluster.shell(
      h1,
      `cd ${pool}; for file in ${old} ${young}; do qemu-img create -q -f qcow2 -F qcow2 -b ${pool}/tiny.qcow2 $file; done; touch -d '1 hour ago' ${old}`,
    );
    const list = async () =>
      (await cluster.api.expect<api.OrphanList>(200, 'GET', '/v1/pools/vms/orphans')).items;
    const names = (await list()).map(({ file }) => file);
    expect(names).toContain(old);
    expect(names).not.toContain(young);
    expect(names).not.toContain(`${vm.id}-0.qcow2`);
    const remove = (file: string) => cluster.api.send('DELETE', `/v1/pools/vms/orphans/${file}`);
    expect(await remove(`${vm.id}-0.qcow2`)).toMatchObject({ body: { code: 'not-an-orphan' } });
    const asked = async (file = '') => {
      const { body } = await remove(file);
      return (body as api.OperationBody).id;
    };
    expect((await cluster.ended(await asked(young), 'failed')).error?.code).toBe('not-an-orphan');
    // No record names it, and yet a QEMU has it open.
    const held = `${pool}/${old}`;
    const qemu = `qemu-system-x86_64 -S -display none -nodefaults -m 32 -drive file=${held},format=qcow2,if=virtio`;
    await cluster.shell(h1, `${qemu} -daemonize -pidfile /tmp/orphan.pid`);
    expect((await cluster.ended(await asked(old), 'failed')).error?.code).toBe('volume-in-use');
    await cluster.shell(h1, 'kill $(cat /tmp/orphan.pid); rm -f /tmp/orphan.pid');
    await until('it is gone', async () => {
      const { state } = await cluster.ended(await asked(old));
      return state === 'succeeded' ? true : undefined;
    });
    const left = await cluster.shell(h1, `ls ${pool}; rm ${pool}/${young}`);
    expect(left).not.toContain(old);
    expect(left).toContain(`${vm.id}-0.qcow2`);
    await cluster.expectNoHarm();
    await cluster.clear();
  });

  it('comes by an upload, in pieces, and is what was sent', async () => {
    const bytes = Buffer.alloc(4 * 1024 * 1024, 'drover');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const { operation } = await importOf('sent', {
      format: 'raw',
      sha256,
      source: { type: 'upload', bytes: bytes.length },
    });
    const half = bytes.length / 2;
    for (const offset of [0, half]) {
      const response = await fetch(new URL('/v1/images/sent/content', cluster.api.url), {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${cluster.api.token}`,
          'content-type': 'application/octet-stream',
          'upload-offset': String(offset),
        },
        body: bytes.subarray(offset, offset + half),
      });
      expect(response.status).toBe(204);
    }
    await done(operation.id);
    const sent = await cluster.api.expect<api.ImageBody>(200, 'GET', '/v1/images/sent');
    expect(sent).toMatchObject({ state: 'ready', sourceSha256: sha256 });
    const gone = await cluster.api.expect<api.OperationBody>(202, 'DELETE', '/v1/images/sent');
    await done(gone.id);
  });

  it('is cloned to a volume, whose bytes are given, and which is free again then', async () => {
    const { image, operation } = await importOf('given', {
      source: { type: 'file', file: 'tiny.qcow2' },
    });
    await done(operation.id);
    const body = { name: 'given', pool: 'vms', source: { type: 'image', image: 'given' } };
    const made = await cluster.api.expect<api.VolumeCreated>(202, 'POST', '/v1/volumes', {
      ...body,
      mode: 'full',
      format: 'raw',
    });
    await done(made.operation.id);
    const give = await cluster.api.expect<api.OperationBody>(
      202,
      'POST',
      '/v1/volumes/given/download',
    );
    const headers = { authorization: `Bearer ${cluster.api.token}` };
    const response = await fetch(new URL('/v1/volumes/given/content', cluster.api.url), {
      headers,
    });
    expect(response.status).toBe(200);
    const digest = createHash('sha256')
      .update(await response.bytes())
      .digest('hex');
    const sum = await cluster.lab.exec('h1', ['sha256sum', `${pool}/${made.volume.id}.raw`]);
    expect(sum.stdout).toContain(digest);
    await done(give.id);
    for (const path of ['/v1/volumes/given', `/v1/images/${image.id}`]) {
      await done((await cluster.api.expect<api.OperationBody>(202, 'DELETE', path)).id);
    }
  });

  it('that names another file of its host is refused, and leaves nothing', async () => {
    const file = 'hostile.qcow2';
    const made = [
      'qemu-img',
      'create',
      '-q',
      '-f',
      'qcow2',
      '-F',
      'raw',
      '-b',
      '/etc/shadow',
      '-u',
    ];
    const { exitCode } = await cluster.lab.exec('h1', [...made, `${pool}/${file}`, '16M']);
    expect(exitCode).toBe(0);
    const { operation } = await importOf('hostile', { source: { type: 'file', file } });
    const ended = await cluster.ended(operation.id, 'failed');
    expect(ended.error?.code).toBe('image-refused');
    expect((await cluster.api.send('GET', '/v1/images/hostile')).status).toBe(404);
    await cluster.lab.exec('h1', ['rm', `${pool}/${file}`]);
  });
});
