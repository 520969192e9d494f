/**
 * Pools on real hosts: one that can only be read, another directory at its path, one that is full, and what hosts find out
 * about them together.
 */
import type { api } from '@drover/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from './support/cluster.ts';
import { until } from './support/until.ts';

const poolPath = '/var/lib/drover/pools/vms';

let cluster: Cluster;
/** Undone after each test, the newest first. */
const undone: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  cluster = await Cluster.attach();
  await cluster.clear();
});
afterEach(async () => {
  for (const undo of undone.splice(0).toReversed()) await undo();
  await cluster.ready();
});
afterAll(() => cluster.clear());

const on = (host: string, script: string) => cluster.shell(host, script);

function pool(name: string): Promise<api.PoolBody> {
  return cluster.api.expect<api.PoolBody>(200, 'GET', `/v1/pools/${name}`);
}

type OnHost = api.PoolOnHost;

/** Waits until a host finds the pool so. */
function found(
  name: string,
  hostId: string,
  condition: OnHost['condition'],
  deadlineMs = 40_000,
): Promise<OnHost> {
  const look = async () => {
    const seen = (await pool(name)).status?.hosts.find((host) => host.hostId === hostId);
    return seen?.condition === condition ? seen : undefined;
  };
  return until(`${name} is ${condition} on ${hostId}`, look, { deadlineMs });
}

async function declare(name: string, spec: object): Promise<void> {
  await cluster.api.expect(201, 'POST', '/v1/pools', { name, spec });
  undone.push(() => cluster.api.expect(200, 'DELETE', `/v1/pools/${name}`));
}

async function doctorOf(name: string): Promise<NonNullable<api.PoolBody['doctor']>> {
  const path = `/v1/pools/${name}/doctor`;
  const { id } = await cluster.api.expect<api.OperationBody>(202, 'POST', path);
  await cluster.ended(id, 'succeeded');
  const { doctor } = await pool(name);
  if (doctor === undefined) throw new Error(`the doctor of ${name} left nothing`);
  return doctor;
}

describe('the lab’s pool', () => {
  it('is reachable from every host, with what is mounted there', async () => {
    for (const host of cluster.lab.hosts) {
      const seen = await found('vms', host, 'reachable');
      expect(seen.mount).toMatchObject({ readOnly: false });
      expect(seen.freeMib).toBeGreaterThan(0);
    }
  });

  it('is protected, says its doctor, who leaves nothing behind', async () => {
    const { findings, protection, hosts } = await doctorOf('vms');
    expect(findings.filter(({ level }) => level !== 'good')).toEqual([]);
    expect(findings.map(({ code }) => code)).toEqual(cluster.lab.hosts.map(() => 'lock-seen'));
    expect(hosts).toEqual(cluster.lab.hosts);
    // Its hosts are containers: they share a kernel, or a server.
    expect(['kernel-lock', 'image-lock']).toContain(protection);
    const left = await on(cluster.lab.hosts[0] ?? '', `ls -A ${poolPath}/.drover`);
    expect(left.split('\n').filter((name) => name === 'doctor')).toEqual([]);
  });

  it('that one host may only read gets no VM there, and the others do', async () => {
    const [host = '', ...others] = cluster.lab.hosts;
    await on(host, `mount --bind ${poolPath} ${poolPath} && mount -o remount,bind,ro ${poolPath}`);
    undone.push(() => on(host, `umount ${poolPath}`));
    const seen = await found('vms', host, 'read-only');
    expect(seen).toMatchObject({ reason: 'it can only be read', mount: { readOnly: true } });
    const { hostId } = await cluster.runVm('reader');
    expect(others).toContain(hostId);
  });

  it('is not what another directory at its path is: that host gets no VM', async () => {
    const [host = ''] = cluster.lab.hosts;
    await until(
      'the pool is marked',
      async () => {
        const hosts = (await pool('vms')).status?.hosts ?? [];
        return hosts.every(({ mark }) => mark === 'there') ? true : undefined;
      },
      { deadlineMs: 20_000 },
    );
    await on(host, `mkdir -p /tmp/other && mount --bind /tmp/other ${poolPath}`);
    undone.push(() => on(host, `umount ${poolPath}`));
    const seen = await found('vms', host, 'wrong-mount', 100_000);
    expect(seen.reason).toContain('is not the directory that other hosts have');
    const { findings, protection } = await doctorOf('vms');
    expect(protection).toBe('none');
    expect(findings.map(({ code }) => code)).toContain('not-shared');
  });
});

describe('another pool', () => {
  it('that each host has for itself, though it is said to be shared, is found out', async () => {
    for (const host of cluster.lab.hosts) await on(host, 'mkdir -p /srv/apart');
    await declare('apart', { type: 'shared', path: '/srv/apart' });
    for (const host of cluster.lab.hosts) await found('apart', host, 'reachable');
    const { findings, verdict } = await doctorOf('apart');
    expect(verdict).toContain('these hosts do not share one directory');
    expect(findings.map(({ code }) => code)).toContain('not-shared');
  });

  it('that is full takes no new disk, and says so before', async () => {
    const [host = ''] = cluster.lab.hosts;
    for (const one of cluster.lab.hosts) await on(one, 'mkdir -p /srv/small');
    for (const one of cluster.lab.hosts) {
      await on(one, 'mount -t tmpfs -o size=64m tmpfs /srv/small');
      undone.push(() => on(one, 'umount -l /srv/small'));
    }
    await declare('small', { type: 'local', path: '/srv/small' });
    for (const one of cluster.lab.hosts) await found('small', one, 'reachable');
    for (const one of cluster.lab.hosts)
      await on(one, 'dd if=/dev/zero of=/srv/small/x bs=1M count=60');
    for (const one of cluster.lab.hosts) await found('small', one, 'full');
    const alarms = await until('people are told', async () => {
      const told = (await pool('small')).status?.alarms ?? [];
      return told.length > 0 ? told : undefined;
    });
    expect(alarms).toContainEqual(
      expect.objectContaining({ code: 'nearly-full', hostId: host }) as unknown,
    );
    const spec = cluster.tinySpec({ disks: [{ pool: 'small', image: 'tiny.qcow2' }] });
    const { operation, vm } = await cluster.createVm('squeezed', spec);
    const { error } = await cluster.ended(operation.id, 'failed');
    expect(error?.message).toContain('its disks need 1 MiB in the pool, 0 MiB are free');
    await cluster.api.expect(202, 'DELETE', `/v1/vms/${vm.id}`);
    await cluster.idle();
  });

  it('goes with its declaration, and its directory stays as it is', async () => {
    const [host = ''] = cluster.lab.hosts;
    await on(host, 'mkdir -p /srv/brief && echo kept > /srv/brief/file');
    await cluster.api.expect(201, 'POST', '/v1/pools', {
      name: 'brief',
      spec: { type: 'local', path: '/srv/brief' },
    });
    await found('brief', host, 'reachable');
    await cluster.api.expect(200, 'DELETE', '/v1/pools/brief');
    await until('libvirt has it no more', async () => {
      const names = await on(host, 'virsh pool-list --all --name');
      return names.includes('brief') ? undefined : true;
    });
    expect(await on(host, 'cat /srv/brief/file')).toBe('kept\n');
  });
});
