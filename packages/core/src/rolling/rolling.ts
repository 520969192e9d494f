/**
 * Maintenance of many hosts, round by round: which are emptied together, and where their VMs go meanwhile. VMs
 * are not brought back after each round: they go to hosts that are done, and where there are none yet to those
 * that are done last, so that most are moved once. Few rounds come first, then little that is copied. The groups
 * are found by trying sizes: the emptiest hosts first, each round's plan a drain of its own. Touches nothing.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { Host, HostId } from '../cluster/host.ts';
import { freeOn, promisedOn } from '../cluster/load.ts';
import { type DrainOptions, planDrain } from '../drain/drain.ts';
import { bearsOneWithout, headroomOf } from '../headroom/headroom.ts';
import { limits } from '../limits.ts';
import { byId } from '../order.ts';
import { applyMoves } from '../plan/apply.ts';
import type { Blocker, DrainPlan } from '../plan/plan.ts';

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
  /** Hosts that cannot be emptied in any round, and why. */
  readonly left: readonly { readonly hostId: HostId; readonly blockers: readonly Blocker[] }[];
  readonly copiedMib: number;
}

export function planRolling(cluster: Cluster, options: RollingOptions = {}): RollingPlan {
  const asked = new Set(options.hostIds ?? cluster.hosts.keys());
  const wanted = [...cluster.hosts.values()]
    .filter(({ id, health }) => asked.has(id) && health === 'up')
    .toSorted(
      (a, b) =>
        promisedOn(cluster, a.id).memoryMib - promisedOn(cluster, b.id).memoryMib || byId(a, b),
    );
  const guarded = options.keepsHeadroom !== false && headroomOf(cluster, { upTo: 1 }).bears > 0;
  const rolling = new Rolling(cluster, options, guarded);
  const { doable, left } = rolling.sortOut(wanted);
  const rounds = rolling.best(doable);
  return {
    revision: cluster.revision,
    rounds,
    left,
    copiedMib: rounds.reduce((sum, round) => sum + copied(round), 0),
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

  /** Hosts that could be emptied if it were theirs alone, and those that could not. */
  sortOut(hosts: readonly Host[]) {
    const left: { hostId: HostId; blockers: readonly Blocker[] }[] = [];
    const doable: HostId[] = [];
    for (const { id } of hosts) {
      const plan = this.#drain(this.#cluster, [id], [], []);
      if (plan.blockers.length === 0) doable.push(id);
      else left.push({ hostId: id, blockers: plan.blockers });
    }
    return { doable, left };
  }

  /** Of the ways that were tried the one with the fewest rounds, and of those the cheapest. */
  best(hosts: readonly HostId[]): readonly DrainPlan[] {
    let best: readonly DrainPlan[] = this.#rounds(hosts, []);
    const heaviestSecond = this.#orders(hosts);
    const tries = Math.min(limits.rollingTries, limits.rollingWork / this.#cluster.hosts.size);
    for (const sizes of sizesToTry(hosts.length, best.length, tries / 2)) {
      for (const order of heaviestSecond(sizes)) {
        const rounds = this.#rounds(order, sizes, copiedBy(best));
        const done = rounds.reduce((sum, { hostIds }) => sum + hostIds.length, 0);
        if (done < hosts.length || rounds.length > best.length) continue;
        if (rounds.length < best.length || copiedBy(rounds) < copiedBy(best)) best = rounds;
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

  /** As many of those that are left as can be emptied at once: the first ones, and others that go with them. */
  #largest(now: Cluster, left: readonly HostId[], done: readonly HostId[]): DrainPlan | undefined {
    const most = Math.min(left.length, this.#options.mostAtOnce ?? left.length);
    let best: DrainPlan | undefined;
    let low = 0;
    let high = most;
    while (low < high) {
      const size = best === undefined && high === most ? most : Math.ceil((low + high) / 2);
      const round = this.#round(now, left.slice(0, size), done, []);
      if (round === undefined) high = size - 1;
      else {
        best = round;
        low = size;
      }
    }
    if (best === undefined) return undefined;
    for (const id of left.slice(low + 1, low + 1 + limits.rollingTries)) {
      best = this.#round(now, [...best.hostIds, id], done, []) ?? best;
    }
    return best;
  }

  #round(
    now: Cluster,
    hostIds: readonly HostId[],
    done: readonly HostId[],
    last: readonly HostId[],
  ): DrainPlan | undefined {
    if (hostIds.length > (this.#options.mostAtOnce ?? hostIds.length)) return undefined;
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

/** Sizes of all rounds but the last, for so many rounds: as finely stepped as leaves no more than `most`. */
function sizesToTry(hosts: number, rounds: number, most: number): readonly (readonly number[])[] {
  if (rounds < 2) return [];
  for (let steps = Math.min(hosts, limits.rollingSteps); steps > 1; steps -= 1) {
    const sizes = [...stepped(hosts, rounds, Math.ceil(hosts / steps))];
    if (sizes.length <= most) return sizes;
  }
  return [];
}

function* stepped(hosts: number, rounds: number, step: number): Generator<readonly number[]> {
  const largest = Math.ceil(hosts / 2);
  function* further(sizes: readonly number[], left: number): Generator<readonly number[]> {
    if (sizes.length === rounds - 1) {
      if (left > 0 && left <= largest) yield sizes;
      return;
    }
    for (let size = step; size <= Math.min(left, largest); size += step) {
      yield* further([...sizes, size], left - size);
    }
  }
  yield* further([], hosts);
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

function copied({ moves }: DrainPlan): number {
  return moves.reduce((sum, { memoryMib }) => sum + memoryMib, 0);
}

function copiedBy(rounds: readonly DrainPlan[]): number {
  return rounds.reduce((sum, round) => sum + copied(round), 0);
}
