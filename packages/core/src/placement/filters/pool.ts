/** The pools that the VM's disks are in: reached, shared where the VM moves, with room for new disks. */
import type { PoolReach } from '../../cluster/host.ts';
import { poolSpaceLeftOn } from '../../cluster/stock.ts';
import type { FilterInput, No } from './filter.ts';

export function poolNotReachable({ request, host }: FilterInput): No | undefined {
  for (const name of poolsOf(request.shape)) {
    const pool = host.pools.find((candidate) => candidate.name === name);
    if (pool?.state !== 'active') {
      return { required: name, available: whyNot(pool) };
    }
  }
  return undefined;
}

function whyNot(pool: PoolReach | undefined): string {
  if (pool === undefined) return 'not there';
  return pool.reason === undefined ? pool.state : `${pool.state}: ${pool.reason}`;
}

/** A pool of one host's own is somewhere else another one. */
export function poolIsLocal({ cluster, request }: FilterInput): No | undefined {
  if (request.source === undefined) return undefined;
  const local = request.shape.pools.find((name) => cluster.pools?.get(name)?.type === 'local');
  return local === undefined ? undefined : { required: 'a shared pool', available: local };
}

/** Only disks that are still to be made need room. */
export function poolFull({ cluster, request, host }: FilterInput): No | undefined {
  const wanted = new Map<string, number>();
  for (const { pool, sizeMib } of request.shape.disks ?? []) {
    wanted.set(pool, (wanted.get(pool) ?? 0) + sizeMib);
  }
  for (const [name, required] of wanted) {
    const available = Math.max(0, poolSpaceLeftOn(cluster, host, name));
    if (available < required) return { required, available, unit: 'MiB' };
  }
  return undefined;
}

function poolsOf(shape: FilterInput['request']['shape']): readonly string[] {
  return [...shape.pools, ...(shape.disks ?? []).map(({ pool }) => pool)];
}
