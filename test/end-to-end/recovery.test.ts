/** A host loses its power: nothing is started by itself, everything by a person’s word, and the host comes back. */
import type { api } from '@drover/protocol';
import { askCounter, runningOn } from '@drover/deploy/lab';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cluster, type RunningVm } from './support/cluster.ts';
import { until } from './support/until.ts';

let cluster: Cluster;
let vms: readonly RunningVm[];
const lost = 'h3';

beforeAll(async () => {
  cluster = await Cluster.observed();
  await cluster.clear();
  vms = [await cluster.runVm('one'), await cluster.runVm('two')];
  for (const vm of vms) await cluster.moveTo(vm, lost);
});
afterEach(() => cluster.expectNoHarm());
afterAll(async () => {
  // Docker says no where it runs already.
  await cluster.powerOn(lost).catch(() => undefined);
  await hostIs('ready');
  await cluster.leave();
});

async function hostIs(state: api.HostBody['state']): Promise<api.HostBody> {
  const what = `${lost} is ${state}`;
  const ask = async () => {
    const host = (await cluster.api.hosts()).find(({ id }) => id === lost);
    return host?.state === state ? host : undefined;
  };
  return until(what, ask, { deadlineMs: 120_000 });
}

async function recover(): Promise<api.OperationBody> {
  const path = `/v1/hosts/${lost}/recover`;
  return cluster.api.expect<api.OperationBody>(202, 'POST', path, { confirm: lost });
}

describe('a host that loses its power', () => {
  it('is not recovered while it is heard', async () => {
    const { error } = await cluster.ended((await recover()).id, 'failed');
    expect(error?.code).toBe('host-not-down');
    expect(await runningOn(cluster.lab, lost)).toHaveLength(vms.length);
  });

  it('has its VMs started elsewhere once a person says that it is off, and not before', async () => {
    await cluster.powerOff(lost);
    await hostIs('down');
    for (const vm of vms) {
      expect(await cluster.api.vm(vm.id)).toMatchObject({ state: 'running', hostId: lost });
    }
    for (const vm of vms) cluster.observer.mayStart(vm.id);
    const { items = [] } = await cluster.ended((await recover()).id, 'succeeded');
    expect(items.map(({ state }) => state)).toEqual(['moved', 'moved']);
    for (const vm of vms) {
      const { hostId = '' } = await cluster.api.vm(vm.id);
      expect(hostId).not.toBe(lost);
      expect(await runningOn(cluster.lab, hostId)).toContain(vm.name);
      const { boot } = await until(`${vm.name} counts again`, () => askCounter(vm.address));
      expect(boot).not.toBe(vm.boot);
    }
  });

  it('is as any other when it is back: it runs nothing, and takes VMs', async () => {
    await cluster.powerOn(lost);
    await hostIs('ready');
    expect(await runningOn(cluster.lab, lost)).toEqual([]);
    const [vm] = vms as [RunningVm];
    await cluster.moveTo(vm, lost);
    expect(await runningOn(cluster.lab, lost)).toEqual([vm.name]);
  });
});
