/**
 * Places for VMs that have none yet, all of them or nothing: one after the other by score at first; where that
 * leaves one without a place, every way of placing them is tried in order (depth first, the largest first, the
 * tightest host first) until a bound. Nothing that is placed already is moved.
 */
import type { Cluster } from '../cluster/cluster.ts';
import { allocatable, type Host, type HostId, type Resources } from '../cluster/host.ts';
import { hugePagesPromisedOn, promisedOn } from '../cluster/load.ts';
import { type ScoreWeights, weightsOf } from '../cluster/policy.ts';
import type { VmShape } from '../cluster/vm.ts';
import { limits } from '../limits.ts';
import { byId } from '../order.ts';
import { devicesLeftOn } from '../placement/filters/devices.ts';
import { isSeatTerm } from '../placement/scores.ts';
import { seatTerms, type SeatTermName } from '../placement/seat.ts';
import { newRuleBook } from '../rules/book-of.ts';
import type { Members, RuleBook } from '../rules/rule-book.ts';
import { Eligibility } from './eligibility.ts';
import { real } from './numbers.ts';

export interface SeatsOptions {
  /** Hosts that take nothing, besides those that the filters rule out. */
  readonly closed?: ReadonlySet<HostId>;
  /** Ways of placing one VM that are tried in all. */
  readonly tries?: number;
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
  #triesLeft: number;

  constructor(cluster: Cluster, shapes: readonly VmShape[], { closed, tries }: SeatsOptions) {
    this.#cluster = cluster;
    this.#hosts = [...cluster.hosts.values()].toSorted(byId);
    this.#closed = closed ?? new Set();
    this.#total = this.#hosts.map(allocatable);
    const promised = this.#hosts.map(({ id }) => promisedOn(cluster, id));
    const free = (resource: keyof Resources) =>
      Float64Array.from(
        this.#total,
        (total, at) => total[resource] - (promised[at]?.[resource] ?? 0),
      );
    this.#freeMemory = free('memoryMib');
    this.#freeCpu = free('cpuMilli');
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
    if (this.#greedy() || this.#tryFrom(0)) {
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

  #tryFrom(index: number): boolean {
    const guest = this.#guests[index];
    if (guest === undefined) return this.#evenEnough();
    const before = this.#guests[index - 1];
    // Of VMs that nothing tells apart the order does not matter.
    const first = before?.key === guest.key ? (this.#hostOf[before.at] as number) : 0;
    const open: number[] = [];
    for (let host = first; host < this.#hosts.length; host += 1) {
      if (this.#fits(guest, host)) open.push(host);
    }
    open.sort((a, b) => real(this.#freeMemory, a) - real(this.#freeMemory, b) || a - b);
    for (const host of open) {
      if (this.#triesLeft <= 0) return false;
      this.#triesLeft -= 1;
      this.#put(guest, host, 1);
      if (this.#tryFrom(index + 1)) return true;
      this.#put(guest, host, -1);
    }
    return false;
  }

  #fits({ need, eligible, members, extras }: Guest, host: number): boolean {
    if (eligible[host] !== 1 || this.#closed.has(this.#hosts[host]?.id ?? '')) return false;
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
  }

  #guestOf(shape: VmShape, at: number, eligibility: Eligibility): Guest {
    const eligible = eligibility.of(shape, undefined);
    const members = this.#book.membersAmong([shape]);
    const extras = this.#extrasOf(shape);
    const { memoryMib, cpuMilli } = shape.request;
    const ruled = members.map(({ index, count }) => `${index}/${count}`);
    const row = eligibility.rowNumber(eligible);
    const key = `${memoryMib} ${cpuMilli} ${row} ${ruled.join(' ')} ${extras.join(' ')}`;
    return { at, shape, need: shape.request, eligible, members, extras, key };
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

/** Hard rules, with how many VMs too many each has. */
function brokenIn(book: RuleBook): ReadonlyMap<string, number> {
  return new Map(
    book
      .violations()
      .flatMap(({ rule, count }) => (rule.strength === 'hard' ? [[rule.id, count] as const] : [])),
  );
}
