/**
 * A rule asked for as a plan: what would have to move for it to hold, whether that can be, and how many hosts
 * may be lost until it cannot. The VMs that it is about move first; others make room where that is asked for and
 * the cluster is small enough to look at every arrangement. Touches nothing.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import { hostsById } from '../cluster/hosts-by-id.ts';
import { holdsResources } from '../cluster/load.ts';
import { type Rule, selects } from '../cluster/rule.ts';
import type { Vm } from '../cluster/vm.ts';
import { withoutHosts, withoutVms } from '../cluster/without.ts';
import { heldByItself } from '../drain/blockers.ts';
import { limits } from '../limits.ts';
import { byId } from '../order.ts';
import { planInSequence } from '../plan/in-sequence.ts';
import type { Plan } from '../plan/plan.ts';
import { schedule, scheduleDefaults } from '../plan/schedule.ts';
import { defaultWaveLimits, type WaveLimits } from '../plan/wave-limits.ts';
import { Arrangement } from '../search/arrangement.ts';
import { costsOf } from '../search/costs.ts';
import { Eligibility } from '../search/eligibility.ts';
import { cheapestMoves, type UnitMove } from '../search/exhaustive.ts';
import { seatAll } from '../search/seats.ts';
import { subsets } from '../subsets.ts';
import { newRuleBook } from './book-of.ts';

export interface RulePlanOptions {
  readonly waveLimits?: WaveLimits;
  /** Whether VMs that the rule is not about may be moved out of the way; not if absent. */
  readonly makesRoom?: boolean;
}

export interface RulePlan extends Plan {
  readonly ruleId: string;
  /** VMs too many in the wrong place now. */
  readonly broken: number;
  /** `unknown`: no way was found, and not every one was tried. */
  readonly feasible: 'yes' | 'no' | 'unknown';
  /**
   * The fewest hosts whose loss leaves no place for its VMs under the rule, the others staying where they are;
   * absent where so many were not looked at or no loss does that.
   */
  readonly breaksWithout?: readonly HostId[];
}

export function planRule(cluster: Cluster, rule: Rule, options: RulePlanOptions = {}): RulePlan {
  const ruled = withRule(cluster, { ...rule, strength: 'hard' });
  const found = find(cluster, ruled, rule, options);
  const waveLimits = options.waveLimits ?? defaultWaveLimits;
  // On the way the rule may be broken still: it is what the moves are for.
  const soft = withRule(cluster, { ...rule, strength: 'soft' });
  const plan = planInSequence(soft, found.moves, {
    waveLimits,
    reasonOf: ({ step, target }) =>
      step.stopsOver
        ? `stops over on ${target}: it makes room for another move`
        : `for the rule ${rule.id}`,
  });
  const breaksWithout = found.feasible === 'yes' ? weakestHosts(ruled, rule) : undefined;
  return {
    ...plan,
    ruleId: rule.id,
    broken: brokenBy(ruled, rule),
    feasible: found.feasible,
    ...(breaksWithout === undefined ? {} : { breaksWithout }),
  };
}

interface Found {
  readonly feasible: RulePlan['feasible'];
  readonly moves: readonly UnitMove[];
}

function find(cluster: Cluster, ruled: Cluster, rule: Rule, options: RulePlanOptions): Found {
  if (brokenBy(ruled, rule) === 0) return { feasible: 'yes', moves: [] };
  const soft = withRule(cluster, { ...rule, strength: 'soft' });
  const alone = movesOfItsOwn(soft, ruled, rule, options);
  if (alone.type === 'moves') return { feasible: 'yes', moves: alone.moves };
  const arrangement = new Arrangement(soft);
  const members = new Set(membersOf(cluster, rule).map(({ id }) => id));
  const movable = Uint8Array.from(arrangement.units, ({ vms }) => {
    const mayMove = vms.every((vm) => heldByItself(vm) === undefined);
    const concerned = options.makesRoom === true || vms.some(({ id }) => members.has(id));
    return mayMove && concerned ? 1 : 0;
  });
  const index = arrangement.book.indexOf(rule.id);
  const reached = cheapestMoves(arrangement, {
    movable,
    costOf: costsOf(arrangement),
    isWanted: ({ book }) => book.violation(index) === 0,
  });
  if (reached.type === 'moves') return { feasible: 'yes', moves: reached.moves };
  const proved = reached.type === 'none' || (alone.proved && options.makesRoom !== true);
  return { feasible: proved ? 'no' : 'unknown', moves: [] };
}

/** The cheapest places of its VMs with the others where they are, and a safe order to get there. */
function movesOfItsOwn(soft: Cluster, ruled: Cluster, rule: Rule, options: RulePlanOptions) {
  const members = membersOf(ruled, rule);
  const movable = members.filter((vm) => heldByItself(vm) === undefined);
  const homes = new Map(movable.map((vm) => [vm.id, vm.hostId ?? '']));
  const seated = seatAll(withoutVms(ruled, movable), movable, { homes });
  if (seated.type === 'none') return { type: 'none' as const, proved: seated.proved };
  const targets = new Map(movable.map(({ id }, at) => [id, seated.hosts[at] ?? '']));
  const arrangement = new Arrangement(soft);
  const wanted = new Map<number, number>();
  for (const [unit, { vms }] of arrangement.units.entries()) {
    const [target, ...others] = new Set(vms.map(({ id, hostId }) => targets.get(id) ?? hostId));
    const to = arrangement.book.hostIndex(target ?? '');
    if (others.length === 0 && to >= 0) wanted.set(unit, to);
  }
  const { steps, left } = schedule(arrangement, wanted, {
    ...scheduleDefaults,
    ...options.waveLimits,
    costOf: costsOf(arrangement),
  });
  const index = arrangement.book.indexOf(rule.id);
  const holds = left.length === 0 && arrangement.book.violation(index) === 0;
  return holds
    ? { type: 'moves' as const, moves: steps.map(({ unit, from, to }) => ({ unit, from, to })) }
    : { type: 'none' as const, proved: false };
}

/** One host, then two, and so on, among those that any of its VMs could be on. */
function weakestHosts(ruled: Cluster, rule: Rule): readonly HostId[] | undefined {
  const members = membersOf(ruled, rule);
  if (members.length === 0) return undefined;
  const free = withoutVms(ruled, members);
  const hosts = hostsById(ruled);
  const eligibility = new Eligibility(free, hosts);
  const rows = members.map((vm) => eligibility.of(vm, undefined));
  const useful = hosts.flatMap(({ id }, at) => (rows.some((row) => row[at] === 1) ? [id] : []));
  let tries = Math.min(limits.ruleLosses, limits.ruleWork / ruled.hosts.size);
  for (let count = 1; count <= useful.length; count += 1) {
    for (const lost of subsets(useful, count)) {
      if (tries <= 0) return undefined;
      tries -= 1;
      const seated = seatAll(withoutHosts(free, lost), members);
      if (seated.type === 'none' && seated.proved) return lost;
    }
  }
  return undefined;
}

function membersOf(cluster: Cluster, rule: Rule): readonly Vm[] {
  return [...cluster.vms.values()]
    .filter((vm) => holdsResources(vm) && selects(rule.vms, vm))
    .toSorted(byId);
}

function brokenBy(ruled: Cluster, rule: Rule): number {
  const book = newRuleBook(ruled);
  return book.violation(book.indexOf(rule.id));
}

/** In place of one of the same id. */
function withRule(cluster: Cluster, rule: Rule): Cluster {
  const others = (cluster.rules ?? []).filter(({ id }) => id !== rule.id);
  return { ...cluster, rules: [...others, rule] };
}
