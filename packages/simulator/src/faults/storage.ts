/** What can go wrong with the pools' servers and the way to them. */
import type { Random } from '@drover/core';
import type { Ailment } from '../storage.ts';
import type { World } from '../world.ts';
import { type Fault, hostOf, type Order } from './fault.ts';

export const storageFaults = {
  'storage-cut': {
    says: 'one host does not reach the pools’ servers',
    // Longer than it takes a scheduler to know of it for certain, or nothing would tell that it does.
    lastsMs: [5_000, 400_000],
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
} as const satisfies Readonly<Record<string, Fault>>;

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
        // What has run elsewhere since has written to its disk.
        if (copy.hasLostLock === true) continue;
        const others = world.hosts.filter((one) => one.id !== id);
        if (others.some((one) => one.hypervisor.copy(copy.vmId)?.state === 'running')) continue;
        hypervisor.resume(copy, () => undefined);
      }
    }
  };
}
