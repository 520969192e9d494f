/** What hosts have only so much of besides memory and CPU, as numbers that a search changes. */
import type { Cluster } from '../cluster/cluster.ts';
import type { Host } from '../cluster/host.ts';
import {
  devicesLeftOn,
  hugePagesLeftOn,
  isSharedPool,
  poolPromiseLeftOn,
  poolSpaceLeftOn,
  spaceFor,
} from '../cluster/stock.ts';
import type { VmShape } from '../cluster/vm.ts';

/** Of one VM; empty for most. */
export type Wants = readonly (readonly [name: string, amount: number])[];

export class Extras {
  readonly #cluster: Cluster;
  readonly #hosts: readonly Host[];
  /** By name, then by host: what is left. */
  readonly #left = new Map<string, Float64Array>();
  /** One for all hosts. */
  readonly #shared = new Set<string>();

  constructor(cluster: Cluster, hosts: readonly Host[]) {
    this.#cluster = cluster;
    this.#hosts = hosts;
  }

  wantsOf({ hugePageKib, devices = [], disks = [], request }: VmShape): Wants {
    const wants = new Map<string, number>();
    const want = (name: string, amount: number, leftOn: (host: Host) => number) => {
      if (!this.#left.has(name)) this.#left.set(name, Float64Array.from(this.#hosts, leftOn));
      wants.set(name, (wants.get(name) ?? 0) + amount);
    };
    if (hugePageKib !== undefined) {
      want(`pages ${hugePageKib}`, request.memoryMib, (host) =>
        hugePagesLeftOn(this.#cluster, host, hugePageKib),
      );
    }
    for (const kind of devices) {
      want(`device ${kind}`, 1, (host) => devicesLeftOn(this.#cluster, host, kind));
    }
    for (const disk of disks) {
      const { pool, sizeMib, isThin } = disk;
      const name = `pool ${pool}`;
      const promise = `promise ${pool}`;
      if (isSharedPool(this.#cluster, pool)) this.#shared.add(name).add(promise);
      want(name, spaceFor(disk), (host) => poolSpaceLeftOn(this.#cluster, host, pool));
      if (isThin) want(promise, sizeMib, (host) => poolPromiseLeftOn(this.#cluster, host, pool));
    }
    return [...wants];
  }

  fits(wants: Wants, host: number): boolean {
    return wants.every(([name, amount]) => amount <= (this.#left.get(name)?.[host] ?? 0));
  }

  /** Gives back where `times` is negative. */
  take(wants: Wants, host: number, times: number): void {
    for (const [name, amount] of wants) {
      const left = this.#left.get(name);
      if (left === undefined) continue;
      for (const [at, one] of left.entries()) {
        if (at === host || this.#shared.has(name)) left[at] = one - times * amount;
      }
    }
  }
}
