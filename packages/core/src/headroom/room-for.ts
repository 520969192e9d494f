/** How many more VMs of one shape the cluster takes, and where they would go. */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import type { Vm, VmShape } from '../cluster/vm.ts';
import { limits } from '../limits.ts';
import { byText } from '../order.ts';
import { PlacementIndex, type PlacementIndexOptions } from '../placement/placement-index.ts';

export interface RoomFor {
  readonly count: number;
  /** Whether the count ended at the most that is counted. */
  readonly atLeast: boolean;
  readonly byHost: readonly { readonly hostId: HostId; readonly count: number }[];
}

/** With `keepsHeadroom`, as many as leave the loss of every host borne that is borne now. */
export function roomFor(
  cluster: Cluster,
  shape: VmShape,
  options: PlacementIndexOptions = {},
): RoomFor {
  const index = new PlacementIndex(cluster, options);
  const byHost = new Map<HostId, number>();
  let count = 0;
  while (count < limits.roomForMost) {
    const hostId = index.admit(one(shape, count));
    if (hostId === undefined) break;
    byHost.set(hostId, (byHost.get(hostId) ?? 0) + 1);
    count += 1;
  }
  return {
    count,
    atLeast: count === limits.roomForMost,
    byHost: [...byHost]
      .map(([hostId, here]) => ({ hostId, count: here }))
      .toSorted((a, b) => byText(a.hostId, b.hostId)),
  };
}

function one(shape: VmShape, at: number): Vm {
  const id = `room for ${at}`;
  return { ...shape, id, name: id, state: 'pending', generation: 0, migrationMode: 'live' };
}
