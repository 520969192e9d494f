/** A host with twenty VMs is emptied while a connection is held to each of them. */
import { hold, runningOn } from '@drover/deploy/lab';
import type { api } from '@drover/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster, type RunningVm } from './support/cluster.ts';

const drained = 'h1';
const many = 20;
/** All of them share the processors of one machine, which may be small. */
const patienceMs = 600_000;

let cluster: Cluster;
const vms: RunningVm[] = [];

beforeAll(async () => {
  cluster = await Cluster.observed();
  await cluster.clear();
  const others = cluster.lab.hosts.filter((host) => host !== drained);
  for (const host of others) await cluster.api.expect(200, 'POST', `/v1/hosts/${host}/cordon`);
  // A few at a time: each boots on a processor that all of them share.
  for (let at = 0; at < many; at += 4) {
    const names = [0, 1, 2, 3].map((more) => `many-${at + more}`);
    const few = names.map((name) => cluster.runVm(name, cluster.tinySpec({ memoryMib: 88 })));
    vms.push(...(await Promise.all(few)));
  }
  for (const host of others) await cluster.api.expect(200, 'DELETE', `/v1/hosts/${host}/cordon`);
});
afterAll(() => cluster.leave());

describe('a host with twenty VMs', () => {
  it('is emptied: no connection breaks, no VM stops or boots anew', async () => {
    expect(await runningOn(cluster.lab, drained)).toHaveLength(many);
    const held = await Promise.all(vms.map(({ address }) => hold(address)));
    const path = `/v1/hosts/${drained}/drain`;
    const { id } = await cluster.api.expect<api.OperationBody>(202, 'POST', path, {});
    const { items = [] } = await cluster.ended(id, 'succeeded', patienceMs);
    expect(items.map(({ state }) => state)).toEqual(Array.from({ length: many }, () => 'moved'));
    const seen = await Promise.all(held.map((one) => one.end()));
    expect(seen.filter(({ broken }) => broken)).toEqual([]);
    expect(await runningOn(cluster.lab, drained)).toEqual([]);
    for (const vm of vms) expect((await cluster.api.vm(vm.id)).state).toBe('running');
    for (const vm of vms)
      expect((await cluster.counts(await cluster.api.vm(vm.id))).boot).toBe(vm.boot);
    await cluster.expectNoHarm();
  }, 720_000);
});
