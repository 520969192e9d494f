/** What a VM is told at its first boot: from files to the API, and what is said of it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idOf, vm } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { accepted, ok } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();
const sshKey = `ssh-ed25519 ${'A'.repeat(64)} anna@desk`;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const summary = {
  by: 'iso',
  hash: '0123456789ab',
  userDataBytes: 1_300,
  hostname: 'web',
  sshKeyCount: 1,
  hasNetworkConfig: false,
} as const;
const creating = {
  'POST /v1/vms': () => accepted({ vm: vm(1, 'web', { cloudInit: summary }) }),
};
const create = (url: string, ...flags: string[]) =>
  drover(['--api', url, 'vm', 'create', 'web', '--memory', '128MiB', '--no-start', ...flags]);

describe('vm create', () => {
  it('sends what the files say', async () => {
    const api = await serve(creating);
    const files = [
      '--cloud-init',
      await file('user.yaml', '#cloud-config\n'),
      '--ssh-key',
      await file('key.pub', `# mine\n${sshKey}\n`),
      '--network-config',
      await file('net.yaml', 'version: 2\n'),
    ];
    expect((await create(api.url, ...files, '--hostname', 'web.lan', '--seed', 'iso')).code).toBe(
      0,
    );
    expect(api.sent('POST', '/v1/vms')[0]?.body).toMatchObject({
      spec: {
        cloudInit: {
          by: 'iso',
          userData: '#cloud-config\n',
          networkConfig: 'version: 2\n',
          sshKeys: [sshKey],
          hostname: 'web.lan',
        },
      },
    });
  });

  it('refuses before anything is sent what is no public key, no text, too large, or not there', async () => {
    const api = await serve({});
    const wrong = [
      [
        ['--ssh-key', await file('id', '-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n')],
        'ends in .pub',
      ],
      [['--ssh-key', await file('x.pub', `\nssh-ed25519 hm\n`)], 'line 2 of'],
      [
        ['--cloud-init', await file('big', `#cloud-config\n${'#'.repeat(16_384)}`)],
        'at most 16KiB',
      ],
      [['--cloud-init', await file('raw', new Uint8Array([0x23, 0xff]))], 'no text in UTF-8'],
      [['--cloud-init', join(folder, 'none')], 'no such file'],
      [['--hostname', 'a_b'], 'no hostname'],
    ] as const;
    for (const [flags, says] of wrong) {
      const end = await create(api.url, ...flags);
      expect({ code: end.code, says: end.stderr }).toEqual({
        code: 64,
        says: expect.stringContaining(says),
      });
      expect(end.stderr).not.toContain('hunter2');
    }
    expect(api.requests).toEqual([]);
  });
});

describe('vm set', () => {
  it('replaces what it is told, and says when that counts', async () => {
    const api = await serve({
      'PATCH /v1/vms/web': () => ok(vm(1, 'web', { cloudInit: summary })),
    });
    const path = await file('user.yaml', '#cloud-config\n');
    const end = await drover(['--api', api.url, 'vm', 'set', 'web', '--cloud-init', path]);
    expect(end.code).toBe(0);
    expect(end.stdout).toBe(
      'web is told once it was stopped and started again: yes, 1KiB, 1 key, hostname web, hash 0123456789ab\n',
    );
    expect(api.requests.map(({ body }) => body)).toEqual([
      { cloudInit: { userData: '#cloud-config\n' } },
    ]);
  });

  it('--no-cloud-init takes it away; without anything to change nothing is sent', async () => {
    const api = await serve({ 'PATCH /v1/vms/web': () => ok(vm(1, 'web', { state: 'stopped' })) });
    expect((await drover(['--api', api.url, 'vm', 'set', 'web'])).code).toBe(64);
    expect(api.requests).toEqual([]);
    expect((await drover(['--api', api.url, 'vm', 'set', 'web', '--no-cloud-init'])).code).toBe(0);
    expect(api.requests.map(({ body }) => body)).toEqual([{ cloudInit: null }]);
  });
});

describe('vm show', () => {
  it('says that there is some, and with --with-cloud-init what', async () => {
    const shown = vm(1, 'web', { id: idOf(1), cloudInit: summary });
    const full = {
      ...shown,
      spec: { ...shown.spec, cloudInit: { userData: '#cloud-config\na: 1\n' } },
    };
    const api = await serve({
      'GET /v1/vms/web': ({ query }) => ok(query.get('include') === 'cloud-init' ? full : shown),
    });
    const plain = await drover(['--api', api.url, 'vm', 'show', 'web']);
    expect(plain.stdout).toMatch(/Cloud-init: +yes, 1KiB, 1 key/);
    const open = await drover(['--api', api.url, 'vm', 'show', 'web', '--with-cloud-init']);
    expect(open.stdout).toContain('User data:\n#cloud-config\na: 1\n');
  });
});
