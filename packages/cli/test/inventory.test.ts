/** The inventory for Ansible: in its form, held against Ansible itself. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { host, idOf, vm } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { isThere } from './support/programs.ts';
import { ok } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();
const folder = mkdtempSync(join(tmpdir(), 'drover-inventory-'));
afterAll(() => rmSync(folder, { recursive: true }));

const labels = { tier: 'web-front', 'app/part': '' };
const web = vm(1, 'web');
const { hostId: _, ...db } = vm(2, 'db', { state: 'stopped', desired: 'stopped' });
const routes = {
  'GET /v1/hosts': () =>
    ok({ items: [host('h1', { labels: { zone: 'a' } }), host('h2', { state: 'cordoned' })] }),
  'GET /v1/vms': () =>
    ok({
      items: [{ ...web, spec: { ...web.spec, labels } }, db, vm(3, 'h1')],
    }),
};

interface Listed {
  readonly _meta: {
    readonly hostvars: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  readonly [group: string]: unknown;
}

describe('drover inventory', () => {
  it('--list has groups by state, host, pool and label, in names that Ansible takes', async () => {
    const { url } = await serve(routes);
    const { code, stdout, stderr } = await drover(['--api', url, 'inventory', '--list']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { _meta: meta, all, ...groups } = JSON.parse(stdout) as Listed;
    expect(groups).toEqual({
      drover_hosts: { hosts: ['h1', 'h2'] },
      drover_vms: { hosts: [idOf(3), 'db', 'web'] },
      host_state_cordoned: { hosts: ['h2'] },
      host_state_ready: { hosts: ['h1'] },
      label_app_part: { hosts: ['web'] },
      label_tier_web_front: { hosts: ['web'] },
      label_zone_a: { hosts: ['h1'] },
      on_h2: { hosts: [idOf(3), 'web'] },
      pool_vms: { hosts: [idOf(3), 'db', 'web'] },
      vm_state_running: { hosts: [idOf(3), 'web'] },
      vm_state_stopped: { hosts: ['db'] },
    });
    expect(all).toEqual({ children: [...Object.keys(groups).toSorted(), 'ungrouped'] });
    expect(Object.keys(meta.hostvars).toSorted()).toEqual([idOf(3), 'db', 'h1', 'h2', 'web']);
    expect(meta.hostvars['web']).toMatchObject({
      drover_kind: 'vm',
      drover_id: idOf(1),
      drover_host: 'h2',
      drover_memory_mib: 128,
      drover_labels: labels,
    });
    expect(meta.hostvars['db']).not.toHaveProperty('drover_host');
    expect(meta.hostvars['h2']).toMatchObject({ drover_kind: 'host', drover_state: 'cordoned' });
  });

  it('calls a VM by its id where a host has its name, and neither is lost', async () => {
    const { url } = await serve(routes);
    const ask = (name: string) => drover(['--api', url, 'inventory', '--host', name]);
    expect(JSON.parse((await ask('h1')).stdout)).toMatchObject({ drover_kind: 'host' });
    expect(JSON.parse((await ask(idOf(3))).stdout)).toMatchObject({
      drover_kind: 'vm',
      drover_name: 'h1',
    });
  });

  it('--host of a name that is not there exits 3, and both or neither of the two 64', async () => {
    const { url } = await serve(routes);
    const run = (...args: readonly string[]) => drover(['--api', url, 'inventory', ...args]);
    expect(await run('--host', 'nobody')).toMatchObject({ code: 3, stdout: '' });
    expect(await run('--host', 'constructor')).toMatchObject({ code: 3, stdout: '' });
    expect(await run()).toMatchObject({ code: 64, stdout: '' });
    expect(await run('--list', '--host', 'web')).toMatchObject({ code: 64, stdout: '' });
  });
});

describe.skipIf(!isThere('ansible-inventory'))('Ansible itself', () => {
  const script = join(folder, 'drover-inventory');
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  writeFileSync(script, `#!/bin/sh\nexec '${process.execPath}' '${main}' inventory "$@"\n`);
  chmodSync(script, 0o755);
  const ansible = async (url: string, ...args: readonly string[]) => {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      LC_ALL: 'C.UTF-8',
      DROVER_API: url,
      // A warning about a name would otherwise pass unseen.
      ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: 'true',
      ANSIBLE_INVENTORY_ENABLED: 'script',
    };
    const argv = ['-i', script, ...args];
    const { stdout, stderr } = await promisify(execFile)('ansible-inventory', argv, { env });
    expect(stderr).toBe('');
    return stdout;
  };

  it('reads the script without a warning, and understands groups and variables', async () => {
    const { url } = await serve(routes);
    const list = JSON.parse(await ansible(url, '--list')) as Listed;
    expect(list['on_h2']).toEqual({ hosts: [idOf(3), 'web'] });
    expect(list['drover_hosts']).toEqual({ hosts: ['h1', 'h2'] });
    expect(list._meta.hostvars['web']).toMatchObject({ drover_vcpus: 1, drover_labels: labels });
  }, 30_000);

  it('finds one VM’s variables, and draws the groups', async () => {
    const { url } = await serve(routes);
    expect(JSON.parse(await ansible(url, '--host', 'web'))).toMatchObject({ drover_host: 'h2' });
    expect(await ansible(url, '--graph', 'vm_state_stopped')).toBe('@vm_state_stopped:\n  |--db\n');
  }, 30_000);
});
