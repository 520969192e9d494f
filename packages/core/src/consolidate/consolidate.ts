/**
 * As few hosts at work as the VMs need, so that the others can be switched off: the emptiest are emptied, as
 * many at once as there is a safe plan for. Touches nothing, and switches nothing off.
 */
import type { Cluster } from '../cluster/cluster.ts';
import { allocatable, type Host, type HostId } from '../cluster/host.ts';
import { freeOn, holdsResources, promisedOn } from '../cluster/load.ts';
import { heldByItself } from '../drain/blockers.ts';
import { type DrainOptions, planDrain } from '../drain/drain.ts';
import { bearsOneWithout } from '../headroom/headroom.ts';
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
  /** Empty when the plan is done, and by id; those that are empty already among them. */
  readonly emptyHostIds: readonly HostId[];
  /** That the plan empties. */
  readonly emptiedHostIds: readonly HostId[];
  readonly copiedMib: number;
}

export function planConsolidation(
  cluster: Cluster,
  options: ConsolidateOptions = {},
): ConsolidationPlan {
  const { spareHosts = 0, keepsHeadroom = false, mostMoves } = options;
  const hosts = candidates(cluster, options.mostMoves);
  const isEmpty = ({ id }: Host) => promisedOn(cluster, id).memoryMib === 0;
  const most = Math.max(0, mostEmpty(cluster, hosts) - spareHosts);
  const prefer = fullestFirst(cluster);
  const empty = hosts.filter(isEmpty);
  const emptied = (count: number) => hosts.slice(0, count);
  const attempt = (count: number): DrainPlan | undefined => {
    const ids = emptied(count).map(({ id }) => id);
    const plan = planDrain(cluster, ids, {
      ...options,
      makesRoom: mostMoves === undefined,
      prefer,
    });
    if (plan.blockers.length > 0 || plan.bent.length > 0) return undefined;
    const after = applyMoves(cluster, plan.moves);
    return !keepsHeadroom || bearsOneWithout(after, ids) ? plan : undefined;
  };
  let best = attempt(most);
  let bestCount = best === undefined ? empty.length : most;
  // The most is nearly always reached; where not, as many as are found by halving.
  for (let low = empty.length, high = most; best === undefined || high - low > 1;) {
    if (high - low <= 1 || bestCount === most) break;
    const middle = Math.floor((low + high) / 2);
    const plan = attempt(middle);
    if (plan === undefined) {
      high = middle;
      continue;
    }
    low = middle;
    best = plan;
    bestCount = middle;
  }
  const emptyHosts = best === undefined ? empty : emptied(bestCount);
  const moves = best?.moves ?? [];
  return {
    revision: cluster.revision,
    moves,
    waves: best?.waves ?? [],
    estimatedSeconds: best?.estimatedSeconds ?? 0,
    emptyHostIds: emptyHosts.toSorted(byId).map(({ id }) => id),
    emptiedHostIds: emptyHosts
      .filter((host) => !isEmpty(host))
      .toSorted(byId)
      .map(({ id }) => id),
    copiedMib: moves.reduce((sum, { memoryMib }) => sum + memoryMib, 0),
  };
}

/** Each host a list of its own, the fullest first: what is full is filled up before what is not. */
function fullestFirst(cluster: Cluster): readonly (readonly HostId[])[] {
  return [...cluster.hosts.values()]
    .toSorted((a, b) => freeOn(cluster, a).memoryMib - freeOn(cluster, b).memoryMib || byId(a, b))
    .map(({ id }) => [id]);
}

/**
 * Hosts that could be emptied: up, in use, nothing on them that has to stay; the emptiest first. Where moves are
 * counted, those with the fewest VMs, and no more than the moves are enough for.
 */
function candidates(cluster: Cluster, mostMoves?: number): readonly Host[] {
  const held = new Set(
    [...cluster.vms.values()].flatMap((vm) =>
      vm.hostId !== undefined &&
      holdsResources(vm) &&
      (heldByItself(vm) !== undefined || (vm.devices ?? []).length > 0)
        ? [vm.hostId]
        : [],
    ),
  );
  const emptiest = [...cluster.hosts.values()]
    .filter(({ id, health, intent }) => health === 'up' && intent === 'active' && !held.has(id))
    .toSorted(
      (a, b) =>
        promisedOn(cluster, a.id).memoryMib - promisedOn(cluster, b.id).memoryMib || byId(a, b),
    );
  if (mostMoves === undefined) return emptiest;
  const counts = new Map<HostId, number>();
  for (const vm of cluster.vms.values()) {
    if (vm.hostId === undefined || !holdsResources(vm)) continue;
    counts.set(vm.hostId, (counts.get(vm.hostId) ?? 0) + 1);
  }
  const countOn = ({ id }: Host) => counts.get(id) ?? 0;
  let left = mostMoves;
  return emptiest
    .toSorted((a, b) => countOn(a) - countOn(b))
    .filter((host) => {
      left -= countOn(host);
      return left >= 0;
    });
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
