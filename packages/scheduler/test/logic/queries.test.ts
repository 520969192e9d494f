import { dumpCluster, loadCluster } from '@drover/core';
import { isQuestion, type Query, type QueryReply } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB } from './lab.ts';

function answer<T extends QueryReply['type']>(
  lab: Lab,
  query: Query,
  type: T,
): Extract<QueryReply, { type: T }> {
  const reply = lab.ask(query);
  if (reply?.type !== type) throw new Error(`answered with ${JSON.stringify(reply)}`);
  return reply as Extract<QueryReply, { type: T }>;
}

const spec = { vcpus: 1, memoryMib: 1_500, disks: [], networks: [] };

describe('asking', () => {
  it('changes nothing: each question has one reply and no more, and only plans ask hosts', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    const queries: readonly Query[] = [
      { type: 'leader' },
      { type: 'hosts' },
      { type: 'observed' },
      { type: 'progress' },
      { type: 'dump' },
      { type: 'place', spec, count: 3 },
      { type: 'explain', vmId: vmA },
      { type: 'explain', vmId: vmB },
      { type: 'headroom', shape: { vcpus: 1, memoryMib: 512 } },
      { type: 'plan-drain', hostId: 'h1' },
      { type: 'plan-drain', hostId: 'h9' },
    ];
    const { revision } = lab.etcd;
    for (const query of queries) {
      const before = lab.leader.said.length;
      lab.ask(query);
      const said = lab.leader.said.slice(before);
      const isPlan = query.type === 'plan-drain';
      expect(said.map((one) => one.type).filter((one) => !isPlan || one === 'reply')).toEqual([
        'reply',
      ]);
      const sent = said.flatMap((one) => (one.type === 'send' ? [one.command.body.kind] : []));
      expect(sent.filter((kind) => !isQuestion(kind))).toEqual([]);
    }
    expect(lab.etcd.revision).toBe(revision);
  });

  it('a leader that has not loaded yet has no answer', () => {
    const lab = new Lab();
    lab.addHost('h1');
    const leader = lab.elect();
    leader.feed({ type: 'elected', epoch: leader.epoch });
    expect(lab.ask({ type: 'leader' })).toBeUndefined();
  });

  it('for several places counts each one for the next', () => {
    const lab = Lab.withHosts(2);
    const { answers } = answer(lab, { type: 'place', spec, count: 5 }, 'place');
    const places = answers.map((one) => (one.type === 'placed' ? one.hostId : one.type));
    expect(places.slice(0, 4).toSorted()).toEqual(['h1', 'h1', 'h2', 'h2']);
    expect(places[4]).toBe('refused');
  });

  it('for places without reasons gets the same hosts, each with the former ones counted, and reasons where there is none', () => {
    const lab = Lab.withHosts(3);
    lab.runningVm(vmA, 'h1', { memoryMib: 700 });
    const ask = (count: number, explain: boolean) =>
      answer(lab, { type: 'place', spec, count, explain }, 'place').answers;
    const hostsOf = (count: number, explain: boolean) =>
      ask(count, explain).map((one) => (one.type === 'placed' ? one.hostId : one.type));
    expect(hostsOf(1, false)).toEqual(hostsOf(1, true));
    expect(hostsOf(5, false)).toEqual(hostsOf(5, true));
    expect(ask(1, false)).toEqual([
      { type: 'placed', hostId: 'h2', candidates: [], rejections: [] },
    ]);
    expect(ask(9, false)).toEqual(ask(9, true));
    expect(ask(9, false).at(-1)?.rejections).toHaveLength(3);
  });

  it('for a place on one host only gets the others’ reason', () => {
    const lab = Lab.withHosts(2);
    const { answers } = answer(lab, { type: 'place', spec, count: 1, only: 'h2' }, 'place');
    expect(answers[0]).toMatchObject({ type: 'placed', hostId: 'h2' });
    expect(answers[0]?.rejections).toMatchObject([{ hostId: 'h1', reason: 'not-asked-for' }]);
  });

  it('why a VM is where it is gets sentences', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    const { sentences } = answer(lab, { type: 'explain', vmId: vmA }, 'explain');
    expect(sentences[0]).toBe('vm-a is running on h1; if it moved now:');
    expect(sentences[1]).toMatch(/^h2 is best with \d+ points/);
  });

  it('for headroom gets what loss is borne, whose VMs have no place and why, and what else fits', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1', { memoryMib: 1_500 });
    const shape = { vcpus: 1, memoryMib: 1_500 };
    const { headroom } = answer(lab, { type: 'headroom', shape }, 'headroom');
    expect(headroom).toMatchObject({ bears: 1, exact: true, atRisk: [], untried: [] });
    expect(headroom.room?.fits).toMatchObject({ count: 3, atLeast: false });
    expect(headroom.room?.keeping.count).toBe(1);

    const alone = Lab.withHosts(1);
    alone.runningVm(vmA, 'h1');
    const { headroom: none } = answer(alone, { type: 'headroom' }, 'headroom');
    expect(none).toMatchObject({
      bears: 0,
      atRisk: [{ hostId: 'h1', vms: 1 }],
      worst: { hostIds: ['h1'], vms: 1, left: [{ vmId: vmA, reason: 'no-host-fits' }] },
    });
    expect(none.room).toBeUndefined();
  });

  it('for what is not there gets a code', () => {
    const lab = Lab.withHosts(1);
    const { code } = answer(lab, { type: 'explain', vmId: vmA }, 'error');
    expect(code).toBe('vm-not-found');
    expect(answer(lab, { type: 'plan-drain', hostId: 'h9' }, 'error').code).toBe('host-not-found');
  });

  it('for a drain’s plan gets the one that a drain then performs', () => {
    const lab = Lab.withHosts(3);
    lab.runningVm(vmA, 'h1');
    lab.runningVm(vmB, 'h1');
    const { plan } = answer(lab, { type: 'plan-drain', hostId: 'h1' }, 'plan-drain');
    const moves = plan.moves.map(({ vmId, target }) => ({ vmId, target }));
    lab.ended(lab.request({ type: 'drain', hostId: 'h1', plan: moves }));
    for (const { vmId, target } of moves) expect(lab.running(vmId)).toEqual([target]);
  });
});

