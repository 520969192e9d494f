/**
 * What all arrangements of a snapshot have in common: hosts, units, where they are, what they need, which
 * hosts could take them. Made once for a snapshot, and never changed.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { Host } from '../cluster/host.ts';
import { newRuleBook } from '../rules/book-of.ts';
import { type Demand, demandOf } from './demand.ts';
import { Eligibility } from './eligibility.ts';
import { roomOf } from './room.ts';
import { type Unit, unitsOf } from './units.ts';

export interface Frame {
  readonly hosts: readonly Host[];
  readonly hostIndex: ReadonlyMap<string, number>;
  readonly units: readonly Unit[];
  /** By unit. */
  readonly origin: Int32Array;
  readonly memoryOf: Float64Array;
  readonly cpuOf: Float64Array;
  /** By unit, then by host: 1 where the fixed filters let it be. */
  readonly eligible: readonly Uint8Array[];
  /** By host: what is promised, and what may still be; below zero where it is too much. */
  readonly promisedMemory: Float64Array;
  readonly promisedCpu: Float64Array;
  readonly freeMemory: Float64Array;
  readonly freeCpu: Float64Array;
  readonly demand: Demand;
}

const known = new WeakMap<Cluster, Frame>();

export function frameOf(cluster: Cluster): Frame {
  let frame = known.get(cluster);
  if (frame === undefined) {
    frame = makeFrame(cluster);
    known.set(cluster, frame);
  }
  return frame;
}

function makeFrame(cluster: Cluster): Frame {
  const { hosts, indexOf, total, freeMemory, freeCpu } = roomOf(cluster);
  const units = unitsOf(cluster, newRuleBook(cluster));
  const origin = Int32Array.from(units, (unit) => indexOf.get(unit.hostId) ?? -1);
  return {
    hosts,
    hostIndex: indexOf,
    units,
    origin,
    memoryOf: Float64Array.from(units, (unit) => unit.memoryMib),
    cpuOf: Float64Array.from(units, (unit) => unit.cpuMilli),
    eligible: eligibleRows(cluster, hosts, units),
    promisedMemory: freeMemory.map((free, at) => (total[at]?.memoryMib ?? 0) - free),
    promisedCpu: freeCpu.map((free, at) => (total[at]?.cpuMilli ?? 0) - free),
    freeMemory,
    freeCpu,
    demand: demandOf(hosts, units, origin),
  };
}

function eligibleRows(
  cluster: Cluster,
  hosts: readonly Host[],
  units: readonly Unit[],
): readonly Uint8Array[] {
  const eligibility = new Eligibility(cluster, hosts);
  return units.map((unit) => {
    const source = cluster.hosts.get(unit.hostId);
    const rows = unit.vms.map((vm) => eligibility.of(vm, source));
    const [first = new Uint8Array(hosts.length), ...rest] = rows;
    return rest.length === 0
      ? first
      : first.map((one, at) => (rest.every((row) => row[at] === 1) ? one : 0));
  });
}
