/** What the cluster bears, what it has room for, and what is started where when hosts are lost. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cluster, headroomOf, place, planRecovery, roomFor, type Rule } from '../src/index.ts';
import { aCluster, aHost, aVm, reversed, sized, someCluster } from './builders.ts';

const numRuns = 1000;
const hosts = ['h1', 'h2', 'h3'].map((id) => aHost(id));
const apart: Rule = {
  id: 'dbs apart',
  type: 'apart',
  over: 'host',
  strength: 'hard',
  vms: { labels: { app: 'db' } },
};

describe('recovery', () => {
  it('starts every VM of a lost host again, by priority and then size', () => {
    const vms = [
      sized('a', 'h1', 512),
      sized('b', 'h1', 1024),
      sized('c', 'h1', 256, { priority: 9 }),
    ];
    const plan = planRecovery(aCluster(hosts, vms), 'h1');
    expect(plan.restarts.map(({ vmId }) => vmId)).toEqual(['c', 'b', 'a']);
    expect(plan.restarts.every(({ hostId }) => hostId !== 'h1')).toBe(true);
    expect(plan.left).toEqual([]);
  });

  it('puts a small VM aside so that a large one finds its place', () => {
    // By score alone the two small ones would go to the emptier host, where the large one has to be.
    const vms = [
      sized('other', 'h2', 3072),
      sized('large', 'h1', 3584),
      sized('small', 'h1', 512),
      sized('tiny', 'h1', 512),
    ];
    const plan = planRecovery(aCluster(hosts, vms), 'h1');
    expect(plan.left).toEqual([]);
    expect(plan.restarts.find(({ vmId }) => vmId === 'large')?.hostId).toBe('h3');
  });

  it('leaves the lesser ones, by name and with each host’s reason, where not all fit', () => {
    const vms = [
      sized('there', 'h2', 3072),
      sized('lesser', 'h1', 1024, { priority: 1 }),
      sized('better', 'h1', 1024, { priority: 2 }),
    ];
    const plan = planRecovery(aCluster(hosts.slice(0, 2), vms), 'h1');
    expect(plan.restarts).toMatchObject([{ vmId: 'better', hostId: 'h2', priority: 2 }]);
    expect(plan.left).toMatchObject([
      {
        vmId: 'lesser',
        reason: 'no-host-fits',
        rejections: [{ hostId: 'h1', reason: 'host-not-up' }, { hostId: 'h2' }],
      },
    ]);
  });

  it('keeps to hard rules', () => {
    const db = { labels: { app: 'db' } };
    const vms = [sized('a', 'h1', 256, db), sized('b', 'h2', 256, db)];
    const plan = planRecovery(aCluster(hosts, vms, { rules: [apart] }), 'h1');
    expect(plan.restarts).toMatchObject([{ vmId: 'a', hostId: 'h3' }]);
  });

  it('of several hosts at once does not start one VM on another lost host', () => {
    const vms = [sized('a', 'h1', 256), sized('b', 'h2', 256)];
    const { restarts } = planRecovery(aCluster(hosts, vms), ['h2', 'h1']);
    expect(restarts.map(({ hostId }) => hostId)).toEqual(['h3', 'h3']);
  });

  it('is right for every VM when it is started, and complete: on any cluster', () => {
    fc.assert(
      fc.property(someCluster, (cluster) => {
        const plan = planRecovery(cluster, 'h1');
        const victims = [...cluster.vms.values()].filter(
          (vm) => vm.hostId === 'h1' && !['stopped', 'stopping'].includes(vm.state),
        );
        const named = [...plan.restarts, ...plan.left].map(({ vmId }) => vmId);
        expect(named.toSorted()).toEqual(victims.map(({ id }) => id).toSorted());
        let now: Cluster = {
          ...cluster,
          hosts: new Map(cluster.hosts).set('h1', aHost('h1', { health: 'down' })),
        };
        for (const { vmId, hostId } of plan.restarts) {
          const vm = now.vms.get(vmId);
          if (vm === undefined) throw new Error('no such VM');
          const stopped = {
            ...now,
            vms: new Map(now.vms).set(vmId, { ...vm, state: 'stopped' as const }),
          };
          const answer = place(stopped, { shape: vm, only: hostId });
          expect(answer.type).toBe('placed');
          now = {
            ...stopped,
            vms: new Map(now.vms).set(vmId, { ...vm, state: 'starting', hostId }),
          };
        }
        for (const { rejections } of plan.left) {
          expect(rejections.map(({ hostId }) => hostId)).toEqual([...cluster.hosts.keys()]);
        }
      }),
      { numRuns },
    );
  });
});

describe('headroom', () => {
  it('says how many hosts may be lost, and whose VMs would have no place', () => {
    const vms = [sized('a', 'h1', 2048), sized('b', 'h2', 2048), sized('c', 'h3', 1024)];
    expect(headroomOf(aCluster(hosts, vms))).toMatchObject({
      bears: 1,
      proved: true,
      atRisk: [],
      worst: { hostIds: ['h1', 'h2'] },
    });
    const full = [...vms, sized('d', 'h3', 3072)];
    const tight = headroomOf(aCluster(hosts, full));
    expect(tight.bears).toBe(0);
    expect(
      tight.atRisk.map(({ hostIds, left }) => [hostIds, left.map(({ vmId }) => vmId)]),
    ).toEqual([[['h3'], ['d']]]);
  });

  it('sees a rule that room alone does not', () => {
    const db = { labels: { app: 'db' } };
    const vms = ['h1', 'h2', 'h3'].map((id) => sized(`on ${id}`, id, 256, db));
    expect(headroomOf(aCluster(hosts, vms)).bears).toBe(2);
    expect(headroomOf(aCluster(hosts, vms, { rules: [apart] }))).toMatchObject({
      bears: 0,
      atRisk: [{ hostIds: ['h1'] }, { hostIds: ['h2'] }, { hostIds: ['h3'] }],
    });
  });

  it('is proved whatever stands still: VMs that run nowhere are no work', () => {
    const many = Array.from({ length: 40 }, (_, at) => aHost(`h${at + 10}`));
    const running = many.map(({ id }) => sized(`on ${id}`, id, 256));
    const stopped = Array.from({ length: 2_000 }, (_, at) =>
      aVm(`off ${at}`, { state: 'stopped' }),
    );
    expect(headroomOf(aCluster(many, [...running, ...stopped]))).toMatchObject({
      bears: 2,
      proved: true,
    });
  });

  it('looks at the fullest hosts first where its work is bounded, and says what it did not look at', () => {
    const many = Array.from({ length: 6 }, (_, at) => aHost(`h${at + 1}`));
    // A rule makes every host one that more than room matters on: one VM each, looked at on six hosts.
    const db = { labels: { app: 'db' } };
    const vms = many.map(({ id }, at) => sized(`on ${id}`, id, 256 + at, db));
    const cluster = aCluster(many, vms, { rules: [apart] });
    const all = headroomOf(cluster);
    expect(all).toMatchObject({ bears: 0, untried: [] });
    expect(all.atRisk).toHaveLength(6);
    expect(headroomOf(cluster, { work: 18 })).toMatchObject({
      bears: 0,
      atRisk: [{ hostIds: ['h4'] }, { hostIds: ['h5'] }, { hostIds: ['h6'] }],
      untried: ['h1', 'h2', 'h3'],
    });
    // The first is looked at whatever it takes: something is always known.
    expect(headroomOf(cluster, { work: 0 }).atRisk).toMatchObject([{ hostIds: ['h6'] }]);
  });

  it('claims no more than it has looked at', () => {
    const many = Array.from({ length: 6 }, (_, at) => aHost(`h${at + 1}`));
    const db = { labels: { app: 'db' } };
    const vms = many.slice(0, 3).map(({ id }) => sized(`on ${id}`, id, 256, db));
    const cluster = aCluster(many, vms, { rules: [apart] });
    expect(headroomOf(cluster)).toMatchObject({ bears: 2, proved: true, upTo: 2 });
    expect(headroomOf(cluster, { work: 18 })).toMatchObject({ bears: 1, proved: true, upTo: 1 });
    expect(headroomOf(cluster, { work: 6 })).toMatchObject({
      bears: 1,
      proved: false,
      upTo: 1,
      untried: ['h1', 'h2'],
    });
  });

  it('is what recovery says of each host, in whatever order the maps were filled', () => {
    fc.assert(
      fc.property(someCluster, (cluster) => {
        const report = headroomOf(cluster);
        const up = [...cluster.hosts.values()].filter(({ health }) => health === 'up');
        const lost = up.filter(({ id }) => planRecovery(cluster, id).left.length > 0);
        expect(report.atRisk.map(({ hostIds }) => hostIds)).toEqual(lost.map(({ id }) => [id]));
        expect(headroomOf(reversed(cluster))).toEqual(report);
      }),
      { numRuns: 300 },
    );
  });
});

describe('room for more', () => {
  it('is counted to the last, and less where the loss of a host is to be borne', () => {
    const cluster = aCluster(hosts);
    const shape = aVm('shape', { request: { cpuMilli: 1000, memoryMib: 1024 } });
    expect(roomFor(cluster, shape)).toEqual({
      count: 12,
      atLeast: false,
      byHost: [
        { hostId: 'h1', count: 4 },
        { hostId: 'h2', count: 4 },
        { hostId: 'h3', count: 4 },
      ],
    });
    expect(roomFor(cluster, shape, { keepsHeadroom: true }).count).toBe(8);
  });
});
