/** etcd loses a member, its quorum, or its history, while a VM moves or just runs. */
import type { api } from '@drover/protocol';
import { askCounter, runningOn } from '@drover/deploy/lab';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cluster, type RunningVm } from './support/cluster.ts';
import { findLeader, leaderOf } from './support/leader.ts';
import { until } from './support/until.ts';

const clientPort = 2379;
const peerPort = 2380;

let cluster: Cluster;
let vm: RunningVm;
let members: readonly string[];

beforeAll(async () => {
  cluster = await Cluster.observed();
  members = cluster.lab.settings.etcdMembers;
  await cluster.clear();
  vm = await cluster.runVm('subject');
});
afterEach(async () => {
  await cluster.ready();
  await cluster.expectNoHarm();
});
afterAll(() => cluster.leave());

/** Somebody asks for a migration that takes a while; it has begun. */
async function startMove(): Promise<{ readonly id: string; readonly target: string }> {
  const { hostId: source = '' } = await cluster.api.vm(vm.id);
  const target = cluster.lab.hosts.find((host) => host !== source) ?? '';
  await cluster.slowDown(source, vm.name, 8);
  const path = `/v1/vms/${vm.id}/migrate`;
  const { id } = await cluster.api.expect<api.OperationBody>(202, 'POST', path, { target });
  // Before that hosts are asked, and what befalls the target meanwhile is a reason not to begin.
  await until('the move has begun', async () => {
    const { state } = await cluster.api.operation(id);
    return state === 'running' ? true : undefined;
  });
  return { id, target };
}

async function expectRunsOn(host: string): Promise<void> {
  expect(await cluster.api.vm(vm.id)).toMatchObject({ state: 'running', hostId: host });
  expect(await runningOn(cluster.lab, host)).toContain(vm.name);
  expect((await askCounter(vm.address)).boot).toBe(vm.boot);
}

/** Asked again where etcd did not say whether it was written; that it may be asked again is part of the answer. */
async function cordon(method: 'POST' | 'DELETE', host: string): Promise<void> {
  await until(`${method} of a cordon is taken`, async () => {
    const answer = await cluster.api.send<api.Problem>(method, `/v1/hosts/${host}/cordon`);
    if (answer.status === 200) return true;
    expect(answer).toMatchObject({ status: 503, body: { code: 'store-unavailable' } });
    return undefined;
  });
}

/** The leader hears of what others write through its watch, and says so when it is asked for a place. */
async function leaderKnowsCordon(host: string): Promise<void> {
  const spec = cluster.tinySpec();
  await until(
    `the leader knows that ${host} is cordoned`,
    async () => {
      const body = { spec: { ...spec, memoryMib: 1_000_000 } };
      const { items } = await cluster.api.expect<{ items: readonly api.PlacementBody[] }>(
        200,
        'POST',
        '/v1/placements',
        body,
      );
      const of = items[0]?.rejections.find(({ hostId }) => hostId === host);
      return of?.reason === 'host-cordoned' ? true : undefined;
    },
    { deadlineMs: 20_000 },
  );
}

describe('one member of etcd is lost (F17)', () => {
  it.each([
    {
      how: 'it dies',
      lose: (member: string) => cluster.lab.powerOff(member),
      mend: (member: string) => cluster.lab.powerOn(member),
    },
    {
      how: 'it stands still',
      lose: (member: string) => cluster.lab.pause(member),
      mend: (member: string) => cluster.lab.unpause(member),
    },
  ])('$how: the leader stays, and the move under way ends', async ({ lose, mend }) => {
    const before = await leaderOf(cluster.lab);
    const [member = ''] = await cluster.lab.serversOf(before.service, clientPort, members);
    expect(members).toContain(member);
    const move = await startMove();
    await lose(member);
    try {
      await cordon('POST', move.target);
      await cordon('DELETE', move.target);
      await cluster.ended(move.id, 'succeeded', 45_000);
      await expectRunsOn(move.target);
      expect(await leaderOf(cluster.lab)).toEqual(before);
    } finally {
      await mend(member);
    }
  });

  it('any of them does not reach the others: the leader hears what is written', async () => {
    const [host = ''] = cluster.lab.hosts;
    for (const member of members) {
      try {
        await cluster.lab.dropPackets(member, peerPort);
        await cordon('POST', host);
        await leaderKnowsCordon(host);
        await cordon('DELETE', host);
      } finally {
        await cluster.lab.passPackets(member);
      }
    }
    expect((await cluster.api.host(host)).schedulable).toBe(true);
  });
});

