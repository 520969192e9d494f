/** What each host has left, as numbers that a search changes: a copy of its own for each that asks. */
import type { Cluster } from '../cluster/cluster.ts';
import { allocatable, type Host, type HostId, type Resources } from '../cluster/host.ts';
import { hostsById } from '../cluster/hosts-by-id.ts';
import { promisedOn } from '../cluster/load.ts';

export interface Room {
  /** By id. */
  readonly hosts: readonly Host[];
  readonly indexOf: ReadonlyMap<HostId, number>;
  readonly total: readonly Resources[];
  /** By host; below zero where more is promised than may be. */
  readonly freeMemory: Float64Array;
  readonly freeCpu: Float64Array;
}

export function roomOf(cluster: Cluster): Room {
  const hosts = hostsById(cluster);
  const total = hosts.map(allocatable);
  const promised = hosts.map(({ id }) => promisedOn(cluster, id));
  const free = (resource: keyof Resources) =>
    Float64Array.from(total, (one, at) => one[resource] - (promised[at]?.[resource] ?? 0));
  return {
    hosts,
    indexOf: new Map(hosts.map(({ id }, at) => [id, at])),
    total,
    freeMemory: free('memoryMib'),
    freeCpu: free('cpuMilli'),
  };
}
