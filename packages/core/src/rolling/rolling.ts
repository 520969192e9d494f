/**
 * Maintenance of many hosts, round by round: which are emptied together, and where their VMs go meanwhile. VMs
 * are not brought back after each round: they go to hosts that are done, and where there are none yet to those
 * that are done last, so that most are moved once. Few rounds come first, then little that is copied. The groups
 * are found by trying sizes: the emptiest hosts first, each round's plan a drain of its own. Touches nothing.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import { emptiestFirst, freeOn, promisedOn } from '../cluster/load.ts';
import { type DrainOptions, planDrain } from '../drain/drain.ts';
import { bearsOneWithout, headroomOf } from '../headroom/headroom.ts';
import { limits } from '../limits.ts';
import { byText } from '../order.ts';
import { applyMoves } from '../plan/apply.ts';
import type { DrainPlan } from '../plan/plan.ts';
import { sizesToTry } from './round-sizes.ts';
import { type LeftHost, whyLeft } from './why-left.ts';

export interface RollingOptions extends Omit<DrainOptions, 'prefer'> {
  /** Whose turn it is; all that are up if absent. */
  readonly hostIds?: readonly HostId[];
  readonly mostAtOnce?: number;
  /** In no round may there be a host whose loss is not borne, if there is none now; yes if absent. */
  readonly keepsHeadroom?: boolean;
}

export interface RollingPlan {
  readonly revision: number;
  readonly rounds: readonly DrainPlan[];
  /** Every host that was asked for and is in no round, by id. */
  readonly left: readonly LeftHost[];
  readonly copiedMib: number;
}

export function planRolling(cluster: Cluster, options: RollingOptions = {}): RollingPlan {
  const asked = new Set(options.hostIds ?? cluster.hosts.keys());
  const all = emptiestFirst(cluster, cluster.hosts.values());
  const wanted = all.filter(({ id, health }) => asked.has(id) && health === 'up');
  const guarded = options.keepsHeadroom !== false && headroomOf(cluster, { upTo: 1 }).bears > 0;
  const rolling = new Rolling(cluster, options, guarded);
  const doable = rolling.doable(wanted.map(({ id }) => id));
  const rounds = rolling.best(doable);
  const done = new Set(rounds.flatMap(({ hostIds }) => hostIds));
  const left = [...asked].filter((id) => !done.has(id)).toSorted(byText);
  return {
    revision: cluster.revision,
    rounds,
    left: rolling.whyLeft(left, rounds),
    copiedMib: copiedBy(rounds),
  };
}

class Rolling {
  readonly #cluster: Cluster;
  readonly #options: RollingOptions;
  readonly #guarded: boolean;

  constructor(cluster: Cluster, options: RollingOptions, guarded: boolean) {
    this.#cluster = cluster;
    this.#options = options;
    this.#guarded = guarded;
  }

