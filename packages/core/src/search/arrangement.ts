/**
 * Who is where, in numbers: the form of a cluster that searching is done on. Made from a snapshot for one
 * search, changed in place by it, and thrown away; what comes out is moves. Hosts and units stand in order of
 * their ids, so that no search depends on the order of its input.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { Host } from '../cluster/host.ts';
import { hugePagesLeftOn } from '../cluster/stock.ts';
import { newRuleBook } from '../rules/book-of.ts';
import type { RuleBook } from '../rules/rule-book.ts';
import { type Frame, frameOf } from './frame.ts';
import { real, whole } from './numbers.ts';
import type { Unit } from './units.ts';

const nobody: ReadonlySet<string> = new Set();

export interface ArrangementOptions {
  /** Hosts that take nothing, besides those that the filters rule out: they are being emptied. */
  readonly closed?: ReadonlySet<string>;
  /** Whether hard rules that may bend for a drain are soft. */
  readonly bend?: boolean;
}

export class Arrangement {
  readonly cluster: Cluster;
  readonly hosts: readonly Host[];
  /** VMs that hold resources; those that a hard rule keeps on one host are one unit. */
  readonly units: readonly Unit[];
  /** By unit: the host that it is on now, and that it was on at first. */
  readonly hostOf: Int32Array;
  readonly origin: Int32Array;
  readonly memoryOf: Float64Array;
  readonly cpuOf: Float64Array;
  /** By host, of what may be promised; below zero where more is promised than may be. */
  readonly freeMemory: Float64Array;
  readonly freeCpu: Float64Array;
  readonly book: RuleBook;
  readonly closed: ReadonlySet<string>;
  readonly frame: Frame;
  readonly #isClosed: Uint8Array;
  readonly #freeHuge = new Map<number, Float64Array>();

  constructor(cluster: Cluster, options: ArrangementOptions = {}) {
    const frame = frameOf(cluster);
    this.cluster = cluster;
    this.frame = frame;
    this.closed = options.closed ?? nobody;
    this.hosts = frame.hosts;
    this.units = frame.units;
    this.origin = frame.origin;
    this.memoryOf = frame.memoryOf;
    this.cpuOf = frame.cpuOf;
    this.hostOf = frame.origin.slice();
    this.freeMemory = frame.freeMemory.slice();
    this.freeCpu = frame.freeCpu.slice();
    this.book = newRuleBook(cluster, { bend: options.bend === true });
    this.#isClosed = Uint8Array.from(this.hosts, ({ id }) => (this.closed.has(id) ? 1 : 0));
    for (const { hugePages } of this.units) {
      for (const sizeKib of hugePages.keys()) this.#addHugePages(sizeKib);
    }
  }

  /** Whether the filters that look at the host alone let the unit be there. */
  eligible(unit: number, to: number): boolean {
    return this.#isClosed[to] === 0 && (this.frame.eligible[unit] as Uint8Array)[to] === 1;
  }

  /** Whether the unit may be put on host `to` as things stand: filters, room, rules. */
  fits(unit: number, to: number): boolean {
    return (
      real(this.memoryOf, unit) <= real(this.freeMemory, to) &&
      real(this.cpuOf, unit) <= real(this.freeCpu, to) &&
      this.eligible(unit, to) &&
      this.permitted(unit, to)
    );
  }

  /** The same, if `other`, which is on host `to` now, were gone. */
  fitsInPlaceOf(unit: number, to: number, other: number): boolean {
    return (
      real(this.memoryOf, unit) <= real(this.freeMemory, to) + real(this.memoryOf, other) &&
      real(this.cpuOf, unit) <= real(this.freeCpu, to) + real(this.cpuOf, other) &&
      this.eligible(unit, to) &&
      this.permitted(unit, to, other)
    );
  }

  /** Whether hard rules and huge pages let the unit be on host `to`, with `other` gone from there. */
  permitted(unit: number, to: number, other = -1): boolean {
    const { rules, hugePages } = this.units[unit] as Unit;
    for (const [sizeKib, mib] of hugePages) {
      const left = other < 0 ? 0 : ((this.units[other] as Unit).hugePages.get(sizeKib) ?? 0);
      if (mib > (this.#freeHuge.get(sizeKib)?.[to] ?? 0) + left) return false;
    }
    if (rules.length === 0) return true;
    const leaving = other < 0 ? undefined : (this.units[other] as Unit).rules;
    return this.book.broken(rules, whole(this.hostOf, unit), to, leaving) < 0;
  }

  /** What the soft rules would cost more, in points, if the unit went to host `to`. */
  ruleCostOfMove(unit: number, to: number): number {
    const { rules } = this.units[unit] as Unit;
    return rules.length === 0 ? 0 : this.book.costOfMove(rules, whole(this.hostOf, unit), to);
  }

  /** Puts it there, whether it fits or not. */
  put(unit: number, to: number): void {
    const from = whole(this.hostOf, unit);
    if (from === to) return;
    this.#take(unit, from, -1);
    this.#take(unit, to, 1);
    this.hostOf[unit] = to;
    const { rules } = this.units[unit] as Unit;
    if (rules.length === 0) return;
    this.book.add(rules, from, -1);
    this.book.add(rules, to);
  }

  /** The unit is on its way to host `to`, and holds what it needs in both places. */
  begin(unit: number, to: number): void {
    this.#take(unit, to, 1);
    const { rules } = this.units[unit] as Unit;
    if (rules.length > 0) this.book.begin(rules, whole(this.hostOf, unit), to);
  }

  /** It has arrived where it was on its way to, and holds nothing where it was. */
  arrive(unit: number, to: number): void {
    const from = whole(this.hostOf, unit);
    this.#take(unit, from, -1);
    this.hostOf[unit] = to;
    const { rules } = this.units[unit] as Unit;
    if (rules.length > 0) this.book.arrive(rules, from, to);
  }

  /** Holds room there for so many times the unit; gives it back where `times` is negative. */
  #take(unit: number, host: number, times: number): void {
    this.freeMemory[host] = real(this.freeMemory, host) - times * real(this.memoryOf, unit);
    this.freeCpu[host] = real(this.freeCpu, host) - times * real(this.cpuOf, unit);
    for (const [sizeKib, mib] of (this.units[unit] as Unit).hugePages) {
      const free = this.#freeHuge.get(sizeKib) as Float64Array;
      free[host] = real(free, host) - times * mib;
    }
  }

  #addHugePages(sizeKib: number): void {
    if (this.#freeHuge.has(sizeKib)) return;
    this.#freeHuge.set(
      sizeKib,
      Float64Array.from(this.hosts, (host) => hugePagesLeftOn(this.cluster, host, sizeKib)),
    );
  }
}
