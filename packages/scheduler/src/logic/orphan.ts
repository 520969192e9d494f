/**
 * Is a file of a pool an orphan? By the records, and by its age: what was changed just now may be what somebody makes who has
 * not said so. And which hosts can say something about the pool.
 */
import type { FileOwners, PoolEntry } from '@drover/protocol';
import { orphanAgeMs } from './settings.ts';
import type { Turn } from './turn.ts';

/** Why it is none, for people. */
export function whyNoOrphan(owners: FileOwners, { file, ageMs }: PoolEntry): string | undefined {
  const owner = owners.of(file);
  if (owner !== undefined || ageMs >= orphanAgeMs) return owner;
  const [seconds, least] = [ageMs, orphanAgeMs].map((ms) => Math.floor(ms / 1_000));
  return `it was changed ${seconds} s ago; what is younger than ${least} s may be somebody’s`;
}

/** Hosts that are up and use it now. */
export function hostsWith({ cluster, hosts, epoch }: Turn, pool: string): readonly string[] {
  return [...cluster.hosts.values()]
    .filter(({ id, health, pools }) => {
      const reach = pools.find(({ name }) => name === pool);
      return health === 'up' && reach?.state === 'active' && hosts.passedBarrier(id, epoch);
    })
    .map(({ id }) => id)
    .toSorted();
}
