/** A connection hangs half open, a VM does not let itself be moved, an agent dies while it starts a VM, a host goes. */
import { connect } from 'node:net';
import type { api } from '@drover/protocol';
import { askCounter } from '@drover/deploy/lab';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cluster, type RunningVm } from './support/cluster.ts';
import { leaderOf } from './support/leader.ts';
import { until } from './support/until.ts';

const natsPort = 4222;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.observed();
});
afterEach(async () => {
  await cluster.ready();
  await cluster.expectNoHarm();
});
afterAll(() => cluster.leave());

/** In the boot that it was in, and nowhere else. */
async function expectRunsOn(vm: RunningVm, host: string): Promise<void> {
  expect(await cluster.api.vm(vm.id)).toMatchObject({ state: 'running', hostId: host });
  expect(await cluster.hostsThatRun(vm.name)).toEqual([host]);
  expect((await askCounter(vm.address)).boot).toBe(vm.boot);
}

/** Nothing else needs the machine then. */
async function aloneVm(name: string): Promise<RunningVm> {
  await cluster.clear();
  return cluster.runVm(name);
}

async function hostIs(id: string, states: readonly api.HostBody['state'][]): Promise<void> {
  const what = `${id} is ${states.join(' or ')}`;
  const ask = async () => (states.includes((await cluster.api.host(id)).state) ? true : undefined);
  await until(what, ask, { deadlineMs: 60_000 });
}

describe('a connection to NATS that hangs half open (F27)', () => {
  let vm: RunningVm;
  beforeAll(async () => {
    vm = await aloneVm('subject');
  });

  it('of an agent: it is noticed and made anew within 30 s, and the VM runs on', async () => {
    const begun = performance.now();
    try {
      await cluster.lab.dropPackets(vm.hostId, natsPort, 'present');
      await hostIs(vm.hostId, ['suspect', 'down']);
      await hostIs(vm.hostId, ['ready']);
    } finally {
      await cluster.lab.passPackets(vm.hostId);
    }
    expect(performance.now() - begun).toBeLessThan(30_000);
    await expectRunsOn(vm, vm.hostId);
  });

  it('of the leader: no host is given up for it, and what is asked for is done', async () => {
    const { service } = await leaderOf(cluster.lab);
    const target = cluster.lab.hosts.find((host) => host !== vm.hostId) ?? '';
    const states = new Set<string>();
    try {
      await cluster.lab.dropPackets(service, natsPort, 'present');
      const path = `/v1/vms/${vm.id}/migrate`;
      const { id } = await cluster.api.expect<api.OperationBody>(202, 'POST', path, { target });
      const { state } = await until(
        'the move ends',
        async () => {
          for (const host of await cluster.api.hosts()) states.add(host.state);
          const now = await cluster.api.operation(id);
          return now.done ? now : undefined;
        },
        { deadlineMs: 60_000 },
      );
      expect(state).toBe('succeeded');
      expect([...states]).not.toContain('down');
    } finally {
      await cluster.lab.passPackets(service);
    }
    await expectRunsOn(vm, target);
  });
});

describe('a VM that never converges (F31)', () => {
  it.each([
    [
      'migration-timeout',
      { bandwidthMibps: 8, throttle: false, timeoutFactor: 1, timeoutAtLeastSeconds: 12 },
    ],
    [
      'migration-stuck',
      { bandwidthMibps: 8, stallSeconds: 3, downtimeLadderMs: [100, 200], throttle: false },
    ],
  ])('is given up (%s): it runs on where it was, and the move tells why', async (code, policy) => {
    const vm = await aloneVm('busy');
    const changing = connect({ host: vm.address, port: 7002 });
    changing.on('error', () => undefined).resume();
    try {
      const target = cluster.lab.hosts.find((host) => host !== vm.hostId) ?? '';
      const path = `/v1/vms/${vm.id}/migrate`;
      const body = { target, migration: policy };
      const { id } = await cluster.api.expect<api.OperationBody>(202, 'POST', path, body);
      const { error, timeline } = await cluster.ended(id, 'failed', 90_000);
      expect(error).toMatchObject({
        code,
        message: expect.stringContaining('was given up') as string,
      });
      expect(timeline?.rounds.length).toBeGreaterThan(0);
      const steps = timeline?.interventions.map(({ type }) => type) ?? [];
      expect(steps.at(-1)).toBe('give-up');
      expect(steps.includes('set-downtime')).toBe(code === 'migration-stuck');
    } finally {
      changing.destroy();
    }
    await expectRunsOn(vm, vm.hostId);
    const { rest } = await cluster.api.vm(vm.id);
    expect(rest?.reason).toContain('MiB are left');
  });
});