  /** Those that could be emptied if it were theirs alone. Of many that go together each could go alone. */
  doable(hostIds: readonly HostId[]): readonly HostId[] {
    if (hostIds.length === 0 || this.#goes(this.#cluster, hostIds)) return hostIds;
    if (hostIds.length === 1) return [];
    const half = Math.ceil(hostIds.length / 2);
    return [...this.doable(hostIds.slice(0, half)), ...this.doable(hostIds.slice(half))];
  }

  /** Of hosts that no round empties, as things are after the last of them. */
  whyLeft(hostIds: readonly HostId[], rounds: readonly DrainPlan[]): readonly LeftHost[] {
    const after = rounds.reduce((now, { moves }) => applyMoves(now, moves), this.#cluster);
    return hostIds.map((id) =>
      whyLeft(id, after.hosts.get(id), () => this.#drain(after, [id], [], []).blockers),
    );
  }

  /** Of the ways that were tried the one with the fewest rounds, and of those the cheapest. */
  best(hosts: readonly HostId[]): readonly DrainPlan[] {
    let best: readonly DrainPlan[] = this.#rounds(hosts, []);
    const heaviestSecond = this.#orders(hosts);
    const tries = Math.min(limits.rollingTries, limits.rollingWork / this.#cluster.hosts.size);
    for (const sizes of sizesToTry(hosts.length, best.length, tries / 2)) {
      for (const order of heaviestSecond(sizes)) {
        const rounds = this.#rounds(order, sizes, copiedBy(best));
        if (isBetter(rounds, best)) best = rounds;
      }
    }
    return best;
  }

  /** The emptiest first; after them once more so, and once the fullest. */
  #orders(hosts: readonly HostId[]) {
    return ([first = 0]: readonly number[]) => [
      hosts,
      [...hosts.slice(0, first), ...hosts.slice(first).toReversed()],
    ];
  }

  /**
   * Rounds of these sizes, and after them of as many as go at once. Ends early, with hosts left over, where a
   * round of its size has no plan or more is copied than `most`.
   */
  #rounds(
    hosts: readonly HostId[],
    sizes: readonly number[],
    most = Number.POSITIVE_INFINITY,
  ): readonly DrainPlan[] {
    const rounds: DrainPlan[] = [];
    const last = sizes.length === 0 ? [] : lastOf(hosts, sizes);
    let now = this.#cluster;
    let left = hosts;
    let done: readonly HostId[] = [];
    while (left.length > 0 && copiedBy(rounds) <= most) {
      const size = sizes[rounds.length];
      const round =
        size === undefined
          ? this.#largest(now, left, done)
          : this.#round(now, left.slice(0, size), done, last);
      if (round === undefined) break;
      rounds.push(round);
      done = [...done, ...round.hostIds];
      left = left.filter((id) => !round.hostIds.includes(id));
      now = applyMoves(now, round.moves);
    }
    return rounds;
  }

  /**
   * As many of those that are left as can be emptied at once: the first ones, from the first that goes at all,
   * and others that go with them.
   */
  #largest(now: Cluster, left: readonly HostId[], done: readonly HostId[]): DrainPlan | undefined {
    for (const first of left.keys()) {
      const from = left.slice(first);
      const prefix = this.#longest(now, from, done);
      if (prefix === undefined) continue;
      let best = prefix;
      const others = from.slice(best.hostIds.length + 1);
      for (const id of others.slice(0, limits.rollingWork / this.#cluster.hosts.size)) {
        if (best.hostIds.length === this.#options.mostAtOnce) break;
        best = this.#round(now, [...best.hostIds, id], done, []) ?? best;
      }
      return best;
    }
    return undefined;
  }

  /** The longest beginning of the list that goes at once, found by halving. */
  #longest(now: Cluster, list: readonly HostId[], done: readonly HostId[]): DrainPlan | undefined {
    const most = Math.min(list.length, this.#options.mostAtOnce ?? list.length);
    let best = this.#round(now, list.slice(0, 1), done, []);
    if (best === undefined) return undefined;
    let low = 1;
    let high = most;
    while (low < high) {
      const size = low === 1 && high === most ? most : Math.ceil((low + high) / 2);
      const round = this.#round(now, list.slice(0, size), done, []);
      if (round === undefined) high = size - 1;
      else {
        best = round;
        low = size;
      }
    }
    return best;
  }

  #goes(now: Cluster, hostIds: readonly HostId[]): boolean {
    return this.#roundOf(now, hostIds, [], []) !== undefined;
  }

  #round(
    now: Cluster,
    hostIds: readonly HostId[],
    done: readonly HostId[],
    last: readonly HostId[],
  ): DrainPlan | undefined {
    if (hostIds.length > (this.#options.mostAtOnce ?? hostIds.length)) return undefined;
    return this.#roundOf(now, hostIds, done, last);
  }

  #roundOf(
    now: Cluster,
    hostIds: readonly HostId[],
    done: readonly HostId[],
    last: readonly HostId[],
  ): DrainPlan | undefined {
    if (!hasRoom(now, hostIds)) return undefined;
    const plan = this.#drain(now, hostIds, done, last);
    if (plan.blockers.length > 0) return undefined;
    return this.#guarded && !bearsOneWithout(applyMoves(now, plan.moves), plan.hostIds)
      ? undefined
      : plan;
  }

  #drain(
    now: Cluster,
    hostIds: readonly HostId[],
    done: readonly HostId[],
    last: readonly HostId[],
  ): DrainPlan {
    const { waveLimits, makesRoom, steps } = this.#options;
    return planDrain(now, hostIds, {
      prefer: [done, last].filter((list) => list.length > 0),
      ...(waveLimits === undefined ? {} : { waveLimits }),
      ...(makesRoom === undefined ? {} : { makesRoom }),
      steps: steps ?? limits.rollingSearchSteps,
    });
  }
}

/** Those that are left for the last round when the others have these sizes. */
function lastOf(hosts: readonly HostId[], sizes: readonly number[]): readonly HostId[] {
  return hosts.slice(sizes.reduce((sum, size) => sum + size, 0));
}

/** Whether the others have room for all that is on these, were everything divisible. */
function hasRoom(now: Cluster, hostIds: readonly HostId[]): boolean {
  const emptied = new Set(hostIds);
  let memory = 0;
  let cpu = 0;
  for (const host of now.hosts.values()) {
    const promised = promisedOn(now, host.id);
    const free = freeOn(now, host);
    const takes = host.health === 'up' && host.intent === 'active' && !emptied.has(host.id);
    if (takes) {
      memory += free.memoryMib;
      cpu += free.cpuMilli;
    } else if (emptied.has(host.id)) {
      memory -= promised.memoryMib;
      cpu -= promised.cpuMilli;
    }
  }
  return memory >= 0 && cpu >= 0;
}

/** More hosts done, then fewer rounds, then less that is copied. */
function isBetter(rounds: readonly DrainPlan[], than: readonly DrainPlan[]): boolean {
  const order =
    hostsIn(than) - hostsIn(rounds) ||
    rounds.length - than.length ||
    copiedBy(rounds) - copiedBy(than);
  return order < 0;
}

function hostsIn(rounds: readonly DrainPlan[]): number {
  return rounds.reduce((sum, { hostIds }) => sum + hostIds.length, 0);
}

function copied({ moves }: DrainPlan): number {
  return moves.reduce((sum, { memoryMib }) => sum + memoryMib, 0);
}

function copiedBy(rounds: readonly DrainPlan[]): number {
  return rounds.reduce((sum, round) => sum + copied(round), 0);
}