describe('etcd has no quorum for a while (F18)', () => {
  it('VMs run on, a migration under way comes to its end, nothing is promised; then all goes on', async () => {
    const move = await startMove();
    await until('memory is copied', async () => {
      const { progress } = await cluster.api.operation(move.id);
      return (progress?.transferredBytes ?? 0) > 0 ? true : undefined;
    });
    const lost = members.slice(1);
    for (const member of lost) await cluster.lab.powerOff(member);
    const path = `/v1/hosts/${move.target}/cordon`;
    try {
      const { count } = await askCounter(vm.address);
      await until('no scheduler leads any more', async () =>
        (await findLeader(cluster.lab)) === undefined ? true : undefined,
      );
      const refused = await cluster.api.send<api.Problem>('POST', path);
      expect(refused).toMatchObject({ status: 503, body: { code: 'store-unavailable' } });
      expect((await cluster.api.send('GET', '/readyz')).status).toBe(503);
      expect((await cluster.api.vm(vm.id)).id).toBe(vm.id);
      await until('twenty seconds have passed in the VM', async () => {
        const now = await askCounter(vm.address);
        return now.count > count + 2_000 ? true : undefined;
      });
      expect(await runningOn(cluster.lab, move.target)).toContain(vm.name);
    } finally {
      for (const member of lost) await cluster.lab.powerOn(member);
    }
    await cluster.ended(move.id, 'succeeded', 60_000);
    await expectRunsOn(move.target);
    // What was refused may have been kept by etcd all the same: that is said, and it can be asked for again.
    await cluster.api.expect(200, 'POST', path);
    await cluster.api.expect(200, 'DELETE', path);
  });
});

describe('etcd forgets what a watch would need (F20)', () => {
  it('the API and the scheduler that follows read it anew, and know what has happened', async () => {
    const { service: leads } = await leaderOf(cluster.lab);
    const follows = leads === 'scheduler1' ? 'scheduler2' : 'scheduler1';
    const deaf = ['api', follows];
    try {
      for (const service of deaf) await cluster.lab.dropPackets(service, clientPort);
      const { hostId = '' } = await cluster.api.vm(vm.id);
      cluster.observer.mayEnd(vm.id);
      expect((await cluster.lab.virsh(hostId, ['destroy', vm.name])).exitCode).toBe(0);
      await until('the leader has written it down', async () =>
        (await etcd(['get', '--prefix', '/drover/'])).includes('"state":"crashed"')
          ? true
          : undefined,
      );
      expect((await cluster.api.vm(vm.id)).state).not.toBe('crashed');
      const { header } = JSON.parse(await etcd(['put', 'test', 'x', '--write-out=json'])) as {
        readonly header: { readonly revision: number };
      };
      await etcd(['compact', String(header.revision)]);
      // Their streams are dead now, though they do not know it yet.
      await Promise.all(members.map((member) => cluster.lab.restart(member)));
    } finally {
      for (const service of deaf) await cluster.lab.passPackets(service);
    }
    await until('the API knows', async () =>
      (await cluster.api.vm(vm.id)).state === 'crashed' ? true : undefined,
    );
    expect(await cluster.lab.kill(leads, 'scheduler', 'KILL')).toBe(true);
    await leaderOf(cluster.lab, leads);
    cluster.observer.mayStart(vm.id);
    const path = `/v1/vms/${vm.id}/start`;
    const { id } = await cluster.api.expect<api.OperationBody>(202, 'POST', path);
    await cluster.ended(id, 'succeeded');
    const { boot } = await until('it counts again', () => askCounter(vm.address));
    vm = { ...vm, boot };
  });
});

/** Of a member that is there. */
async function etcd(args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await cluster.lab.exec('etcd', ['etcdctl', ...args]);
  if (exitCode !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${stderr}`);
  return stdout;
}
