/** What can go wrong with processes, machines and the VMs on them, and what people do past Drover. */
import type { World } from '../world.ts';
import { agentOf, type Fault, hostOf, type Order, schedulerOf } from './fault.ts';

export const processFaults = {
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
      return strike(world, 'kills', [id], 40);
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
  'journal-altered': {
    says: 'the disk of the journal loses some of it, and the agent is started on the rest',
    begin: (world, order, random) => {
      const agent = agentOf(world, order, random);
      if (agent === undefined || !agent.isAlive) return undefined;
      agent.crash('killed, and its journal is damaged');
      agent.host.alterJournal(random);
      return undefined;
    },
  },
  'migration-cut': {
    says: 'two hosts do not reach each other',
    lastsMs: [1_000, 60_000],
    begin: (world, order, random) => {
      const a = hostOf(world, order, random)?.id;
      const b = order.to ?? random.pick(world.hosts.filter(({ id }) => id !== a))?.id;
      if (a === undefined || b === undefined) return undefined;
      return world.overlaps.hold(`migrations ${[a, b].toSorted().join(' ')}`, () => {
        world.migrations.cut(a, b);
        return () => world.migrations.heal(a, b);
      });
    },
  },
  'journal-unwritable': {
    says: 'the disk of the journal is full',
    lastsMs: [1_000, 20_000],
    begin: (world, order, random) => {
      const host = hostOf(world, order, random);
      if (host === undefined) return undefined;
      return world.overlaps.hold(`journal ${host.id}`, () => {
        host.isJournalWritable = false;
        return () => {
          host.isJournalWritable = true;
        };
      });
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
    begin: (world) => strike(world, 'kills', idsOf(world.schedulers), 15),
  },
  'leader-sleep-points': {
    says: 'schedulers sleep just after some of what they write and send',
    lastsMs: [10_000, 120_000],
    begin: (world) => strike(world, 'naps', idsOf(world.schedulers), 25),
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

function idsOf(processes: readonly { readonly id: string }[]): readonly string[] {
  return processes.map(({ id }) => id);
}

/** By chance, at so many thousandths of their points. */
function strike(
  { points, overlaps }: World,
  how: 'kills' | 'naps',
  ids: readonly string[],
  permille: number,
): () => void {
  const mends = ids.map((id) =>
    overlaps.hold(`${how} ${id}`, () => {
      points[how].set(id, permille);
      return () => points[how].delete(id);
    }),
  );
  return () => {
    for (const mend of mends) mend();
  };
}

function freeze(world: World, order: Order, how: 'stop' | 'sleep'): (() => void) | undefined {
  const life = schedulerOf(world, order)?.life;
  if (life === undefined || !life.isAlive) return undefined;
  return world.overlaps.hold(life, () => {
    life.freeze(how);
    return () => life.thaw();
  });
}
