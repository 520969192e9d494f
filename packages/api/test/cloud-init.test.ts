import { keys } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spec, vmId, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
  await declare('vms', { type: 'shared', path: '/srv/vms' });
});
afterEach(async () => world[Symbol.asyncDispose]());

const secret = 'hunter2-in-the-user-data';
const userData = `#cloud-config\npassword: ${secret}\n`;
const sshKey = `ssh-ed25519 ${'A'.repeat(64)} anna@desk`;
const withDisk = { ...spec, disks: [{ pool: 'vms', volume: 'a.raw' }] };

async function declare(name: string, poolSpec: object): Promise<void> {
  const uuid = '44444444-4444-4444-8444-444444444444';
  await world.put({
    [keys.pool(name)]: { v: 1, name, uuid, spec: poolSpec, by: 'x', createdAtMs: 1 },
  });
}

const create = (cloudInit: object, of: object = withDisk) =>
  world.send('POST', '/v1/vms', { name: 'a', start: false, spec: { ...of, cloudInit } });
const change = (cloudInit: object | null) => world.send('PATCH', '/v1/vms/a', { cloudInit });
const told = async () =>
  (await world.send('GET', '/v1/vms/a')).body['cloudInit'] as { readonly hash: string } | undefined;

describe('what a VM is told at its first boot', () => {
  it('is kept, and what is shown of it tells nothing of what it says', async () => {
    const made = await create({ userData, sshKeys: [sshKey] });
    expect(made.status).toBe(202);
    const summary = { by: 'iso', hostname: 'a', sshKeyCount: 1, hasNetworkConfig: false };
    const one = await world.send('GET', '/v1/vms/a');
    expect(one.body['cloudInit']).toMatchObject({ ...summary, userDataBytes: userData.length });
    const shown = [made, one, await world.send('GET', '/v1/vms'), await change({ userData })];
    expect(JSON.stringify(shown.map(({ body }) => body))).not.toContain(secret);
    expect(JSON.stringify(world.log)).not.toContain(secret);
  });

  it('is read by an admin who asks for it, and by nobody else', async () => {
    await create({ userData });
    const path = '/v1/vms/a?include=cloud-init';
    const read = await world.send('GET', path);
    expect(read.body['spec']).toMatchObject({ cloudInit: { userData } });
    const operator = await world.send('GET', path, undefined, { role: 'operator' });
    expect(operator).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(JSON.stringify(operator.body)).not.toContain(secret);
  });

  it('has another hash exactly where its content is another', async () => {
    await create({ userData });
    const first = (await told())?.hash;
    await change({ userData, by: 'iso', hostname: 'a' });
    expect((await told())?.hash).toBe(first);
    await change({ userData: `${userData}# more\n` });
    expect((await told())?.hash).not.toBe(first);
    await change({ userData });
    expect((await told())?.hash).toBe(first);
    await change(null);
    expect(await told()).toBeUndefined();
  });

  it('is not changed while something is being done with the VM, which may have read it', async () => {
    await world.vm();
    await world.send('POST', '/v1/vms/web-1/stop');
    const late = await world.send('PATCH', '/v1/vms/web-1', { cloudInit: { by: 'smbios' } });
    expect(late).toMatchObject({ status: 409, body: { code: 'vm-busy' } });
  });

  it('leaves a mark that a seed may lie in the pool, also when there is none any more', async () => {
    const made = await create({ userData });
    const { id } = made.body['vm'] as { readonly id: string };
    await change(null);
    expect(world.read(keys.vmIntent(id))).toMatchObject({ hasSeedFile: true });
    expect(vmId).not.toBe(id);
  });
});

describe('what cloud-init would not understand', () => {
  it.each([
    ['text of no kind', 'hello: world\n', 'line 1'],
    ['what another server is to tell', '#include\nhttps://example.org/x\n', 'line 1'],
    ['a mapping that is none', '#cloud-config\n- a\n', 'mapping'],
    ['a wrong indent', '#cloud-config\na: 1\n  b: 2\n', 'line 2, column'],
    ['a quote without end', `#cloud-config\na: "${secret}\n`, 'line 3'],
    ['a control character', '#!/bin/sh\necho \u0000\n', 'line 2 has a control character'],
    ['too much', `#cloud-config\n# ${'x'.repeat(16_384)}\n`, 'at most 16384'],
    [
      'too much in bytes, not in letters',
      `#cloud-config\n# ${'ü'.repeat(9_000)}\n`,
      'at most 16384',
    ],
  ])('is refused with its line, and not with its text: %s', async (_what, text, says) => {
    const refused = await create({ userData: text });
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid-body' } });
    expect(refused.body['detail']).toContain('/spec/cloudInit/userData');
    expect(refused.body['detail']).toContain(says);
    expect(JSON.stringify(refused.body)).not.toContain(secret);
    expect((await change({ userData: text })).status).toBe(400);
  });

  it.each([
    '#!/bin/sh\n: [',
    '## template: jinja\n#cloud-config\na: {{ b }}\n',
    'Content-Type: multipart/mixed\n',
  ])('is not looked for in what is no YAML yet: %j', async (text) => {
    expect((await create({ userData: text })).status).toBe(202);
  });

  it('is refused in a network configuration, and in keys', async () => {
    const network = await create({ networkConfig: 'version: 2\n eth: x\n' });
    expect(network.body['detail']).toContain('/spec/cloudInit/networkConfig line 1, column');
    const key = await create({ sshKeys: ['command="sh" ssh-ed25519 AAAA'] });
    expect(key).toMatchObject({ status: 400, body: { code: 'invalid-body' } });
  });
});

describe('where no seed can lie', () => {
  it('is refused with what to do instead: without a disk, in a pool that only QEMU reaches', async () => {
    await declare('direct', { type: 'nfs-direct', server: '10.0.0.9', export: '/export' });
    const without = await create({ userData }, spec);
    expect(without).toMatchObject({ status: 400, body: { code: 'bad-request' } });
    const direct = await create(
      { userData },
      { ...spec, disks: [{ pool: 'direct', image: 'a.qcow2' }] },
    );
    expect(direct).toMatchObject({ status: 409, body: { code: 'pool-unsuited' } });
    for (const { body } of [without, direct]) expect(body['detail']).toContain('smbios');
  });

  it('keys and hostname go by SMBIOS, and nothing else does', async () => {
    const more = await create({ by: 'smbios', userData }, spec);
    expect(more.body['detail']).toContain('userData does not go through SMBIOS');
    expect((await create({ by: 'smbios', sshKeys: [sshKey] }, spec)).status).toBe(202);
  });
});
