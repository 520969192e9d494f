/**
 * What a VM is told at its first boot arrives, by both ways, as the VM itself tells; it stays with the VM where that goes,
 * and what was made for it goes with it.
 */
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import type { api } from '@drover/protocol';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Cluster, type RunningVm } from './support/cluster.ts';
import { until } from './support/until.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.observed();
  await cluster.clear();
});
afterEach(() => cluster.expectNoHarm());
afterAll(() => cluster.leave());

const sshKey = `ssh-ed25519 ${'A'.repeat(64)} anna@desk`;
const userData = '#cloud-config\npassword: hunter2\n';
const networkConfig = 'version: 2\n';

/** What lies on the CD-ROM, by file, and what its firmware says; read by the VM itself at this moment. */
async function told({ address }: RunningVm): Promise<readonly string[]> {
  const lines = await until('it says what it was told', () => linesOf(address, 7003));
  return lines.filter((line) => line !== 'end');
}

function linesOf(address: string, port: number): Promise<readonly string[] | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    let text = '';
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on('data', (piece) => {
      text += piece.toString('utf8');
    });
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(text.endsWith('end\n') ? text.trim().split('\n') : undefined));
  });
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Of all VMs, as one host sees them in the pool. */
async function seedsInPool(): Promise<readonly string[]> {
  const { stdout } = await cluster.lab.exec('h1', [
    'sh',
    '-c',
    'cd /var/lib/drover/pools/vms; ls -A | grep seed; true',
  ]);
  return stdout.split('\n').filter((line) => line !== '');
}

it('on a CD-ROM, which it still reads on the host that it moved to; another one at the next start; none when it is gone', async () => {
  const spec = cluster.tinySpec({ cloudInit: { userData, networkConfig, sshKeys: [sshKey] } });
  const vm = await cluster.runVm('told', spec);
  const { cloudInit } = await cluster.api.vm(vm.id);
  const first = await told(vm);
  expect(first).toEqual(
    expect.arrayContaining([
      `user-data ${sha256(userData)}`,
      `network-config ${sha256(networkConfig)}`,
    ]),
  );
  expect(await seedsInPool()).toEqual([`${vm.id}-seed-${cloudInit?.hash}.iso`]);

  const target = cluster.lab.hosts.find((host) => host !== vm.hostId) ?? '';
  await cluster.moveTo(vm, target);
  expect(await cluster.hostsThatRun('told')).toEqual([target]);
  expect(await told(vm)).toEqual(first);

  const changed = '#!/bin/sh\necho other\n';
  await cluster.api.expect<api.VmBody>(200, 'PATCH', `/v1/vms/${vm.id}`, {
    cloudInit: { userData: changed },
  });
  expect(await told(vm)).toEqual(first);
  cluster.observer.mayEnd(vm.id);
  const stop = await cluster.api.expect<api.OperationBody>(
    202,
    'POST',
    `/v1/vms/${vm.id}/stop`,
    {},
  );
  await cluster.ended(stop.id, 'succeeded');
  cluster.observer.mayStart(vm.id);
  const start = await cluster.api.expect<api.OperationBody>(202, 'POST', `/v1/vms/${vm.id}/start`);
  await cluster.ended(start.id, 'succeeded');
  await cluster.counts(await cluster.api.vm(vm.id));
  expect(await told(vm)).toContain(`user-data ${sha256(changed)}`);
  expect(await seedsInPool()).toHaveLength(1);

  await cluster.clear();
  expect(await seedsInPool()).toEqual([]);
});

it('or by its firmware, without a file', async () => {
  const cloudInit = { by: 'smbios', sshKeys: [sshKey], hostname: 'web.lan' };
  const vm = await cluster.runVm('by-firmware', cluster.tinySpec({ cloudInit }));
  const keys = Buffer.from(`${sshKey}\n`).toString('base64');
  expect(await told(vm)).toEqual([
    'oem io.systemd.credential:system.hostname=web.lan',
    `oem io.systemd.credential.binary:ssh.authorized_keys.root=${keys}`,
  ]);
  expect(await seedsInPool()).toEqual([]);
});
