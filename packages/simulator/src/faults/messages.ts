/** What can go wrong with messages: on their way, by whoever forges them, by who says them. */
import { type Inventory, subjects } from '@drover/protocol';
import type { BusLink } from '../bus.ts';
import type { World } from '../world.ts';
import { busClientOf, type Fault, hostOf } from './fault.ts';

export const messageFaults = {
  'bus-cut': {
    says: 'one process does not reach NATS',
    lastsMs: [1_000, 60_000],
    begin: (world, order, random) => {
      const id = busClientOf(world, order, random);
      return world.overlaps.hold(`bus isCut ${id}`, () => {
        world.bus.cut(id);
        return () => world.bus.heal(id, 'isCut');
      });
    },
  },
  'bus-deaf': {
    says: 'one process hears nothing, and is heard',
    lastsMs: [1_000, 60_000],
    begin: (world, order, random) => {
      const id = busClientOf(world, order, random);
      return worsen(world, id, 'isDeaf', true);
    },
  },
  'bus-mute': {
    says: 'one process is not heard, and hears',
    lastsMs: [1_000, 60_000],
    begin: (world, order, random) => {
      const id = busClientOf(world, order, random);
      return worsen(world, id, 'isMute', true);
    },
  },
  'bus-lossy': {
    says: 'one process loses a part of its messages',
    lastsMs: [5_000, 120_000],
    begin: (world, order, random) => {
      const id = busClientOf(world, order, random);
      return worsen(world, id, 'lossPermille', 300);
    },
  },
  'bus-slow': {
    says: 'messages of one process take seconds',
    lastsMs: [5_000, 120_000],
    begin: (world, order, random) => {
      const id = busClientOf(world, order, random);
      return worsen(world, id, 'lagMs', [0, 4_000]);
    },
  },
  'bus-restart': {
    says: 'the NATS server is restarted',
    begin: (world, order, random) => {
      world.bus.restart(order.forMs > 0 ? order.forMs : random.within([200, 5_000]));
      return undefined;
    },
  },
  'bus-doubles': {
    says: 'messages of one process come twice',
    lastsMs: [5_000, 120_000],
    begin: (world, order, random) => {
      const id = busClientOf(world, order, random);
      return worsen(world, id, 'doublePermille', 500);
    },
  },
  'bus-garbled': {
    says: 'messages of one process come as random bytes, or cut',
    lastsMs: [5_000, 60_000],
    begin: (world, order, random) => {
      const id = busClientOf(world, order, random);
      return worsen(world, id, 'garblePermille', 250);
    },
  },
  'bus-replayed': {
    says: 'somebody who has listened sends former orders again',
    begin: (world, _order, random) => {
      for (let count = 0; count < 10; count += 1) {
        const order = random.pick(world.captured);
        if (order) world.bus.publishAs({ role: 'scheduler' }, order.subject, order.text);
      }
      return undefined;
    },
  },
  'bus-forged': {
    says: 'somebody with one host’s key speaks for another, and gives it orders',
    begin: (world, order, random) => {
      const a = hostOf(world, order, random)?.id ?? '';
      const b = order.to ?? random.pick(world.hosts.filter(({ id }) => id !== a))?.id ?? '';
      const identity = { role: 'agent', hostId: a } as const;
      const former = random.pick(world.captured)?.text ?? '{}';
      const lets = [
        world.bus.publishAs(identity, subjects.agent(b, 'heartbeat'), '{}'),
        world.bus.publishAs(identity, subjects.command(b), former),
      ];
      if (!lets.includes(true)) world.marks.reach('forgery-refused');
      return undefined;
    },
  },
  'host-lies': {
    says: 'one host tells that the VMs it runs are gone',
    lastsMs: [5_000, 60_000],
    begin: (world, order, random) => {
      const id = hostOf(world, order, random)?.id;
      if (id === undefined) return undefined;
      return worsen(world, id, 'lie', (subject, text) =>
        subject.endsWith('.inventory') ? withoutLocked(world, id, text) : text,
      );
    },
  },
  'host-newer': {
    says: 'the agent of one host is of a later version, which schedulers do not read',
    lastsMs: [5_000, 60_000],
    begin: (world, order, random) => {
      const id = hostOf(world, order, random)?.id;
      return id === undefined ? undefined : speaksNewer(world, id);
    },
  },
  'scheduler-newer': {
    says: 'one scheduler is of a later version, whose orders agents do not know',
    lastsMs: [5_000, 60_000],
    begin: (world, order, random) => {
      const id = order.host ?? random.pick(world.schedulers)?.id ?? '';
      return speaksNewer(world, id);
    },
  },
} as const satisfies Readonly<Record<string, Fault>>;

/** An inventory as a liar tells it. Of VMs whose disks have no lock nothing would keep a second copy from running. */
function withoutLocked(world: World, id: string, text: string): string {
  const inventory = JSON.parse(text) as Inventory;
  const isTold = ({ vmId }: { readonly vmId: string }) => !world.people.nature(vmId).hasLock;
  const vms = inventory.vms.filter(isTold);
  for (const { vmId } of inventory.vms)
    if (!vms.some((vm) => vm.vmId === vmId)) world.lied(id, vmId);
  return JSON.stringify({ ...inventory, vms });
}

function speaksNewer(world: World, id: string): (() => void) | undefined {
  return worsen(world, id, 'lie', (_, text) => {
    const newer = JSON.stringify({ ...(JSON.parse(text) as object), v: 2 });
    world.bus.garbled.add(newer);
    return newer;
  });
}

/** Who speaks as one thing already does not begin to speak as another; other troubles add up, each with its own end. */
function worsen<K extends keyof BusLink>(
  world: World,
  id: string,
  what: K,
  to: NonNullable<BusLink[K]>,
): (() => void) | undefined {
  const { bus, overlaps } = world;
  const key = `bus ${what} ${id}`;
  if (what === 'lie' && overlaps.has(key)) return undefined;
  return overlaps.hold(key, () => {
    bus.link(id)[what] = to;
    return () => bus.heal(id, what);
  });
}