describe('an agent killed during a start (F33)', () => {
  const host = 'h2';
  it.each([
    {
      when: 'libvirt has not heard of it yet',
      // What stands still hears nothing; the journal says that the order was begun.
      pause: () => cluster.lab.kill(host, 'libvirtd', 'STOP'),
      moment: (_vmId: string, opId: string) =>
        `grep begun /var/lib/drover/agent/journal | grep -q ${opId}`,
      goOn: () => cluster.lab.kill(host, 'libvirtd', 'CONT'),
    },
    {
      when: 'its QEMU has just begun',
      pause: () => Promise.resolve(true),
      moment: (vmId: string) => `ls /run/watched-qemu | grep -q ${vmId}`,
      goOn: () => Promise.resolve(true),
    },
  ])('when $when: the VM runs once, or not, as is said', async ({ pause, moment, goOn }) => {
    await cluster.clear();
    const others = cluster.lab.hosts.filter((one) => one !== host);
    for (const other of others) {
      await cluster.api.expect(200, 'POST', `/v1/hosts/${other}/cordon`);
    }
    expect(await pause()).toBe(true);
    const { vm, operation } = await cluster.createVm('subject');
    const script = `
      until ${moment(vm.id, operation.id)}; do sleep 0.02; done
      kill -KILL "$(cat /run/drover/agent.pid)"`;
    const killed = await cluster.lab.exec(host, ['timeout', '20', 'sh', '-c', script]);
    expect(await goOn()).toBe(true);
    expect(killed.exitCode).toBe(0);
    const { state } = await cluster.ended(operation.id);
    for (const other of others) {
      await cluster.api.expect(200, 'DELETE', `/v1/hosts/${other}/cordon`);
    }
    await cluster.ready();
    const expected = state === 'succeeded' ? [host] : [];
    expect(await cluster.hostsThatRun(vm.name)).toEqual(expected);
    expect((await cluster.api.vm(vm.id)).state).toBe(expected[0] ? 'running' : 'stopped');
    for (const _ of expected) await cluster.counts(vm);
  });
});

describe('many starts while a host loses its power (F59)', () => {
  it('each VM runs on one host, or is said not to run and why', async () => {
    await cluster.clear();
    const names = Array.from({ length: 6 }, (_, number) => `many-${number}`);
    const all = await Promise.all(names.map((name) => cluster.createVm(name)));
    const operations = () =>
      Promise.all(all.map(({ operation }) => cluster.api.operation(operation.id)));
    const lost = await until('a start is under way', async () => {
      const begun = (await operations()).find(({ state }) => state === 'running');
      return begun?.target;
    });
    await cluster.powerOff(lost);
    const cutOff = (await operations()).filter(({ done, target }) => !done && target === lost);
    expect(cutOff.length).toBeGreaterThan(0);
    // One that is tried elsewhere once its host has said that it is not there is started once more.
    for (const { vm } of all) cluster.observer.mayStart(vm.id);
    await until('every start that does not wait for the host has ended', async () =>
      (await operations()).every(({ done, target }) => done || target === lost) ? true : undefined,
    );
    await cluster.powerOn(lost);
    await hostIs(lost, ['ready']);
    const ended = await until('every start has ended', async () => {
      const now = await operations();
      return now.every(({ done }) => done) ? now : undefined;
    });
    const failed = ended.filter(({ state }) => state !== 'succeeded');
    expect(failed.map(({ error }) => error?.message ?? '')).not.toContain('');
    for (const { vm } of all) {
      const { state, hostId = '' } = await cluster.api.vm(vm.id);
      expect(['running', 'stopped', 'crashed']).toContain(state);
      const expected = state === 'running' ? [hostId] : [];
      expect(await cluster.hostsThatRun(vm.name)).toEqual(expected);
      for (const _ of expected) await cluster.counts(vm);
    }
  });
});
