/**
 * One part of a host or of the control plane breaks while a VM moves, or while it just runs: the VM runs on, on exactly
 * the host that Drover names, in the boot that it was in; or it is said to be gone.
 */
import type { api } from '@drover/protocol';
import { askCounter, runningOn } from '@drover/deploy/lab';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cluster, type RunningVm } from './support/cluster.ts';
import { findLeader, type Leader, leaderOf } from './support/leader.ts';
import { until } from './support/until.ts';

let cluster: Cluster;
let vm: RunningVm;

beforeAll(async () => {
  cluster = await Cluster.observed();
  await cluster.clear();
  vm = await cluster.runVm('subject');
});
afterEach(async () => {
  await cluster.ready();
  await cluster.expectNoHarm();
});
afterAll(() => cluster.leave());

interface Move {
  readonly source: string;
  readonly target: string;
  readonly id: string;
}

/** The VM is on its way, slowly enough to break something meanwhile. */
async function moving(): Promise<Move> {
  await cluster.ready();
  const { hostId: source = '' } = await cluster.api.vm(vm.id);
  const target = cluster.lab.hosts.find((host) => host !== source) ?? '';
  await cluster.slowDown(source, vm.name, 8);
  const path = `/v1/vms/${vm.id}/migrate`;
  const { id } = await cluster.api.expect<api.OperationBody>(202, 'POST', path, { target });
  await until('memory is copied', async () => {
    const { progress } = await cluster.api.operation(id);
    return (progress?.transferredBytes ?? 0) > 0 ? true : undefined;
  });
  return { source, target, id };
}

/** The operation has ended, and it is true how: the VM is where it says, in its old boot. */
async function expectTruthfulEnd({
  source,
  target,
  id,
}: Move): Promise<api.OperationBody['state']> {
  const { state } = await cluster.ended(id, undefined, 180_000);
  const owner = state === 'succeeded' ? target : source;
  expect(await cluster.api.vm(vm.id)).toMatchObject({ state: 'running', hostId: owner });
  expect(await cluster.hostsThatRun(vm.name)).toEqual([owner]);
  expect((await askCounter(vm.address)).boot).toBe(vm.boot);
  return state;
}

/** With the pid that libvirt wrote down. */
async function killQemu(host: string): Promise<void> {
  const script = `kill -KILL "$(cat /run/libvirt/qemu/${vm.name}.pid)"`;
  expect((await cluster.lab.exec(host, ['sh', '-c', script])).exitCode).toBe(0);
}

async function saidToBeGone(): Promise<void> {
  await until('it is said to be gone', async () =>
    (await cluster.api.vm(vm.id)).state === 'crashed' ? true : undefined,
  );
}

/** Nothing starts it by itself; a person does. */
async function startAgain(): Promise<void> {
  cluster.observer.mayStart(vm.id);
  const path = `/v1/vms/${vm.id}/start`;
  const { id } = await cluster.api.expect<api.OperationBody>(202, 'POST', path);
  await cluster.ended(id, 'succeeded');
  const { boot } = await until('it counts again', () => askCounter(vm.address));
  expect(boot).not.toBe(vm.boot);
  vm = { ...vm, boot };
}

describe('while a VM moves', () => {
  it('the target’s agent dies (F03): the outcome is what both hosts say', async () => {
    const move = await moving();
    expect(await cluster.lab.kill(move.target, 'agent', 'KILL')).toBe(true);
    await expectTruthfulEnd(move);
  });

  it('libvirt on the source dies (F04): the VM runs on', async () => {
    const move = await moving();
    expect(await cluster.lab.kill(move.source, 'libvirtd', 'KILL')).toBe(true);
    await expectTruthfulEnd(move);
  });

  it('libvirt on the target dies (F05): the VM runs on at its source', async () => {
    const move = await moving();
    expect(await cluster.lab.kill(move.target, 'libvirtd', 'KILL')).toBe(true);
    expect(await expectTruthfulEnd(move)).toBe('failed');
  });

  it('QEMU on the target dies (F07): the VM runs on at its source', async () => {
    const move = await moving();
    await killQemu(move.target);
    expect(await expectTruthfulEnd(move)).toBe('failed');
  });

  it('the leader stands still for longer than its lease (F11): the other goes on', async () => {
    const move = await moving();
    const { service } = await leaderOf(cluster.lab);
    await cluster.lab.pause(service);
    try {
      await leaderOf(cluster.lab, service);
      await expectTruthfulEnd(move);
    } finally {
      await cluster.lab.unpause(service);
    }
    await cluster.ready();
    expect(await cluster.hostsThatRun(vm.name)).toEqual([(await cluster.api.vm(vm.id)).hostId]);
  });

  it('QEMU on the source dies (F06): the VM is said to be gone, and nothing starts it', async () => {
    const move = await moving();
    cluster.observer.mayEnd(vm.id);
    await killQemu(move.source);
    const { error } = await cluster.ended(move.id, 'failed', 180_000);
    expect(error).toMatchObject({
      code: 'vm-crashed',
      message: `neither ${move.source} nor ${move.target} has it any more; start it again`,
    });
    await saidToBeGone();
    expect(await cluster.hostsThatRun(vm.name)).toEqual([]);
    await startAgain();
  });
});

