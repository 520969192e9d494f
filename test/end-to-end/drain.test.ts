/** A host is emptied live, as the plan said, while a connection to one of its VMs stays open. */
import type { api } from '@drover/protocol';
import { afterAll, afterEach, beforeEach, describe, expect, it, beforeAll } from 'vitest';
import { Cluster, type RunningVm } from './support/cluster.ts';
import { hold } from '@drover/deploy/lab';
import { askCounter, runningOn } from '@drover/deploy/lab';
import { until } from './support/until.ts';

let cluster: Cluster;
let vms: readonly RunningVm[];
const drained = 'h1';

beforeAll(async () => {
  cluster = await Cluster.observed();
});
beforeEach(async () => {
  await cluster.clear();
  vms = [await cluster.runVm('one'), await cluster.runVm('two'), await cluster.runVm('three')];
  for (const vm of vms) await cluster.moveTo(vm, drained);
});
afterEach(() => cluster.expectNoHarm());
afterAll(() => cluster.leave());

async function expectSameBoots(): Promise<void> {
  for (const vm of vms) expect((await askCounter(vm.address)).boot).toBe(vm.boot);
}

describe('draining a host', () => {
  it('moves every VM live as planned, breaks no connection, leaves the host empty', async () => {
    const connection = await hold(vms[0]?.address ?? '');
    const path = `/v1/hosts/${drained}/drain`;
    const plan = await cluster.api.expect<api.DrainPlanBody>(
      200,
      'POST',
      `${path}?dryRun=true`,
      {},
    );
    expect(plan.moves.map((move) => move.vmName).toSorted()).toEqual(['one', 'three', 'two']);
    expect(plan.blockers).toEqual([]);
    expect(await runningOn(cluster.lab, drained)).toHaveLength(3);

    const moves = plan.moves.map(({ vmId, target }) => ({ vmId, target }));
    const started = await cluster.api.expect<api.OperationBody>(202, 'POST', path, { plan: moves });
    const operation = await cluster.ended(started.id, 'succeeded');
    expect(operation.items?.map(({ vmId, target }) => ({ vmId, target })).toSorted(byVm)).toEqual(
      moves.toSorted(byVm),
    );
    expect(await runningOn(cluster.lab, drained)).toEqual([]);
    for (const move of plan.moves) {
      expect(await runningOn(cluster.lab, move.target)).toContain(move.vmName);
    }
    await expectSameBoots();
    const held = await connection.end();
    expect(held).toMatchObject({ broken: false });
    expect(held.lines).toBeGreaterThan(10);
    expect((await cluster.api.host(drained)).state).toBe('drained');
  });

  it('can be cancelled in the middle: nothing is left in flight, no VM is harmed', async () => {
    for (const vm of vms) await cluster.slowDown(drained, vm.name, 6);
    const path = `/v1/hosts/${drained}/drain`;
    const started = await cluster.api.expect<api.OperationBody>(202, 'POST', path, { parallel: 1 });
    await until('a migration is under way', async () => {
      const { items } = await cluster.api.expect<{ items: api.MigrationBody[] }>(
        200,
        'GET',
        '/v1/migrations',
      );
      return items.some((migration) => (migration.progress?.percent ?? 0) > 0) ? true : undefined;
    });
    await cluster.api.expect(202, 'DELETE', path);
    const operation = await cluster.ended(started.id, 'cancelled');
    expect(operation.items?.some((item) => item.state === 'cancelled')).toBe(true);
    await cluster.idle();
    const host = await cluster.api.host(drained);
    expect(host).toMatchObject({ state: 'ready', schedulable: true });
    expect((await runningOn(cluster.lab, drained)).length).toBeGreaterThan(0);
    await expectSameBoots();
    for (const vm of vms) {
      const { hostId, state } = await cluster.api.vm(vm.id);
      expect(state).toBe('running');
      expect(await runningOn(cluster.lab, hostId ?? '')).toContain(vm.name);
    }
  });

  it('that cannot empty the host says which VM stays and why, and what helps', async () => {
    for (const host of ['h2', 'h3']) {
      await cluster.api.expect(200, 'POST', `/v1/hosts/${host}/cordon`);
    }
    const path = `/v1/hosts/${drained}/drain`;
    const plan = await until('both cordons are seen', async () => {
      const made = await cluster.api.expect<api.DrainPlanBody>(
        200,
        'POST',
        `${path}?dryRun=true`,
        {},
      );
      return made.moves.length === 0 ? made : undefined;
    });
    expect(plan.blockers.map((blocker) => blocker.vmName).toSorted()).toEqual([
      'one',
      'three',
      'two',
    ]);
    for (const blocker of plan.blockers) {
      expect(blocker.remedy).not.toBe('');
      expect(blocker.rejections.map(({ reason }) => reason)).toContain('host-cordoned');
    }
    const started = await cluster.api.expect<api.OperationBody>(202, 'POST', path, {});
    const operation = await cluster.ended(started.id, 'blocked');
    expect(operation.items?.every((item) => item.state === 'blocked')).toBe(true);
    expect(await runningOn(cluster.lab, drained)).toHaveLength(3);
    await expectSameBoots();
  });
});

function byVm(a: { vmId: string }, b: { vmId: string }): number {
  return a.vmId < b.vmId ? -1 : 1;
}
