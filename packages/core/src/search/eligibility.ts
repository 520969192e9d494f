/**
 * Which hosts can take which VM at all, whatever else is placed: the fixed filters, asked once for each kind
 * of VM. VMs are of one kind when no fixed filter can tell them apart.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { Host } from '../cluster/host.ts';
import type { VmShape } from '../cluster/vm.ts';
import type { PlacementRequest } from '../placement/answer.ts';
import { rejectForGood } from '../placement/fixed-filters.ts';

export class Eligibility {
  readonly #cluster: Cluster;
  readonly #hosts: readonly Host[];
  readonly #kinds = new Map<string, Uint8Array>();
  readonly #numbers = new Map<Uint8Array, number>();

  constructor(cluster: Cluster, hosts: readonly Host[]) {
    this.#cluster = cluster;
    this.#hosts = hosts;
  }

  /** By host: 1 where it can be. */
  of(shape: VmShape, source: Host | undefined): Uint8Array {
    const key = kindOf(shape, source);
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const request: PlacementRequest =
      source === undefined ? { shape } : { shape, source: source.id };
    const row = Uint8Array.from(this.#hosts, (host) =>
      rejectForGood({ cluster: this.#cluster, request, host }) === undefined ? 1 : 0,
    );
    this.#kinds.set(key, row);
    this.#numbers.set(row, this.#numbers.size);
    return row;
  }

  /** A number of its own for each row that was given. */
  rowNumber(row: Uint8Array): number {
    return this.#numbers.get(row) ?? -1;
  }
}

/** All that a fixed filter looks at. */
function kindOf(shape: VmShape, source: Host | undefined): string {
  const { arch, machine, cpu, pools, disks, bridges, oneNumaCell, devices, request, barred } =
    shape;
  const parts: unknown[] = [arch, machine, cpu, pools, disks?.map(({ pool }) => pool), bridges];
  if (oneNumaCell === true) parts.push(request);
  if (devices !== undefined && devices.length > 0) parts.push(devices);
  if (source === undefined) parts.push(shape.filesHostId, shape.memoryOf);
  if (source !== undefined) {
    if (barred !== undefined) parts.push(barred.map(({ hostId }) => hostId));
    parts.push(source.accelerator, source.qemuVersion, source.cpuModel);
    if (cpu?.mode === 'host-passthrough') parts.push(source.cpuFeatures);
  }
  return JSON.stringify(parts);
}
