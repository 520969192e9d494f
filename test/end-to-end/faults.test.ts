/** Processes die and servers restart in the middle of things; what was begun ends truthfully. */
import type { api } from '@drover/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Cluster, type RunningVm } from './support/cluster.ts';
import { askCounter, runningOn } from '@drover/deploy/lab';
import { leaderOf } from './support/leader.ts';
import { until } from './support/until.ts';

let cluster: Cluster;
let vms: readonly RunningVm[];
const source = 'h1';

beforeAll(async () => {
  cluster = await Cluster.observed();
});
beforeEach(async () => {
  await cluster.clear();
  vms = [await cluster.runVm('one'), await cluster.runVm('two'), await cluster.runVm('three')];
  for (const vm of vms) await cluster.moveTo(vm, source);
});
afterEach(() => cluster.expectNoHarm());
afterAll(() => cluster.leave());

async function startDrain(parallel: number): Promise<api.OperationBody> {
  for (const vm of vms) await cluster.slowDown(source, vm.name, 8);
  return cluster.api.expect<api.OperationBody>(202, 'POST', `/v1/hosts/${source}/drain`, {
    parallel,
  });
}

async function migrationUnderWay(): Promise<api.MigrationBody> {
  return until('a migration is under way', async () => {
    const { items } = await cluster.api.expect<{ items: api.MigrationBody[] }>(
      200,
      'GET',
      '/v1/migrations',
    );
    return items.find((migration) => (migration.progress?.transferredBytes ?? 0) > 0);
  });
}

/** Each VM is in the boot that it was in, on exactly the host that Drover names. */
async function expectAllWell(): Promise<void> {
  for (const vm of vms) {
    const { hostId, state } = await cluster.api.vm(vm.id);
    expect({ name: vm.name, state }).toEqual({ name: vm.name, state: 'running' });
    expect(await cluster.hostsThatRun(vm.name)).toEqual([hostId]);
    expect((await askCounter(vm.address)).boot).toBe(vm.boot);
  }
}

describe('the leading scheduler killed in the middle of a drain', () => {
  it('is followed by the other, which finishes the same drain; no VM stops or runs twice', async () => {
    const drain = await startDrain(1);
    await migrationUnderWay();
    const before = await leaderOf(cluster.lab);
    const killed = await cluster.lab.kill(before.service, 'scheduler', 'KILL');
    expect(killed).toBe(true);
    const operation = await cluster.ended(drain.id, 'succeeded', 240_000);
    const after = await leaderOf(cluster.lab);
    expect(after.epoch).toBeGreaterThan(before.epoch);
    expect(operation.items?.every((item) => item.state === 'moved')).toBe(true);
    expect(await runningOn(cluster.lab, source)).toEqual([]);
    await expectAllWell();
  });
});

describe('the source’s agent killed during a migration', () => {
  it('comes back, and the outcome is what both hosts’ libvirt say', async () => {
    const vm = vms[0] as RunningVm;
    await cluster.slowDown(source, vm.name, 8);
    const migration = await cluster.api.expect<api.OperationBody>(
      202,
      'POST',
      `/v1/vms/${vm.id}/migrate`,
      { target: 'h2' },
    );
    await migrationUnderWay();
    expect(await cluster.lab.kill(source, 'agent', 'KILL')).toBe(true);
    const operation = await cluster.ended(migration.id, undefined, 240_000);
    const onTarget = (await runningOn(cluster.lab, 'h2')).includes(vm.name);
    expect(operation.state).toBe(onTarget ? 'succeeded' : 'failed');
    expect((await cluster.api.vm(vm.id)).hostId).toBe(onTarget ? 'h2' : source);
    await cluster.ready();
    await expectAllWell();
  });
});

describe('a server restarted while hosts carry VMs', () => {
  it('NATS: agents and scheduler come back by themselves, and a drain goes through', async () => {
    await cluster.lab.restart('nats');
    await cluster.ready();
    const drain = await startDrain(2);
    await migrationUnderWay();
    await cluster.lab.restart('nats');
    const operation = await cluster.ended(drain.id, 'succeeded', 240_000);
    expect(operation.items?.map((item) => item.state)).toEqual(['moved', 'moved', 'moved']);
    await expectAllWell();
  });

  it('etcd: what was acknowledged is still there, and the drain under way ends', async () => {
    const drain = await startDrain(1);
    await migrationUnderWay();
    await Promise.all(cluster.lab.settings.etcdMembers.map((one) => cluster.lab.restart(one)));
    const operation = await cluster.ended(drain.id, 'succeeded', 240_000);
    expect(operation.items?.map((item) => item.state)).toEqual(['moved', 'moved', 'moved']);
    await expectAllWell();
  });

  it('the API: the operation that it answered with is still there, and ends', async () => {
    const drain = await startDrain(1);
    await migrationUnderWay();
    expect(await cluster.lab.kill('api', 'api', 'KILL')).toBe(true);
    const back = await until('the next API answers', () => cluster.api.operation(drain.id));
    expect(back).toMatchObject({ id: drain.id, type: 'drain', done: false });
    const operation = await cluster.ended(drain.id, 'succeeded', 240_000);
    expect(operation.items?.map((item) => item.state)).toEqual(['moved', 'moved', 'moved']);
    await expectAllWell();
  });
});