describe('the time of a plan', () => {
  const plan = (lab: Lab, more: object = {}) =>
    answer(lab, { type: 'plan-drain', hostId: 'h1', ...more }, 'plan-drain').plan;
  const aLab = (): Lab => {
    const lab = Lab.withHosts(4);
    for (const vm of [vmA, vmB]) lab.runningVm(vm, 'h1', { memoryMib: 1_000 });
    return lab;
  };

  it('is that of the moves one after the other, at the speed that is assumed', () => {
    expect(plan(aLab())).toMatchObject({ estimatedSeconds: 24, waves: [[0], [1]] });
  });

  it('follows how many may go side by side', () => {
    expect(plan(aLab(), { parallel: 2 })).toMatchObject({
      estimatedSeconds: 22,
      waves: [[0, 1]],
    });
  });

  it('follows what is asked of the drain, and what holds for its VMs', () => {
    const lab = aLab();
    const capped = { migration: { bandwidthMibps: 10 } };
    expect(plan(lab, { ...capped, parallel: 1 }).estimatedSeconds).toBe(204);
    // Two that take a tenth of the link each go side by side, unless somebody says otherwise.
    expect(plan(lab, capped)).toMatchObject({ estimatedSeconds: 102, waves: [[0, 1]] });
    const other = Lab.withHosts(2);
    other.runningVm(vmA, 'h1', { memoryMib: 1_000, migration: { bandwidthMibps: 10 } });
    expect(plan(other).estimatedSeconds).toBe(102);
  });

  it('follows how the VMs write, and how far their policy slows them down for it', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1', { memoryMib: 1_000 });
    lab.host('h1').runs(vmA, { dirtyKibPerSecond: 90 * 1_024, writtenSetMib: 800 });
    lab.host('h1').report();
    lab.settle();
    const still = plan(lab, { migration: { throttle: false } }).estimatedSeconds;
    const slowed = plan(lab, { migration: { preset: 'must-finish' } }).estimatedSeconds;
    expect(slowed).toBeGreaterThan(12);
    expect(still).toBeGreaterThan(slowed);
  });

  it('of one move is its forecast, by the same rules', () => {
    const lab = aLab();
    const forecast = (more: object = {}) =>
      answer(lab, { type: 'plan-move', vmId: vmA, ...more }, 'plan-move').forecast;
    expect(forecast()).toMatchObject({ elapsedMs: 12_000, converges: true });
    expect(forecast({ migration: { bandwidthMibps: 10 } })).toMatchObject({ elapsedMs: 102_000 });
  });
});

