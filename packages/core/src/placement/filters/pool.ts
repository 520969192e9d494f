/** The pools that the VM's disks are in: reached, shared where the VM moves, with room for new disks. */
import type { PoolReach } from '../../cluster/host.ts';
import { poolPromiseLeftOn, poolSpaceLeftOn, spaceFor } from '../../cluster/stock.ts';
import type { DiskRequest } from '../../cluster/vm.ts';
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

/** A pool of one host's own is somewhere else another one: what is in it stays where it is. */
export function poolIsLocal({ cluster, request, host }: FilterInput): No | undefined {
  const { pools, filesHostId } = request.shape;
  const local = pools.find((name) => cluster.pools?.get(name)?.type === 'local');
  if (local === undefined) return undefined;
  if (request.source !== undefined) return { required: 'a shared pool', available: local };
  if (filesHostId === undefined || filesHostId === host.id) return undefined;
  return { required: filesHostId, available: local };
}

/** Only disks that are still to be made need room. */
export function poolFull({ cluster, request, host }: FilterInput): No | undefined {
  const { disks = [] } = request.shape;
  return lacking(disks, spaceFor, (pool) => poolSpaceLeftOn(cluster, host, pool));
}

/** A thin disk takes its room later, when others may have taken it: only so much is promised. */
export function poolPromised({ cluster, request, host }: FilterInput): No | undefined {
  const disks = (request.shape.disks ?? []).filter(({ isThin }) => isThin);
  const sizeOf = ({ sizeMib }: DiskRequest) => sizeMib;
  return lacking(disks, sizeOf, (pool) => poolPromiseLeftOn(cluster, host, pool));
}

function lacking(
  disks: readonly DiskRequest[],
  amountOf: (disk: DiskRequest) => number,
  leftIn: (pool: string) => number,
): No | undefined {
  const wanted = new Map<string, number>();
  for (const disk of disks) wanted.set(disk.pool, (wanted.get(disk.pool) ?? 0) + amountOf(disk));
  for (const [name, required] of wanted) {
    const available = Math.max(0, leftIn(name));
    if (available < required) return { required, available, unit: 'MiB' };
  }
  return undefined;
}

function poolsOf(shape: FilterInput['request']['shape']): readonly string[] {
  return [...shape.pools, ...(shape.disks ?? []).map(({ pool }) => pool)];
}
