/** `drover` against the real cluster: what a person types, what comes back, and the exit code. */
import { loadCluster } from '@drover/core';
import { askCounter, runningOn } from '@drover/deploy/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from './support/cluster.ts';
import { type Drover, droverOf } from './support/drover.ts';

let cluster: Cluster;
let drover: Drover;
beforeAll(async () => {
  cluster = await Cluster.attach();
  drover = droverOf(cluster);
  await cluster.clear();
});
afterAll(() => cluster.clear());

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

  it('names cause and next step, and exits as documented', async () => {
    const missing = await drover('vm', 'show', 'nobody');
    expect(missing.code).toBe(3);
    expect(missing.stderr).toContain('nobody');
    expect((await drover('vm', 'frobnicate')).code).toBe(64);
    const denied = await drover('--token', 'wrong', 'vm', 'list');
    expect(denied.code).toBe(6);
  });
});
