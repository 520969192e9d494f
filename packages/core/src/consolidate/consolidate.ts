/**
 * As few hosts at work as the VMs need, so that the others can be switched off: the emptiest are emptied, as
 * many at once as there is a safe plan for. Touches nothing, and switches nothing off.
 */
import type { Cluster } from '../cluster/cluster.ts';
import { allocatable, type Host, type HostId } from '../cluster/host.ts';
import { emptiestFirst, freeOn, holdsResources, promisedOn } from '../cluster/load.ts';
import { heldByItself } from '../drain/blockers.ts';
import { type DrainOptions, planDrain } from '../drain/drain.ts';
import { bearsOneWithout } from '../headroom/headroom.ts';
import { limits } from '../limits.ts';
import { byId } from '../order.ts';
import { applyMoves } from '../plan/apply.ts';
import type { DrainPlan, Plan } from '../plan/plan.ts';

export interface ConsolidateOptions extends Omit<DrainOptions, 'makesRoom' | 'prefer'> {
  /** Hosts that stay at work beyond those that are needed; 0 if absent. */
  readonly spareHosts?: number;
  /** Moves in all: hosts with the fewest VMs come first then. No bound if absent. */
  readonly mostMoves?: number;
  /** Empties only so many that the loss of any one of the others is still borne; not if absent. */
  readonly keepsHeadroom?: boolean;
}

export interface ConsolidationPlan extends Plan {
  /** That can be switched off when the plan is done, by id; those that are empty already among them. */
  readonly emptyHostIds: readonly HostId[];
  /** That the plan empties. */
  readonly emptiedHostIds: readonly HostId[];
  readonly copiedMib: number;
}

export function planConsolidation(
  snapshot: Cluster,
  options: ConsolidateOptions = {},
): ConsolidationPlan {
  const cluster = drainOnlyHeld(snapshot);
  const { spareHosts = 0, mostMoves } = options;
  const hosts = candidates(cluster);
  const most = Math.max(0, mostEmpty(cluster, hosts) - spareHosts);
  const isEmpty = ({ id }: Host) => promisedOn(cluster, id).memoryMib === 0;
  const empty = hosts.filter(isEmpty).slice(0, most);
  const search = { cluster, hosts, most, options, empty };
  const found = mostMoves === undefined ? emptiest(search) : cheapest(search, mostMoves);
  const moves = found.plan?.moves ?? [];
  const emptyHosts = found.hosts.toSorted(byId);
  return {
    revision: cluster.revision,
    moves,
    waves: found.plan?.waves ?? [],
    estimatedSeconds: found.plan?.estimatedSeconds ?? 0,
    emptyHostIds: emptyHosts.map(({ id }) => id),
    emptiedHostIds: emptyHosts.filter((host) => !isEmpty(host)).map(({ id }) => id),
    copiedMib: moves.reduce((sum, { memoryMib }) => sum + memoryMib, 0),
  };
}

interface Search {
  readonly cluster: Cluster;
  /** The emptiest first; those that are empty already among them. */
  readonly hosts: readonly Host[];
  readonly empty: readonly Host[];
  /** How many may be empty in the end. */
  readonly most: number;
  readonly options: ConsolidateOptions;
}

interface Found {
  readonly hosts: readonly Host[];
  readonly plan?: DrainPlan;
}

/** As many of the emptiest as go at once: nearly always the most there can be; where not, found by halving. */
function emptiest({ cluster, hosts, empty, most, options }: Search): Found {
  let best: Found = { hosts: empty };
  let low = empty.length;
  let high = most;
  while (low < high) {
    const count = best.plan === undefined && high === most ? most : Math.ceil((low + high) / 2);
    const plan = planFor(cluster, hosts.slice(0, count), options);
    if (plan === undefined) {
      high = count - 1;
      continue;
    }
    best = { hosts: hosts.slice(0, count), plan };
    low = count;
  }
  return best;
}

