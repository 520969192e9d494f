/** Which host does something with the files of a pool: one that is up and reaches it, the one with the fewest jobs. */
import type { PoolRecord, PoolSpec } from '@drover/protocol';
import type { Turn } from '../turn.ts';
import { isOpen } from '../vm-shape.ts';

export interface DeclaredPool {
  readonly name: string;
  readonly spec: PoolSpec;
}

/** What agents are told of a pool. */
export function declared({ name, spec }: PoolRecord): DeclaredPool {
  return { name, spec };
}

/** Nothing where no host can at the moment; `without` have tried in vain. */
export function hostFor(
  turn: Turn,
  pools: readonly string[],
  without: ReadonlySet<string> = new Set(),
): string | undefined {
  const jobs = new Map<string, number>();
  for (const { value } of turn.mirror.operations.values()) {
    const { hostId } = value;
    if (!isOpen(value) || value.pool === undefined || hostId === undefined) continue;
    jobs.set(hostId, (jobs.get(hostId) ?? 0) + 1);
  }
  const able = [...turn.cluster.hosts.values()].filter(
    ({ id, health, pools: reached }) =>
      health === 'up' &&
      !without.has(id) &&
      turn.hosts.passedBarrier(id, turn.epoch) &&
      pools.every((pool) => reached.some(({ name, state }) => name === pool && state === 'active')),
  );
  const count = (id: string) => jobs.get(id) ?? 0;
  return able.toSorted((a, b) => count(a.id) - count(b.id) || (a.id < b.id ? -1 : 1))[0]?.id;
}
