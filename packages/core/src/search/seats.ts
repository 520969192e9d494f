/**
 * Places for VMs that have none yet, all of them or nothing: one after the other by score at first; where that
 * leaves one without a place, every way of placing them is tried in order (depth first, the largest first, the
 * tightest host first) until a bound. VMs that have a home are placed so that little is copied from there.
 * Nothing else that is placed already is moved.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { Host, HostId, Resources } from '../cluster/host.ts';
import { hugePagesPromisedOn } from '../cluster/load.ts';
import { type ScoreWeights, weightsOf } from '../cluster/policy.ts';
import type { VmId, VmShape } from '../cluster/vm.ts';
import { limits } from '../limits.ts';
import { devicesLeftOn } from '../placement/filters/devices.ts';
import { isSeatTerm } from '../placement/scores.ts';
import { seatTerms, type SeatTermName } from '../placement/seat.ts';
import { newRuleBook } from '../rules/book-of.ts';
import type { Members, RuleBook } from '../rules/rule-book.ts';
import { Eligibility } from './eligibility.ts';
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

interface Guest {
  readonly at: number;
  readonly shape: VmShape;
  readonly need: Resources;
  readonly eligible: Uint8Array;
  readonly members: Members;
  /** What it needs of other things that a host has only so much of. */
  readonly extras: readonly (readonly [name: string, amount: number])[];
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
  readonly #extras = new Map<string, Float64Array>();
  readonly #book: RuleBook;
  readonly #brokenBefore: ReadonlyMap<string, number>;
  readonly #guests: readonly Guest[];
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
    this.#book = newRuleBook(cluster);
    this.#brokenBefore = brokenIn(this.#book);
    const eligibility = new Eligibility(cluster, this.#hosts);
    this.#guests = shapes
      .map((shape, at) => this.#guestOf(shape, at, eligibility))
      .toSorted(
        (a, b) =>
          b.need.memoryMib - a.need.memoryMib || b.need.cpuMilli - a.need.cpuMilli || a.at - b.at,
      );
    this.#hostOf = new Int32Array(shapes.length).fill(-1);
    this.#triesLeft = tries ?? limits.seatTries;
  }

  find(): Seated {
    const found = this.#homes === undefined ? this.#greedy() || this.#tryFrom(0) : this.#cheapest();
    if (found) {
      const hosts = [...this.#hostOf].map((host) => this.#hosts[host]?.id ?? '');
      return { type: 'seated', hosts };
    }
    return { type: 'none', proved: this.#triesLeft > 0 };
  }

  /** Each where it scores best; takes all back where one has no place. */
  #greedy(): boolean {
    const seated: Guest[] = [];
    for (const guest of this.#guests) {
      const best = this.#bestFor(guest);
      if (best < 0) break;
      this.#put(guest, best, 1);
      seated.push(guest);
    }
    if (seated.length === this.#guests.length && this.#evenEnough()) return true;
    for (const guest of seated) this.#put(guest, this.#hostOf[guest.at] as number, -1);
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
    const guest = this.#guests[index];
    if (guest === undefined) return this.#arrived();
    const before = this.#guests[index - 1];
    // Of VMs that nothing tells apart the order does not matter.
    const first = before?.key === guest.key ? (this.#hostOf[before.at] as number) : 0;
    const open: number[] = [];
    for (let host = first; host < this.#hosts.length; host += 1) {
      if (this.#fits(guest, host)) open.push(host);
    }
    const order = (host: number) => (host === guest.home ? -1 : real(this.#freeMemory, host));
    open.sort((a, b) => order(a) - order(b) || a - b);
    for (const host of open) {
      if (this.#triesLeft <= 0) return false;
      const copied = this.#copied + copiedTo(guest, host);
      if (this.#best !== undefined && copied >= this.#best.copied) continue;
      this.#triesLeft -= 1;
      this.#put(guest, host, 1);
      if (this.#tryFrom(index + 1)) return true;
      this.#put(guest, host, -1);
    }
    return false;
  }

  #fits({ need, eligible, members, extras, home }: Guest, host: number): boolean {
    // Where it is already it may stay, whatever a filter says of others.
    if ((eligible[host] !== 1 && host !== home) || this.#closed.has(this.#hosts[host]?.id ?? ''))
      return false;
    if (need.memoryMib > Math.max(0, real(this.#freeMemory, host))) return false;
    if (need.cpuMilli > Math.max(0, real(this.#freeCpu, host))) return false;
    for (const [name, amount] of extras) {
      if (amount > (this.#extras.get(name)?.[host] ?? 0)) return false;
    }
    return this.#book.broken(members, -1, host, undefined, 'unless-even') < 0;
  }

  #bestFor(guest: Guest): number {
    const weights = weightsOf(guest.shape.policy ?? this.#cluster.policy);
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (let host = 0; host < this.#hosts.length; host += 1) {
      if (!this.#fits(guest, host)) continue;
      const score = this.#scoreOf(guest, host, weights);
      if (score <= most) continue;
      best = host;
      most = score;
    }
    return best;
  }

  #scoreOf({ need, members }: Guest, at: number, weights: ScoreWeights): number {
    const host = this.#hosts[at] as Host;
    const seat = {
      need,
      free: { memoryMib: real(this.#freeMemory, at), cpuMilli: real(this.#freeCpu, at) },
      total: this.#total[at] as Resources,
      capacity: host.capacity,
      ...(host.usage === undefined ? {} : { usage: host.usage }),
    };
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

  #put(guest: Guest, host: number, times: 1 | -1): void {
    const { need, members, extras, at } = guest;
    this.#freeMemory[host] = real(this.#freeMemory, host) - times * need.memoryMib;
    this.#freeCpu[host] = real(this.#freeCpu, host) - times * need.cpuMilli;
    for (const [name, amount] of extras) {
      const list = this.#extras.get(name);
      if (list === undefined) continue;
      // A pool is one for all hosts; other things are each host's own.
      const isShared = name.startsWith('pool ');
      for (const [index, one] of list.entries()) {
        if (isShared || index === host) list[index] = one - times * amount;
      }
    }
    this.#book.add(members, host, times);
    this.#hostOf[at] = times > 0 ? host : -1;
    this.#copied += times * copiedTo(guest, host);
  }

  #guestOf(shape: VmShape, at: number, eligibility: Eligibility): Guest {
    const home = this.#homeOf(shape);
    const eligible = eligibility.of(shape, this.#hosts[home]);
    const members = this.#book.membersAmong([shape]);
    const extras = this.#extrasOf(shape);
    const { memoryMib, cpuMilli } = shape.request;
    const ruled = members.map(({ index, count }) => `${index}/${count}`);
    const row = eligibility.rowNumber(eligible);
    const key = `${memoryMib} ${cpuMilli} ${row} ${ruled.join(' ')} ${extras.join(' ')} ${home}`;
    return { at, shape, need: shape.request, eligible, members, extras, key, home };
  }

  #homeOf({ id }: VmShape): number {
    const home = id === undefined ? undefined : this.#homes?.get(id);
    return home === undefined ? -1 : this.#hosts.findIndex((host) => host.id === home);
  }

  #extrasOf(shape: VmShape): readonly (readonly [string, number])[] {
    const wanted = new Map<string, number>();
    const want = (name: string, amount: number, freeOf: (host: Host) => number) => {
      if (!this.#extras.has(name)) this.#extras.set(name, Float64Array.from(this.#hosts, freeOf));
      wanted.set(name, (wanted.get(name) ?? 0) + amount);
    };
    const { hugePageKib: sizeKib, devices = [], disks = [], request } = shape;
    if (sizeKib !== undefined) {
      want(`pages ${sizeKib}`, request.memoryMib, (host) => {
        const total = host.hugePages?.find((pages) => pages.sizeKib === sizeKib)?.totalMib ?? 0;
        return total - hugePagesPromisedOn(this.#cluster, host.id, sizeKib);
      });
    }
    for (const kind of devices) {
      want(`device ${kind}`, 1, (host) => devicesLeftOn(this.#cluster, host, kind));
    }
    for (const { pool, sizeMib } of disks) {
      const reserved = this.#cluster.pools?.get(pool)?.reservedMib ?? 0;
      want(`pool ${pool}`, sizeMib, (host) => {
        const reach = host.pools.find(({ name }) => name === pool);
        const tells = reach !== undefined && reach.capacityMib > 0;
        return tells ? reach.freeMib - reserved : Number.POSITIVE_INFINITY;
      });
    }
    return [...wanted];
  }
}

/** MiB that are copied if it goes there. */
function copiedTo({ home, need }: Guest, host: number): number {
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
