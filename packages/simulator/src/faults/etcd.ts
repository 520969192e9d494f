/** What can go wrong with etcd, and with the way to it. */
import type { World } from '../world.ts';
import type { Fault } from './fault.ts';

export const etcdFaults = {
  'etcd-away': {
    says: 'etcd has no quorum',
    lastsMs: [500, 30_000],
    begin: ({ etcd, etcdWeather, overlaps }) =>
      overlaps.hold('etcd', () => {
        etcdWeather.isAway = true;
        etcd.isStalled = true;
        return () => {
          etcdWeather.isAway = false;
          etcd.isStalled = false;
          etcd.extendLeases();
        };
      }),
  },
  'etcd-cut': {
    says: 'one scheduler, or one API, does not reach etcd',
    lastsMs: [1_000, 40_000],
    begin: (world, order, random) => {
      const id = order.host ?? random.pick([...world.schedulers, ...world.apis])?.id ?? '';
      return cutOff(world, id);
    },
  },
  'api-behind': {
    says: 'one API hears of changes late',
    lastsMs: [5_000, 120_000],
    begin: ({ apis, etcdWeather, overlaps }, order, random) => {
      const id = order.host ?? random.pick(apis)?.id ?? '';
      return overlaps.hold(`etcd behind ${id}`, () => {
        etcdWeather.behindMs.set(id, [500, 15_000]);
        return () => etcdWeather.behindMs.delete(id);
      });
    },
  },
  'etcd-ambiguous': {
    says: 'transactions are made, and their answers lost',
    lastsMs: [2_000, 60_000],
    begin: ({ etcdWeather, overlaps }) =>
      overlaps.hold('etcd lostAnswers', () => {
        etcdWeather.lostAnswers = 300;
        return () => {
          etcdWeather.lostAnswers = 0;
        };
      }),
  },
  'etcd-late': {
    says: 'transactions are made after their senders gave up',
    lastsMs: [2_000, 60_000],
    begin: ({ etcdWeather, overlaps }) =>
      overlaps.hold('etcd lateRequests', () => {
        etcdWeather.lateRequests = 150;
        return () => {
          etcdWeather.lateRequests = 0;
        };
      }),
  },
  'etcd-lag': {
    says: 'watches lag by seconds',
    lastsMs: [5_000, 120_000],
    begin: ({ etcdWeather, overlaps }) =>
      overlaps.hold('etcd lagMs', () => {
        etcdWeather.lagMs = [0, 5_000];
        return () => {
          etcdWeather.lagMs = [0, 0];
        };
      }),
  },
  'etcd-compact': {
    says: 'etcd forgets its history',
    begin: ({ etcd }) => {
      etcd.compact();
      return undefined;
    },
  },
  'etcd-forgets': {
    says: 'one scheduler does not reach etcd, which forgets meanwhile what it has not seen',
    lastsMs: [2_500, 4_500],
    begin: (world, order, random) => {
      const id = order.host ?? random.pick(world.schedulers)?.id ?? '';
      const mend = cutOff(world, id);
      return () => {
        world.etcd.compact();
        mend();
      };
    },
  },
  'etcd-restored': {
    says: 'etcd is restored, from a backup that was made when this began; a person raises its era',
    lastsMs: [5_000, 60_000],
    begin: (world) => {
      const backup = world.etcd.backup();
      return () => {
        world.restoreEtcd(backup);
        world.timeline.after(eraAfterMs, () => raiseEra(world));
      };
    },
  },
  'lease-lost': {
    says: 'etcd ends the leader’s lease, and the leader does not know',
    begin: (world) => {
      const oldest = [...world.records.candidates].toSorted((a, b) => a[1] - b[1])[0];
      const leaseId = world.etcd.get(oldest?.[0] ?? '')?.leaseId;
      if (leaseId !== undefined) world.etcd.revoke(leaseId);
      return undefined;
    },
  },
} as const satisfies Readonly<Record<string, Fault>>;

function cutOff({ etcdWeather, overlaps }: World, id: string): () => void {
  return overlaps.hold(`etcd ${id}`, () => {
    etcdWeather.cutOff.add(id);
    return () => etcdWeather.cutOff.delete(id);
  });
}

const eraAfterMs = 20_000;
const lookAgainMs = 5_000;

/** Who restores etcd sees to it that all hosts are up, and that no VM is left paused by what nobody remembers. */
function raiseEra(world: World): void {
  const isUp = world.hosts.every(({ isPowered }) => isPowered);
  const isMoving = world.hosts.some(({ hypervisor }) => hypervisor.copies.some(({ job }) => job));
  if (!isUp || isMoving) return void world.timeline.after(lookAgainMs, () => raiseEra(world));
  for (const { id, hypervisor } of world.hosts) {
    for (const copy of hypervisor.copies) {
      const others = world.hosts.filter((one) => one.id !== id);
      const twin = others.find((one) => one.hypervisor.copy(copy.vmId) !== undefined);
      if (copy.state !== 'paused' && copy.state !== 'paused-migrating') continue;
      if (twin?.hypervisor.copy(copy.vmId)?.state === 'running') continue;
      if (copy.isOutrun === true) continue;
      // Of two paused copies the one that has run is the one that migrated away.
      if (twin !== undefined && copy.state === 'paused')
        hypervisor.remove(copy.vmId, 'is destroyed by hand');
      else hypervisor.resume(copy, () => undefined);
    }
  }
  world.people.raiseEra(() => world.timeline.after(lookAgainMs, () => raiseEra(world)));
}
