/**
 * All rules of a cluster with the number of their VMs in each scope, kept up as VMs are moved about: says
 * at once which rule a place would break, and what the soft ones cost. Filters, scores and searches all ask
 * here, so that there is one meaning of a rule.
 */
import type { Host } from '../cluster/host.ts';
import { type Rule, type Scope, selects } from '../cluster/rule.ts';
import { limits } from '../limits.ts';

/** Whom a rule may be about: a VM, or one that is still to be made. */
export interface Ruled {
  readonly id?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Rules by their index in the book, and how many VMs of each are meant. */
export type Members = readonly { readonly index: number; readonly count: number }[];
const nobody: Members = [];

interface Bound {
  readonly rule: Rule;
  readonly hard: boolean;
  readonly weight: number;
  /** By host: its scope, or for `pinned` and `away` 1 where the VMs may be. */
  readonly scopeOf: Int32Array;
  /** By scope: how many VMs of the rule are there. */
  readonly counts: Int32Array;
  /** In element 0: how many VMs there are, one that is on its way counted once. */
  readonly total: Int32Array;
  /** Scopes that have a host which could take a VM; the others do not count for evenness. */
  readonly open: readonly number[];
}

export interface Violation {
  readonly rule: Rule;
  readonly count: number;
  readonly cost: number;
}

export interface RuleBookOptions {
  /** Hard rules that may bend for a drain are soft here. */
  readonly bend?: boolean;
  /** Hosts that VMs are on and nothing else is known of: they come after the others, each a place of its own. */
  readonly unheard?: readonly string[];
}

export class RuleBook {
  readonly #bound: readonly Bound[];
  readonly #hostIndex: ReadonlyMap<string, number>;

  constructor(
    rules: readonly Rule[],
    hosts: readonly Host[],
    { bend = false, unheard = [] }: RuleBookOptions = {},
  ) {
    const ids = [...hosts.map(({ id }) => id), ...unheard];
    this.#hostIndex = new Map(ids.map((id, at) => [id, at]));
    this.#bound = rules.map((rule) => bind(rule, hosts, unheard, bend));
  }

  get size(): number {
    return this.#bound.length;
  }

  /** The rules that these are of, each with how many of them. */
  membersAmong(some: readonly Ruled[]): Members {
    return this.#bound.flatMap(({ rule }, index) => {
      const count = some.filter((one) => selects(rule.vms, one)).length;
      return count > 0 ? [{ index, count }] : [];
    });
  }

  rule(index: number): Rule | undefined {
    return this.#bound[index]?.rule;
  }

  /** Where it stands in the book; -1 where it is not there. */
  indexOf(ruleId: string): number {
    return this.#bound.findIndex(({ rule }) => rule.id === ruleId);
  }

  /** How many VMs too many are in the wrong place by this rule. */
  violation(index: number): number {
    const bound = this.#bound[index];
    return bound === undefined ? 0 : violation(bound);
  }

  /** Places in which too many of its VMs are, or the wrong ones. */
  wrongScopes(index: number): readonly number[] {
    const bound = this.#bound[index];
    return bound === undefined || violation(bound) === 0 ? [] : wrongScopes(bound);
  }

  /** The place of a host by this rule; -1 where the host is not known. */
  scopeOf(index: number, hostId: string): number {
    return this.#bound[index]?.scopeOf[this.hostIndex(hostId)] ?? -1;
  }

  hostIndex(hostId: string): number {
    return this.#hostIndex.get(hostId) ?? -1;
  }

  /** So many times these on that host more; less where `times` is negative. */
  add(members: Members, host: number, times = 1): void {
    for (const { index, count } of members) {
      const { scopeOf, counts, total } = this.#bound[index] as Bound;
      const scope = scopeOf[host] as number;
      counts[scope] = (counts[scope] as number) + times * count;
      total[0] = (total[0] as number) + times * count;
    }
  }

  /**
   * These are counted on host `from`, and on their way to `to`: they are in both places, but not twice in one.
   */
  begin(members: Members, from: number, to: number): void {
    this.#count(members, from, to, to, 1);
  }

  /** They have come to `to`, and are no longer on `from`. */
  arrive(members: Members, from: number, to: number): void {
    this.#count(members, from, to, from, -1);
  }

  #count(members: Members, from: number, to: number, host: number, times: number): void {
    for (const { index, count } of members) {
      const { scopeOf, counts } = this.#bound[index] as Bound;
      if (scopeOf[from] === scopeOf[to]) continue;
      const scope = scopeOf[host] as number;
      counts[scope] = (counts[scope] as number) + times * count;
    }
  }

  /**
   * The first hard rule that would be broken if these came to host `to` from another (or from nowhere, -1);
   * -1 if none would. What is in a wrong place already may leave it, but not for another wrong one. `leaving` go
   * from `to` in exchange. `unless-even`: leaves out rules of evenness, for those who place several and look at
   * the whole in the end.
   */
  broken(
    members: Members,
    from: number,
    to: number,
    leaving: Members = nobody,
    which: 'all' | 'unless-even' = 'all',
  ): number {
    for (const { index, count } of members) {
      const bound = this.#bound[index] as Bound;
      if (!bound.hard || (which === 'unless-even' && bound.rule.type === 'spread')) continue;
      const fewer = leaving.find((one) => one.index === index)?.count ?? 0;
      if (this.#breaks(bound, from, to, count, fewer)) return index;
    }
    return -1;
  }

  /** Points of the soft rules that these are of, as things stand. */
  cost(members: Members): number {
    let sum = 0;
    for (const { index } of members) {
      const bound = this.#bound[index] as Bound;
      if (!bound.hard) sum += bound.weight * violation(bound);
    }
    return sum;
  }

  /** What it costs more if these go from host `from` (-1: nowhere) to `to`. */
  costOfMove(members: Members, from: number, to: number): number {
    if (members.length === 0) return 0;
    const before = this.cost(members);
    if (from >= 0) this.add(members, from, -1);
    this.add(members, to);
    const after = this.cost(members);
    this.add(members, to, -1);
    if (from >= 0) this.add(members, from);
    return after - before;
  }

  /** Rules that are broken as things stand, with how many VMs too many; points of the soft ones. */
  violations(): readonly Violation[] {
    return this.#bound.flatMap((bound) => {
      const count = violation(bound);
      const { rule, hard, weight } = bound;
      return count > 0 ? [{ rule, count, cost: hard ? 0 : weight * count }] : [];
    });
  }

  #breaks(bound: Bound, from: number, to: number, count: number, leaving: number): boolean {
    const { rule, scopeOf, counts, total } = bound;
    const target = scopeOf[to] as number;
    const source = from < 0 ? -1 : (scopeOf[from] as number);
    if (rule.type === 'pinned' || rule.type === 'away') return target !== 1;
    if (source === target) return false;
    const there = (counts[target] as number) - leaving;
    if (rule.type === 'apart') return there + count > 1;
    if (rule.type === 'together') {
      const all = (total[0] as number) - leaving;
      const others = from < 0 ? all : all - count;
      return others > there;
    }
    const before = violation(bound);
    if (source >= 0) counts[source] = (counts[source] as number) - count;
    counts[target] = there + count;
    const after = violation(bound);
    if (source >= 0) counts[source] = (counts[source] as number) + count;
    counts[target] = there + leaving;
    return after > before;
  }
}

