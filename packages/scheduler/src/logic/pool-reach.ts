/**
 * How a host reaches pools, as placement sees it: what the host says, and what only all hosts together show: that a
 * directory without the pool's mark is another one, and how much of a pool may still be promised.
 */
import { type Inventory, poolDefaults, type PoolRecord, type RecordMirror } from '@drover/protocol';
import type { Pool, PoolReach } from '@drover/core';
import { type SizesByPool, sizesKey } from './pool-sizes.ts';

export type ReportedPool = Inventory['pools'][number];

/** All of one cluster, without the hosts. */
export function declaredPools(mirror: RecordMirror, sizes: SizesByPool): ReadonlyMap<string, Pool> {
  return new Map(
    [...mirror.pools.values()].map(({ value: { name, spec } }) => {
      const reservedMib = sizes.get(name)?.reservedMib ?? 0;
      return [name, { name, type: spec.type, ...(reservedMib > 0 ? { reservedMib } : {}) }];
    }),
  );
}

export function reachesOf(
  mirror: RecordMirror,
  sizes: SizesByPool,
  hostId: string,
  reported: readonly ReportedPool[],
): readonly PoolReach[] {
  // QEMU reaches these pools by itself; there is nothing on the host that could be missing.
  const direct = [...mirror.pools.values()].flatMap(({ value: { name, spec } }) =>
    spec.type === 'nfs-direct'
      ? [{ name, state: 'active', capacityMib: 0, freeMib: 0 } as const]
      : [],
  );
  return [
    ...reported
      .filter(({ name }) => !direct.some((pool) => pool.name === name))
      .map((pool) => reachOf(mirror, sizes, hostId, pool)),
    ...direct,
  ];
}

function reachOf(
  mirror: RecordMirror,
  sizes: SizesByPool,
  hostId: string,
  reported: ReportedPool,
): PoolReach {
  const { name, capacityMib, freeMib } = reported;
  const pool = mirror.pools.get(name)?.value;
  const seen = judged(mirror, reported);
  const promisable = promisableMib(pool, sizes, hostId, capacityMib);
  return {
    name,
    state: seen.state,
    capacityMib,
    freeMib,
    ...(seen.reason === undefined || seen.condition === 'full' ? {} : { reason: seen.reason }),
    ...(seen.condition === 'full' ? { isFull: true } : {}),
    ...(promisable === undefined ? {} : { promisableMib: promisable }),
  };
}

/** What the host says, unless it has another directory there than those that have the mark. */
export function judged(mirror: RecordMirror, reported: ReportedPool): ReportedPool {
  const { name, mark, state } = reported;
  const pool = mirror.pools.get(name)?.value;
  if (pool === undefined || state !== 'active' || mark !== 'missing' || !isMarked(mirror, pool)) {
    return reported;
  }
  const where = 'path' in pool.spec ? pool.spec.path : '';
  const reason = `${where} is not the directory that other hosts have: .drover/pool.json is missing`;
  return { ...reported, state: 'error', condition: 'wrong-mount', reason };
}

/** By its hosts' word: all that see it see one directory. */
export function isMarked(mirror: RecordMirror, { name, uuid, spec }: PoolRecord): boolean {
  if (spec.type !== 'shared' && spec.type !== 'nfs') return false;
  const known = mirror.poolStates.get(name)?.value;
  return known?.uuid === uuid && known.marked !== undefined;
}

/** Nothing where its size is not known. */
export function promisableMib(
  pool: PoolRecord | undefined,
  sizes: SizesByPool,
  hostId: string,
  capacityMib: number,
): number | undefined {
  if (pool === undefined || capacityMib === 0) return undefined;
  const { name, spec, thinLimitPercent = poolDefaults.thinLimitPercent } = pool;
  const key = spec.type === 'local' ? sizesKey(name, hostId) : name;
  const { promisedMib = 0 } = sizes.get(key) ?? {};
  return Math.max(0, Math.floor((capacityMib * thinLimitPercent) / 100) - promisedMib);
}
