/** What can go wrong, by name: how each begins, and how it is mended where it lasts. When, fault-maker.ts says. */
import type { Random } from '@drover/core';
import type { FaultStep } from './script.ts';
import type { Ailment } from './storage.ts';
import type { World } from './world.ts';

/** What a fault needs to know; script.ts has the whole step. */
type Order = Omit<FaultStep, 'do'>;

interface Fault {
  readonly says: string;
  /** Begins it; returns how it is mended. */
  readonly begin: (world: World, order: Order, random: Random) => (() => void) | undefined;
  /** How long it lasts in a swarm. */
  readonly lastsMs?: readonly [number, number];
}

const table = {
  'agent-crash': {
    says: 'the agent is killed, and started again',
    begin: (world, order, random) => {
      agentOf(world, order, random)?.crash('killed');
      return undefined;
    },
  },
  'agent-crash-points': {
    says: 'the agent dies before or after some of its writes and calls',
    lastsMs: [5_000, 60_000],
    begin: (world, order, random) => {
      const id = hostOf(world, order, random)?.id;
      if (id === undefined) return undefined;
      world.points.kills.set(id, 40);
      return () => world.points.kills.delete(id);
    },
  },
  'host-reboot': {
    says: 'the machine loses its power, and boots',
    lastsMs: [5_000, 60_000],
    begin: (world, order, random) => {
      const host = hostOf(world, order, random);
      if (host === undefined || !host.isPowered) return undefined;
      host.losePower();
      world.agent(host.id)?.crash('its machine lost power');
      world.migrations.lostDaemon(host.hypervisor);
      return () => {
        host.boot();
        world.agent(host.id)?.start();
      };
    },
  },
  'libvirt-restart': {
    says: 'libvirt ends and is started again; its VMs run on',
    lastsMs: [300, 15_000],
    begin: (world, order, random) => {
      const host = hostOf(world, order, random);
      if (host === undefined || !host.hypervisor.isUp) return undefined;
      host.hypervisor.goDown();
      world.migrations.lostDaemon(host.hypervisor);
      return () => {
        if (host.isPowered) host.hypervisor.comeUp();
      };
    },
  },
  'vm-crash': {
    says: 'the process of a VM is gone',
    begin: (world, order, random) => {
      const host = hostOf(world, order, random);
      const copy = random.pick(host?.hypervisor.copies ?? []);
      if (copy) host?.hypervisor.remove(copy.vmId, 'crashed');
      return undefined;
    },
  },
  'start-fails': {
    says: 'QEMU does not start',
    begin: (world, order, random) => {
      const host = hostOf(world, order, random);
      if (host) host.hypervisor.failingStarts += 1;
      return undefined;
    },
  },
  'lost-finish': {
    says: 'the answer of a migration’s last call is lost',
    begin: (world) => {
      world.migrations.losingFinishes += 1;
      return undefined;
    },
  },
  'source-lost-at-finish': {
    says: 'libvirt on the source goes away between the switch-over of the next migration and its end',
    begin: (world) => {
      world.migrations.losingSources += 1;
      return undefined;
    },
  },
  'moved-by-hand': {
    says: 'a person moves a VM to another host with virsh, past all records',
    begin: (world, order, random) => {
      const source = hostOf(world, order, random);
      const idle = source?.hypervisor.copies.filter(
        ({ vmId, state, job }) =>
          state === 'running' && job === undefined && world.people.nature(vmId).hasLock,
      );
      const copy = random.pick(idle ?? []);
      const target = random.pick(world.hosts.filter((one) => one !== source && one.isPowered));
      if (source === undefined || copy === undefined || target === undefined) return undefined;
      // A migration of it is under way: virsh would not do it.
      const isAlone = world.hosts.every(
        ({ hypervisor, id }) => id === source.id || hypervisor.copy(copy.vmId) === undefined,
      );
      if (!isAlone) return undefined;
      if ([source, target].some((one) => one.hypervisor.reach(copy.vmId) !== 'going'))
        return undefined;
      world.byHand.add(copy.vmId);
      source.hypervisor.remove(copy.vmId, 'is moved away by hand');
      world.storage.handOver(copy.vmId, world.people.nature(copy.vmId).pools, target.id);
      target.hypervisor.put({ ...copy, byHand: true }, 'is moved here by hand');
      return undefined;
    },
  },
  'storage-cut': {
    says: 'one host does not reach the pools’ servers',
    lastsMs: [5_000, 150_000],
    begin: (world, order, random) => {
      const host = hostOf(world, order, random);
      return host && mended(world, world.storage.cut(host.id));
    },
  },
  'storage-stall': {
    says: 'a pool’s server does not answer',
    lastsMs: [5_000, 120_000],
    begin: (world, order, random) => ail(world, order, random, 'stalled'),
  },
  'storage-reboot': {
    says: 'a pool’s server is restarted, and gives out no locks for a while',
    lastsMs: [5_000, 60_000],
    begin: (world, order, random) =>
      mended(world, world.storage.reboot(poolOf(world, order, random))),
  },
  'storage-gone': {
    says: 'a pool’s export is gone',
    lastsMs: [5_000, 90_000],
    begin: (world, order, random) => ail(world, order, random, 'gone'),
  },
  'storage-read-only': {
    says: 'a pool can only be read',
    lastsMs: [5_000, 90_000],
    begin: (world, order, random) => ail(world, order, random, 'read-only'),
  },
  'storage-full': {
    says: 'a pool is full',
    lastsMs: [5_000, 90_000],
    begin: (world, order, random) => ail(world, order, random, 'full'),
  },
  'migration-cut': {
    says: 'two hosts do not reach each other',
    lastsMs: [1_000, 60_000],
    begin: (world, order, random) => {
      const a = hostOf(world, order, random)?.id;
      const b = order.to ?? random.pick(world.hosts.filter(({ id }) => id !== a))?.id;
      if (a === undefined || b === undefined) return undefined;
      world.migrations.cut(a, b);
      return () => world.migrations.heal(a, b);
    },
  },
  'journal-unwritable': {
    says: 'the disk of the journal is full',
    lastsMs: [1_000, 20_000],
    begin: (world, order, random) => {
      const host = hostOf(world, order, random);
      if (host === undefined) return undefined;
      host.isJournalWritable = false;
      return () => {
        host.isJournalWritable = true;
      };
    },
  },
  'bus-cut': {
    says: 'one process does not reach NATS',
    lastsMs: [1_000, 60_000],
    begin: (world, order, random) => {
      const id = busClientOf(world, order, random);
      world.bus.cut(id);
      return () => world.bus.heal(id);
    },
  },
  'bus-deaf': {
    says: 'one process hears nothing, and is heard',
    lastsMs: [1_000, 60_000],
    begin: (world, order, random) => {
      const id = busClientOf(world, order, random);
      world.bus.link(id).isDeaf = true;
      return () => world.bus.heal(id);
    },
  },
  'bus-mute': {
    says: 'one process is not heard, and hears',
    lastsMs: [1_000, 60_000],
    begin: (world, order, random) => {
      const id = busClientOf(world, order, random);
      world.bus.link(id).isMute = true;
      return () => world.bus.heal(id);
    },
  },
  'bus-lossy': {
    says: 'one process loses a part of its messages',
    lastsMs: [5_000, 120_000],
    begin: (world, order, random) => {
      const id = busClientOf(world, order, random);
      world.bus.link(id).lossPermille = 300;
      return () => world.bus.heal(id);
    },
  },
  'bus-slow': {
    says: 'messages of one process take seconds',
    lastsMs: [5_000, 120_000],
    begin: (world, order, random) => {
      const id = busClientOf(world, order, random);
      world.bus.link(id).lagMs = [0, 4_000];
      return () => world.bus.heal(id);
    },
  },
  'bus-restart': {
    says: 'the NATS server is restarted',
    begin: (world, order, random) => {
      world.bus.restart(order.forMs > 0 ? order.forMs : random.within([200, 5_000]));
      return undefined;
    },
  },
  'etcd-away': {
    says: 'etcd has no quorum',
    lastsMs: [500, 30_000],
    begin: ({ etcd, etcdWeather }) => {
      etcdWeather.isAway = true;
      etcd.isStalled = true;
      return () => {
        etcdWeather.isAway = false;
        etcd.isStalled = false;
        etcd.extendLeases();
      };
    },
  },
  'etcd-cut': {
    says: 'one scheduler, or the API, does not reach etcd',
    lastsMs: [1_000, 40_000],
    begin: (world, order, random) => {
      const id = order.host ?? random.pick([...world.schedulers.map((one) => one.id), 'api']) ?? '';
      world.etcdWeather.cutOff.add(id);
      return () => world.etcdWeather.cutOff.delete(id);
    },
  },
  'etcd-ambiguous': {
    says: 'transactions are made, and their answers lost',
    lastsMs: [2_000, 60_000],
    begin: ({ etcdWeather }) => {
      etcdWeather.lostAnswers = 300;
      return () => {
        etcdWeather.lostAnswers = 0;
      };
    },
  },
  'etcd-late': {
    says: 'transactions are made after their senders gave up',
    lastsMs: [2_000, 60_000],
    begin: ({ etcdWeather }) => {
      etcdWeather.lateRequests = 150;
      return () => {
        etcdWeather.lateRequests = 0;
      };
    },
  },
  'etcd-lag': {
    says: 'watches lag by seconds',
    lastsMs: [5_000, 120_000],
    begin: ({ etcdWeather }) => {
      etcdWeather.lagMs = [0, 5_000];
      return () => {
        etcdWeather.lagMs = [0, 0];
      };
    },
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
      world.etcdWeather.cutOff.add(id);
      return () => {
        world.etcd.compact();
        world.etcdWeather.cutOff.delete(id);
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
  'leader-crash': {
    says: 'the leader is killed',
    begin: (world, order) => {
      schedulerOf(world, order)?.crash();
      return undefined;
    },
  },
  'leader-stop': {
    says: 'the leader is told to end',
    begin: (world, order) => {
      schedulerOf(world, order)?.stop();
      return undefined;
    },
  },
  'leader-pause': {
    says: 'the leader stands still for longer than its lease',
    lastsMs: [500, 25_000],
    begin: (world, order) => freeze(world, order, 'stop'),
  },
  'leader-sleep': {
    says: 'the leader’s machine sleeps, and its clock with it',
    lastsMs: [500, 25_000],
    begin: (world, order) => freeze(world, order, 'sleep'),
  },
  'leader-crash-points': {
    says: 'schedulers die before some of what they write and send',
    lastsMs: [10_000, 120_000],
    begin: ({ points, schedulers }) => strike(points.kills, schedulers, 15),
  },
  'leader-sleep-points': {
    says: 'schedulers sleep just after some of what they write and send',
    lastsMs: [10_000, 120_000],
    begin: ({ points, schedulers }) => strike(points.naps, schedulers, 25),
  },
  'clock-jump': {
    says: 'a wall clock is set to another time',
    begin: (world, order, random) => {
      const byMs = random.within([-3_600_000, 3_600_000]);
      const agent = agentOf(world, order, random);
      (random.chance(500) ? agent?.life : world.leader()?.life)?.jumpWall(byMs);
      return undefined;
    },
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof table;

export const faults: Readonly<Record<FaultName, Fault>> = table;
export const faultNames = Object.keys(table) as readonly FaultName[];

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(table, name);
}

/** By chance, at so many thousandths of their points. */
function strike(
  chances: Map<string, number>,
  processes: readonly { readonly id: string }[],
  permille: number,
): () => void {
  for (const { id } of processes) chances.set(id, permille);
  return () => {
    for (const { id } of processes) chances.delete(id);
  };
}

function hostOf(world: World, { host }: Order, random: Random) {
  return host === undefined ? random.pick(world.hosts) : world.host(host);
}

function agentOf(world: World, order: Order, random: Random) {
  const host = hostOf(world, order, random);
  return host && world.agent(host.id);
}

function busClientOf(world: World, { host }: Order, random: Random): string {
  const ids = [...world.hosts, ...world.schedulers].map(({ id }) => id);
  return host ?? random.pick(ids) ?? '';
}

function schedulerOf(world: World, { host }: Order) {
  return host === undefined ? world.leader() : world.schedulers.find(({ id }) => id === host);
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
  world.people.raiseEra();
}

function poolOf({ storage }: World, { pool }: Order, random: Random): string {
  return pool ?? random.pick(storage.pools) ?? '';
}

function ail(world: World, order: Order, random: Random, ailment: Ailment): () => void {
  return mended(world, world.storage.ail(poolOf(world, order, random), ailment));
}

/** VMs that were paused because their disks failed are resumed by a person, with virsh, once those are well again. */
function mended(world: World, mend: () => void): () => void {
  return () => {
    mend();
    for (const { id, hypervisor } of world.hosts) {
      for (const copy of hypervisor.copies) {
        if (copy.state !== 'paused-io-error' || hypervisor.reach(copy.vmId) !== 'going') continue;
        const others = world.hosts.filter((one) => one.id !== id);
        if (others.some((one) => one.hypervisor.copy(copy.vmId)?.state === 'running')) continue;
        hypervisor.resume(copy, () => undefined);
      }
    }
  };
}

function freeze(world: World, order: Order, how: 'stop' | 'sleep'): (() => void) | undefined {
  const life = schedulerOf(world, order)?.life;
  if (life === undefined || !life.isAlive) return undefined;
  life.freeze(how);
  return () => life.thaw();
}
