/** `drover` against the real cluster: what a person types, what comes back, and the exit code. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { loadCluster } from '@drover/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from './support/cluster.ts';
import { until } from './support/until.ts';
import { askCounter, runningOn } from '@drover/deploy/lab';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.attach();
  await cluster.clear();
});
afterAll(() => cluster.clear());

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

function drover(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const env = {
    ...process.env,
    DROVER_API: cluster.lab.apiUrl,
    DROVER_TOKEN: cluster.lab.token,
    NO_COLOR: '1',
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, ...args],
      { env, timeout: 200_000 },
      (error, stdout, stderr) =>
        resolve({
          code: typeof error?.code === 'number' ? error.code : error ? 1 : 0,
          stdout,
          stderr,
        }),
    );
  });
}

describe('drover', () => {
  it('lists hosts as a table and as JSON', async () => {
    const table = await drover('host', 'list');
    expect(table.code).toBe(0);
    for (const host of cluster.lab.hosts) expect(table.stdout).toContain(host);
    const json = await drover('host', 'list', '-o', 'json');
    const hosts = JSON.parse(json.stdout) as
      | readonly { id: string }[]
      | { items: { id: string }[] };
    const items = 'items' in hosts ? hosts.items : hosts;
    expect(items.map((host) => host.id).toSorted()).toEqual([...cluster.lab.hosts]);
  });

  it('dumps the cluster as the core reads it', async () => {
    const { code, stdout } = await drover('dump');
    expect(code).toBe(0);
    const { hosts, vms } = loadCluster(stdout);
    expect([...hosts.keys()]).toEqual([...cluster.lab.hosts]);
    expect(vms.size).toBe((await cluster.api.vms()).length);
  });

  it('shows a drain’s plan first, drains, and says what was done; then the host is empty', async () => {
    const vm = await cluster.runVm('cli-1');
    const dry = await drover('host', 'drain', vm.hostId, '--dry-run');
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain('cli-1');
    expect(await runningOn(cluster.lab, vm.hostId)).toContain('cli-1');
    const unasked = await drover('host', 'drain', vm.hostId);
    expect(unasked.code).toBe(64);
    expect(unasked.stderr).toContain('--yes');
    const done = await drover('host', 'drain', vm.hostId, '--yes');
    expect({ code: done.code, stderr: done.stderr }).toMatchObject({ code: 0 });
    expect(await runningOn(cluster.lab, vm.hostId)).toEqual([]);
    expect((await askCounter(vm.address)).boot).toBe(vm.boot);
  });

  it('gives a VM that runs more vCPUs, in the same boot, and it moves with them', async () => {
    const vm = await cluster.runVm('cli-2', cluster.tinySpec({ maxVcpus: 2 }));
    const dry = await drover('vm', 'resize', 'cli-2', '--vcpus', '2', '--dry-run');
    expect(dry.stdout).toContain('it gets 2 vCPUs');
    const done = await drover('vm', 'resize', 'cli-2', '--vcpus', '2');
    expect({ code: done.code, stderr: done.stderr }).toMatchObject({ code: 0 });
    const back = await drover('vm', 'resize', 'cli-2', '--vcpus', '1');
    expect(back.code).not.toBe(0);
    expect(back.stderr).toContain('--at-next-start');
    expect((await drover('vm', 'migrate', 'cli-2')).code).toBe(0);
    const { hostId = '', spec } = await cluster.api.vm(vm.id);
    expect([spec.vcpus, hostId === vm.hostId]).toEqual([2, false]);
    const counted = await cluster.lab.virsh(hostId, ['vcpucount', 'cli-2', '--live', '--active']);
    expect(counted.stdout.trim()).toBe('2');
    expect((await askCounter(vm.address)).boot).toBe(vm.boot);
  });

  it('gives a VM that runs more memory, and takes it back, in the same boot', async () => {
    const vm = await cluster.runVm('cli-3', cluster.tinySpec({ maxMemoryMib: 192 }));
    const kib = async () => {
      const { stdout } = await cluster.lab.virsh(vm.hostId, ['dommemstat', 'cli-3']);
      return Number(/^actual (\d+)$/m.exec(stdout)?.[1]);
    };
    await until('it has what it was made with', async () =>
      (await kib()) === 128 * 1024 ? true : undefined,
    );
    const more = await drover('vm', 'resize', 'cli-3', '--memory', '176MiB');
    expect({ code: more.code, stderr: more.stderr }).toMatchObject({ code: 0 });
    expect(await kib()).toBe(176 * 1024);
    const less = await drover('vm', 'resize', 'cli-3', '--memory', '112MiB');
    expect({ code: less.code, stderr: less.stderr }).toMatchObject({ code: 0 });
    expect(await kib()).toBe(112 * 1024);
    expect((await cluster.api.vm(vm.id)).spec.memoryMib).toBe(112);
    expect((await askCounter(vm.address)).boot).toBe(vm.boot);
  });

  it('names cause and next step, and exits as documented', async () => {
    const missing = await drover('vm', 'show', 'nobody');
    expect(missing.code).toBe(3);
    expect(missing.stderr).toContain('nobody');
    expect((await drover('vm', 'frobnicate')).code).toBe(64);
    const denied = await drover('--token', 'wrong', 'vm', 'list');
    expect(denied.code).toBe(6);
  });
});