describe('while a VM just runs', () => {
  it('libvirt restarts (F45): the VM runs on, and Drover says so', async () => {
    const { hostId = '' } = await cluster.api.vm(vm.id);
    expect(await cluster.lab.kill(hostId, 'libvirtd', 'KILL')).toBe(true);
    await until('libvirt is back', async () =>
      ((await runningOn(cluster.lab, hostId).catch(() => [])) as readonly string[]).includes(
        vm.name,
      )
        ? true
        : undefined,
    );
    await cluster.ready();
    expect(await cluster.api.vm(vm.id)).toMatchObject({ state: 'running', hostId });
    expect((await askCounter(vm.address)).boot).toBe(vm.boot);
  });

  it('its QEMU dies (F47): it is said to be gone, and nothing starts it', async () => {
    const { hostId = '' } = await cluster.api.vm(vm.id);
    cluster.observer.mayEnd(vm.id);
    await killQemu(hostId);
    await saidToBeGone();
    expect(await cluster.hostsThatRun(vm.name)).toEqual([]);
    await startAgain();
  });

  it('a person destroys it with virsh (F49): that is said, and it can be started again', async () => {
    const { hostId = '' } = await cluster.api.vm(vm.id);
    cluster.observer.mayEnd(vm.id);
    expect((await cluster.lab.virsh(hostId, ['destroy', vm.name])).exitCode).toBe(0);
    await saidToBeGone();
    await startAgain();
  });
});

describe('a part that is cut off', () => {
  it('and is a host (F14): it is down for Drover, and its VM runs on and is left alone', async () => {
    const before = await cluster.api.vm(vm.id);
    const { hostId = '' } = before;
    const { count } = await askCounter(vm.address);
    await cluster.lab.cutOff(hostId);
    try {
      await until('the host is down', () => hostIs(hostId, 'down'), { deadlineMs: 60_000 });
      expect(await cluster.api.vm(vm.id)).toMatchObject({ state: 'running', hostId });
      expect(await cluster.hostsThatRun(vm.name)).toEqual([hostId]);
    } finally {
      await cluster.lab.reconnect(hostId);
    }
    await until('the host is back', () => hostIs(hostId, 'ready'), { deadlineMs: 60_000 });
    const { generation } = await cluster.api.vm(vm.id);
    expect(generation).toBe(before.generation);
    const after = await askCounter(vm.address);
    expect([after.boot, after.count > count]).toEqual([vm.boot, true]);
  });

  it('and is the leader (F12, F13): the other leads, and one alone does', async () => {
    const { service } = await leaderOf(cluster.lab);
    await cluster.lab.cutOff(service);
    let other: Leader;
    try {
      other = await leaderOf(cluster.lab, service);
    } finally {
      await cluster.lab.reconnect(service);
    }
    await cluster.ready();
    expect(await expectTruthfulEnd(await moving())).toBe('succeeded');
    await until('the former one follows', async () =>
      (await findLeader(cluster.lab, other.service)) === undefined ? true : undefined,
    );
  });
});

async function hostIs(id: string, state: api.HostBody['state']): Promise<true | undefined> {
  const host = (await cluster.api.hosts()).find((one) => one.id === id);
  return host?.state === state ? true : undefined;
}
