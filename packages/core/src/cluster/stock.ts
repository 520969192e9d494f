/**
 * What is left of things that hosts have only so much of besides memory and CPU: huge pages, devices, and room
 * in pools for disks that are still to be made.
 */
import type { Cluster } from './cluster.ts';
import type { Host, HostId } from './host.ts';
import { holdsResources } from './load.ts';
import type { DiskRequest, Vm } from './vm.ts';

/** Sums by host, or for a shared pool by no host, and by what it is of. */
type Taken = ReadonlyMap<string, number>;

/** By snapshot, which never changes: each is added up once, not for every host that is looked at. */
const known = new WeakMap<Cluster, Taken>();

/** MiB of pages of this size that no VM is promised there; below zero where it is too much. */
export function hugePagesLeftOn(
  cluster: Cluster,
  { id, hugePages }: Host,
  sizeKib: number,
): number {
  const total = hugePages?.find((pages) => pages.sizeKib === sizeKib)?.totalMib ?? 0;
  return total - takenOf(cluster, pagesKey(id, sizeKib));
}

/** Devices of that kind that no VM has there; below zero where it is too many. */
export function devicesLeftOn(cluster: Cluster, { id, devices }: Host, kind: string): number {
  const total = devices?.find((one) => one.kind === kind)?.count ?? 0;
  return total - takenOf(cluster, deviceKey(id, kind));
}

/**
 * MiB for new disks in a pool as the host sees it, without what is kept for others and for the disks of VMs
 * that are being started; `Infinity` where the host does not tell (`nfs-direct`) or does not reach it.
 */
export function poolSpaceLeftOn(cluster: Cluster, { id, pools }: Host, pool: string): number {
  const reach = pools.find(({ name }) => name === pool);
  if (reach === undefined || reach.capacityMib === 0) return Number.POSITIVE_INFINITY;
  const reserved = cluster.pools?.get(pool)?.reservedMib ?? 0;
  const left = reach.freeMib - reserved - takenOf(cluster, poolKey(cluster, id, pool));
  return reach.isFull === true ? Math.min(0, left) : left;
}

/** MiB that thin disks in a pool may still be promised; `Infinity` where that has no limit. */
export function poolPromiseLeftOn(cluster: Cluster, { id, pools }: Host, pool: string): number {
  const reach = pools.find(({ name }) => name === pool);
  if (reach?.promisableMib === undefined) return Number.POSITIVE_INFINITY;
  return reach.promisableMib - takenOf(cluster, promiseKey(cluster, id, pool));
}

/** What a disk takes of its pool when it is made; a thin one has tables to begin with. */
export function spaceFor({ sizeMib, isThin }: DiskRequest): number {
  return isThin === true ? 1 : sizeMib;
}

/** Whether all hosts see the same space. */
export function isSharedPool(cluster: Cluster, pool: string): boolean {
  return cluster.pools?.get(pool)?.type !== 'local';
}

function takenOf(cluster: Cluster, key: string): number {
  let taken = known.get(cluster);
  if (taken === undefined) {
    taken = addUp(cluster);
    known.set(cluster, taken);
  }
  return taken.get(key) ?? 0;
}

function addUp(cluster: Cluster): Taken {
  const taken = new Map<string, number>();
  const add = (key: string, amount: number) => taken.set(key, (taken.get(key) ?? 0) + amount);
  for (const vm of cluster.vms.values()) {
    if (vm.hostId === undefined || !holdsResources(vm)) continue;
    addPages(vm, vm.hostId, add);
    for (const kind of vm.devices ?? []) add(deviceKey(vm.hostId, kind), 1);
    if (vm.state !== 'starting') continue;
    for (const disk of vm.disks ?? []) {
      add(poolKey(cluster, vm.hostId, disk.pool), spaceFor(disk));
      if (disk.isThin) add(promiseKey(cluster, vm.hostId, disk.pool), disk.sizeMib);
    }
  }
  for (const { vmId, hostId } of cluster.reservations) {
    const vm = cluster.vms.get(vmId);
    // A reservation of a VM by its own owner counts once.
    if (vm === undefined || (vm.hostId === hostId && holdsResources(vm))) continue;
    addPages(vm, hostId, add);
  }
  return taken;
}

function addPages(vm: Vm, hostId: HostId, add: (key: string, amount: number) => void): void {
  if (vm.hugePageKib !== undefined) add(pagesKey(hostId, vm.hugePageKib), vm.request.memoryMib);
}

function pagesKey(hostId: HostId, sizeKib: number): string {
  return `pages ${sizeKib} ${hostId}`;
}

function deviceKey(hostId: HostId, kind: string): string {
  return `device ${kind} ${hostId}`;
}

function poolKey(cluster: Cluster, hostId: HostId, pool: string): string {
  return isSharedPool(cluster, pool) ? `pool ${pool}` : `pool ${pool} ${hostId}`;
}

function promiseKey(cluster: Cluster, hostId: HostId, pool: string): string {
  return `promise ${poolKey(cluster, hostId, pool)}`;
}