/** One after the other, those with the fewest VMs first, as far as the moves are enough. */
function cheapest({ cluster, hosts, empty, most, options }: Search, mostMoves: number): Found {
  const counts = new Map<HostId, number>();
  for (const vm of cluster.vms.values()) {
    if (vm.hostId === undefined || !holdsResources(vm)) continue;
    counts.set(vm.hostId, (counts.get(vm.hostId) ?? 0) + 1);
  }
  const countOn = ({ id }: Host) => counts.get(id) ?? 0;
  let best: Found = { hosts: empty };
  let left = mostMoves;
  let tries: number = limits.consolidationTries;
  for (const host of hosts.toSorted((a, b) => countOn(a) - countOn(b))) {
    if (best.hosts.includes(host)) continue;
    if (countOn(host) > left || best.hosts.length >= most || tries <= 0) break;
    tries -= 1;
    const tried = [...best.hosts, host];
    const plan = planFor(cluster, tried, options);
    if (plan === undefined) continue;
    best = { hosts: tried, plan };
    left = mostMoves - plan.moves.length;
  }
  return best;
}

function planFor(
  cluster: Cluster,
  hosts: readonly Host[],
  options: ConsolidateOptions,
): DrainPlan | undefined {
  const { keepsHeadroom = false, mostMoves, waveLimits, steps } = options;
  const ids = hosts.map(({ id }) => id);
  const plan = planDrain(cluster, ids, {
    makesRoom: mostMoves === undefined,
    prefer: fullestFirst(cluster),
    ...(waveLimits === undefined ? {} : { waveLimits }),
    ...(steps === undefined ? {} : { steps }),
  });
  if (plan.blockers.length > 0 || plan.bent.length > 0) return undefined;
  const after = applyMoves(cluster, plan.moves);
  return !keepsHeadroom || bearsOneWithout(after, ids) ? plan : undefined;
}

/** Each host a list of its own, the fullest first: what is full is filled up before what is not. */
function fullestFirst(cluster: Cluster): readonly (readonly HostId[])[] {
  return [...cluster.hosts.values()]
    .toSorted((a, b) => freeOn(cluster, a).memoryMib - freeOn(cluster, b).memoryMib || byId(a, b))
    .map(({ id }) => [id]);
}

/** Saving power is no drain: VMs that only a drain or a person may move stay. */
function drainOnlyHeld(cluster: Cluster): Cluster {
  const held = [...cluster.vms.values()].filter(({ automation }) => automation === 'drain');
  if (held.length === 0) return cluster;
  const vms = new Map(cluster.vms);
  for (const vm of held) vms.set(vm.id, { ...vm, automation: 'none' });
  return { ...cluster, vms };
}

/** Hosts that could be emptied: up, in use, nothing on them that has to stay; the emptiest first. */
function candidates(cluster: Cluster): readonly Host[] {
  const held = new Set(
    [...cluster.vms.values()].flatMap((vm) =>
      vm.hostId !== undefined &&
      holdsResources(vm) &&
      (heldByItself(vm) !== undefined || (vm.devices ?? []).length > 0)
        ? [vm.hostId]
        : [],
    ),
  );
  return emptiestFirst(cluster, cluster.hosts.values()).filter(
    ({ id, health, intent }) => health === 'up' && intent === 'active' && !held.has(id),
  );
}

/** How many of them may be empty with room for all in the others, were everything divisible. */
function mostEmpty(cluster: Cluster, hosts: readonly Host[]): number {
  let memory = 0;
  let cpu = 0;
  for (const host of cluster.hosts.values()) {
    const promised = promisedOn(cluster, host.id);
    const total = allocatable(host);
    const takes = host.health === 'up' && host.intent === 'active';
    memory += (takes ? total.memoryMib : promised.memoryMib) - promised.memoryMib;
    cpu += (takes ? total.cpuMilli : promised.cpuMilli) - promised.cpuMilli;
  }
  let count = 0;
  for (const host of hosts) {
    const total = allocatable(host);
    memory -= total.memoryMib;
    cpu -= total.cpuMilli;
    if (memory < 0 || cpu < 0) break;
    count += 1;
  }
  return count;
}
