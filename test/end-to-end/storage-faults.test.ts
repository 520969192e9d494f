/**
 * What happens to pools and images while VMs run on them: two who want one name, an image that was changed by hand, an agent
 * that dies while it copies, a pool that can only be read or is another one's, and file servers that are silent for a minute.
 *
 * The hosts are containers of one kernel, which has no NFS client: a server that is silent is nfs-ganesha under QEMU's own
 * client, and for what a host's kernel mounts, a file system in user space (bindfs) whose process stands still, as a hard
 * mount does. Kernels’ own NFS is tried by `npm run e2e:kernels -- storage`.
 */
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { api } from '@drover/protocol';
import { askCounter } from '@drover/deploy/lab';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cluster, type RunningVm } from './support/cluster.ts';
import { keptSums, KeptWriting, wantedSums } from './support/kept.ts';
import { SlowCopies } from './support/slow-copies.ts';
import { until } from './support/until.ts';

const pool = '/var/lib/drover/pools/vms';

let cluster: Cluster;
/** Undone after each test, the newest first. */
const undone: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  cluster = await Cluster.observed();
  await cluster.clear();
});
afterEach(async () => {
  for (const undo of undone.splice(0).toReversed()) await undo();
  await cluster.ready();
  await cluster.expectNoHarm();
});
afterAll(() => cluster.leave());

const post = <T>(path: string, body: object = {}) => cluster.api.expect<T>(202, 'POST', path, body);

const importBody = (name: string, file: string, format = 'qcow2') => ({
  name,
  pool: 'vms',
  format,
  source: { type: 'file', file },
});

async function imported(name: string, file = 'tiny.qcow2', format = 'qcow2'): Promise<string> {
  const body = importBody(name, file, format);
  const { image, operation } = await post<api.ImageImported>('/v1/images', body);
  await cluster.ended(operation.id, 'succeeded');
  return image.id;
}

async function deleted(path: string): Promise<void> {
  const { id } = await cluster.api.expect<api.OperationBody>(202, 'DELETE', path);
  await cluster.ended(id, 'succeeded');
}

const filesOf = async (folder = pool) =>
  (await cluster.shell('h1', `cd ${folder}; find . -type f ! -path './.drover/pool.json' | sort`))
    .split('\n')
    .filter((name) => name !== '');

/** Waits until hosts find a pool so; returns why. */
function found(
  name: string,
  condition: api.PoolOnHost['condition'],
  hosts: readonly string[] = cluster.lab.hosts,
): Promise<readonly (string | undefined)[]> {
  const look = async () => {
    const { status } = await cluster.api.expect<api.PoolBody>(200, 'GET', `/v1/pools/${name}`);
    const seen = hosts.map((host) => status?.hosts.find(({ hostId }) => hostId === host));
    if (!seen.every((one) => one?.condition === condition)) return undefined;
    return seen.map((one) => one?.reason);
  };
  return until(`${name} is ${condition} on ${hosts.join(', ')}`, look, { deadlineMs: 60_000 });
}

/** In the boot that it was in, on its host. */
async function expectUnharmed(vm: RunningVm): Promise<void> {
  expect(await cluster.api.vm(vm.id)).toMatchObject({ state: 'running', hostId: vm.hostId });
  expect((await askCounter(vm.address)).boot).toBe(vm.boot);
}