/** How many VMs too many there are in the wrong place. */
function violation({ rule, counts, total, open }: Bound): number {
  switch (rule.type) {
    case 'pinned':
    case 'away':
      return counts[0] as number;
    case 'apart': {
      let sum = 0;
      for (const count of counts) if (count > 1) sum += count - 1;
      return sum;
    }
    case 'together': {
      let most = 0;
      for (const count of counts) if (count > most) most = count;
      return Math.max(0, (total[0] as number) - most);
    }
    case 'spread': {
      let least = Number.MAX_SAFE_INTEGER;
      let most = 0;
      for (const scope of open) {
        const count = counts[scope] as number;
        if (count < least) least = count;
      }
      for (const count of counts) if (count > most) most = count;
      return open.length === 0 ? 0 : Math.max(0, most - least - rule.maxSkew);
    }
  }
}

function wrongScopes({ rule, counts, open }: Bound): readonly number[] {
  const scopes = [...counts.keys()].filter((scope) => (counts[scope] as number) > 0);
  const most = Math.max(0, ...counts);
  switch (rule.type) {
    case 'pinned':
    case 'away':
      return [0];
    case 'apart':
      return scopes.filter((scope) => (counts[scope] as number) > 1);
    case 'together': {
      const home = scopes.find((scope) => counts[scope] === most);
      return scopes.filter((scope) => scope !== home);
    }
    case 'spread': {
      const least = Math.min(...open.map((scope) => counts[scope] as number));
      return scopes.filter((scope) => (counts[scope] as number) > least + rule.maxSkew);
    }
  }
}

function bind(
  rule: Rule,
  hosts: readonly Host[],
  unheard: readonly string[],
  bend: boolean,
): Bound {
  const hard = isHard(rule, bend);
  const weight = rule.weight ?? limits.ruleWeightDefault;
  if ('hosts' in rule) {
    const wanted = rule.type === 'pinned';
    const known = hosts.map((host) => (selects(rule.hosts, host) === wanted ? 1 : 0));
    // Nobody says of a place that is not known that it is a wrong one.
    const scopeOf = Int32Array.from([...known, ...unheard.map(() => 1)]);
    return {
      rule,
      hard,
      weight,
      scopeOf,
      counts: new Int32Array(2),
      total: new Int32Array(1),
      open: [1],
    };
  }
  const scopes = new Map<string, number>();
  const over = rule.over;
  const known = hosts.map((host) => {
    const name = scopeName(host, over);
    const scope = scopes.get(name) ?? scopes.size;
    scopes.set(name, scope);
    return scope;
  });
  const scopeOf = Int32Array.from([...known, ...unheard.map((_, at) => scopes.size + at)]);
  const open = new Set<number>();
  for (const [at, host] of hosts.entries()) {
    if (host.health === 'up' && host.intent === 'active') open.add(scopeOf[at] as number);
  }
  return {
    rule,
    hard,
    weight,
    scopeOf,
    counts: new Int32Array(scopes.size + unheard.length),
    total: new Int32Array(1),
    open: [...open],
  };
}

export function isHard(rule: Rule, bend: boolean): boolean {
  return rule.strength === 'hard' && !(bend && rule.bendsForDrain === true);
}

/** Which place a host is in. */
export function scopeName(host: Host, over: Scope): string {
  if (over === 'host') return host.id;
  return (over === 'zone' ? host.zone : `${host.zone ?? ''}/${host.rack ?? ''}`) ?? '';
}
