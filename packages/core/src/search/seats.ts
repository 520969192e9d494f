/**
 * Places for VMs that have none yet, all of them or nothing: one after the other by score at first; where that
 * leaves one without a place, every way of placing them is tried in order (depth first, the largest first, the
 * tightest host first) until a bound. VMs that have a home are placed so that little is copied from there.
 * Nothing else that is placed already is moved.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { Host, HostId, Resources } from '../cluster/host.ts';
import { type ScoreWeights, weightsOf } from '../cluster/policy.ts';
import type { VmId, VmShape } from '../cluster/vm.ts';
import { limits } from '../limits.ts';
import { isSeatTerm } from '../placement/scores.ts';
import { seatOn, seatTerms, type SeatTermName } from '../placement/seat.ts';
import { newRuleBook } from '../rules/book-of.ts';
import type { Members, RuleBook } from '../rules/rule-book.ts';
import { Eligibility } from './eligibility.ts';
import { Extras, type Wants } from './extras.ts';
import { real } from './numbers.ts';
import { roomOf } from './room.ts';

export interface SeatsOptions {
  /** Hosts that take nothing, besides those that the filters rule out. */
  readonly closed?: ReadonlySet<HostId>;
  /** Ways of placing one VM that are tried in all. */
  readonly tries?: number;
  /** By VM id: where it is now, though the snapshot does not count it there; the cheapest way is looked for. */
  readonly homes?: ReadonlyMap<VmId, HostId>;
}

export type Seated =
  | { readonly type: 'seated'; readonly hosts: readonly HostId[] }
  /** `proved`: every way was tried. */
  | { readonly type: 'none'; readonly proved: boolean };

/** `hosts` are in the order of `shapes`. */
export function seatAll(
  cluster: Cluster,
  shapes: readonly VmShape[],
  options: SeatsOptions = {},
): Seated {
  return new Seats(cluster, shapes, options).find();
}

interface Newcomer {
  readonly at: number;
  readonly shape: VmShape;
  readonly need: Resources;
  readonly eligible: Uint8Array;
  readonly members: Members;
  readonly wants: Wants;
  readonly key: string;
  /** Where it is now; -1: nowhere. */
  readonly home: number;
}

class Seats {
  readonly #cluster: Cluster;
  readonly #hosts: readonly Host[];
  readonly #total: readonly Resources[];
  readonly #closed: ReadonlySet<HostId>;
  readonly #freeMemory: Float64Array;
  readonly #freeCpu: Float64Array;
  readonly #extras: Extras;
  readonly #book: RuleBook;
  readonly #brokenBefore: ReadonlyMap<string, number>;
  readonly #newcomers: readonly Newcomer[];
  readonly #hostOf: Int32Array;
  readonly #homes: ReadonlyMap<VmId, HostId> | undefined;
  #triesLeft: number;
  /** MiB away from home now, and in the best way so far. */
  #copied = 0;
  #best: { readonly copied: number; readonly hostOf: Int32Array } | undefined;