describe('an image', () => {
  it('whose name two want at once is imported for one of them', async () => {
    const body = importBody('wanted', 'tiny.qcow2');
    const answers = await Promise.all(
      [1, 2].map(() => cluster.api.send<api.ImageImported>('POST', '/v1/images', body)),
    );
    const [first, second] = answers.toSorted((a, b) => a.status - b.status);
    expect(first?.status).toBe(202);
    expect(second).toMatchObject({ status: 409, body: { code: 'name-taken' } });
    await cluster.ended(first?.body.operation.id ?? '', 'succeeded');
    const { items } = await cluster.api.expect<{ items: api.ImageBody[] }>(
      200,
      'GET',
      '/v1/images',
    );
    const named = items.filter(({ name }) => name === 'wanted');
    expect(named.map(({ version, state }) => ({ version, state }))).toEqual([
      { version: 1, state: 'ready' },
    ]);
    await deleted('/v1/images/wanted');
  });

  it('that was changed by hand is found out, and nothing more is made of it', async () => {
    const id = await imported('altered');
    const file = `${pool}/${(await cluster.api.expect<api.ImageBody>(200, 'GET', `/v1/images/${id}`)).stored?.file}`;
    const disks = [{ pool: 'vms', image: 'altered' }];
    const stands = await cluster.runVm('stands', cluster.tinySpec({ disks }));
    // Between its header and its first table, where neither QEMU nor the VM looks.
    const put = (byte: string) =>
      cluster.shell(
        'h1',
        `printf '${byte}' | dd of=${file} bs=1 seek=60000 conv=notrunc status=none`,
      );
    const verify = async () => {
      const { id: operationId } = await post<api.OperationBody>('/v1/images/altered/verify');
      return cluster.ended(operationId);
    };
    await put('x');
    // Before anybody has looked: its host finds it.
    const { operation, vm } = await cluster.createVm('too-late', cluster.tinySpec({ disks }));
    const start = await cluster.ended(operation.id, 'failed');
    expect(start.error).toMatchObject({ code: 'image-altered' });
    expect(start.error?.message).toContain('was changed by hand');
    expect(await filesOf()).not.toContain(`./${vm.id}-0.qcow2`);
    await cluster.api.expect(202, 'DELETE', `/v1/vms/${vm.id}`);
    await verify();
    expect((await cluster.api.expect<api.ImageBody>(200, 'GET', `/v1/images/${id}`)).state).toBe(
      'altered',
    );
    const spec = cluster.tinySpec({ disks });
    expect(await cluster.api.send('POST', '/v1/vms', { name: 'refused', spec })).toMatchObject({
      status: 409,
      body: { code: 'image-altered' },
    });
    const volume = { name: 'refused', pool: 'vms', source: { type: 'image', image: 'altered' } };
    expect(await cluster.api.send('POST', '/v1/volumes', volume)).toMatchObject({
      status: 409,
      body: { code: 'image-altered' },
    });
    await expectUnharmed(stands);
    // The right one is put back.
    await put(String.raw`\0`);
    expect(await verify()).toMatchObject({ state: 'succeeded' });
    await cluster.runVm('again', cluster.tinySpec({ disks }));
    await cluster.clear();
    await deleted(`/v1/images/${id}`);
  });
});

describe('a full clone', () => {
  it('whose agent is killed is made all the same, and nothing else is left', async () => {
    await cluster.shell('h1', `head -c 64M /dev/urandom > ${pool}/data.raw`);
    undone.push(() => cluster.shell('h1', `rm ${pool}/data.raw`));
    const id = await imported('data', 'data.raw', 'raw');
    const before = await filesOf();
    const copies = await SlowCopies.on(cluster, 2);
    undone.push(() => copies[Symbol.asyncDispose]());
    const source = { type: 'image', image: 'data' };
    const body = { name: 'copy', pool: 'vms', source, mode: 'full', format: 'raw' };
    const { volume, operation } = await post<api.VolumeCreated>('/v1/volumes', body);
    await copies.isCopying(pool, operation.id);
    const { hostId = '' } = await cluster.api.operation(operation.id);
    expect(await cluster.lab.kill(hostId, 'agent', 'KILL')).toBe(true);
    expect(await filesOf()).toContain(`./.drover/quarantine/${operation.id}/made`);
    await copies[Symbol.asyncDispose]();
    await cluster.ended(operation.id, 'succeeded');
    const copy = `${volume.id}.raw`;
    expect(await cluster.shell('h1', `cd ${pool}; cmp data.raw ${copy}`)).toBe('');
    expect(await filesOf()).toEqual(
      [...before, `./${copy}`, `./.drover/facts/${copy}.json`].toSorted(),
    );
    for (const path of ['/v1/volumes/copy', `/v1/images/${id}`]) await deleted(path);
  });
});

