/** Placement over the real API onto real hosts, and the refusals that explain themselves. */
import type { api } from '@drover/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from './support/cluster.ts';
import { askCounter, knownOn, runningOn } from '@drover/deploy/lab';
import { until } from './support/until.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.attach();
  await cluster.clear();
});
afterAll(() => cluster.clear());

interface Placements {
  readonly items: readonly api.PlacementBody[];
}

describe('a VM that is asked for', () => {
  it('runs on the host that the answer names, in that host’s own eyes, and answers on TCP', async () => {
    const vm = await cluster.runVm('web-1');
    expect(await runningOn(cluster.lab, vm.hostId)).toContain('web-1');
    const first = await askCounter(vm.address);
    const later = await until('it counts on', async () => {
      const now = await askCounter(vm.address);
      return now.count > first.count ? now : undefined;
    });
    expect(later.boot).toBe(first.boot);
  });

  it('is spread: three VMs of one size go to three hosts', async () => {
    await cluster.clear();
    const vms = [await cluster.runVm('a'), await cluster.runVm('b'), await cluster.runVm('c')];
    expect(new Set(vms.map((vm) => vm.hostId)).size).toBe(3);
  });

  it('keeps to a rule: enforced, it brings two of them together, and one alone does not leave', async () => {
    const spec = { type: 'together', strength: 'hard', over: 'host', vms: { ids: ['a', 'b'] } };
    await cluster.api.expect(201, 'POST', '/v1/rules', { name: 'pair', spec });
    const rule = await until('who breaks it is known', async () => {
      const now = await cluster.api.expect<api.RuleBody>(200, 'GET', '/v1/rules/pair');
      return now.status?.state === 'broken' ? now : undefined;
    });
    expect(rule.status?.vms.map(({ name }) => name).toSorted()).toEqual(['a', 'b']);
    const plan = await cluster.api.expect<api.RulePlanBody>(
      200,
      'POST',
      '/v1/rules/pair/enforce?dryRun=true',
    );
    expect(plan.feasible).toBe('yes');
    const { id } = await cluster.api.expect<api.OperationBody>(
      202,
      'POST',
      '/v1/rules/pair/enforce',
      { plan: plan.moves.map(({ vmId, target }) => ({ vmId, target })) },
    );
    await cluster.ended(id, 'succeeded');
    const host = plan.moves[0]?.target ?? '';
    expect((await runningOn(cluster.lab, host)).filter((name) => name !== 'c')).toEqual(
      expect.arrayContaining(['a', 'b']),
    );
    const alone = await cluster.api.expect<api.OperationBody>(202, 'POST', '/v1/vms/a/migrate', {});
    const refused = await cluster.ended(alone.id, 'failed');
    expect(refused.error?.message).toContain('rule pair (together) would be broken');
    await cluster.api.expect(200, 'DELETE', '/v1/rules/pair');
  });

  it('stops when a person presses its power button, starts again, and goes when deleted', async () => {
    const vm = await cluster.runVm('short');
    const stop = await cluster.api.expect<api.OperationBody>(
      202,
      'POST',
      `/v1/vms/${vm.id}/stop`,
      {},
    );
    await cluster.ended(stop.id, 'succeeded');
    for (const host of cluster.lab.hosts) {
      expect(await knownOn(cluster.lab, host)).not.toContain('short');
    }
    const start = await cluster.api.expect<api.OperationBody>(
      202,
      'POST',
      `/v1/vms/${vm.id}/start`,
    );
    await cluster.ended(start.id, 'succeeded');
    const { boot } = await until('it answers again', () => askCounter(vm.address));
    expect(boot).not.toBe(vm.boot);
    const halt = await cluster.api.expect<api.OperationBody>(202, 'POST', `/v1/vms/${vm.id}/stop`, {
      mode: 'force',
    });
    await cluster.ended(halt.id, 'succeeded');
    const removal = await cluster.api.expect<api.OperationBody>(202, 'DELETE', `/v1/vms/${vm.id}`);
    await cluster.ended(removal.id, 'succeeded');
    expect((await cluster.api.send('GET', `/v1/vms/${vm.id}`)).status).toBe(404);
  });
});

describe('a VM that fits nowhere', () => {
  it('is refused with every host’s reason and numbers, and nothing is started', async () => {
    const spec = cluster.tinySpec({ memoryMib: 1_000_000 });
    const { items } = await cluster.api.expect<Placements>(200, 'POST', '/v1/placements', { spec });
    expect(items[0]?.type).toBe('refused');
    expect(items[0]?.rejections.map((rejection) => rejection.hostId).toSorted()).toEqual([
      ...cluster.lab.hosts,
    ]);
    for (const rejection of items[0]?.rejections ?? []) {
      expect(rejection).toMatchObject({
        reason: 'not-enough-memory',
        required: 1_000_000,
        unit: 'MiB',
      });
      expect(rejection.available).toBeGreaterThan(0);
    }
    const created = await cluster.api.expect<api.VmCreated>(202, 'POST', '/v1/vms', {
      name: 'too-big',
      spec,
    });
    const operation = await cluster.ended(created.operation?.id ?? '', 'failed');
    expect(operation.error?.code).toBe('no-host-fits');
    expect(operation.error?.rejections).toHaveLength(cluster.lab.hosts.length);
  });

  it('because of its architecture hears that', async () => {
    const spec = cluster.tinySpec({ arch: 'aarch64' });
    const { items } = await cluster.api.expect<Placements>(200, 'POST', '/v1/placements', { spec });
    const reasons = new Set(items[0]?.rejections.map((rejection) => rejection.reason));
    expect(reasons).toEqual(new Set(['wrong-architecture']));
  });

  it('because hosts are cordoned hears that, and fits again when one is uncordoned', async () => {
    for (const host of cluster.lab.hosts) {
      await cluster.api.expect(200, 'POST', `/v1/hosts/${host}/cordon`);
    }
    const spec = cluster.tinySpec();
    const refused = await until('the cordon is seen', async () => {
      const answer = await cluster.api.expect<Placements>(200, 'POST', '/v1/placements', { spec });
      return answer.items[0]?.type === 'refused' ? answer.items[0] : undefined;
    });
    expect(new Set(refused.rejections.map((rejection) => rejection.reason))).toEqual(
      new Set(['host-cordoned']),
    );
    const free = cluster.lab.hosts[1] ?? '';
    await cluster.api.expect(200, 'DELETE', `/v1/hosts/${free}/cordon`);
    const placed = await until('a host fits again', async () => {
      const answer = await cluster.api.expect<Placements>(200, 'POST', '/v1/placements', { spec });
      return answer.items[0]?.type === 'placed' ? answer.items[0] : undefined;
    });
    expect(placed.hostId).toBe(free);
  });
});