  constructor(
    cluster: Cluster,
    shapes: readonly VmShape[],
    { closed, tries, homes }: SeatsOptions,
  ) {
    this.#cluster = cluster;
    const { hosts, total, freeMemory, freeCpu } = roomOf(cluster);
    this.#hosts = hosts;
    this.#closed = closed ?? new Set();
    this.#homes = homes;
    this.#total = total;
    this.#freeMemory = freeMemory;
    this.#freeCpu = freeCpu;
    this.#extras = new Extras(cluster, hosts);
    this.#book = newRuleBook(cluster);
    this.#brokenBefore = brokenIn(this.#book);
    const eligibility = new Eligibility(cluster, this.#hosts);
    this.#newcomers = shapes
      .map((shape, at) => this.#newcomerOf(shape, at, eligibility))
      .toSorted(
        (a, b) =>
          b.need.memoryMib - a.need.memoryMib || b.need.cpuMilli - a.need.cpuMilli || a.at - b.at,
      );
    this.#hostOf = new Int32Array(shapes.length).fill(-1);
    this.#triesLeft = tries ?? Math.min(limits.seatTries, limits.seatWork / hosts.length);
  }

  find(): Seated {
    if (this.#isHopeless()) return { type: 'none', proved: true };
    const found = this.#homes === undefined ? this.#greedy() || this.#tryFrom(0) : this.#cheapest();
    if (found) {
      const hosts = [...this.#hostOf].map((host) => this.#hosts[host]?.id ?? '');
      return { type: 'seated', hosts };
    }
    return { type: 'none', proved: this.#triesLeft > 0 };
  }

  /** Seen at once: one that fits nowhere even now, when nobody is seated, or more in all than there is room for. */
  #isHopeless(): boolean {
    const useful = new Set<number>();
    const need = { memoryMib: 0, cpuMilli: 0 };
    let before: string | undefined;
    for (const newcomer of this.#newcomers) {
      need.memoryMib += newcomer.need.memoryMib;
      need.cpuMilli += newcomer.need.cpuMilli;
      if (newcomer.key === before) continue;
      before = newcomer.key;
      const open = [...this.#hosts.keys()].filter((host) => this.#hasRoom(newcomer, host));
      if (open.length === 0) return true;
      for (const host of open) useful.add(host);
    }
    const room = (free: Float64Array) =>
      [...useful].reduce((sum, host) => sum + Math.max(0, real(free, host)), 0);
    return need.memoryMib > room(this.#freeMemory) || need.cpuMilli > room(this.#freeCpu);
  }

  /** Each where it scores best; takes all back where one has no place. */
  #greedy(): boolean {
    const seated: Newcomer[] = [];
    for (const newcomer of this.#newcomers) {
      const best = this.#bestFor(newcomer);
      if (best < 0) break;
      this.#put(newcomer, best, 1);
      seated.push(newcomer);
    }
    if (seated.length === this.#newcomers.length && this.#evenEnough()) return true;
    for (const newcomer of seated) this.#put(newcomer, this.#hostOf[newcomer.at] as number, -1);
    return false;
  }

  /** Every way is tried, and the one that copies least is kept. */
  #cheapest(): boolean {
    this.#tryFrom(0);
    if (this.#best === undefined) return false;
    this.#hostOf.set(this.#best.hostOf);
    return true;
  }

  /** At the end of a way: whether to stop looking. */
  #arrived(): boolean {
    if (!this.#evenEnough()) return false;
    if (this.#homes === undefined) return true;
    this.#best = { copied: this.#copied, hostOf: this.#hostOf.slice() };
    return this.#copied === 0;
  }

  #tryFrom(index: number): boolean {
    const newcomer = this.#newcomers[index];
    if (newcomer === undefined) return this.#arrived();
    const before = this.#newcomers[index - 1];
    // Of VMs that nothing tells apart the order does not matter.
    const first = before?.key === newcomer.key ? (this.#hostOf[before.at] as number) : 0;
    const open: number[] = [];
    for (let host = first; host < this.#hosts.length; host += 1) {
      if (this.#fits(newcomer, host)) open.push(host);
    }
    const order = (host: number) => (host === newcomer.home ? -1 : real(this.#freeMemory, host));
    open.sort((a, b) => order(a) - order(b) || a - b);
    for (const host of open) {
      if (this.#triesLeft <= 0) return false;
      const copied = this.#copied + copiedTo(newcomer, host);
      if (this.#best !== undefined && copied >= this.#best.copied) continue;
      this.#triesLeft -= 1;
      this.#put(newcomer, host, 1);
      if (this.#tryFrom(index + 1)) return true;
      this.#put(newcomer, host, -1);
    }
    return false;
  }

  #fits(newcomer: Newcomer, host: number): boolean {
    return (
      this.#hasRoom(newcomer, host) &&
      this.#book.broken(newcomer.members, -1, host, undefined, 'unless-even') < 0
    );
  }

  /** All but the rules. */
  #hasRoom({ need, eligible, wants, home }: Newcomer, host: number): boolean {
    // Where it is already it may stay, whatever a filter says of others.
    if ((eligible[host] !== 1 && host !== home) || this.#closed.has(this.#hosts[host]?.id ?? ''))
      return false;
    if (need.memoryMib > Math.max(0, real(this.#freeMemory, host))) return false;
    if (need.cpuMilli > Math.max(0, real(this.#freeCpu, host))) return false;
    return this.#extras.fits(wants, host);
  }

  #bestFor(newcomer: Newcomer): number {
    const weights = weightsOf(newcomer.shape.policy ?? this.#cluster.policy);
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (let host = 0; host < this.#hosts.length; host += 1) {
      if (!this.#fits(newcomer, host)) continue;
      const score = this.#scoreOf(newcomer, host, weights);
      if (score <= most) continue;
      best = host;
      most = score;
    }
    return best;
  }

  #scoreOf({ need, members }: Newcomer, at: number, weights: ScoreWeights): number {
    const free = { memoryMib: real(this.#freeMemory, at), cpuMilli: real(this.#freeCpu, at) };
    const seat = seatOn(this.#hosts[at] as Host, {
      need,
      free,
      total: this.#total[at] as Resources,
    });
    let score = -10 * (weights.softRules ?? 0) * this.#book.costOfMove(members, -1, at);
    for (const [name, weight = 0] of Object.entries(weights) as [SeatTermName, number][]) {
      if (isSeatTerm(name)) score += weight * seatTerms[name](seat);
    }
    return score;
  }

  /** Rules of evenness hold for all together, not for each as it comes. */
  #evenEnough(): boolean {
    const now = brokenIn(this.#book);
    return [...now].every(([id, count]) => count <= (this.#brokenBefore.get(id) ?? 0));
  }

  #put(newcomer: Newcomer, host: number, times: 1 | -1): void {
    const { need, members, wants, at } = newcomer;
    this.#freeMemory[host] = real(this.#freeMemory, host) - times * need.memoryMib;
    this.#freeCpu[host] = real(this.#freeCpu, host) - times * need.cpuMilli;
    this.#extras.take(wants, host, times);
    this.#book.add(members, host, times);
    this.#hostOf[at] = times > 0 ? host : -1;
    this.#copied += times * copiedTo(newcomer, host);
  }

  #newcomerOf(shape: VmShape, at: number, eligibility: Eligibility): Newcomer {
    const home = this.#homeOf(shape);
    const eligible = eligibility.of(shape, this.#hosts[home]);
    const members = this.#book.membersAmong([shape]);
    const wants = this.#extras.wantsOf(shape);
    const { memoryMib, cpuMilli } = shape.request;
    const ruled = members.map(({ index, count }) => `${index}/${count}`);
    const row = eligibility.rowNumber(eligible);
    const key = `${memoryMib} ${cpuMilli} ${row} ${ruled.join(' ')} ${wants.join(' ')} ${home}`;
    return { at, shape, need: shape.request, eligible, members, wants, key, home };
  }

  #homeOf({ id }: VmShape): number {
    const home = id === undefined ? undefined : this.#homes?.get(id);
    return home === undefined ? -1 : this.#hosts.findIndex((host) => host.id === home);
  }
}

/** MiB that are copied if it goes there. */
function copiedTo({ home, need }: Newcomer, host: number): number {
  return home < 0 || home === host ? 0 : need.memoryMib;
}

/** Hard rules, with how many VMs too many each has. */
function brokenIn(book: RuleBook): ReadonlyMap<string, number> {
  return new Map(
    book
      .violations()
      .flatMap(({ rule, count }) => (rule.strength === 'hard' ? [[rule.id, count] as const] : [])),
  );
}