describe('a pool', () => {
  it('that became read-only on all hosts takes no clone, and its VMs run on', async () => {
    const id = await imported('source');
    const vm = await cluster.runVm('reader');
    for (const host of cluster.lab.hosts) {
      await cluster.shell(host, `mount --bind ${pool} ${pool} && mount -o remount,bind,ro ${pool}`);
      undone.push(() => cluster.shell(host, `umount ${pool}`));
    }
    expect(await found('vms', 'read-only')).toEqual(
      cluster.lab.hosts.map(() => 'it can only be read'),
    );
    const before = await filesOf();
    const source = { type: 'image', image: 'source' };
    const body = { name: 'waits', pool: 'vms', source };
    const { operation } = await post<api.VolumeCreated>('/v1/volumes', body);
    await until('it waits for a host that may write', async () => {
      const { reason = '' } = await cluster.api.operation(operation.id);
      return reason.includes('waits for a host that is up and reaches pool vms') ? true : undefined;
    });
    expect(await filesOf()).toEqual(before);
    await expectUnharmed(vm);
    for (const undo of undone.splice(0).toReversed()) await undo();
    // It was not refused: it is made when it can be.
    await cluster.ended(operation.id, 'succeeded');
    await cluster.clear();
    for (const path of ['/v1/volumes/waits', `/v1/images/${id}`]) await deleted(path);
  });

  it('at whose path another export is mounted is found out, and nothing is written there', async () => {
    const id = await imported('there');
    const vm = await cluster.runVm('first');
    await cluster.moveTo(vm, 'h1');
    const [, ...others] = cluster.lab.hosts;
    // Another pool's: it says so itself.
    const mark = '{"v":1,"uuid":"22222222-2222-4222-8222-222222222222"}';
    await cluster.shell(
      'h1',
      `mkdir -p /tmp/wrong/.drover; echo '${mark}' > /tmp/wrong/.drover/pool.json
      cp ${pool}/*.qcow2 /tmp/wrong; mount --bind /tmp/wrong ${pool}`,
    );
    undone.push(() => cluster.shell('h1', `umount ${pool}; rm -r /tmp/wrong`));
    const listing = () =>
      cluster.shell('h1', 'cd /tmp/wrong; find . -printf "%p %s %T@\\n" | sort');
    const before = await listing();
    const [reason] = await found('vms', 'wrong-mount', ['h1']);
    expect(reason).toContain('the directory of another pool');
    for (const host of others) await cluster.api.expect(200, 'POST', `/v1/hosts/${host}/cordon`);
    const { operation } = await cluster.createVm('nowhere');
    const { error } = await cluster.ended(operation.id, 'failed');
    expect(error?.message).toContain('vms');
    for (const host of others) await cluster.api.expect(200, 'DELETE', `/v1/hosts/${host}/cordon`);
    // Though it would be the first's turn.
    const source = { type: 'image', image: 'there' };
    const body = { name: 'elsewhere', pool: 'vms', source };
    const made = await post<api.VolumeCreated>('/v1/volumes', body);
    expect(await cluster.ended(made.operation.id, 'succeeded')).toMatchObject({
      hostId: expect.not.stringMatching('h1') as string,
    });
    expect(await listing()).toBe(before);
    await expectUnharmed({ ...vm, hostId: 'h1' });
    for (const undo of undone.splice(0).toReversed()) await undo();
    await cluster.clear();
    for (const path of ['/v1/volumes/elsewhere', `/v1/images/${id}`]) await deleted(path);
  });
});

/** The kernel's way to a file server, as far as a container has one; see above. */
const hasSlow = existsSync('/dev/fuse');