describe('what only the leader knows', () => {
  it('is what is promised, what is observed, and what is foreign', () => {
    const lab = Lab.withHosts(1);
    lab.runningVm(vmA, 'h1', { memoryMib: 1_000, vcpus: 2 });
    lab.host('h1').runs(vmA, { state: 'paused', memoryMib: 1_000, vcpus: 2 });
    lab.host('h1').runs(vmB);
    const refusals = [{ opId: vmB, reason: 'procedure', message: 'domainDestroy' }];
    const migrationTls = { able: false, reason: 'set migrate_tls_x509_cert_dir' };
    lab.host('h1').about = { migrationTls, tunnelRefusals: refusals };
    lab.host('h1').report();
    lab.settle();
    const { leader } = answer(lab, { type: 'leader' }, 'leader');
    expect(leader).toMatchObject({ epoch: lab.leader.epoch, settled: true });
    const { hosts } = answer(lab, { type: 'hosts' }, 'hosts');
    expect(hosts).toMatchObject([
      {
        id: 'h1',
        migrationTls,
        tunnelRefusals: refusals,
        promised: { cpuMilli: 2_000, memoryMib: 1_000 },
        allocatable: { cpuMilli: 15_000, memoryMib: 3_072 },
        foreign: { cpuMilli: 1_000, memoryMib: 1_024 },
        vmCount: 1,
        foreignVmCount: 1,
      },
    ]);
    const { vms } = answer(lab, { type: 'observed' }, 'observed');
    expect(vms).toEqual({ [vmA]: 'paused' });
  });

  it('is not that a VM is foreign where it is on its way to', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    lab.request({ type: 'migrate', vmId: vmA, target: 'h2' });
    lab.host('h2').runs(vmA, { state: 'paused-migrating' });
    lab.host('h2').report();
    lab.settle();
    const [h2] = answer(lab, { type: 'hosts', hostId: 'h2' }, 'hosts').hosts;
    expect(h2).toMatchObject({ foreignVmCount: 0, promised: { memoryMib: 1_024 } });
    expect(h2?.foreign).toBeUndefined();
  });

  it('can be had as a dump that the core reads again', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1', { labels: { tier: 'web' } });
    lab.host('h2').runs(vmB);
    lab.host('h2').report();
    lab.settle();
    const { text } = answer(lab, { type: 'dump' }, 'dump');
    const cluster = loadCluster(text);
    expect(dumpCluster(cluster)).toBe(text);
    expect([...cluster.hosts.keys()]).toEqual(['h1', 'h2']);
    expect(cluster.vms.get(vmA)).toMatchObject({ hostId: 'h1', labels: { tier: 'web' } });
    expect(cluster.hosts.get('h2')?.foreign?.memoryMib).toBe(1_024);
  });

  it('is told of one host or one VM alone to who asks for that', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    lab.runningVm(vmB, 'h2');
    lab.settle();
    const hosts = (hostId: string) => answer(lab, { type: 'hosts', hostId }, 'hosts').hosts;
    expect(hosts('h2').map(({ id }) => id)).toEqual(['h2']);
    expect(hosts('h9')).toEqual([]);
    const { vms } = answer(lab, { type: 'observed', vmIds: [vmB] }, 'observed');
    expect(vms).toEqual({ [vmB]: 'running' });
    expect(answer(lab, { type: 'observed' }, 'observed').vms).toEqual({
      [vmA]: 'running',
      [vmB]: 'running',
    });
  });

  it('is how far migrations are', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    const id = lab.request({ type: 'migrate', vmId: vmA, target: 'h2' });
    const progress = {
      v: 1,
      opId: id,
      vmId: vmA,
      elapsedMs: 1,
      totalBytes: 2,
      remainingBytes: 1,
      transferredBytes: 1,
      iteration: 1,
      percent: 50,
    } as const;
    lab.leader.feed({
      type: 'agent-said',
      hostId: 'h1',
      message: { kind: 'progress', body: progress },
    });
    expect(answer(lab, { type: 'progress' }, 'progress').migrations).toEqual([progress]);
    const news = lab.leader.said.flatMap((one) =>
      one.type === 'announce' ? [JSON.parse(one.json) as unknown] : [],
    );
    expect(news).toEqual([{ type: 'migration-progress', operationId: id, vmId: vmA, percent: 50 }]);
  });
});
