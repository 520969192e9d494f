/**
 * Terms that look beyond the host: at rules, at zones, at where the VM was, at when others leave. Each has a
 * value from 0 to 1000, or none where it says nothing about this request; then it has none on any host.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { Host } from '../cluster/host.ts';
import { holdsResources } from '../cluster/load.ts';
import type { Vm, VmShape } from '../cluster/vm.ts';
import { restartRoomOf } from '../headroom/restart-room.ts';
import { byText } from '../order.ts';
import { ruleBookOf } from '../rules/book-of.ts';
import type { PlacementRequest } from './answer.ts';
import { clamp, permille } from './seat.ts';

export interface TermInput {
  readonly cluster: Cluster;
  readonly request: PlacementRequest;
  readonly host: Host;
}

type Value = (input: TermInput) => number | undefined;

export const clusterTerms = {
  softRules,
  zoneSpread,
  stays,
  leavesTogether,
  headroom,
} satisfies Record<string, Value>;

/** A point of a rule is ten of a thousand: what breaks one of the heaviest rules has nothing left. */
function softRules({ cluster, request, host }: TermInput): number | undefined {
  if (!(cluster.rules ?? []).some(({ strength }) => strength === 'soft')) return undefined;
  const book = ruleBookOf(cluster);
  const members = book.membersAmong([request.shape]);
  if (!members.some(({ index }) => book.rule(index)?.strength === 'soft')) return undefined;
  const from = request.source === undefined ? -1 : book.hostIndex(request.source);
  return clamp(1000 - 10 * book.costOfMove(members, from, book.hostIndex(host.id)));
}

/** How few of the VMs with the same labels are in the host's zone. */
function zoneSpread({ cluster, request, host }: TermInput): number | undefined {
  const { shape } = request;
  const labels = Object.entries(shape.labels);
  if (labels.length === 0 || !severalZones(cluster)) return undefined;
  let all = 0;
  let here = 0;
  for (const vm of siblingsOf(cluster, shape)) {
    all += 1;
    if (cluster.hosts.get(vm.hostId ?? '')?.zone === host.zone) here += 1;
  }
  return all === 0 ? undefined : 1000 - permille(here, all);
}

const zoned = new WeakMap<Cluster, boolean>();
const siblings = new WeakMap<Cluster, Map<string, readonly Vm[]>>();

function severalZones(cluster: Cluster): boolean {
  let several = zoned.get(cluster);
  if (several === undefined) {
    several = new Set([...cluster.hosts.values()].map(({ zone }) => zone)).size > 1;
    zoned.set(cluster, several);
  }
  return several;
}

function siblingsOf(cluster: Cluster, shape: VmShape): readonly Vm[] {
  let known = siblings.get(cluster);
  if (known === undefined) {
    known = new Map();
    for (const vm of cluster.vms.values()) {
      if (!holdsResources(vm)) continue;
      const key = labelKey(vm);
      known.set(key, [...(known.get(key) ?? []), vm]);
    }
    siblings.set(cluster, known);
  }
  return (known.get(labelKey(shape)) ?? []).filter(({ id }) => id !== shape.id);
}

function labelKey({ labels }: VmShape): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => byText(a, b)));
}

/** It was there before: its host has its caches, and people know it there. */
function stays({ request, host }: TermInput): number | undefined {
  if (request.home === undefined) return undefined;
  return request.home === host.id ? 1000 : 0;
}

/** How much the chance that others stay longer counts next to what is said of them, and how sharply it falls. */
const chanceShare = 0.3;
const chanceSharpness = 6;

/**
 * The host is not kept from falling empty for longer by this VM (as NILAS has it: Barbalho et al., 2023): all
 * where others stay longer, less the longer it would stay alone. What is said of lives is never sure, so that part
 * of it is the chance that at least one of the others does stay longer.
 */
function leavesTogether({ cluster, request, host }: TermInput): number | undefined {
  const hours = request.shape.remainingHours;
  if (hours === undefined) return undefined;
  const others = livesOn(cluster).get(host.id) ?? [];
  let last = 0;
  let noneStays = 1;
  for (const other of others) {
    if (other > last) last = other;
    const ratio = hours / Math.max(other, 0.01);
    noneStays *= 1 - 1 / (1 + ratio ** chanceSharpness);
  }
  const together = last >= hours ? 1 : last / hours;
  return clamp(1000 * ((1 - chanceShare) * together + chanceShare * (1 - noneStays)));
}

const lives = new WeakMap<Cluster, ReadonlyMap<string, readonly number[]>>();

/** By host: in how many hours its VMs leave; for ever where nobody knows. */
function livesOn(cluster: Cluster): ReadonlyMap<string, readonly number[]> {
  const known = lives.get(cluster);
  if (known !== undefined) return known;
  const hours = new Map<string, number[]>();
  for (const vm of cluster.vms.values()) {
    if (vm.hostId === undefined || !holdsResources(vm)) continue;
    const list = hours.get(vm.hostId) ?? [];
    list.push(vm.remainingHours ?? Number.POSITIVE_INFINITY);
    hours.set(vm.hostId, list);
  }
  lives.set(cluster, hours);
  return hours;
}

/** How much of the VM stays out of the room that others need there when a host is lost. */
function headroom({ cluster, request, host }: TermInput): number {
  return restartRoomOf(cluster).keptFree(host.id, request.shape.request);
}
