/**
 * A VM whose disk is on the NFS server through QEMU's own client: no mount, no locks. It moves in paused
 * mode, so that at no moment two copies could write.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { api } from '@drover/protocol';
import { Cluster } from './support/cluster.ts';
import { askCounter, runningOn } from '@drover/deploy/lab';
import { canaryOfWire } from './support/canary.ts';
import { until } from './support/until.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.observed();
  await cluster.clear();
});
afterEach(() => cluster.expectNoHarm());
afterAll(() => cluster.leave());

describe('a VM with its disk behind QEMU’s own NFS client', () => {
  it('reads its disk over the wire, and moves in paused mode without a new boot', async () => {
    const spec = cluster.tinySpec({
      disks: [{ pool: 'wire', volume: 'wire.raw', format: 'raw' }],
    });
    const vm = await cluster.runVm('wired', spec);
    const { stdout } = await cluster.lab.virsh(vm.hostId, ['dumpxml', 'wired']);
    expect(stdout).toMatch(/<source protocol='nfs'/);
    const target = cluster.lab.hosts.find((host) => host !== vm.hostId) ?? '';
    const started = await cluster.api.expect<api.OperationBody>(
      202,
      'POST',
      `/v1/vms/${vm.id}/migrate`,
      { target },
    );
    const operation = await cluster.ended(started.id, 'succeeded');
    expect(operation).toMatchObject({ mode: 'paused', memoryPath: 'tls' });
    expect(await runningOn(cluster.lab, target)).toContain('wired');
    expect(await runningOn(cluster.lab, vm.hostId)).not.toContain('wired');
    const { boot } = await until('it answers from there', () => askCounter(vm.address));
    expect(boot).toBe(vm.boot);
    const { boots, harm } = await canaryOfWire(cluster.lab);
    expect({ writer: boots.at(-1), harm }).toEqual({ writer: vm.boot, harm: [] });
  });
});