async function slowPool(): Promise<void> {
  await cluster.shell(
    'h1',
    `mkdir -p ${pool}/slow; cp ${pool}/tiny.qcow2 ${pool}/slow/image.qcow2
    qemu-img resize -q -f qcow2 ${pool}/slow/image.qcow2 512M`,
  );
  undone.push(() => cluster.shell('h1', `rm -r ${pool}/slow`));
  for (const host of cluster.lab.hosts) {
    await cluster.shell(host, `mkdir -p /srv/slow; bindfs ${pool}/slow /srv/slow`);
    undone.push(() => cluster.shell(host, 'umount /srv/slow'));
  }
  const spec = { type: 'shared', path: '/srv/slow' };
  await cluster.api.expect(201, 'POST', '/v1/pools', { name: 'slow', spec });
  undone.push(() => cluster.api.expect(200, 'DELETE', '/v1/pools/slow'));
  await found('slow', 'reachable');
}

const slowServers = async (signal: string) => {
  for (const host of cluster.lab.hosts)
    await cluster.shell(host, `kill -${signal} $(pgrep bindfs)`);
};

/** Every host says of the pool, and of itself, what is the matter. */
async function expectSaidSlow(): Promise<void> {
  const why = 'its server does not answer';
  expect(await found('slow', 'stalled')).toEqual(cluster.lab.hosts.map(() => why));
  for (const { reasons } of await cluster.api.hosts()) {
    expect(reasons).toContain(`pool slow: ${why}`);
  }
}

describe('file servers that are silent for a minute', () => {
  it('hold up the VMs that write to them, and nothing else; all go on with what they had', async () => {
    await cluster.clear();
    await cluster.shell(
      'nfs',
      'cp /export/wire.raw /export/minute.raw; truncate -s 512M /export/minute.raw',
    );
    undone.push(() => cluster.shell('nfs', 'rm /export/minute.raw'));
    const disks: Record<string, object> = {
      wired: { pool: 'wire', volume: 'minute.raw', format: 'raw' },
    };
    if (hasSlow) {
      await slowPool();
      disks['slow'] = { pool: 'slow', image: 'image.qcow2' };
    }
    undone.push(() => cluster.clear());
    const vms = await Promise.all(
      Object.entries(disks).map(([name, disk]) =>
        cluster.runVm(name, cluster.tinySpec({ disks: [disk] })),
      ),
    );
    const writings = vms.map((vm) => new KeptWriting(vm.address, vm.name));
    for (const writing of writings) await writing.goesOn();

    const stoppedMs = performance.now();
    await cluster.lab.powerOff('nfs');
    if (hasSlow) await slowServers('STOP');
    // What was on its way to the disk may still arrive.
    await pause(1_000);
    const atStop = writings.map(({ written }) => written);
    if (hasSlow) await expectSaidSlow();
    // Hosts, API and leader are held up by none of it.
    await cluster.runVm('meanwhile');
    let slowestMs = 0;
    while (performance.now() - stoppedMs < 60_000) {
      const askedMs = performance.now();
      await cluster.api.hosts();
      for (const vm of vms) await expectUnharmed(vm);
      slowestMs = Math.max(slowestMs, performance.now() - askedMs);
      await pause(1_000);
    }
    expect(slowestMs).toBeLessThan(5_000);
    expect(writings.map(({ written }) => written)).toEqual(atStop);

    await cluster.lab.powerOn('nfs');
    if (hasSlow) await slowServers('CONT');
    for (const writing of writings) await writing.goesOn(2, 120_000);
    for (const [at, vm] of vms.entries()) {
      const writing = writings[at];
      writing?.[Symbol.dispose]();
      const { written = 0 } = writing ?? {};
      expect(await keptSums(vm.address, written)).toEqual(wantedSums(vm.name, written));
      await expectUnharmed(vm);
    }
    if (hasSlow) await found('slow', 'reachable');
  });
});
