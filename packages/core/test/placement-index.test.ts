/** The index places as `place` does, one VM after the other, and keeps the room to restart what a host had. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cluster, place, PlacementIndex, planRecovery, type Vm } from '../src/index.ts';
import { RestartRoom } from '../src/headroom/restart-room.ts';
import { aCluster, aHost, aVm, someCluster } from './builders.ts';

const numRuns = 1000;

const someVms = fc
  .array(
    fc.record({
      memoryMib: fc.constantFrom(256, 512, 1024, 2048),
      cpus: fc.integer({ min: 1, max: 3 }),
      policy: fc.constantFrom('spread', 'pack', 'balanced', undefined),
      labelled: fc.boolean(),
      leaves: fc.boolean(),
    }),
    { maxLength: 12 },
  )
  .map((list) =>
    list.map(({ memoryMib, cpus, policy, labelled, leaves }, at) => ({
      vm: aVm(`new${at}`, {
        request: { cpuMilli: cpus * 1000, memoryMib },
        labels: labelled ? { app: 'db' } : {},
        ...(policy === undefined ? {} : { policy }),
      }),
      leaves,
    })),
  );

const apart: Cluster['rules'] = [
  { id: 'r', type: 'apart', over: 'host', strength: 'hard', vms: { labels: { app: 'db' } } },
];

describe('an index', () => {
  it('gives the host that a placement from nothing gives, VM after VM', () => {
    fc.assert(
      fc.property(someCluster, someVms, fc.boolean(), (base, vms, ruled) => {
        let now: Cluster = ruled ? { ...base, rules: apart } : base;
        const index = new PlacementIndex(now);
        for (const { vm, leaves } of vms) {
          const answer = place(now, { shape: vm });
          const hostId = answer.type === 'placed' ? answer.hostId : undefined;
          expect(index.admit(vm)).toBe(hostId);
          if (hostId === undefined) continue;
          const placed: Vm = { ...vm, state: 'starting', hostId };
          now = { ...now, vms: new Map(now.vms).set(vm.id, placed) };
          if (!leaves) continue;
          index.release(placed);
          now = { ...now, vms: new Map([...now.vms].filter(([id]) => id !== vm.id)) };
        }
        expect(index.cluster.vms).toEqual(now.vms);
      }),
      { numRuns },
    );
  });

  it('keeps the loss of every host borne that was borne before', () => {
    fc.assert(
      fc.property(someCluster, someVms, fc.boolean(), (base, vms, ruled) => {
        const cluster: Cluster = ruled ? { ...base, rules: apart } : base;
        const index = new PlacementIndex(cluster, { keepsHeadroom: true });
        const room = new RestartRoom(cluster);
        const borne = [...cluster.hosts.values()].filter(
          ({ id, health }) => health === 'up' && room.survives(id),
        );
        for (const { vm } of vms) index.admit(vm);
        // Of room alone: what rules forbid, it does not look at.
        const after = { ...index.cluster, rules: [] };
        for (const { id } of borne) expect(planRecovery(after, id).left).toEqual([]);
      }),
      { numRuns },
    );
  });

  it('goes to the smaller id where it is equal, of any number of hosts', () => {
    for (const count of [1, 2, 3, 5, 8, 9]) {
      const hosts = Array.from({ length: count }, (_, at) => aHost(`h${at + 1}`));
      const index = new PlacementIndex(aCluster(hosts));
      const placed = hosts.map((_, at) => index.admit(aVm(`v${at}`)));
      expect(placed).toEqual(hosts.map(({ id }) => id));
    }
  });

  it('keeps restart room as it is where a VM would take too much of it', () => {
    const vms = [aVm('a', { hostId: 'h1', request: { cpuMilli: 1000, memoryMib: 4096 } })];
    const room = new RestartRoom(aCluster([aHost('h1'), aHost('h2')], vms));
    expect(room.take('h2', aVm('new'))).toBe(false);
    expect(room.survives('h1')).toBe(true);
    expect(room.keptFree('h2', { cpuMilli: 1000, memoryMib: 1024 })).toBe(0);
  });

  it('refuses what has room, but would take the room that another host’s loss needs', () => {
    const hosts = [aHost('h1', { capacity: { cpuMilli: 4000, memoryMib: 8192 } }), aHost('h2')];
    const large = aVm('a', { hostId: 'h1', request: { cpuMilli: 1000, memoryMib: 4096 } });
    const cluster = aCluster(hosts, [large]);
    expect(new PlacementIndex(cluster).admit(aVm('new'))).toBe('h2');
    expect(new PlacementIndex(cluster, { keepsHeadroom: true }).admit(aVm('new'))).toBeUndefined();
    const answer = place(cluster, { shape: aVm('new'), keepsHeadroom: true });
    expect(answer.rejections.find(({ hostId }) => hostId === 'h2')).toEqual({
      hostId: 'h2',
      reason: 'headroom-lost',
      required: 'h1',
    });
  });
});
