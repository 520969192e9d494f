/** Several VMs at once: each on its own (a batch), or all of them or none (a gang). Deterministic; touches nothing. */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import type { Vm, VmId } from '../cluster/vm.ts';
import { byId } from '../order.ts';
import { seatAll } from '../search/seats.ts';
import type { Rejection } from './answer.ts';
import { place } from './place.ts';
import { PlacementIndex, type PlacementIndexOptions } from './placement-index.ts';

export interface PlacedVm {
  readonly vmId: VmId;
  readonly hostId: HostId;
}

export interface RefusedVm {
  readonly vmId: VmId;
  /** Next to those that were placed before it. */
  readonly rejections: readonly Rejection[];
}

/** In the order in which they were placed: by priority, then the largest first. */
export interface BatchAnswer {
  readonly placed: readonly PlacedVm[];
  readonly refused: readonly RefusedVm[];
}

export type GangAnswer =
  | { readonly type: 'placed'; readonly placed: readonly PlacedVm[] }
  | {
      readonly type: 'refused';
      /** Whether every way was tried; if not, none was found in the time there was. */
      readonly proved: boolean;
      /** Those that no host takes, placed one after the other: where to begin. */
      readonly refused: readonly RefusedVm[];
    };

/** One after the other; one that is refused does not hold up the others. */
export function placeBatch(
  cluster: Cluster,
  vms: readonly Vm[],
  options: PlacementIndexOptions = {},
): BatchAnswer {
  const index = new PlacementIndex(cluster, options);
  const placed: PlacedVm[] = [];
  const refused: RefusedVm[] = [];
  for (const vm of inOrder(vms)) {
    const hostId = index.admit(vm);
    if (hostId !== undefined) {
      placed.push({ vmId: vm.id, hostId });
      continue;
    }
    const { rejections } = place(index.cluster, { shape: vm, ...options });
    refused.push({ vmId: vm.id, rejections });
  }
  return { placed, refused };
}

/** All or none: where one after the other does not do, every other way is tried, up to a bound. */
export function placeGang(cluster: Cluster, vms: readonly Vm[]): GangAnswer {
  const ordered = inOrder(vms);
  const batch = placeBatch(cluster, ordered);
  if (batch.refused.length === 0) return { type: 'placed', placed: batch.placed };
  const seated = seatAll(cluster, ordered);
  if (seated.type === 'none') {
    return { type: 'refused', proved: seated.proved, refused: batch.refused };
  }
  const placed = ordered.map(({ id }, at) => ({ vmId: id, hostId: seated.hosts[at] ?? '' }));
  return { type: 'placed', placed };
}

function inOrder(vms: readonly Vm[]): readonly Vm[] {
  return vms.toSorted(
    (a, b) =>
      (b.priority ?? 0) - (a.priority ?? 0) ||
      b.request.memoryMib - a.request.memoryMib ||
      b.request.cpuMilli - a.request.cpuMilli ||
      byId(a, b),
  );
}
