/**
 * A VM is saved on one host and goes on on another: the same boot goes on counting, its disk has one writer, and nothing is
 * left of the file. What would part memory and disks is refused meanwhile, and a save that is cancelled leaves it running.
 */
import { askCounter } from '@drover/deploy/lab';
import type { api } from '@drover/protocol';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Cluster, type RunningVm } from './support/cluster.ts';
import { SlowSaves } from './support/slow-saves.ts';
import { until } from './support/until.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.observed();
  await cluster.clear();
});
afterEach(() => cluster.expectNoHarm());
afterAll(() => cluster.leave());

const ask = (method: 'POST' | 'DELETE', path: string, body?: object) =>
  cluster.api.expect<api.OperationBody>(202, method, path, body);

/** Memory in the pool, with and without a name, as one host sees it. */
async function memoryInPool(): Promise<readonly string[]> {
  const { stdout } = await cluster.lab.exec('h1', [
    'sh',
    '-c',
    'cd /var/lib/drover/pools/vms; ls -d *.memory .drover/quarantine/*/memory 2>/dev/null; true',
  ]);
  return stdout.split('\n').filter((line) => line !== '');
}

async function save(vm: RunningVm): Promise<void> {
  cluster.observer.mayEnd(vm.id);
  const { id } = await ask('POST', `/v1/vms/${vm.id}/save`);
  await cluster.ended(id, 'succeeded');
}

it('saved on one host it goes on on another, in the same boot; a plain start does that', async () => {
  const vm = await cluster.runVm('sleeper');
  const target = cluster.lab.hosts.find((host) => host !== vm.hostId) ?? '';
  const before = await until('it counts', () => askCounter(vm.address));
  await save(vm);
  const { state, saved } = await cluster.api.vm(vm.id);
  expect(state).toBe('saved');
  expect(saved).toMatchObject({ pool: 'vms', hostId: vm.hostId });
  expect(await cluster.hostsThatRun('sleeper')).toEqual([]);
  expect(await memoryInPool()).toEqual([saved?.file]);

  const resize = await cluster.api.send('POST', `/v1/volumes/${vm.id}-0/resize`, {
    sizeMib: 4_096,
  });
  expect(resize).toMatchObject({ status: 409, body: { code: 'vm-saved' } });

  // Only its record moves: where it goes on.
  const move = await ask('POST', `/v1/vms/${vm.id}/migrate`, { cold: true, target });
  await cluster.ended(move.id, 'succeeded');
  const start = await ask('POST', `/v1/vms/${vm.id}/start`);
  await cluster.ended(start.id, 'succeeded');
  expect(await cluster.hostsThatRun('sleeper')).toEqual([target]);
  const after = await until('it counts again', () => askCounter(vm.address));
  expect(after.boot).toBe(before.boot);
  expect(after.count).toBeGreaterThan(before.count);
  expect(await cluster.api.vm(vm.id)).not.toHaveProperty('saved');
  expect(await memoryInPool()).toEqual([]);
});

it('that is cancelled leaves it running, in the same boot, and no file', async () => {
  const vm = await cluster.runVm('wakeful');
  await using slow = await SlowSaves.on(cluster);
  const { id } = await ask('POST', `/v1/vms/${vm.id}/save`);
  await slow.isSaving(id);
  await ask('DELETE', `/v1/operations/${id}`);
  await cluster.ended(id, 'cancelled');
  expect(await cluster.hostsThatRun('wakeful')).toEqual([vm.hostId]);
  expect(await cluster.api.vm(vm.id)).toMatchObject({ state: 'running', hostId: vm.hostId });
  expect((await until('it counts', () => askCounter(vm.address))).boot).toBe(vm.boot);
  expect(await memoryInPool()).toEqual([]);
});

it('boots without its saved memory by a person’s word, and the file goes', async () => {
  const vm = await cluster.runVm('forgetful');
  await save(vm);
  cluster.observer.mayStart(vm.id);
  const { id } = await ask('POST', `/v1/vms/${vm.id}/start`, { discardSaved: true });
  await cluster.ended(id, 'succeeded');
  const { boot } = await until('it counts', () => askCounter(vm.address));
  expect(boot).not.toBe(vm.boot);
  expect(await memoryInPool()).toEqual([]);
});
