/**
 * The snapshot of one turn with what the turn has decided so far: a second VM that is placed sees the first, and a
 * second move the slots that the first one takes.
 */
import {
  type Cluster,
  type HostId,
  type MigrationInFlight,
  place,
  type PlacementAnswer,
  PlacementIndex,
  type Vm,
} from '@drover/core';
import type { VmSize } from '@drover/protocol';
import { resourcesOf } from './vm-size.ts';

export class Places {
  #cluster: Cluster;
  /** Made when the first VM of the turn is placed; has all that was placed since. */
  #index: PlacementIndex | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  get cluster(): Cluster {
    return this.#index?.cluster ?? this.#cluster;
  }

  /** As it was before this turn: what the turn decided of others does not matter to that. */
  vm(vmId: string): Vm | undefined {
    return this.#cluster.vms.get(vmId);
  }

  /** For a VM that runs nowhere. Why there is no host is looked into only where there is none. */
  choose(
    vm: Vm,
    exclude: readonly HostId[],
  ): HostId | Extract<PlacementAnswer, { type: 'refused' }> {
    if (exclude.length === 0) {
      this.#index ??= new PlacementIndex(this.#cluster);
      const hostId = this.#index.choose(vm);
      if (hostId !== undefined) return hostId;
    }
    const answer = place(this.cluster, { shape: vm, exclude });
    return answer.type === 'placed' ? answer.hostId : answer;
  }

  /** It has been decided that the VM starts there. */
  start(vm: Vm, hostId: HostId): void {
    this.#index ??= new PlacementIndex(this.#cluster);
    this.#index.put(vm, hostId);
  }

  /** It has been decided that the VM grows where it is. */
  grow(vmId: string, size: VmSize): void {
    const { cluster } = this;
    const vm = cluster.vms.get(vmId);
    if (vm === undefined) return;
    const { cpuMilli, memoryMib } = resourcesOf(size);
    const request = {
      cpuMilli: Math.max(cpuMilli, vm.request.cpuMilli),
      memoryMib: Math.max(memoryMib, vm.request.memoryMib),
    };
    this.#index = undefined;
    this.#cluster = { ...cluster, vms: new Map(cluster.vms).set(vmId, { ...vm, request }) };
  }

  /** It has been decided that the VM moves. */
  move(vm: Vm, migration: MigrationInFlight): void {
    const { cluster } = this;
    const { operationId, vmId, target: hostId } = migration;
    this.#index = undefined;
    this.#cluster = {
      ...cluster,
      migrations: [...cluster.migrations, migration],
      reservations: [...cluster.reservations, { operationId, vmId, hostId, request: vm.request }],
    };
  }
  /** It has been decided what a move came to: where the VM is, or that it is nowhere. */
  arrive(operationId: string, vmId: string, owner: Pick<Vm, 'hostId' | 'state'>): void {
    const { cluster } = this;
    const vm = cluster.vms.get(vmId);
    if (vm === undefined) return;
    const { hostId: _, ...placeless } = vm;
    this.#index = undefined;
    this.#cluster = {
      ...cluster,
      vms: new Map(cluster.vms).set(vmId, { ...placeless, ...owner }),
      migrations: cluster.migrations.filter((one) => one.operationId !== operationId),
      reservations: cluster.reservations.filter((one) => one.operationId !== operationId),
    };
  }
}
